"""The signatures on the page of a report: two in full, more in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seals.drawing.fonts import Face
from seals.drawing.typesetting import POINT, Colour
from verify.civil_time import ZH as ZONE
from verify.civil_time import civil_day, in_civil_time, moment, told_here
from verify.institution.proofs import PartState, ProofPart
from verify.report import SignatureReport, StatusReport, Verdict
from verify.reports.setting import EN, GREY, LEFT, TINT, WIDTH, ZH, Fact, Setting, Style
from verify.table import KIND, SOURCE, STATUS_ZH, authority_words

Colours = Mapping[Verdict, Colour]
_SHARES: Final = (6.0, 58.0, 44.0, 46.0, 24.0)
_SMALL: Final = Style(7.5 * POINT)
MOST_ROWS: Final = 200
"""Rows of the table: as many as signatures are judged in one document."""


def blocks(page: Setting, found: Sequence[SignatureReport], colours: Colours) -> None:
    """Tell each signature in full."""
    for number, item in enumerate(found, start=1):
        zh, en = KIND[item.kind.value]
        page.heading(f"{number}. {zh}：{item.verdict.zh}", f"{en}: {item.verdict.en}", colours[item.verdict])
        page.facts(list(_facts(item)))


def _facts(item: SignatureReport) -> Iterator[Fact]:
    if item.signer is not None:
        code = f"（{item.signer.uscc}）" if item.signer.uscc else ""
        yield Fact("签署方", "Signatory", f"{item.signer.organization or item.signer.name}{code}")
    if item.seal is not None:
        unknown = "" if item.seal.trusted else "（制章单位未识别 maker unknown）"
        yield Fact("印章", "Seal", f"{item.seal.name} · {item.seal.code}{unknown}")
    zh, en = SOURCE[item.time.source]
    yield Fact("时间", "When", f"{moment(item.time.value)} · {zh} {en}")
    yield Fact("签后改动", "Changed", changed(item))
    states = _then_now(item.certificate_then, item.certificate_now) + authority_words(item)
    yield Fact("证书状态", "Certificate", states)
    if item.seal is not None:
        yield Fact("印章状态", "Seal state", _then_now(item.seal_then, item.seal_now))
    if item.trust is not None:
        yield Fact("信任依据", "Trust", _trust(item))
    if item.proofs is not None:
        yield Fact("技术证明", "Technical", _proof(item.proofs.technical))
        yield Fact("制度证明", "Institutional", _proof(item.proofs.institutional))
    reason = told_here(item.reason)
    yield Fact("结论", "Conclusion", reason.zh, reason.en)


def _trust(item: SignatureReport) -> str:
    if item.trust is None or item.trust.by_decree:
        return "本机构直接信任的根证书 root trusted by decree"
    entry = item.trust.entry
    name = entry.operator_zh or entry.operator or entry.scheme_id
    at = "" if entry.issued is None else f"，{civil_day(entry.issued)} 发布"
    state = entry.now.status_zh or entry.now.status
    return f"{name} 信任清单第 {entry.sequence} 号{at} · {entry.service_zh or entry.service} · {state}"


def _proof(parts: Sequence[ProofPart]) -> str:
    lacking = [part for part in parts if part.state is not PartState.PRESENT]
    if not parts:
        return "没有 none"
    if not lacking:
        return f"齐全 complete（{len(parts)}）"
    words = {PartState.MISSING: "缺 missing", PartState.FAILED: "不成立 failed"}
    told = [
        f"{words[state]}（{len(same)}）：{''.join(dict.fromkeys(_said(part) for part in same))}"
        for state in words
        if (same := [part for part in lacking if part.state is state])
    ]
    return "；".join(told)


def _said(part: ProofPart) -> str:
    return in_civil_time(part.sentence.zh, ZONE) or part.name


def changed(item: SignatureReport) -> str:
    """Say whether the document was changed since."""
    if item.integrity.modified is None:
        return "未能判断 not judged"
    if item.integrity.modified:
        places = "；".join(
            f"{f'第 {one.page} 页 ' if one.page else ''}{one.object} {one.what_zh}".strip()
            for one in item.integrity.where[:5]
        )
        return f"已改动 changed：{places}"
    if item.integrity.additions:
        added = "、".join(dict.fromkeys(one.what_zh for one in item.integrity.additions))
        return f"未改动 unchanged（其后{added}）"
    return "未改动 unchanged"


def _then_now(then: StatusReport, now: StatusReport) -> str:
    return f"当时 then {_state(then)} → 现在 now {_state(now)}"


def _state(status: StatusReport) -> str:
    since = f"（{civil_day(status.since)}）" if status.since is not None else ""
    return f"{STATUS_ZH.get(status.status, status.status)} {status.status.replace('_', ' ')}{since}"


def table(page: Setting, found: Sequence[SignatureReport], colours: Colours) -> None:
    """Tell every signature in one row."""
    page.heading(f"签章与签名（{len(found)}）", "Seals and signatures")
    widths = [share / sum(_SHARES) * WIDTH for share in _SHARES]
    heads = ("", "签署方与印章 Who, seal", "时间 When", "证书 · 印章 当时→现在 States", "结论 Verdict")
    _row(page, heads, widths, Style(EN.size, Face.HEI, GREY))
    for number, item in enumerate(found[:MOST_ROWS], start=1):
        who = "-" if item.signer is None else item.signer.organization or item.signer.name
        seal = "" if item.seal is None else f"\n{item.seal.name}"
        states = _short(item.certificate_then, item.certificate_now)
        if item.seal is not None:
            states += f"\n{_short(item.seal_then, item.seal_now)}"
        when = f"{moment(item.time.value)}\n{SOURCE[item.time.source][0]}"
        cells = (str(number), who + seal, when, f"{states}\n{changed(item)}", item.verdict.zh)
        _row(page, cells, widths, _SMALL, colours[item.verdict])
    page.y += 1


def _short(then: StatusReport, now: StatusReport) -> str:
    return f"{STATUS_ZH.get(then.status, then.status)} → {STATUS_ZH.get(now.status, now.status)}"


def _row(
    page: Setting, cells: Sequence[str], widths: Sequence[float], style: Style, last: Colour | None = None
) -> None:
    """Set one row, kept whole; the last cell in a colour of its own."""
    step = style.size * style.leading
    broken = [
        [line for part in cell.split("\n") for line in page.lines(part, width - 2, style)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    high = max(map(len, broken)) * step + 1.6
    page.room(high)
    if last is None:
        page.box(LEFT, page.y, (WIDTH, high), TINT)
    x = LEFT
    for place, (lines, width) in enumerate(zip(broken, widths, strict=True)):
        own = last is not None and place == len(broken) - 1
        shown = Style(ZH.size, Face.HEI, last or style.colour) if own else style
        for down, line in enumerate(lines):
            page.put(x + 1, page.y + 0.8 + down * step, line, shown)
        x += width
    page.y += high
    page.rule()
