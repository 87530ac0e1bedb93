"""What is asked of an issuance: the form that can be recorded, what makes two requests the same, what was answered. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Final

from ca.actor import Actor
from ca.audit import canonical_json
from ca.certificate import CertificateRequest, CertificateStatus, IssuedCertificate, spki_sha256
from ca.certificate_store import Row
from ca.enterprise import check_name
from ca.errors import IssuanceUnfinished, RequestInvalid, RequestKeyReused, RequestSpent
from ca.plan import Plan
from ca.ticket import Ticket

MAX_REQUEST_KEY: Final = 200
"""Characters of a request key; a UUID has 36, a path of a client's document rarely more than 150."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is asked, under which key, and for whom a serial is reserved."""

    request: CertificateRequest
    request_key: str
    digest: str
    spki_sha256: str
    actor: Actor

    @classmethod
    def of(cls, request: CertificateRequest, request_key: str, actor: Actor) -> Intent:
        """Return the intent; a request that cannot even be recorded raises :class:`RequestInvalid`."""
        _check_form(request, request_key)
        key = spki_sha256(request.public_key)
        return cls(request, request_key, _digest(request, key), key, actor)

    def recorded(self, plan: Plan, ticket: Ticket | None) -> dict[str, str]:
        """Return what the trail says of it: with the digest of the octets to sign, if there are any."""
        octets = {} if ticket is None else {"tbs_sha256": hashlib.sha256(ticket.tbs).hexdigest()}
        custody = {} if self.request.custody is None else {"custody": self.request.custody.value}
        return {
            "request_key": self.request_key,
            "request": self.digest,
            "profile": plan.profile.id,
            "profile_hash": plan.profile_hash,
            "config_hash": plan.config_hash,
            "name": plan.request.subject.searched,
            "spki_sha256": self.spki_sha256,
            **custody,
            **octets,
        }


def _check_form(request: CertificateRequest, request_key: str) -> None:
    if not 1 <= len(request_key) <= MAX_REQUEST_KEY or not request_key.isprintable():
        raise RequestInvalid(f"a request key has 1 to {MAX_REQUEST_KEY} printable characters")
    for field in fields(request.subject):
        text = getattr(request.subject, field.name)
        if text:
            check_name(text)
    try:
        request.subject.x509()
    except ValueError as wrong:
        raise RequestInvalid(str(wrong)) from wrong


def _digest(request: CertificateRequest, key: str) -> str:
    """Return what makes two requests the same: SHA-256 over profile, name, key, length and issuer, custody, codes and hosts."""
    subject = request.subject
    asked: dict[str, object] = {
        "profile": request.profile,
        "subject": [
            subject.country,
            subject.organization,
            subject.organizational_unit,
            subject.uscc,
            subject.common_name,
        ],
        "spki_sha256": key,
        "seconds": None if request.validity is None else int(request.validity.total_seconds()),
        "issuer": request.issuer,
    }
    if request.custody is not None:
        asked["custody"] = request.custody.value
    if request.national is not None:
        asked["national"] = asdict(request.national)
    if request.hosts:
        asked["hosts"] = list(request.hosts)
    if request.cross is not None:
        asked["cross"] = request.cross.recorded()
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()


def answer(row: Row, digest: str) -> IssuedCertificate:
    """Answer a request key seen before (I4)."""
    if row.request_digest != digest:
        raise RequestKeyReused(row.request_key)
    record = row.record
    if record.status is CertificateStatus.RESERVED:
        raise IssuanceUnfinished(row.request_key)
    if not record.der:
        raise RequestSpent(row.request_key)
    return IssuedCertificate(
        record.serial, record.issuer, record.der, record.profile, record.not_before, record.not_after
    )
