"""Whose certificate a signature is of: the one that the SignerInfo names and the signed attribute binds (RFC 5652 §5.3, RFC 5035 §5.4)."""

from __future__ import annotations

from itertools import islice
from typing import Final

from cryptography import x509

from verify.certificates.paths import digest_of_certificate
from verify.errors import failed, unsure
from verify.signatures.cms import SignedMessage, fits
from verify.signatures.cms_values import certificate_references, malformed
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
