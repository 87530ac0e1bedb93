"""``yinxin audit``: prove the trail whole, export it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import HomeOption, installation, say, write_lines

app = typer.Typer(help="审计日志 / audit trail", no_args_is_help=True)


@app.command()
def verify(home: HomeOption = None) -> None:
    """重新计算整条日志链，并与库外的签名检查点对照 / re-compute the chain against the signed checkpoints."""
    with installation(home) as services:
        proof = services.evidence.prove_audit()
    say(
        f"审计日志完整：{proof.records} 条，检查点至第 {proof.anchored} 条，摘要 {proof.digest}",
        f"The trail is whole: {proof.records} records, anchored up to {proof.anchored}, digest {proof.digest}",
    )


@app.command()
def export(
    home: HomeOption = None,
    to: Annotated[Path | None, typer.Option("--out", help="写到此文件 / write here")] = None,
) -> None:
    """按行导出 JSON，任何人可重算摘要链 / export as JSON lines from which anybody can re-compute the chain."""
    with installation(home) as services, services.reading() as connection:
        write_lines(to, services.audit.export(connection))
