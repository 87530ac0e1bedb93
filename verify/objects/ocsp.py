"""A bare OCSP response (RFC 6960): what it answers, about which certificates, who signed it and by whose leave, how old it is."""

from __future__ import annotations

from itertools import chain, compress, islice
from typing import Final

from cryptography import x509
from cryptography.x509 import ocsp

from verify.certificates.answers import answering, answers_about, is_ahead, understood
from verify.certificates.delegates import digest_end
from verify.certificates.paths import PathFinder, check_authority, name
from verify.civil_time import civil_day
from verify.objects.report import ObjectFact
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.policy import MAX_CMS_OCTETS
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.verdict import SubIndication

MAX_SINGLES: Final = 20
"""Answers told of one response; responders answer one at a time."""
MAX_ENCLOSED: Final = 8
"""Certificates in it that are looked at: a responder and those above it."""
_GOOD: Final = Reason(
    "状态应答有效：由受信任的机构或其委托的服务签发，在时效内。",
    "The response is valid: by a trusted authority or a responder of its own, and up to date.",
)
_UNREADABLE: Final = failed(
    SubIndication.FORMAT_FAILURE,
    "状态应答已损坏或格式不正确，请重新查询。",
    "The OCSP response is damaged or malformed; ask again.",
)
_UNKNOWN: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "应答含有无法识别的关键扩展，不能采信；请重新查询，或向应答者了解该扩展。",
    "The response has a critical extension that is not understood, and does not count; ask again, or ask the responder what it means.",
)
_STATES: Final = {
    ocsp.OCSPCertStatus.GOOD: ("有效", "good"),
    ocsp.OCSPCertStatus.REVOKED: ("已吊销", "revoked"),
    ocsp.OCSPCertStatus.UNKNOWN: ("未知", "unknown"),
}


def judge_ocsp(octets: bytes, bench: Bench) -> Judged:
    """Judge a response (DER) as of now."""
    try:
        if len(octets) > MAX_CMS_OCTETS:
            return Judged(_GOOD, (at(ObjectStep.FORM, _UNREADABLE),))
        response = ocsp.load_der_ocsp_response(octets)
        status = response.response_status
        if status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Judged(_GOOD, (at(ObjectStep.FORM, _refusal(status)),))
        singles = list(islice(response.responses, MAX_SINGLES))
        known, enclosed = understood(response), response.certificates[:MAX_ENCLOSED]
        said = [_said(single) for single in singles]
    except (ValueError, TypeError):
        return Judged(_GOOD, (at(ObjectStep.FORM, _UNREADABLE),))
    if not singles or not known:
        return Judged(_GOOD, (at(ObjectStep.FORM, _UNKNOWN if singles else _UNREADABLE),))
    issuer, signer = _makers(response, singles, (*bench.known, *enclosed), bench.judge.paths)
    counts = [issuer is None or answers_about(one, (issuer,)) is issuer for one in singles]
    counted = list(compress(singles, counts))
    produced = moment("produced_at", ("产生时间", "produced"), response.produced_at_utc)
    facts = (produced, *chain.from_iterable(compress(said, counts)))
    notes = _left_out(len(singles) - len(counted))
    steps = [
        at(ObjectStep.FORM, passed("可以读取。", "It can be read.")),
        *(at(ObjectStep.CURRENT, _current(response, single, signer, bench)) for single in counted),
        at(ObjectStep.SIGNATURE, _signature(issuer, signer, bench)),
    ]
    if issuer is None or signer is None:
        return Judged(_GOOD, tuple(steps), facts, notes=notes)
    looked, above = bench.maker(issuer, (), check_authority)
    return Judged(_GOOD, (*steps, *above), facts, looked, notes)


def _makers(
    response: ocsp.OCSPResponse,
    singles: list[ocsp.OCSPSingleResponse],
    known: tuple[x509.Certificate, ...],
    paths: PathFinder,
) -> tuple[x509.Certificate | None, x509.Certificate | None]:
    """Return an authority that was asked about, by the hashes of its name and key, and who signed the answer for it.

    RFC 6960 §4.2.2.2: whoever signs answers for one authority, its own. What is said of others' certificates is nobody's word.
    """
    named = dict.fromkeys(answers_about(single, known) for single in singles)
    issuers = [one for one in named if one is not None]
    for issuer in issuers:
        signer = answering(response, issuer, paths)
        if signer is not None:
            return issuer, signer
    return next(iter(issuers), None), None


def _current(
    response: ocsp.OCSPResponse,
    single: ocsp.OCSPSingleResponse,
    signer: x509.Certificate | None,
    bench: Bench,
) -> Outcome:
    """RFC 6960 §2.4, §4.2.2.1: made already, not before what it says was so, and by a certificate that is in force still."""
    if response.produced_at_utc - bench.at > bench.policy.clock_skew:
        return bench.current(response.produced_at_utc, None)
    if is_ahead(response, single):
        return doubtful(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            "应答所述的状态时间晚于应答产生的时间，前后矛盾，不能采信；请重新查询。",
            "It tells of a time after the one at which it was made, and does not count; ask again.",
        )
    if signer is not None and bench.at - signer.not_valid_after_utc > bench.policy.clock_skew:
        end = civil_day(signer.not_valid_after_utc)
        return doubtful(
            SubIndication.TRY_LATER,
            f"作出应答的“{name(signer.subject)}”的证书已于 {end} 到期，其应答不能说明现状；请重新查询。",
            f"The certificate of {name(signer.subject)}, who answered, ended on {end}: the answer says nothing about now; ask again.",
        )
    return bench.current(single.this_update_utc, single.next_update_utc)


def _left_out(count: int) -> tuple[Reason, ...]:
    if not count:
        return ()
    return (
        Reason(
            f"应答中另有 {count} 条关于其他签发机构的证书，应答者无权代答，未予采信；请向该机构查询。",
            f"{count} of its answers are about certificates of another authority, for which it may not speak: they are left "
            "out; ask that authority.",
        ),
    )


def _signature(issuer: x509.Certificate | None, signer: x509.Certificate | None, bench: Bench) -> Outcome:
    if issuer is None:
        return doubtful(
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            "应答所指的签发机构不在信任库中，无法核对；请加入其证书后重新核验。",
            "The authority that the response is about is not in the trust store; add its certificate and verify again.",
        )
    who = name(issuer.subject)
    if signer is None:
        return failed(
            SubIndication.SIG_CRYPTO_FAILURE,
            f"签名既不是“{who}”的，也不是其以合规证书委托的服务的：应答已被改动或系伪造，不能使用；请重新查询。",
            f"It was signed neither by {who} nor by a responder with a proper certificate of its own: it was changed or forged; "
            "ask again.",
        )
    if signer != issuer and digest_end(signer) is not None:
        return doubtful(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"“{name(signer.subject)}”的证书使用了不再可靠的摘要算法，其应答不能采信；请重新查询。",
            f"The certificate of {name(signer.subject)}, who answered, rests on a digest that counts no longer; ask again.",
        )
    by = name(signer.subject)
    ended = None if signer == issuer else bench.judge.evidence.end_of(signer, issuer)
    if ended is not None and ended.revoked_at is not None:
        day = civil_day(ended.revoked_at)
        return doubtful(
            SubIndication.TRY_LATER,
            f"作出应答的“{by}”的证书已于 {day} 被吊销，其应答不能采信；请重新查询。",
            f"The certificate of {by}, who answered, was revoked on {day}: the answer does not count; ask again.",
        )
    return passed(f"由“{by}”签发，签名相符。", f"Made by {by}; its signature holds.")


def _refusal(status: ocsp.OCSPResponseStatus) -> Outcome:
    return doubtful(
        SubIndication.TRY_LATER,
        f"这是一份未作答的应答（{status.name.lower()}），没有任何证书状态；请重新查询。",
        f"The responder gave no answer ({status.name.lower()}), so it says nothing about a certificate; ask again.",
    )


def _said(single: ocsp.OCSPSingleResponse) -> tuple[ObjectFact, ...]:
    zh, en = _STATES[single.certificate_status]
    since = single.revocation_time_utc
    if since is not None:
        zh, en = f"{zh}（{civil_day(since)}）", f"{en} ({civil_day(since)})"
    serial = f"{single.serial_number:x}"
    return (
        fact("certificate", ("证书", "certificate"), f"{serial} · {zh}", f"{serial} · {en}"),
        moment("this_update", ("状态时间", "as of"), single.this_update_utc),
        moment("next_update", ("下次更新", "next update"), single.next_update_utc),
    )
