"""Cases: why a key should be recovered, and for whom, written down as the exact bytes that custodians sign. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509

from ca.audit import canonical_json
from ca.keycentre.errors import CaseInvalid
from ca.keycentre.roster import RosterPlan
from ca.keycentre.state import CaseKind, CaseStatus
from ca.store import is_storable
from hsm.algorithms import PublicKey
from hsm.envelopes import Recipient, of_recipient
from hsm.errors import HsmError
from hsm.public_keys import certificate_key

MAX_TEXT: Final = 200
MAX_DELAY: Final = timedelta(days=365)
"""How long a holder's notice of a judicial recovery may be held back; longer needs a new order and a new case."""
MAX_CERTIFICATE: Final = 16 * 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class UserRecovery:
    """The holder lost the token: the key goes to the holder's NEW signing key (or a transport key that it vouches for).

    ``evidence_sha256`` is the digest of what proved the holder's identity.
    """

    key_id: str
    reason: str
    evidence_sha256: str
    sign_public_key: PublicKey
    recipient: Recipient | None = None
    proof: bytes = b""
    kind: CaseKind = field(default=CaseKind.USER, init=False)

    @property
    def to(self) -> Recipient:
        """Whom the envelope will be for."""
        return self.recipient or Recipient(self.sign_public_key)

    def facts(self, now: datetime) -> dict[str, Any]:
        """Return what the case says; :class:`CaseInvalid` names the field that is wrong."""
        del now
        return {
            "reason": _text("reason", self.reason),
            "evidence_sha256": _digest(self.evidence_sha256),
            "recipient": of_recipient(self.to),
        }


@dataclass(frozen=True, slots=True)
class JudicialRecovery:
    """An authority orders it: the key goes to the authority's certificate (DER).

    The holder is told when the key was handed over, or at ``notice_after`` with ``delay_reason`` on record.
    """

    key_id: str
    order_number: str
    authority: str
    evidence_sha256: str
    certificate: bytes
    notice_after: datetime | None = None
    delay_reason: str = ""
    kind: CaseKind = field(default=CaseKind.JUDICIAL, init=False)

    @property
    def to(self) -> Recipient:
        """Whom the envelope will be for; :class:`CaseInvalid` for a certificate that cannot be read."""
        return Recipient(self._key())

    def _key(self) -> PublicKey:
        if len(self.certificate) > MAX_CERTIFICATE:
            raise CaseInvalid("certificate: longer than 16 KiB")
        try:
            return certificate_key(x509.load_der_x509_certificate(self.certificate))
        except (ValueError, HsmError) as wrong:
            raise CaseInvalid("certificate: not a DER certificate with a key that we use") from wrong

    def facts(self, now: datetime) -> dict[str, Any]:
        """Return what the case says; :class:`CaseInvalid` names the field that is wrong."""
        to = self.to
        certificate = x509.load_der_x509_certificate(self.certificate)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise CaseInvalid("certificate: not valid now")
        return {
            "order_number": _text("order_number", self.order_number),
            "authority": _text("authority", self.authority),
            "evidence_sha256": _digest(self.evidence_sha256),
            "authority_certificate_sha256": hashlib.sha256(self.certificate).hexdigest(),
            "recipient": of_recipient(to),
            **self._delay(now),
        }

    def _delay(self, now: datetime) -> dict[str, Any]:
        if self.notice_after is None:
            return {"notice_after": None, "delay_reason": ""}
        if not now < self.notice_after <= now + MAX_DELAY:
            raise CaseInvalid("notice_after: not in the future, or more than 365 days away")
        reason = _text("delay_reason", self.delay_reason)
        return {"notice_after": moment(self.notice_after), "delay_reason": reason}


@dataclass(frozen=True, slots=True)
class RosterChange:
    """The custodians change: the present ones approve exactly the next roster."""

    plan: RosterPlan
    reason: str
    kind: CaseKind = field(default=CaseKind.ROSTER, init=False)

    def facts(self, now: datetime) -> dict[str, Any]:
        """Return what the case says."""
        del now
        text = self.plan.to_json()
        return {
            "reason": _text("reason", self.reason),
            "next": json.loads(text),
            "roster_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }


Order = UserRecovery | JudicialRecovery | RosterChange


@dataclass(frozen=True, slots=True)
class Case:
    """One case. ``document`` is the canonical JSON that votes sign, ``delivery`` what came of it."""

    id: str
    status: CaseStatus
    kind: CaseKind
    key_id: str
    document: str
    document_sha256: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    executed_by: str
    executed_at: datetime | None
    delivery: bytes = field(repr=False)

    @property
    def facts(self) -> dict[str, Any]:
        """The document as an object."""
        found: dict[str, Any] = json.loads(self.document)
        return found


@dataclass(frozen=True, slots=True)
class CaseVote:
    """One custodian's word on the exact bytes with ``document_sha256``."""

    case_id: str
    document_sha256: str
    custodian: str
    credential_sha256: str
    word: str
    signature: bytes = field(repr=False)
    reason: str
    voted_at: datetime


def write(fields: dict[str, Any]) -> tuple[str, str]:
    """Return a document and its SHA-256."""
    text = canonical_json(fields)
    return text, hashlib.sha256(text.encode()).hexdigest()


def moment(when: datetime) -> str:
    """Write an aware time as documents have it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_moment(text: str) -> datetime:
    """Read what :func:`moment` wrote."""
    return datetime.fromisoformat(text)


def _text(name: str, value: str) -> str:
    if not value.strip() or len(value) > MAX_TEXT or not is_storable(value):
        raise CaseInvalid(f"{name}: 1 to {MAX_TEXT} characters are needed")
    return value


def _digest(value: str) -> str:
    if _SHA256.fullmatch(value) is None:
        raise CaseInvalid("evidence_sha256: 64 lower-case hexadecimal digits are needed")
    return value
