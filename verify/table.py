"""A report for people at a terminal: the verdict word first, Chinese and English beside each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

from verify.report import (
    CUSTODY,
    DocumentReport,
    Integrity,
    SignatureReport,
    SigningTime,
    StatusReport,
    TimeSource,
)

STATUS_ZH = {
    "good": "有效",
    "revoked": "已吊销",
    "on_hold": "已暂停",
    "expired": "已到期",
    "not_yet_valid": "未生效",
    "unknown": "未知",
    "active": "启用",
    "suspended": "停用",
    "frozen": "挂失",
    "superseded": "已换发",
    "applied": "待审批",
    "rejected": "已驳回",
}
KIND = {
    "seal": ("签章", "seal"),
    "signature": ("签名", "signature"),
    "timestamp": ("文档时间戳", "document time-stamp"),
}
SOURCE = {
    TimeSource.TSA: ("可信时间戳", "trusted time-stamp"),
    TimeSource.TSA_UNVERIFIED: ("未经验证的时间戳", "unverified time-stamp"),
    TimeSource.CLAIMED: ("签章人时钟", "the signatory's clock"),
    TimeSource.NONE: ("无", "none"),
}
LABEL_WIDTH = 22


def lines(report: DocumentReport) -> Iterator[str]:
    """Yield the lines of one document's report."""
    yield f"{_safe(report.file)}"
    yield f"  {report.verdict.zh} / {report.verdict.en.upper()}"
    yield f"  {report.reason.zh}"
    yield f"  {report.reason.en}"
    if report.notice:
        yield f"  ※ {report.notice} / demonstration certificates, without legal effect"
    for number, signature in enumerate(report.signatures, start=1):
        yield ""
        yield from _signature(number, signature)
    if report.evidence_as_of is not None:
        yield ""
        yield f"  信任库证据截至 / trust evidence as of {_time(report.evidence_as_of)}"


def _signature(number: int, item: SignatureReport) -> Iterator[str]:
    zh, en = KIND[item.kind.value]
    level = f" · {item.level}" if item.level else ""
    yield f"  [{number}] {zh} / {en} · {_safe(item.field)}{level} · {item.verdict.zh} / {item.verdict.en}"
    if item.signer is not None:
        code = f"（{item.signer.uscc}）" if item.signer.uscc else ""
        yield _row("签署方 who", f"{_safe(item.signer.organization or item.signer.name)}{code}")
        yield _row("证书 certificate", f"{item.signer.serial} · {_safe(item.signer.issuer)}")
    if item.algorithm:
        yield _row("密钥 key", key_words(item))
    if item.seal is not None:
        seal = item.seal
        trust = "" if seal.trusted else "（制章单位未识别 / maker unknown）"
        yield _row(
            "印章 seal", f"{_safe(seal.name)} · {seal.kind_zh} · {seal.code} / {seal.physical_code}{trust}"
        )
    yield _row("时间 when", _when(item.time))
    yield _row("签后改动 changed", _changes(item.integrity))
    yield _row(
        "证书状态 state",
        f"当时 then {_state(item.certificate_then)} → 现在 now {_state(item.certificate_now)}",
    )
    if item.seal is not None:
        yield _row(
            "印章状态 seal state", f"当时 then {_state(item.seal_then)} → 现在 now {_state(item.seal_now)}"
        )
    for place in item.placements[:1]:
        more = f"（共 {len(item.placements)} 处）" if len(item.placements) > 1 else ""
        yield _row(
            "位置 where",
            f"第 {place.page} 页 page {place.page} · {place.x_mm:.1f}, {place.y_mm:.1f} mm{more}",
        )
    yield _row("结论 reason", item.reason.zh)
    yield _row("", item.reason.en)
    for note in item.notes:
        yield _row("注 note", note.zh)
        yield _row("", note.en)


def key_words(item: SignatureReport) -> str:
    """Say what signed, and where its key is kept as far as that is stated."""
    kept = CUSTODY.get(item.custody)
    return item.algorithm + (f" · {kept[0]} / {kept[1]}" if kept is not None else "")


def _row(label: str, text: str) -> str:
    return f"      {label}{' ' * max(1, LABEL_WIDTH - _width(label))}{text}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(mark) in "WF" else 1 for mark in text)


def _safe(text: str) -> str:
    """Foreign text loses its control characters before it meets a terminal."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)[:200]


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _when(time: SigningTime) -> str:
    zh, en = SOURCE[time.source]
    authority = f" · {_safe(time.authority)}" if time.authority else ""
    return f"{_time(time.value)} · {zh} / {en}{authority}"


def _state(status: StatusReport) -> str:
    since = f" ({status.since.astimezone(UTC):%Y-%m-%d})" if status.since is not None else ""
    return f"{STATUS_ZH.get(status.status, status.status)}{since}"


def _changes(integrity: Integrity) -> str:
    if integrity.modified is None:
        return "未能判断 / not judged"
    if integrity.modified:
        places = "；".join(
            f"{f'第 {change.page} 页 ' if change.page else ''}{_safe(change.field)} {change.what_zh}".strip()
            for change in integrity.where[:5]
        )
        return f"已改动 / changed: {places}"
    if integrity.additions:
        added = "、".join(dict.fromkeys(change.what_zh for change in integrity.additions))
        return f"未改动（其后{added}）/ unchanged"
    return "未改动 / unchanged"
