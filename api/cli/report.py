"""``yinxin report``: the leave of the verification service to issue reports; ``yinxin trust bundle``: one file to verify without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ADMINISTRATOR,
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    say,
    table,
    write_bytes,
)
from api.errors import HomeNotReady
from ca.actor import SYSTEM
from verify.report import DocumentReport
from verify.reports.writing import Issuer
from verify.terminal import stamp

app = typer.Typer(help="核验报告的出具授权 / leave to issue verification reports", no_args_is_help=True)


@app.callback()
def report() -> None:
    """核验报告的出具授权 / leave to issue verification reports."""


@app.command()
def allow(
    reason: Annotated[str, typer.Option(help="授权的理由 / why")],
    days: Annotated[int, typer.Option(min=1, max=1098, help="有效天数 / for how many days")] = 365,
    per_day: Annotated[int, typer.Option(min=1, help="每日最多份数 / most reports a day")] = 10_000,
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
) -> None:
    """授权核验服务出具盖章的报告 / let the verification service issue sealed reports."""
    with installation(home) as services:
        until = services.clock() + timedelta(days=days)
        made = services.reports.allow(until, per_day, reason, actor=person(actor))
    say(
        f"已授权 {made.id}，至 {stamp(made.valid_to)}，每日至多 {made.per_day} 份。",
        f"allowed until {stamp(made.valid_to)}",
    )


@app.command()
def stop(
    standing: Annotated[str, typer.Argument(metavar="ID", help="授权编号 / which")],
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
) -> None:
    """立即停用一项授权 / stop an authorisation at once."""
    with installation(home) as services:
        services.reports.stop(standing, actor=person(actor))
    say(f"授权 {standing} 已停用，不再出具报告。", f"{standing} is stopped: no more reports under it.")


@app.command()
def allowed(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出授权 / list the authorisations."""
    with installation(home) as services:
        found = services.reports.allowed()
    rows = [
        {
            "id": one.id,
            "from": stamp(one.valid_from),
            "to": stamp(one.valid_to),
            "per_day": str(one.per_day),
            "granted_by": one.granted_by,
            "reason": one.reason,
            "stopped": stamp(one.stopped_at),
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
        return
    shown = table("授权 id", "至 until", "每日 a day", "授权人 by", "停用 stopped")
    for one in rows:
        shown.add_row(one["id"], one["to"], one["per_day"], one["granted_by"], one["stopped"])
    out().print(shown)


@contextmanager
def issuing(home: Path | None) -> Iterator[Issuer | None]:
    """Give what issues a sealed report; nothing where there is no installation: the report is then unsigned and says so."""
    with ExitStack() as stack:
        try:
            services = stack.enter_context(installation(home))
        except HomeNotReady:
            yield None
            return

        def issue(found: DocumentReport, suffix: str) -> bytes:
            record = services.reports.issue(found, actor=SYSTEM)
            return services.reports.file(record, suffix)

        yield issue


def bundle(
    target: Annotated[Path, typer.Argument(metavar="OUT", help="离线核验包 / where the bundle goes")],
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
) -> None:
    """生成离线核验包：信任清单、证书、吊销列表、印章状态、部门政策，一个签名文件 / one signed file to verify without a network."""
    with installation(home) as services:
        made = services.reports.bundles.make(services.evidence.files(), actor=person(actor))
        signer = services.reports.bundles.signer_sha256()
    write_bytes(target, made)
    say(f"离线核验包 {target}（{len(made):,} 字节）", f"offline bundle {target} ({len(made):,} octets)")
    say(
        f"签名者 SHA-256，请由另一渠道告知使用者：{signer}",
        "the signer's SHA-256; tell it by another channel to whoever uses the bundle:",
    )
    say(f"python -m verify --bundle {target} --bundle-signer {signer} FILE", "how it is used")
