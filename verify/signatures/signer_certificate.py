"""Whose certificate a signature is of: the one that the SignerInfo names and the signed attribute binds (RFC 5652 §5.3, RFC 5035 §5.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from cryptography import x509

from verify.algorithms import spki_of
from verify.certificates.facts import IN_COURSE
from verify.certificates.names import subject_key_of
from verify.certificates.paths import digest_of_certificate, name
from verify.certificates.purpose import check_signer
from verify.certificates.signer import STOPPED, CertificateJudge
from verify.errors import Finding, failed, unsure
from verify.sentence import Reason
from verify.signatures.cms import SignedMessage, fits
from verify.signatures.cms_values import certificate_references, malformed
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

MAX_TRIED: Final = 4
"""Certificates that answer to one identifier and are tried by their keys; of honest ones there are two, an older and its renewal."""


def signing_certificate(message: SignedMessage, known: tuple[x509.Certificate, ...] = ()) -> x509.Certificate:
    """Find the certificate that the SignerInfo names, in the container or among ``known``.

    A key identifier names every certificate of the key, and anybody may put another of the same issuer and number beside: of several the one
    counts that the signed attribute binds, or, where none is bound, whose key made the signature. Raises NO_SIGNING_CERTIFICATE_FOUND
    (EN 319 102-1 §5.2.3).
    """
    named = list(dict.fromkeys(one for one in (*message.certificates, *known) if message.names(one)))
    if not named:
        raise unsure(
            SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
            "签名中没有（或无法读取）签章人的证书，无法识别签章人；请索取附有签章人证书的文件。",
            "The signer's certificate is not in the signature or cannot be read, so the signer cannot be identified; ask for a file "
            "that has it.",
        )
    if len(named) == 1:
        return named[0]
    references = _references(message)
    if references:
        return next((one for one in named if _is_bound(one, references)), named[0])
    return next((one for one in islice(named, MAX_TRIED) if fits(message, one)), named[0])


def _references(message: SignedMessage) -> list[tuple[str, bytes]]:
    try:
        return certificate_references(message.signed, old=message.old)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise malformed("the signing-certificate attribute") from error


def _is_bound(certificate: x509.Certificate, references: list[tuple[str, bytes]]) -> bool:
    return all(digest_of_certificate(certificate, name) == expected for name, expected in references)


def binds(message: SignedMessage, certificate: x509.Certificate) -> bool:
    """Tell whether a signed attribute of the message names this very certificate; one that cannot be read names none."""
    try:
        references = _references(message)
        return len(references) > 0 and _is_bound(certificate, references)
    except (Finding, ValueError):
        return False


def check_signing_certificate(
    message: SignedMessage, certificate: x509.Certificate, *, required: bool
) -> None:
    """RFC 5035 §5.4, EN 319 142-1 §5.3: the signed reference to the signing certificate is to this one."""
    references = _references(message)
    if not references:
        if required:
            raise unsure(
                SubIndication.SIG_CONSTRAINTS_FAILURE,
                "签名没有绑定签章人证书（缺少 signing-certificate-v2 属性），不符合 PAdES 要求。",
                "The signature is not bound to the signer's certificate (no signing-certificate-v2), as PAdES demands.",
            )
        return
    if not _is_bound(certificate, references):
        raise failed(
            SubIndication.FORMAT_FAILURE,
            "签名所绑定的证书与所附证书不一致，签章无效。",
            "The certificate is not the one that the signature is bound to.",
        )


UNBOUND: Final = Reason(
    "签名没有绑定签章人证书（没有 signing-certificate 属性）：如同一密钥另有证书，单凭签名分不清所用的是哪一张；请向签章人核实其单位和证书状态。",
    "The signature is not bound to the signer's certificate (no signing-certificate attribute): if there is another one of the same key, "
    "nothing in it tells which was used; make sure of the signer's organisation and of the certificate's state.",
)


def is_bound(message: SignedMessage) -> bool:
    """Tell whether a signed attribute names the certificate; otherwise anybody exchanges it for another of its key (RFC 5035 §1)."""
    return len(_references(message)) > 0


def other_of_its_key(
    certificate: x509.Certificate,
    at_hand: Sequence[x509.Certificate],
    judge: CertificateJudge,
    when: datetime,
) -> Finding | None:
    """Doubt a signature that is bound to no certificate, where a trusted one of the same key is another's, or was revoked.

    Such of the trust store are asked first. One that leads to no anchor says nothing: anybody makes certificates of anybody's key.
    """
    for other in others_of_its_key(certificate, at_hand, judge):
        judged = judge.judge(other, at_hand, when, check_signer)
        if not judge.linked(other, at_hand, ServiceKind.CA):
            continue
        if subject_key_of(other) != subject_key_of(certificate):
            return _could_be_anothers(certificate, other)
        if judged.state.status in STOPPED and judged.state.reason not in IN_COURSE:
            return _could_be_revoked(other)
    return None


def others_of_its_key(
    certificate: x509.Certificate,
    at_hand: Sequence[x509.Certificate],
    judge: CertificateJudge,
    among: Callable[[x509.Certificate], bool] = lambda _: True,
) -> Iterator[x509.Certificate]:
    """Return other certificates of a key that may sign and are ``among`` those that matter: of the trust store first, then at hand."""
    key = spki_of(certificate)
    known = dict.fromkeys((*judge.paths.of_key(key), *at_hand))
    found = (one for one in known if one != certificate and spki_of(one) == key)
    return islice((one for one in found if among(one) and _may_sign(one)), MAX_TRIED)


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        check_signer(certificate)
    except Finding:
        return False
    return True


def _could_be_anothers(certificate: x509.Certificate, other: x509.Certificate) -> Finding:
    one, two = name(certificate.subject), name(other.subject)
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签名没有绑定签章人证书，而同一密钥有“{one}”和“{two}”的不同证书，分不清是以谁的名义签的；请要求以绑定证书的格式（如 CAdES）重新签名。",
        f"The signature is bound to no certificate, and the same key has different ones, of {one} and of {two}: in whose name it was made "
        "cannot be told; have it signed again in a form that binds the certificate, as CAdES does.",
    )


def _could_be_revoked(other: x509.Certificate) -> Finding:
    who, serial = name(other.subject), f"{other.serial_number:x}"
    return unsure(
        SubIndication.REVOKED_NO_POE,
        f"签名没有绑定签章人证书，而“{who}”同一密钥的另一张证书（序列号 {serial}）已被吊销或暂停，分不清签名用的是哪一张；请要求以新密钥重新签名。",
        f"The signature is bound to no certificate, and another one of the same key of {who} (serial {serial}) is revoked or suspended: "
        "which was used cannot be told; have it signed again with a new key.",
    )
