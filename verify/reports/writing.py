"""Write a report where the command was told to: unsigned by the program itself, or issued by whoever can issue one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from hsm.spoken import SpokenError
from verify.report import DocumentReport
from verify.reports.etsi import UNISSUED, etsi_json, etsi_xml
from verify.sentence import Reason

UNSIGNED: Final = (".pdf", ".json", ".xml")
"""What the program writes by itself."""
SIGNED: Final = ".jws"
"""The signed data alone, which takes a verification service."""

Issuer = Callable[[DocumentReport, str], bytes]
"""Issues a report as a file of a suffix: sealed, by the verification service. Raises :class:`hsm.spoken.SpokenError`."""


class UsageRefused(SpokenError):
    """What the command was told cannot be done; nothing was written."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def check_report_path(path: Path, files: int, *, issued: bool) -> None:
    """Refuse what cannot be written before anything is verified. :class:`UsageRefused`."""
    allowed = (*UNSIGNED, SIGNED) if issued else UNSIGNED
    if path.suffix.lower() == SIGNED and not issued:
        raise UsageRefused(
            ".jws 是签名数据，只能由核验服务出具：请用 yinxin verify，或改写为 .pdf、.json、.xml。",
            ".jws is signed data, which a verification service issues: use yinxin verify, or write .pdf, .json or .xml.",
        )
    if path.suffix.lower() not in allowed:
        raise UsageRefused(
            f"--report 的文件名须以 {'、'.join(allowed)} 结尾。",
            f"The file of --report ends in {', '.join(allowed)}.",
        )
    if files != 1:
        raise UsageRefused(
            "--report 一次只写一个文件的报告；多个文件请逐个核验，或用 --json。",
            "--report is about one file; verify several one by one, or use --json.",
        )


def unsigned(report: DocumentReport, suffix: str) -> bytes:
    """Make the report as this program can: without a signature, and saying so."""
    if suffix == ".json":
        return json.dumps(etsi_json(report), ensure_ascii=False, indent=1).encode() + b"\n"
    if suffix == ".xml":
        return etsi_xml(report)
    from verify.reports.page import draw_page  # noqa: PLC0415 - fonts take most of a second to open

    return draw_page(report, UNISSUED)


def write_report(report: DocumentReport, path: Path, issuer: Issuer | None) -> Reason:
    """Write it; return what to say of it. :class:`UsageRefused`, and what ``issuer`` raises."""
    suffix = path.suffix.lower()
    report = replace(
        report, file=Path(report.file).name
    )  # where it lies on this machine is nobody else's matter
    made = unsigned(report, suffix) if issuer is None else issuer(report, suffix)
    try:
        path.write_bytes(made)
    except OSError as wrong:
        raise UsageRefused(
            f"无法写入 {path}，请检查路径和权限。",
            f"{path} cannot be written; check its path and permissions.",
        ) from wrong
    if issuer is None:
        return Reason(
            f"核验报告 {path}（未签名，仅供自用；盖章的报告由核验服务出具）",
            f"report {path} (unsigned, for your own use; a verification service issues sealed ones)",
        )
    if suffix in {".json", ".xml"}:
        return Reason(
            f"核验报告 {path}（与盖章报告同一编号；此格式本身不带签名，签名见 .pdf 或 .jws）",
            f"report {path} (under the number of the sealed one; this form has no signature of its own, .pdf and .jws have)",
        )
    return Reason(f"核验报告 {path}（由核验服务签章）", f"report {path} (sealed by the verification service)")
