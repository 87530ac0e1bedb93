"""Issuers and service units: who holds which key, under which certificate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography import x509

from ca import der
from ca.errors import IssuerUnknown

_FIELDS_BEFORE_SUBJECT: Final = 5
"""RFC 5280 §4.1: version (ours are all of version 3), serialNumber, signature, issuer, validity."""


class HolderStatus(StrEnum):
    """The life of an issuer or unit: its key exists, then its certificate, then it stops."""

    PLANNED = "planned"
    ACTIVE = "active"
    RETIRED = "retired"


class UnitPurpose(StrEnum):
    """What a service unit signs."""

    TSA = "tsa"
    OCSP = "ocsp"
    SEAL_MAKER = "seal-maker"
    DOCUMENT = "document"
    TRUST_LIST = "trust-list"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key in a token and the certificate (DER, empty while planned) that goes with it."""

    id: str
    status: HolderStatus
    key_uri: str
    spki_sha256: str
    certificate: bytes

    @property
    def x509(self) -> x509.Certificate:
        """The certificate; :class:`ca.errors.IssuerUnknown` while there is none."""
        if not self.certificate:
            raise IssuerUnknown(f"{self.id} has no certificate yet")
        return _read(self.certificate)

    @property
    def subject_octets(self) -> bytes:
        """The subject of its certificate, octet for octet; :class:`ca.errors.IssuerUnknown` while there is none."""
        return _subject(self.x509)


@lru_cache(maxsize=256)
def _read(certificate: bytes) -> x509.Certificate:
    """Read a certificate of ours once: it cannot change, and every issuance under it asks for it several times."""
    return x509.load_der_x509_certificate(certificate)


@lru_cache(maxsize=256)
def _subject(certificate: x509.Certificate) -> bytes:
    body = der.Reader(certificate.tbs_certificate_bytes).enter(der.SEQUENCE)
    for _ in range(_FIELDS_BEFORE_SUBJECT):
        body.element()
    return body.element()


@dataclass(frozen=True, slots=True)
class Issuer(KeyHolder):
    """A certification authority of ours. ``parent`` is its own id for a root; ``epoch`` fences off old signers.

    ``shard_capacity`` is how many certificates a part of its revocation list takes; 0: the list has no parts.
    """

    parent: str
    profile: str
    epoch: int
    shard_capacity: int = 0

    @property
    def is_root(self) -> bool:
        """Tell whether it signs its own certificate."""
        return self.parent == self.id


@dataclass(frozen=True, slots=True)
class Unit(KeyHolder):
    """A service of an issuer: time-stamp unit, OCSP responder or seal maker."""

    purpose: UnitPurpose
    issuer: str
