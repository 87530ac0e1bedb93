"""``yinxin ofd``: reports and licences as OFD documents; ``yinxin seal-ofd`` is ``seal-pdf`` by the name people look for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import HomeOption, read_bytes, say, write_bytes
from api.errors import InputInvalid
from api.settings import load_settings
from ca.clock import system_clock
from signing.ofd.licence_page import SEAL_MM, LicenceFace, licence_page
from signing.ofd.report_document import report_document
from verify.folder import load_trust
from verify.isolated import IsolatedVerifier
from verify.trust import TrustStore

app = typer.Typer(no_args_is_help=True, help="OFD 文档：核验报告、证照版面 / OFD documents of our own")


@app.command()
def report(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="待验文件 / document to verify")],
    target: Annotated[Path, typer.Argument(metavar="REPORT.ofd", help="核验报告 / where the report goes")],
    trust: Annotated[Path | None, typer.Option(help="信任文件夹 / folder of anchors")] = None,
    home: HomeOption = None,
) -> None:
    """核验文件并把报告排成 OFD，可再盖章 / verify, and set the report as an OFD that can be sealed."""
    folder = trust or load_settings(home).home / "trust"
    store = load_trust(folder) if trust is not None or folder.is_dir() else TrustStore(())
    with IsolatedVerifier(store) as verifier:
        found = verifier.verify(read_bytes(source), at=system_clock(), name=source.name)
    write_bytes(target, report_document(found))
    say(f"{found.verdict.zh}：核验报告 {target}", f"{found.verdict.en}: report {target}")


@app.command()
def licence(
    target: Annotated[Path, typer.Argument(metavar="LICENCE.ofd", help="证照版面 / where the page goes")],
    *,
    name: Annotated[str, typer.Option(help="证照名称 / name, such as 营业执照")],
    number: Annotated[str, typer.Option(help="证照编号 / its number")],
    authority: Annotated[str, typer.Option(help="颁发机构 / who grants it")],
    fact: Annotated[list[str], typer.Option("--fact", help="项目=内容，可多次 / LABEL=TEXT, repeated")],
    granted: Annotated[str, typer.Option(help="颁发日期 YYYY-MM-DD / date, default today")] = "",
    copy: Annotated[str, typer.Option(help="如（副本）/ line below the name")] = "",
) -> None:
    """排出一页证照；盖章位置见输出 / set the page of a licence."""
    pairs = [item.partition("=") for item in fact]
    if not all(middle and label.strip() for label, middle, _ in pairs):
        raise InputInvalid("--fact 须写成 项目=内容。", "Write each --fact as LABEL=TEXT.")
    facts = [(label.strip(), text.strip()) for label, _, text in pairs]
    write_bytes(target, licence_page(LicenceFace(name, number, facts, authority, _day(granted), copy)))
    place = f"1:{SEAL_MM[0]:g},{SEAL_MM[1]:g}"
    say(f"证照版面 {target}；盖章：yinxin seal-ofd --at {place}", f"page {target}; seal it at {place}")


def _day(text: str) -> datetime:
    if not text:
        return system_clock()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as wrong:
        raise InputInvalid("颁发日期须写成 2026-03-01。", "Write the date as 2026-03-01.") from wrong
