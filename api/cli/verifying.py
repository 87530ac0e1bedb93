"""``yinxin verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import HomeOption, leave
from api.settings import load_settings
from ca.clock import system_clock
from verify.command import run as run_verify

PasswordOption = Annotated[
    str | None,
    typer.Option(help="加密 PDF 的密码 / password of an encrypted PDF", envvar="YINXIN_PDF_PASSWORD"),
]


def verify(
    context: typer.Context,
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="待验文件 / documents")],
    trust: Annotated[Path | None, typer.Option(help="信任文件夹 / folder of anchors")] = None,
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", help="信任清单（XML 或 JSON），可多次 / a trust list, XML or JSON"),
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option(help="清单签名证书或其 SHA-256 / the certificate of who signs it, or its SHA-256"),
    ] = None,
    pivot: Annotated[
        list[Path] | None,
        typer.Option(
            help="签名者更换时的往期清单，可多次，由 --signer 逐期核对 / older issues in which the signers changed"
        ),
    ] = None,
    at: Annotated[str, typer.Option(help="按此时间判断 / judge as of this time")] = "",
    proof: Annotated[
        Path | None,
        typer.Option(help="合并签名的证明文件 / proof of a document under a batch's one signature"),
    ] = None,
    content: Annotated[
        Path | None, typer.Option(help="分离式签名所签的原文件 / what a detached signature is over")
    ] = None,
    department: Annotated[
        str, typer.Option(help="按该部门的政策判断 / ask it too: its name, id or policy file")
    ] = "",
    act: Annotated[str, typer.Option(help="办理的事项 / the act that it is asked about")] = "",
    evidence: Annotated[
        Path | None, typer.Option(help="制度证据记录，默认取文件旁的 .evidence.jws / evidence records")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="核验报告 .pdf、.json、.xml、.jws / a report on one file"),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="离线核验包，代替信任文件夹 / offline bundle, in place of the folder")
    ] = None,
    bundle_signer: Annotated[
        str, typer.Option(help="离线核验包签名证书的 SHA-256 / SHA-256 of its signer's certificate")
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option(
            "--out", help="许多文件的结论写入一张 .csv 或 .xlsx，中断后再执行即继续 / one table of many files"
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="--out 的并行进程数，0 为核数 / processes for --out")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    password: PasswordOption = None,
    home: HomeOption = None,
) -> None:
    """验章：0 有效，1 无效，2 无法判定，3 无法读取，4 有效但已作废，5 部门不予接受，6 有条件接受 / verify documents.

    0 passed, 1 failed, 2 indeterminate, 3 unreadable, 4 passed but voided since, 5 refused by the department, 6 accepted on conditions.
    """
    folder = trust or load_settings(home).home / "trust"
    arguments: list[str] = []
    usual = folder.is_dir() and bundle is None
    arguments += [f"--trust={folder}"] if trust is not None or usual else []
    arguments += [f"--list={path}" for path in lists or ()]
    arguments += [f"--signer={one}" for one in signer or ()]
    arguments += [f"--pivot={path}" for path in pivot or ()]
    arguments += [] if bundle is None else [f"--bundle={bundle}"]
    arguments += [f"--bundle-signer={bundle_signer}"] if bundle_signer else []
    arguments += [] if report is None else [f"--report={report}"]
    arguments += [f"--at={at}"] if at else []
    arguments += [] if proof is None else [f"--proof={proof}"]
    arguments += [f"--content={content}"] if content is not None else []
    arguments += [f"--department={department}"] if department else []
    arguments += [f"--act={act}"] if act else []
    arguments += [] if evidence is None else [f"--evidence={evidence}"]
    arguments += [] if table is None else [f"--out={table}"]
    arguments += [f"--workers={workers}"] if workers else []
    arguments += ["--json"] if as_json else []
    source = context.get_parameter_source("password")
    surrounding = source is not None and source.name == "ENVIRONMENT"
    unused = proof is not None and surrounding  # set for all documents; one under a proof is not opened
    arguments += [] if password is None or unused else [f"--password={password}"]
    arguments += ["--", *map(str, files)]  # a file may be called like an option
    if report is None:
        leave(run_verify(arguments, clock=system_clock))
    from api.cli.report import issuing

    with issuing(home) as issuer:
        status = run_verify(arguments, clock=system_clock, issuer=issuer)
    leave(status)
