"""A report on a bare object for people at a terminal: what it is, what it says, and every step."""

from __future__ import annotations

from collections.abc import Iterator

from verify.objects.report import ObjectKind, ObjectReport
from verify.ses.table import step_lines
from verify.terminal import row, safe


def object_lines(report: ObjectReport) -> Iterator[str]:
    """Yield the lines below the verdict."""
    if report.object_kind is ObjectKind.UNKNOWN:
        return
    words = report.object_kind.words
    yield ""
    yield row("类别 kind", f"{words.zh} / {words.en} · {report.form}")
    for fact in report.facts:
        shown = fact.zh if fact.zh == fact.en else f"{fact.zh} / {fact.en}"
        yield row(f"{fact.label.zh} {fact.label.en}", safe(shown))
    if report.signer is not None:
        yield row(
            "证书 certificate",
            f"{safe(report.signer.name)} · {report.signer.serial} · {safe(report.signer.issuer)}",
        )
    yield from step_lines(report.steps)
    for note in report.notes:
        yield row("注 note", safe(note.zh))
        yield row("", safe(note.en))
