"""A report on seal data for people at a terminal: what it is, what it says, and every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verify.report import SignerReport
from verify.ses.facts import SealDataPart, SealDataStep, SealFacts, StepState
from verify.ses.report import SealDataReport
from verify.terminal import row, safe, stamp

_MARKS = {
    StepState.PASSED: "✓",
    StepState.FAILED: "✗",
    StepState.INDETERMINATE: "?",
    StepState.NOT_DONE: "–",
}


def seal_data_lines(report: SealDataReport) -> Iterator[str]:
    """Yield the lines below the verdict."""
    words = report.kind.words
    yield ""
    yield row("类别 kind", f"{words.zh} / {words.en} · {report.standard or '-'}")
    if report.facts is not None:
        yield from _facts(report.facts)
    yield from _who("制章者 maker", report.maker)
    yield from _who("签章人 signer", report.signer)
    if report.signed_at is not None:
        yield row("签章时间 signed at", stamp(report.signed_at))
    if report.scope:
        yield row("保护范围 scope", safe(report.scope))
    yield from step_lines(report.steps)
    for note in report.notes:
        yield row("注 note", safe(note.zh))
        yield row("", safe(note.en))


def part_lines(part: SealDataPart) -> Iterator[str]:
    """Yield what is told of a seal signature inside a document: the standard, and the steps that are not simply passed."""
    open_steps = [step for step in part.steps if step.state is not StepState.PASSED]
    held = len(part.steps) - len(open_steps)
    yield row("签章标准 standard", f"{part.standard or '-'} · {held} 步通过 / {held} steps passed")
    yield from step_lines(open_steps)


def step_lines(steps: Iterable[SealDataStep]) -> Iterator[str]:
    """Yield each step with its mark, its state and its reason, in both languages."""
    for step in steps:
        yield row(f"{_MARKS[step.state]} {step.name.zh}", f"{step.state.words.zh}：{step.reason.zh}")
        yield row("", f"{step.name.en}: {step.state.words.en}. {step.reason.en}")


def _facts(facts: SealFacts) -> Iterator[str]:
    yield row("印章 seal", f"{safe(facts.name)} · {safe(facts.id)} · type {facts.type}")
    yield row("厂商 vendor", f"{safe(facts.vendor)} · version {facts.stated_version}")
    yield row("制作日期 made", stamp(facts.created))
    yield row("有效期 validity", f"{stamp(facts.valid_from)} – {stamp(facts.valid_to)}")
    picture = f"{safe(facts.picture_type)} · {facts.width_mm} x {facts.height_mm} mm"
    yield row("图样 picture", picture)
    yield row("签章人列表 list", f"{facts.list_type} · {facts.listed}")


def _who(label: str, who: SignerReport | None) -> Iterator[str]:
    if who is not None:
        yield row(label, f"{safe(who.organization or who.name)} · {who.serial} · {safe(who.issuer)}")
