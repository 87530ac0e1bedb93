"""The signer in a seal's list (GM/T 0031-2014 §6.2.2 c), and other certificates of the key that the list names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from seals.ses.parts import CertDigest, SesSignature, SesVersion, SignerList
from verify.certificates.facts import IN_COURSE
from verify.certificates.names import subject_key_of
from verify.certificates.paths import name
from verify.certificates.signer import STOPPED
from verify.digests import SM3, digest_of
from verify.ses.certificates import CertificateSteps, Made, Proof
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.signatures.loaded import load_certificate
from verify.signatures.signer_certificate import others_of_its_key
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

DIGEST_NAMES: Final = {
    "SM3": SM3,
    "1.2.156.10197.1.401": SM3,
    "1.2.156.10197.1.401.1": SM3,
    "SHA256": "sha256",
    "2.16.840.1.101.3.4.2.1": "sha256",
}
"""Names that ``CertDigestObj.type`` may have, without hyphens and in capitals: the standards leave it open."""
THE_SIGNATURE: Final = Made("签章", "the signature", "签章人证书", "The signer's certificate")


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a seal by a signer, dated ``when`` and proved by ``stamped`` at the latest, that is judged ``now``."""

    signature: SesSignature
    signer: x509.Certificate | None
    certificates: CertificateSteps
    when: datetime
    stamped: datetime
    now: datetime
    proofs: tuple[Proof | None, ...]


def signer_listed(use: Use) -> Outcome:
    """Find the signer's certificate in the seal's list, octet for octet, or by its digest (GM/T 0031-2014 §6.2.2 c)."""
    certificate, listed = use.signature.certificate, use.signature.seal.property.signers
    if certificate in listed.certificates:
        return _another_listed(use) or passed(
            "与列表中的证书逐字节相同。", "Octet for octet one of the list."
        )
    if _is_among(listed, certificate):
        return _another_listed(use) or passed("与列表中的杂凑值相符。", "Its digest is one of the list.")
    if any(not _digest_name(item) for item in listed.digests) or listed.texts:
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "印章列表中不是证书，或杂凑算法无法识别，不能比对签章人。",
            "The seal's list holds no certificates, or digests of an unknown algorithm: the signer cannot be compared.",
        )
    return failed(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "签章人证书不在印章的证书列表中，印章被冒用或证书更新后未重新制章，无效。",
        "The signer's certificate is not in the seal's list: the seal is misused, or was not made again after a renewal.",
    )


def _is_among(listed: SignerList, certificate: bytes) -> bool:
    """Tell whether a certificate (DER) is one of the list's, or its digest is."""
    readable = [item for item in listed.digests if _digest_name(item)]
    return certificate in listed.certificates or any(
        digest_of(_digest_name(item), certificate) == item.value for item in readable
    )


def _another_listed(use: Use) -> Outcome | None:
    """Doubt a signature whose certificate is none of what was signed, where the seal lists another of its key that matters.

    From v4 on the certificate stands outside of TBS_Sign: anybody exchanges it for another one of the key that the seal lists. One that was
    ended in the course of things, as a renewal ends it, is no reason; nor is one that leads to no anchor (as in CMS, RFC 5035 §1).
    """
    listed, signer, steps = use.signature.seal.property.signers, use.signer, use.certificates
    if signer is None or use.signature.version is SesVersion.V1:
        return None
    loaded = (load_certificate(one) for one in listed.certificates)
    at_hand = (*(one for one in loaded if one is not None), *steps.extra)
    for other in others_of_its_key(
        signer, at_hand, steps.judge, lambda one: _is_among(listed, one.public_bytes(Encoding.DER))
    ):
        looked = steps.look(other, use.when, ServiceKind.CA, *use.proofs)
        if not looked.trusted:
            continue
        if subject_key_of(other) != subject_key_of(signer):
            return _could_be_anothers(signer, other)
        then = steps.judge.state(looked.word, 0, use.stamped)
        stopped = then.status in STOPPED and then.reason not in IN_COURSE
        if stopped or steps.unsound(looked, use.now, THE_SIGNATURE, *use.proofs) is not None:
            return _could_be_revoked(other)
    return None


def _could_be_anothers(signer: x509.Certificate, other: x509.Certificate) -> Outcome:
    one, two = name(signer.subject), name(other.subject)
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签章没有绑定签章人证书，而印章列表中同一密钥有“{one}”和“{two}”的不同证书，分不清是以谁的名义盖的；请重新制章，使各持章人使用各自的密钥。",
        f"The signature is bound to no certificate, and the seal lists different ones of the same key, of {one} and of {two}: in whose name "
        "it was sealed cannot be told; have the seal made anew, with a key for each holder.",
    )


def _could_be_revoked(other: x509.Certificate) -> Outcome:
    who, serial = name(other.subject), f"{other.serial_number:x}"
    return doubtful(
        SubIndication.REVOKED_NO_POE,
        f"签章没有绑定签章人证书，而印章列表中“{who}”同一密钥的另一张证书（序列号 {serial}）已被吊销或暂停，分不清盖章用的是哪一张；"
        "请更换密钥、重新制章后再盖章。",
        f"The signature is bound to no certificate, and another one of the same key of {who} that the seal lists (serial {serial}) is revoked "
        "or suspended: which was used cannot be told; have the document sealed again with a seal for a new key.",
    )


def _digest_name(item: CertDigest) -> str:
    return DIGEST_NAMES.get(item.type.upper().replace("-", ""), "")
