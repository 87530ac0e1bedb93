"""What a report on an OFD adds for people at a terminal: what each signature protects, and the integrity file."""

from __future__ import annotations

from collections.abc import Iterator

from verify.ofd.report import OfdReport, OfdSignature
from verify.ses.report import StepState
from verify.terminal import row, safe

_SHOWN = 5


def ofd_lines(report: OfdReport) -> Iterator[str]:
    """Yield the lines below the signatures."""
    yield ""
    yield row("OFD", f"{report.pages} 页 pages · {report.entries} 个文件 files")
    for item in report.coverage:
        yield from _signature(item)
    found = report.integrity_file
    if found is not None:
        yield row("完整性文件 OFDEntries", f"{found.state.words.zh} / {found.state.words.en}")
        yield row("", found.reason.zh)
        yield row("", found.reason.en)
    for location in report.missing[:_SHOWN]:
        yield row("缺失引用 missing", safe(location))


def _signature(item: OfdSignature) -> Iterator[str]:
    locked = " · 已锁定签名列表 locks the list" if item.locked else ""
    yield row(
        f"[{safe(item.id)}] 保护 protects",
        f"{item.protected} 个文件 files · {safe(item.method or '-')}{locked}",
    )
    for label, paths in (("未受保护 unprotected", item.open), ("未引用 not used", item.loose)):
        if paths:
            more = f" … ({len(paths)})" if len(paths) > _SHOWN else ""
            yield row(label, safe("、".join(paths[:_SHOWN])) + more)
    for step in item.steps:
        if step.state is not StepState.PASSED:
            yield row(f"{step.name.zh} {step.state.words.zh}", step.reason.zh)
            yield row("", step.reason.en)
