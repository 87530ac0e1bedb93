"""Certificates as the room speaks of them: what is asked for, what was issued, and how it may be revoked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ca.cross.terms import CrossTerms
from ca.key_facts import key_identifier
from hsm.algorithms import PublicKey
from hsm.public_keys import certificate_key
from hsm.signer import Custody


class CertificateStatus(StrEnum):
    """The life of a serial number; a row of the certificate table has exactly one."""

    RESERVED = "reserved"
    """Recorded, not yet signed as far as is known."""
    ISSUED = "issued"
    BURNED = "burned"
    """Ended without a certificate. If a signature may exist, the serial is on the CRL all the same."""
    REVOKED = "revoked"


class RevocationReason(StrEnum):
    """CRLReason, RFC 5280 §5.3.1, by its names there. ``removeFromCRL`` (delta lists) and the AA's are not offered."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"

    @property
    def is_compromise(self) -> bool:
        """Tell whether the key itself is in the wrong hands."""
        return self in (RevocationReason.KEY_COMPROMISE, RevocationReason.CA_COMPROMISE)


@dataclass(frozen=True, slots=True)
class SubjectName:
    """Whom a certificate names. ``uscc`` goes into serialNumber and organizationIdentifier (X.520)."""

    common_name: str
    organization: str = ""
    uscc: str = ""
    organizational_unit: str = ""
    country: str = "CN"

    @property
    def searched(self) -> str:
        """The name that lists search: the organisation's, or else the common name."""
        return self.organization or self.common_name

    def x509(self) -> x509.Name:
        """Return the encoded order C, O, OU, organizationIdentifier, serialNumber, CN; values are UTF8String."""
        return _name_of(self)


@lru_cache(maxsize=512)
def _name_of(subject: SubjectName) -> x509.Name:
    """Build a name once: its form, its draft, its lint and its row ask for it one after the other."""
    parts = (
        (NameOID.COUNTRY_NAME, subject.country),
        (NameOID.ORGANIZATION_NAME, subject.organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, subject.organizational_unit),
        (NameOID.ORGANIZATION_IDENTIFIER, subject.uscc),
        (NameOID.SERIAL_NUMBER, subject.uscc),
        (NameOID.COMMON_NAME, subject.common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


@dataclass(frozen=True, slots=True)
class NationalCodes:
    """Codes of the holder that certificates of the national suite may carry (:mod:`ca.national_extensions`).

    Whoever has the certificate reads them: a resident's number belongs in one only where a rule asks for it.
    """

    business_registration: str = ""
    taxpayer: str = ""
    social_insurance: str = ""
    resident_id: str = ""


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """What somebody asks to have certified; the profile decides everything else.

    ``validity`` of ``None`` is the profile's own; ``issuer`` of ``None`` is the one active issuer of the profile.
    ``custody`` says who keeps the private key, for whoever knows it: the certificate then says so
    (:mod:`ca.custody_policy`); of ``None`` it says nothing. ``hosts`` are the DNS names and IP addresses of a server,
    for profiles that name them.
    """

    profile: str
    subject: SubjectName
    public_key: PublicKey
    validity: timedelta | None = None
    issuer: str | None = None
    custody: Custody | None = None
    national: NationalCodes | None = None
    hosts: tuple[str, ...] = ()
    cross: CrossTerms | None = None
    """How far another installation's authority is recognised, for the profile that certifies those."""

    @property
    def subject_octets(self) -> bytes:
        """The subject to write (DER); another authority's is its own, octet for octet."""
        return self.subject.x509().public_bytes() if self.cross is None else self.cross.subject

    @property
    def subject_key_identifier(self) -> bytes:
        """How the certificate calls the key; another authority's key is called as it calls it itself."""
        return key_identifier(self.public_key) if self.cross is None else self.cross.key_identifier


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate that was linted, signed once, checked and recorded. Times are aware UTC, both inclusive."""

    serial: int
    issuer: str
    der: bytes
    profile: str
    not_before: datetime
    not_after: datetime

    @property
    def certificate(self) -> x509.Certificate:
        """The same as ``cryptography`` reads it."""
        return x509.load_der_x509_certificate(self.der)


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A serial number as the register knows it; ``der`` is empty unless a certificate was issued.

    ``shard`` is the part of its issuer's revocation list that it belongs to, 0 where the list has no parts.
    """

    serial: int
    issuer: str
    status: CertificateStatus
    profile: str
    name: str
    subject: str
    uscc: str
    not_before: datetime
    not_after: datetime
    der: bytes
    revoked_at: datetime | None
    reason: RevocationReason | None
    shard: int = 0


class CertificateOrder(StrEnum):
    """What a list is sorted by; ties are in order of issuance."""

    ISSUANCE = "issuance"
    SERIAL = "serial"
    NAME = "name"
    USCC = "uscc"
    EXPIRY = "expiry"


MAX_PAGE: Final = 500
"""Most certificates in one page: about half a megabyte of DER."""


@dataclass(frozen=True, slots=True)
class CertificateQuery:
    """Which certificates to list: all conditions that are given hold together.

    ``name`` matches anywhere in the name, ``name_prefix`` at its start, ``expires_before`` is exclusive and
    ``expires_after`` inclusive; ``cursor`` is the ``next`` of the page before (same conditions, same order).
    """

    serial: int | None = None
    name: str = ""
    name_prefix: str = ""
    uscc: str = ""
    issuer: str = ""
    profile: str = ""
    status: CertificateStatus | None = None
    expires_before: datetime | None = None
    expires_after: datetime | None = None
    order: CertificateOrder = CertificateOrder.ISSUANCE
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """Some certificates and, if there are more, the cursor of the next page."""

    items: tuple[CertificateRecord, ...]
    next: str | None


def spki_sha256(key: PublicKey) -> str:
    """Return the lower-case hexadecimal SHA-256 of the SubjectPublicKeyInfo: a key's name, whoever certifies it."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def public_key_of(certificate: x509.Certificate) -> PublicKey:
    """Return the certified key; one of a kind that we never use raises :class:`hsm.errors.UnsupportedAlgorithm`."""
    return certificate_key(certificate)
