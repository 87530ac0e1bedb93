"""A verification report among the lines for a terminal: what it says, by whom, as of when, and whether it counts."""

from __future__ import annotations

from collections.abc import Iterator

from verify.reports.reported import Reported
from verify.terminal import row, safe, stamp
from verify.verdict import Verdict


def reported_lines(told: Reported | None) -> Iterator[str]:
    """Yield the lines of what a report says; of one that does not count, why not; of another file none."""
    if told is None:
        return
    yield ""
    yield f"  验证报告 / verification report · {told.verdict.zh} / {told.verdict.en}"
    yield row("可信 counts", told.reason.zh)
    yield row("", told.reason.en)
    if told.number:
        yield row("编号 number", f"{safe(told.number)} · {stamp(told.issued_at)}")
        yield row("出具 by", f"{safe(told.by)} · SHA-256 {told.by_sha256[:16]}…")
    if told.says is not None and told.verdict is not Verdict.FAILED:
        doubt = "" if told.verdict is Verdict.PASSED else "（尚不能采信 / not to be relied on yet）"
        yield row("报告结论 says", f"{told.says.zh} / {told.says.en.upper()}{doubt}")
        if told.says_reason is not None:
            yield row("", safe(told.says_reason.zh))
            yield row("", safe(told.says_reason.en))
        yield row("所述文件 about", f"{safe(told.file)} · {told.size:,} 字节 octets")
        yield row("", f"SHA-256 {told.sha256}")
        yield row("核验时间 as of", f"{stamp(told.verified_at)} · 证据 evidence {stamp(told.evidence_as_of)}")
    yield row("随附文件 file", _handed(told.agrees))


def _handed(agrees: bool | None) -> str:
    if agrees is None:
        return "未随附；加 --content FILE 可与原文件对照 / none handed along; compare it with --content FILE"
    return (
        "与报告所述一致 / the one reported on"
        if agrees
        else "与报告所述不一致 / another than the one reported on"
    )
