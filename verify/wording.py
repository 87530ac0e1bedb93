"""The sentences of a passed signature and of a whole document: one verdict word, the reason, the next step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from seals.states import STOPPED_ZH, SealStatus
from verify.certificates.paths import MAX_DESCRIBED
from verify.certificates.remembered import by_identity
from verify.civil_time import civil_day
from verify.report import (
    UNKNOWN,
    DocumentReport,
    Reason,
    SignatureKind,
    SignatureReport,
    SigningTime,
    StatusReport,
)
from verify.verdict import SubIndication, Verdict, worst

TEST_NOTICE = "演示证书，不具法律效力"
"""Stands on every report whose root says 测试 or TEST in its name."""

GM_READERS = Reason(
    "签名采用国密算法 SM2/SM3：印信和支持国密的阅读器可以核验；Adobe 等国际通用阅读器不支持，会显示“无法验证”。",
    "Signed with the Chinese algorithms SM2 and SM3: Yinxin and readers that know them can check it; "
    "Adobe-class readers do not and will say that they cannot.",
)
"""Stands on every report of such a signature, so that nobody takes another reader's silence for a verdict."""


ENDED_SINCE = frozenset({"revoked", "on_hold", "expired"})
"""States of a certificate that was good once."""


@by_identity(MAX_DESCRIBED)
def is_test_root(root: x509.Certificate) -> bool:
    """Tell whether an anchor calls itself a test or demonstration root."""
    words = root.subject.rfc4514_string() + "".join(str(item.value) for item in root.subject)
    return "测试" in words or "TEST" in words.upper().split() or "TEST" in words


def passed(
    kind: SignatureKind,
    time: SigningTime,
    now: StatusReport,
    seal_now: StatusReport,
    authority_now: StatusReport = UNKNOWN,
) -> Reason:
    """Say why a signature is valid, with what has happened since to its certificate, an authority above it or the seal."""
    what_zh, what_en = {
        SignatureKind.SEAL: ("签章", "seal"),
        SignatureKind.SIGNATURE: ("签名", "signature"),
        SignatureKind.TIMESTAMP: ("文档时间戳", "document time-stamp"),
    }[kind]
    ended = [one.since for one in (now, authority_now) if one.status in ENDED_SINCE]
    ended += [seal_now.since] if seal_now.status in STOPPED_ZH else []
    if ended and not _is_older(time, ended):
        return _by_claim(what_zh, what_en, time)
    whose_zh, whose_en = "证书", "The certificate"
    if now.status not in ENDED_SINCE and authority_now.status in ENDED_SINCE:
        whose_zh, whose_en, now = (
            "上级机构的证书",
            "The certificate of an authority above it",
            authority_now,
        )
    if now.status in {"revoked", "on_hold"}:
        word_zh, word_en = ("暂停", "suspended") if now.status == "on_hold" else ("吊销", "revoked")
        return Reason(
            f"{whose_zh}已于 {civil_day(now.since)} {word_zh}；{what_zh}时间 {civil_day(time.value)} 早于{word_zh}且有可信时间戳，故{what_zh}有效。",
            f"{whose_en} was {word_en} on {civil_day(now.since)}; the {what_en} of {civil_day(time.value)} is earlier, "
            "as a trusted time-stamp proves, so it is valid.",
        )
    if now.status == "expired":
        return Reason(
            f"{whose_zh}已于 {civil_day(now.since)} 到期；{what_zh}时间 {civil_day(time.value)} 在有效期内且有可信时间戳，故{what_zh}有效。",
            f"{whose_en} expired on {civil_day(now.since)}; the {what_en} of {civil_day(time.value)} is earlier, "
            "as a trusted time-stamp proves, so it is valid.",
        )
    if seal_now.status in STOPPED_ZH:
        word = STOPPED_ZH[SealStatus(seal_now.status)]
        return Reason(
            f"印章已于 {civil_day(seal_now.since)} {word}；盖章时间 {civil_day(time.value)} 在此之前且有可信时间戳，故签章有效。",
            f"The seal was {seal_now.status} on {civil_day(seal_now.since)}; it was used on {civil_day(time.value)}, before that, "
            "as a trusted time-stamp proves, so it is valid.",
        )
    proof_zh, proof_en = (
        ("，时间由可信时间戳证明", ", at a time proved by a trusted time-stamp")
        if time.trusted
        else ("；时间为签章人声称，未经时间戳证明", "; its time is the signatory's own claim")
    )
    if kind is SignatureKind.TIMESTAMP:
        return Reason(
            "文档时间戳有效，所盖内容未被改动。",
            "The document time-stamp is valid and what it covers is unchanged.",
        )
    return Reason(
        f"{what_zh}有效：证书可信，文件自{what_zh}后未被改动{proof_zh}。无需进一步操作。",
        f"The {what_en} is valid: its certificate is trusted and the document is unchanged since{proof_en}. "
        "Nothing more is to be done.",
    )


def _is_older(time: SigningTime, ends: Iterable[datetime | None]) -> bool:
    """Tell whether a proved time lies before whatever ended since."""
    value = time.value
    return value is not None and time.trusted and all(end is None or value < end for end in ends)


def _by_claim(what_zh: str, what_en: str, time: SigningTime) -> Reason:
    """Say what the seal standards rest on (GM/T 0031-2014 §6.2.3 d): the signatory's own time, where nothing proves another."""
    day = civil_day(time.claimed or time.value)
    return Reason(
        f"{what_zh}按其自述时间 {day} 判断有效（电子签章标准以此为准）；其后证书或印章已失效，"
        "且没有更早的可信时间戳证明该时间，重要事项请另行核实。",
        f"By the time that it states itself, {day}, the {what_en} is valid, as the seal standards judge it; "
        "certificate or seal have ended since, and no trusted time-stamp from before that proves it: confirm it where much depends on it.",
    )


def with_signatures(report: DocumentReport, signatures: Sequence[SignatureReport]) -> DocumentReport:
    """Return a report with these signatures, and the verdict that follows from them."""
    verdict, sub, reason = summary(signatures)
    return replace(
        report,
        verdict=verdict,
        reason=reason,
        sub_indication=sub,
        signatures=tuple(signatures),
        notice=next((one.notice for one in signatures if one.notice), ""),
    )


def summary(signatures: Sequence[SignatureReport]) -> tuple[Verdict, SubIndication | None, Reason]:
    """Return the verdict on a document from its signatures: the worst one, and its reason."""
    if not signatures:
        return (
            Verdict.INDETERMINATE,
            SubIndication.NO_SIGNATURE,
            Reason(
                "文件没有签章，无从核验；请确认是否为盖章后的文件。",
                "The document has no signature, so there is nothing to verify; make sure that this is the sealed file.",
            ),
        )
    verdict = worst([item.verdict for item in signatures])
    leading = next(item for item in signatures if item.verdict is verdict)
    if len(signatures) == 1:
        return verdict, leading.sub_indication, leading.reason
    total, bad = len(signatures), [item for item in signatures if item.verdict is verdict]
    if verdict is Verdict.PASSED:
        reason = Reason(
            f"共 {total} 处签名，全部有效。{leading.reason.zh}",
            f"All {total} signatures are valid. {leading.reason.en}",
        )
    else:
        reason = Reason(
            f"共 {total} 处签名，其中 {len(bad)} 处{verdict.zh}。{leading.reason.zh}",
            f"{len(bad)} of {total} signatures: {verdict.en}. {leading.reason.en}",
        )
    return verdict, leading.sub_indication, reason
