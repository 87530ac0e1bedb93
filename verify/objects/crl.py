"""A bare revocation list (RFC 5280 §5): its form and scope, whose it is, whether that one may make it, and how old it is."""

from __future__ import annotations

from typing import Final

from cryptography import x509

from verify.certificates.crl_entries import entries_understood
from verify.certificates.extensions import extensions_of
from verify.certificates.paths import check_authority, name
from verify.certificates.revocation import (
    ACCEPTED_CRL_EXTENSIONS,
    crl_signed_by,
)
from verify.objects.report import ObjectFact
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.policy import MAX_CRL_OCTETS
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.verdict import SubIndication

MAX_ISSUERS: Final = 8
"""Certificates of one name that are tried as its maker."""
_GOOD: Final = Reason(
    "吊销列表有效：由受信任的机构签发，在时效内，内容未被改动。",
    "The revocation list is valid: made by a trusted authority, up to date, unchanged.",
)
_UNREADABLE: Final = failed(
    SubIndication.FORMAT_FAILURE,
    "吊销列表已损坏或格式不正确，请重新下载。",
    "The revocation list is damaged or malformed; fetch it again.",
)
_LARGE: Final = doubtful(
    SubIndication.LIMIT_REACHED,
    f"吊销列表超过 {MAX_CRL_OCTETS // 1024 // 1024} MB 的上限，未作判定；请使用分片的列表。",
    f"The revocation list is larger than {MAX_CRL_OCTETS // 1024 // 1024} MB, the limit; use a list in parts.",
)


def judge_crl(octets: bytes, bench: Bench) -> Judged:
    """Judge a revocation list (DER) as of now."""
    if len(octets) > MAX_CRL_OCTETS:
        return Judged(_GOOD, (at(ObjectStep.FORM, _LARGE),))
    try:
        crl = x509.load_der_x509_crl(octets)
        extensions = {extension.oid: extension for extension in crl.extensions}
        facts = _facts(crl, extensions)
        since, until = crl.last_update_utc, crl.next_update_utc
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return Judged(_GOOD, (at(ObjectStep.FORM, _UNREADABLE),))
    steps = [
        at(ObjectStep.FORM, passed("可以读取。", "It can be read.")),
        at(ObjectStep.WHOLE, _scope(octets, extensions)),
        at(ObjectStep.CURRENT, bench.current(since, until)),
    ]
    named = tuple(one for one in bench.known if one.subject == crl.issuer)[:MAX_ISSUERS]
    issuer = next((one for one in named if crl_signed_by(crl, one)), None)
    steps.append(at(ObjectStep.SIGNATURE, _signature(crl, named, issuer)))
    if issuer is None:
        return Judged(_GOOD, tuple(steps), facts)
    looked, above = bench.maker(issuer, (), _signs_lists)
    return Judged(_GOOD, (*steps, *above), facts, looked)


def _signature(
    crl: x509.CertificateRevocationList, named: tuple[x509.Certificate, ...], issuer: x509.Certificate | None
) -> Outcome:
    who = name(crl.issuer)
    if issuer is not None:
        return passed(f"由“{who}”签发，签名相符。", f"Made by {who}; its signature holds.")
    if not named:
        return doubtful(
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            f"信任库中没有签发机构“{who}”的证书，无法核对签名；请加入其证书后重新核验。",
            f"There is no certificate of its issuer, {who}, in the trust store; add it and verify again.",
        )
    return failed(
        SubIndication.SIG_CRYPTO_FAILURE,
        f"签名与“{who}”的证书不符，或其无权签发吊销列表：列表已被改动或系伪造，不能使用。",
        f"The signature does not fit the certificate of {who}, or that may not sign lists: it was changed or forged.",
    )


def _signs_lists(certificate: x509.Certificate) -> None:
    """Demand an authority, or one whose key may sign lists expressly (RFC 5280 §4.2.1.3): an end entity says nothing of anybody."""
    usage = {one.oid: one.value for one in extensions_of(certificate)}.get(x509.KeyUsage.oid)
    if not (isinstance(usage, x509.KeyUsage) and usage.crl_sign):
        check_authority(certificate)


def _scope(
    octets: bytes, extensions: dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]
) -> Outcome:
    """RFC 5280 §5.2, §5.3: numbered, complete, and nothing critical in it that is not understood."""
    unknown = [oid for oid, one in extensions.items() if one.critical and oid not in ACCEPTED_CRL_EXTENSIONS]
    if x509.DeltaCRLIndicator.oid in extensions:
        return doubtful(
            SubIndication.TRY_LATER,
            "这是增量列表（delta CRL），须与完整列表合用，不单独采信；请提供完整的列表。",
            "This is a delta list, which says nothing without the complete one; give the complete list.",
        )
    if unknown:
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"含有无法识别的关键扩展 {unknown[0].dotted_string}，不能采信。",
            f"It has a critical extension that is not understood, {unknown[0].dotted_string}.",
        )
    if not entries_understood(octets):
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "列表的某一项含有无法识别的关键扩展，整份列表不能采信；请向签发机构查询。",
            "One of its entries has a critical extension that is not understood, so none of it counts; ask its issuer.",
        )
    if x509.CRLNumber.oid not in extensions:
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "列表没有编号，不能分辨新旧，不予采信。",
            "The list has no number, so older and newer ones cannot be told apart.",
        )
    return passed("完整列表。", "A complete list.")


def _facts(
    crl: x509.CertificateRevocationList,
    extensions: dict[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]],
) -> tuple[ObjectFact, ...]:
    number = extensions.get(x509.CRLNumber.oid)
    scope = extensions.get(x509.IssuingDistributionPoint.oid)
    found = [
        fact("issuer", ("签发机构", "issuer"), name(crl.issuer)),
        fact("number", ("编号", "number"), "" if number is None else str(_number(number.value))),
        moment("this_update", ("签发时间", "issued"), crl.last_update_utc),
        moment("next_update", ("下次更新", "next update"), crl.next_update_utc),
        fact("entries", ("吊销的证书数", "certificates revoked"), str(len(crl))),
        fact("scope", ("范围", "scope"), *_scope_words(None if scope is None else scope.value)),
    ]
    return tuple(one for one in found if one.zh)


def _number(value: x509.ExtensionType) -> int:
    return value.crl_number if isinstance(value, x509.CRLNumber) else 0


def _scope_words(value: x509.ExtensionType | None) -> tuple[str, str]:
    if not isinstance(value, x509.IssuingDistributionPoint):
        return "该机构签发的全部证书", "every certificate of its issuer"
    limits = (
        (value.only_contains_user_certs, "仅用户证书", "end entities only"),
        (value.only_contains_ca_certs, "仅 CA 证书", "authorities only"),
        (value.only_contains_attribute_certs, "仅属性证书", "attribute certificates only"),
        (bool(value.only_some_reasons), "仅部分原因", "some reasons only"),
        (value.indirect_crl, "间接列表", "an indirect list"),
    )
    zh = [word for holds, word, _ in limits if holds]
    en = [word for holds, _, word in limits if holds]
    where = [
        str(one.value)[:200]
        for one in value.full_name or ()
        if isinstance(one, x509.UniformResourceIdentifier)
    ]
    return "、".join([*zh, *where]) or "分片", ", ".join([*en, *where]) or "a part"
