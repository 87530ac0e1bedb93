"""A report for people at a terminal: the verdict word first, Chinese and English beside each other."""

from __future__ import annotations

from collections.abc import Iterator

from verify.acceptance.table import answer_lines, proof_lines
from verify.certificates.policies import level_of
from verify.civil_time import civil_day
from verify.integrity import LaterRevision
from verify.licences.report import LicencePart
from verify.objects.report import ObjectReport
from verify.objects.table import object_lines
from verify.ofd.report import OfdReport
from verify.ofd.table import ofd_lines
from verify.report import (
    CUSTODY,
    DocumentReport,
    Integrity,
    SignatureReport,
    SigningTime,
    StatusReport,
    TimeSource,
)
from verify.reports.table import reported_lines
from verify.ses.report import SealDataReport
from verify.ses.table import part_lines, seal_data_lines
from verify.strength import Soundness, Strength
from verify.terminal import harmless, row, safe, stamp
from verify.trusted_lists.table import trust_lines
from verify.voided.report import VoidedReport
from verify.wording import ENDED_SINCE

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
CERTIFICATION = {
    "no-changes": ("此后不允许任何修改", "nothing may change"),
    "form-filling": (
        "此后只允许填写表单和在已有签名域签名",
        "forms may be filled and fields signed that are there",
    ),
    "annotations": ("此后只允许填表、签名和批注", "forms, signatures in fields that are there, and comments"),
}
SOURCE = {
    TimeSource.TSA: ("可信时间戳", "trusted time-stamp"),
    TimeSource.TSA_UNVERIFIED: ("未经验证的时间戳", "unverified time-stamp"),
    TimeSource.CLAIMED: ("签章人时钟", "the signatory's clock"),
    TimeSource.NONE: ("无", "none"),
}


MAX_SHOWN = 5
"""Revisions, and what each touches, that a terminal shows; the JSON report has them all."""


def lines(report: DocumentReport) -> Iterator[str]:
    """Yield the lines of one document's report: each is one line, whoever named what stands in its sentences."""
    return map(harmless, _lines(report))


def _lines(report: DocumentReport) -> Iterator[str]:
    yield f"{safe(report.file)}"
    if report.voided is not None:
        yield from _voided(report.voided)
    yield f"  {report.verdict.zh} / {report.verdict.en.upper()}"
    yield from (f"  {report.nature.zh} / {report.nature.value}" for _ in report.signatures[:1])
    yield f"  {report.reason.zh}"
    yield f"  {report.reason.en}"
    if report.answers is not None:
        yield from answer_lines(report.answers, report.reason)
    if report.notice:
        yield f"  ※ {report.notice} / demonstration certificates, without legal effect"
    yield from reported_lines(report.reported)
    yield from _licence(report.licence)
    if isinstance(report, SealDataReport):
        yield from seal_data_lines(report)
    if isinstance(report, ObjectReport):
        yield from object_lines(report)
    for number, signature in enumerate(report.signatures, start=1):
        yield ""
        yield from _signature(number, signature)
    if isinstance(report, OfdReport):
        yield from ofd_lines(report)
    if report.evidence_as_of is not None:
        yield ""
        yield f"  信任库证据截至 / trust evidence as of {stamp(report.evidence_as_of)}"


def _licence(found: LicencePart | None) -> Iterator[str]:
    """Say what came of the licence that the document says it is, apart from the verdict on its seals; nothing of none."""
    if found is None:
        return
    words = found.state.words
    yield f"  电子证照 / licence {safe(found.identifier)} · {words.zh} / {words.en}"
    yield f"  {found.reason.zh}"
    yield f"  {found.reason.en}"


def _voided(found: VoidedReport) -> Iterator[str]:
    """Say on lines of their own that the document was voided: what stands below is about its signatures."""
    stale = "（清单已过期，请更新 / list out of date）" if found.stale else ""
    yield f"  已作废 / VOIDED · {stamp(found.since)} · {safe(found.why)}"
    yield f"  作废记录 / voiding {found.voiding} · {safe(found.maker)} · {stamp(found.as_of)}{stale}"


def _signature(number: int, item: SignatureReport) -> Iterator[str]:
    zh, en = KIND[item.kind.value]
    named = "".join(f" · {safe(part)}" for part in (item.field, item.level) if part)
    yield f"  [{number}] {zh} / {en}{named} · {item.verdict.zh} / {item.verdict.en}"
    yield from _who(item)
    if item.seal is not None:
        seal = item.seal
        trust = "" if seal.trusted else "（制章单位未识别 / maker unknown）"
        yield row(
            "印章 seal", f"{safe(seal.name)} · {seal.kind_zh} · {seal.code} / {seal.physical_code}{trust}"
        )
        yield from trust_lines(seal.trust, "制章信任 maker")
    yield from trust_lines(item.trust)
    yield row("时间 when", _when(item.time))
    if item.time.trust != item.trust:
        yield from trust_lines(item.time.trust, "时间戳信任 stamp")
    yield from _since(item.integrity)
    yield row(
        "证书状态 state",
        f"当时 then {_state(item.certificate_then)} → 现在 now {_state(item.certificate_now)}{authority_words(item)}",
    )
    if item.seal is not None:
        yield row(
            "印章状态 seal state", f"当时 then {_state(item.seal_then)} → 现在 now {_state(item.seal_now)}"
        )
    for place in item.placements[:1]:
        more = f"（共 {len(item.placements)} 处）" if len(item.placements) > 1 else ""
        yield row(
            "位置 where",
            f"第 {place.page} 页 page {place.page} · {place.x_mm:.1f}, {place.y_mm:.1f} mm{more}",
        )
    if item.readers is not None:
        yield row("可核验者 readers", item.readers.zh)
        yield row("", item.readers.en)
    if item.seal_data is not None:
        yield from part_lines(item.seal_data)
    yield from proof_lines(item.proofs)
    yield row("结论 reason", item.reason.zh)
    yield row("", item.reason.en)
    for note in item.notes:
        yield row("注 note", note.zh)
        yield row("", note.en)


def _who(item: SignatureReport) -> Iterator[str]:
    """Say who signed, with which certificate, key and algorithms."""
    if item.signer is not None:
        code = f"（{item.signer.uscc}）" if item.signer.uscc else ""
        yield row("签署方 who", f"{safe(item.signer.organization or item.signer.name)}{code}")
        yield row("证书 certificate", f"{item.signer.serial} · {safe(item.signer.issuer)}")
        if item.signer.policies:
            yield row("证书策略 policies", _policies(item.signer.policies))
    if item.algorithm:
        yield row("密钥 key", key_words(item))
    if item.strength is not None:
        yield row("算法强度 strength", _strength(item.strength))


def _since(integrity: Integrity) -> Iterator[str]:
    """Say what became of the document since, revision by revision, and what its certification lets follow."""
    yield row("签后改动 changed", _changes(integrity))
    for later in integrity.revisions[:MAX_SHOWN]:
        yield row(f"  版本 revision {later.number}", _touched(later))
    if integrity.certification:
        allowed_zh, allowed_en = CERTIFICATION[integrity.certification]
        yield row("认证 certified", f"{allowed_zh} / {allowed_en}")


def _policies(policies: tuple[str, ...]) -> str:
    """Name the policies valid for the signer, in the anchor's words, with the level that ours stand for."""
    level = level_of(policies)
    words = "" if level is None else f"（保证等级 assurance：{level.zh} / {level.value}）"
    more = f" …（共 {len(policies)} 项）" if len(policies) > MAX_SHOWN else ""
    return "、".join(policies[:MAX_SHOWN]) + more + words


def _strength(found: Strength) -> str:
    """Say how strong the algorithms were and are, and which have ended."""
    weak = [use for use in found.uses if Soundness.WEAK in {use.then, use.now} and use.sunset is not None]
    ended = "、".join(
        f"{use.algorithm} 至 until {use.sunset.ends:%Y-%m-%d}" for use in weak if use.sunset is not None
    )
    words = f"当时 then {found.then.zh} → 现在 now {found.now.zh}"
    return f"{words}（{ended}）" if ended else words


def _touched(later: LaterRevision) -> str:
    """Say what one later revision is, and what it touches."""
    places = "；".join(
        " ".join(part for part in (safe(one.field), one.what_zh, one.object) if part)
        for one in later.touched[:MAX_SHOWN]
    )
    more = f"（共 {len(later.touched)} 项）" if len(later.touched) > MAX_SHOWN else ""
    return f"{later.kind.zh} / {later.kind.value}{'：' if places else ''}{places}{more}"


def key_words(item: SignatureReport) -> str:
    """Say what signed, and where its key is kept as far as that is stated."""
    kept = CUSTODY.get(item.custody)
    return item.algorithm + (f" · {kept[0]} / {kept[1]}" if kept is not None else "")


def _when(time: SigningTime) -> str:
    zh, en = SOURCE[time.source]
    authority = f" · {safe(time.authority)}" if time.authority else ""
    return f"{stamp(time.value)} · {zh} / {en}{authority}"


def authority_words(item: SignatureReport) -> str:
    """Say that an authority above the certificate has ended since; nothing where none has."""
    now = item.authority_now
    return f"；上级机构 authority {_state(now)}" if now.status in ENDED_SINCE else ""


def _state(status: StatusReport) -> str:
    since = f" ({civil_day(status.since)})" if status.since is not None else ""
    return f"{STATUS_ZH.get(status.status, status.status)}{since}"


def _changes(integrity: Integrity) -> str:
    if integrity.modified is None:
        return "未能判断 / not judged"
    if integrity.modified:
        places = "；".join(
            f"{f'第 {change.page} 页 ' if change.page else ''}{safe(change.field)} {change.what_zh}".strip()
            for change in integrity.where[:5]
        )
        return f"已改动 / changed: {places}"
    if integrity.doubts:
        return "有追加内容可能遮盖已签内容 / what was added may cover what was signed"
    if integrity.additions:
        added = "、".join(dict.fromkeys(change.what_zh for change in integrity.additions))
        return f"未改动（其后{added}）/ unchanged"
    return "未改动 / unchanged"
