"""A bare OCSP response (RFC 6960): what it answers, about which certificates, who signed it and by whose leave, how old it is."""

from __future__ import annotations

from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.x509 import ocsp

from verify.certificates.paths import name
from verify.certificates.revocation import answering, answers_about
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
        facts = _facts(response, singles)
    except (ValueError, TypeError):
        return Judged(_GOOD, (at(ObjectStep.FORM, _UNREADABLE),))
    if not singles:
        return Judged(_GOOD, (at(ObjectStep.FORM, _UNREADABLE),))
    steps = [at(ObjectStep.FORM, passed("可以读取。", "It can be read."))]
    steps += [
        at(ObjectStep.CURRENT, bench.current(single.this_update_utc, single.next_update_utc))
        for single in singles
    ]
    issuer, signer = _makers(response, singles[0], bench)
    steps.append(at(ObjectStep.SIGNATURE, _signature(issuer, signer)))
    if issuer is None or signer is None:
        return Judged(_GOOD, tuple(steps), facts)
    looked, above = bench.maker(issuer, (), lambda _: None)
    chain, _, validity, revocation = above
    return Judged(_GOOD, (*steps, chain, validity, revocation), facts, looked)


def _makers(
    response: ocsp.OCSPResponse, single: ocsp.OCSPSingleResponse, bench: Bench
) -> tuple[x509.Certificate | None, x509.Certificate | None]:
    """Return the authority that the question was about, by the hashes of its name and key, and who signed the answer."""
    issuer = answers_about(single, (*bench.known, *response.certificates[:MAX_ENCLOSED]))
    return issuer, None if issuer is None else answering(response, issuer, bench.judge.paths)


def _signature(issuer: x509.Certificate | None, signer: x509.Certificate | None) -> Outcome:
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
            f"签名既不是“{who}”的，也不是其委托的服务的：应答已被改动或系伪造，不能使用。",
            f"It was signed neither by {who} nor by a responder of its own: it was changed or forged.",
        )
    by = name(signer.subject)
    return passed(f"由“{by}”签发，签名相符。", f"Made by {by}; its signature holds.")


def _refusal(status: ocsp.OCSPResponseStatus) -> Outcome:
    return doubtful(
        SubIndication.TRY_LATER,
        f"这是一份未作答的应答（{status.name.lower()}），没有任何证书状态；请重新查询。",
        f"The responder gave no answer ({status.name.lower()}), so it says nothing about a certificate; ask again.",
    )


def _facts(response: ocsp.OCSPResponse, singles: list[ocsp.OCSPSingleResponse]) -> tuple[ObjectFact, ...]:
    found = [moment("produced_at", ("产生时间", "produced"), response.produced_at_utc)]
    for single in singles:
        zh, en = _STATES[single.certificate_status]
        since = single.revocation_time_utc
        if since is not None:
            zh, en = f"{zh}（{since:%Y-%m-%d}）", f"{en} ({since:%Y-%m-%d})"
        serial = f"{single.serial_number:x}"
        found += [
            fact("certificate", ("证书", "certificate"), f"{serial} · {zh}", f"{serial} · {en}"),
            moment("this_update", ("状态时间", "as of"), single.this_update_utc),
            moment("next_update", ("下次更新", "next update"), single.next_update_utc),
        ]
    return tuple(found)
