"""A bare certificate: its form, its path to a trusted authority, what it is for, its state now, its algorithms and policies."""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca import profile
from hsm.sm2.public_key import Sm2PublicKey
from verify.algorithms import DIGESTS, MAX_RSA_BITS, MIN_CURVE_BITS, MIN_RSA_BITS, key_of
from verify.certificates import gm
from verify.certificates.extensions import extensions_of
from verify.certificates.identity import algorithm, uscc_of
from verify.certificates.paths import fingerprint, name
from verify.certificates.purpose import extended
from verify.digests import SM3
from verify.objects.report import ObjectFact
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.policy import MAX_CMS_OCTETS
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.signatures.loaded import load_certificate
from verify.verdict import SubIndication

USES: Final = {
    profile.EKU_SERVER_AUTH: ("服务器身份", "TLS server"),
    profile.EKU_CLIENT_AUTH: ("客户端身份", "TLS client"),
    profile.EKU_OCSP_SIGNING: ("签发状态应答", "answering OCSP"),
    profile.EKU_TIME_STAMPING: ("签发时间戳", "time-stamping"),
    profile.EKU_DOCUMENT_SIGNING: ("盖章或签署文件", "sealing and signing documents"),
    profile.EKU_SEAL_MAKER: ("制章", "making seals"),
    "1.3.6.1.5.5.7.3.4": ("电子邮件", "e-mail"),
    "1.3.6.1.5.5.7.3.3": ("签署代码", "signing code"),
    "2.5.29.37.0": ("任意用途", "any purpose"),
}
"""Extended key usages (RFC 5280 §4.2.1.12) in words."""
_BITS: Final = (
    ("digital_signature", "签名", "signature"),
    ("content_commitment", "抗抵赖", "non-repudiation"),
    ("key_encipherment", "密钥加密", "key encipherment"),
    ("data_encipherment", "数据加密", "data encipherment"),
    ("key_agreement", "密钥协商", "key agreement"),
    ("key_cert_sign", "签发证书", "issuing certificates"),
    ("crl_sign", "签发吊销列表", "issuing CRLs"),
)
MAX_POLICIES: Final = 20
"""Policies named; real certificates have three."""


def judge_certificate(octets: bytes, bench: Bench, others: tuple[x509.Certificate, ...] = ()) -> Judged:
    """Judge one certificate (DER) as of now; ``others`` came along and may lie between it and an anchor."""
    certificate = load_certificate(octets)
    good = Reason(
        "证书有效：上溯至受信任的根，在有效期内，未被吊销。",
        "The certificate is valid: trusted, in force, not revoked.",
    )
    if certificate is None or len(octets) > MAX_CMS_OCTETS:
        return Judged(good, (at(ObjectStep.FORM, UNREADABLE),))
    form = at(ObjectStep.FORM, _form(certificate))
    strength = at(ObjectStep.ALGORITHM, _strength(certificate))
    looked, steps = bench.maker(certificate, others, lambda _: None)
    chain, _, validity, revocation = steps  # which use it may have is told, not demanded
    use = at(ObjectStep.USE, _use(certificate))
    return Judged(good, (form, strength, chain, use, validity, revocation), _facts(certificate), looked)


UNREADABLE: Final = failed(
    SubIndication.FORMAT_FAILURE,
    "证书已损坏或格式不正确，请向持有人索取原证书。",
    "The certificate is damaged or malformed; ask its holder for the original.",
)


def _form(certificate: x509.Certificate) -> Outcome:
    """RFC 5280 §4.1.2.2, §4.2: a positive serial number, extensions that can be read and stand once each."""
    try:
        key_of(certificate)
        _ = (
            extensions_of(certificate),
            certificate.subject.rfc4514_string(),
            certificate.issuer.rfc4514_string(),
        )
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return UNREADABLE
    if certificate.serial_number <= 0:
        return UNREADABLE
    return passed("可以读取。", "It can be read.")


def _strength(certificate: x509.Certificate) -> Outcome:
    """ETSI TS 119 312: the key and the digest under the issuer's signature."""
    try:
        key = key_of(certificate)
        digest = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        key, digest = None, None
        if gm.is_sm2(certificate):
            key = _key_or_none(certificate)
    weak = (
        (isinstance(key, rsa.RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS)
        or (isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < MIN_CURVE_BITS)
        or (digest is not None and digest.name.replace("-", "_") not in DIGESTS)
    )
    told = algorithm_words(certificate)
    if weak or key is None:
        return doubtful(
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
            f"密钥或签名算法不被接受（{told or '未知'}），不能作为可靠证明；请更换证书。",
            f"Its key or the algorithm of its signature is not accepted ({told or 'unknown'}); ask for another certificate.",
        )
    return passed(f"{told}。", f"{told}.")


def _key_or_none(certificate: x509.Certificate) -> object:
    try:
        return key_of(certificate)
    except (ValueError, UnsupportedAlgorithm):
        return None


def algorithm_words(certificate: x509.Certificate) -> str:
    """Name the key, and the digest under the issuer's signature; empty for a key that cannot be read."""
    try:
        if gm.is_sm2(certificate) or isinstance(key_of(certificate), Sm2PublicKey):
            return algorithm(certificate, SM3)
        digest = certificate.signature_hash_algorithm
        return algorithm(certificate, "-" if digest is None else digest.name)
    except (ValueError, UnsupportedAlgorithm):
        return ""


def _use(certificate: x509.Certificate) -> Outcome:
    """Say what it may be used for: whoever holds it decides nothing about that."""
    zh, en = uses(certificate)
    if not zh:
        return doubtful(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "证书没有写明可用的用途，不能用于签章或签名。",
            "The certificate states no purpose that it could be used for.",
        )
    return passed(f"可用于：{zh}。", f"It may be used for {en}.")


def uses(certificate: x509.Certificate) -> tuple[str, str]:
    """Return what the certificate may be used for in words, Chinese and English; empty where nothing is left."""
    try:
        authority = extensions_of(certificate).get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if authority:
        return "签发证书（CA）", "issuing certificates (CA)"
    bits = _bits(certificate)
    purposes = extended(certificate)
    if purposes is not None:
        words = [USES.get(oid, (oid, oid)) for oid in sorted(purposes[0])]
        shut = bits is not None and not bits
        return ("", "") if shut else ("、".join(zh for zh, _ in words), ", ".join(en for _, en in words))
    if bits is None:
        return "未限定", "anything: it states no limit"
    words = [(zh, en) for bit, zh, en in _BITS if bit in bits]
    return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)


def _bits(certificate: x509.Certificate) -> frozenset[str] | None:
    try:
        usage = extensions_of(certificate).get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return frozenset(bit for bit, _, _ in _BITS if getattr(usage, bit))


def _facts(certificate: x509.Certificate) -> tuple[ObjectFact, ...]:
    found = [
        fact("subject", ("持有人", "subject"), name(certificate.subject)),
        fact("uscc", ("统一社会信用代码", "credit code (USCC)"), uscc_of(certificate.subject)),
        fact("issuer", ("签发机构", "issuer"), name(certificate.issuer)),
        fact("serial", ("序列号", "serial number"), f"{certificate.serial_number:x}"),
        moment("not_before", ("生效", "valid from"), certificate.not_valid_before_utc),
        moment("not_after", ("到期", "valid to"), certificate.not_valid_after_utc),
        fact("use", ("用途", "purpose"), *_use_words(certificate)),
        fact("policies", ("证书策略", "policies"), " ".join(policies(certificate))),
        fact("algorithm", ("密钥与算法", "key and algorithm"), algorithm_words(certificate)),
        fact("sha256", ("SHA-256 指纹", "SHA-256"), fingerprint(certificate).hex()),
    ]
    return tuple(one for one in found if one.zh)


def _use_words(certificate: x509.Certificate) -> tuple[str, str]:
    try:
        return uses(certificate)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return "", ""


def policies(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the certificate policies (RFC 5280 §4.2.1.4) by number."""
    try:
        found = extensions_of(certificate).get_extension_for_class(x509.CertificatePolicies).value
    except (x509.ExtensionNotFound, ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    return tuple(one.policy_identifier.dotted_string for one in found)[:MAX_POLICIES]
