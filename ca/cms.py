"""Pieces that every signed container of ours is spliced from: attributes, algorithm names, the signer's certificate."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ca import cms_names, der
from ca.algorithm_identifiers import algorithm_identifier, digest_identifier
from hsm.algorithms import Digest, DigestAlgorithm, Family, SignatureAlgorithm

_RSA_ENCRYPTION: Final = der.oid("1.2.840.113549.1.1.1")
_CONTENT_TYPE: Final = der.oid(cms_names.CONTENT_TYPE)
_MESSAGE_DIGEST: Final = der.oid(cms_names.MESSAGE_DIGEST)
_SIGNING_TIME: Final = der.oid(cms_names.SIGNING_TIME)
_SIGNING_CERTIFICATE_V2: Final = der.oid(cms_names.SIGNING_CERTIFICATE_V2)
_CERTIFICATE_DIGEST: Final = {
    Family.RSA: DigestAlgorithm.SHA256,
    Family.EC: DigestAlgorithm.SHA256,
    Family.SM2: DigestAlgorithm.SM3,
}
"""By what a signer's certificate is named (RFC 5035 §3): the default, or the digest of the national suite."""


def attribute(name: bytes, value: bytes) -> bytes:
    """Encode an ``Attribute`` (RFC 5652 §5.3) of one value; both parts are encoded already."""
    return der.sequence(name, der.set_of(value))


def content_type(oid: str) -> bytes:
    """RFC 5652 §11.1."""
    return attribute(_CONTENT_TYPE, der.oid(oid))


def message_digest(digest: Digest) -> bytes:
    """RFC 5652 §11.2."""
    return attribute(_MESSAGE_DIGEST, der.octet_string(digest.value))


def signing_time(when: datetime) -> bytes:
    """RFC 5652 §11.3."""
    return attribute(_SIGNING_TIME, der.x509_time(when))


def signing_certificate_v2(certificate: bytes, issuer: bytes, serial: bytes, family: Family) -> bytes:
    """RFC 5035 §3: the signer's certificate (DER), named by digest, issuer (encoded Name) and serial (INTEGER).

    SHA-256 is the default and therefore not written (X.690 §11.5); SM3 is.
    """
    algorithm = _CERTIFICATE_DIGEST[family]
    named = b"" if algorithm is DigestAlgorithm.SHA256 else digest_identifier(algorithm)
    issuer_serial = der.sequence(der.sequence(der.explicit(4, issuer)), serial)
    cert_id = der.sequence(named, der.octet_string(algorithm.digest(certificate).value), issuer_serial)
    return attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(cert_id)))


def signature_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    """RFC 3370 §3.2: RSA signatures go by rsaEncryption in CMS; ECDSA (RFC 5754 §3.3) and SM2 by their own identifier."""
    if algorithm.is_rsa:
        return der.sequence(_RSA_ENCRYPTION, der.null())
    return algorithm_identifier(algorithm)
