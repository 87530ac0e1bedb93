"""Revocation: final, with its reason and time; only a hold returns, once, by a second person (I11).

The moves are a table; the database makes them by compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import certificate_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate import CertificateRecord, CertificateStatus, RevocationReason
from ca.certificate_store import RevocationChange, Row
from ca.clock import Clock
from ca.errors import (
    AlreadyRevoked,
    CertificateUnknown,
    HoldNotReleasable,
    IssuanceUnfinished,
    ReasonInapplicable,
)
from ca.status.revocation_list import encode_entry


class Standing(StrEnum):
    """How an issued certificate stands."""

    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"


class RevocationAct(StrEnum):
    """What may be done to a standing."""

    HOLD = "hold"
    REVOKE = "revoke"
    RELEASE = "release"


TRANSITIONS: Final[Mapping[RevocationAct, Mapping[Standing, Standing]]] = MappingProxyType(
    {
        RevocationAct.HOLD: {Standing.GOOD: Standing.HELD},
        RevocationAct.REVOKE: {Standing.GOOD: Standing.REVOKED, Standing.HELD: Standing.REVOKED},
        RevocationAct.RELEASE: {Standing.HELD: Standing.GOOD},
    }
)


def standing_of(record: CertificateRecord) -> Standing:
    """Return how a certificate stands; a serial without one raises."""
    if record.status is CertificateStatus.RESERVED:
        raise IssuanceUnfinished(f"serial {record.serial:x}")
    if record.status is CertificateStatus.BURNED:
        if record.revoked_at is None:
            raise CertificateUnknown(f"serial {record.serial:x} was never signed")
        return Standing.REVOKED
    if record.status is CertificateStatus.ISSUED:
        return Standing.GOOD
    held = record.reason is RevocationReason.CERTIFICATE_HOLD
    return Standing.HELD if held else Standing.REVOKED


class Revocation:
    """Revokes certificates and lifts holds, each in one transaction with its audit record."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def revoke(
        self, serial: int, reason: RevocationReason, *, actor: Actor, issuer: str | None = None
    ) -> CertificateRecord:
        """Revoke or hold a certificate (RFC 5280 §5.3.1) and return it as it stands then.

        A compromise also bars the key for ever (I27) and revokes every other certificate over it. Raises
        :class:`CertificateUnknown`, :class:`AlreadyRevoked` or :class:`ReasonInapplicable`.
        """
        with self._engine.begin() as conn:
            row = _only(certificate_store.by_serial(conn, serial, issuer), serial)
            self._revoke_row(conn, row, reason, actor)
            if reason.is_compromise:
                self._bar_key(conn, row.spki_sha256, actor)
            return _only(certificate_store.by_serial(conn, serial, row.record.issuer), serial).record

    def report_compromise(self, spki: str, *, actor: Actor) -> tuple[int, ...]:
        """Bar a key by the SHA-256 of its SubjectPublicKeyInfo, certified here or not; return serials revoked."""
        with self._engine.begin() as conn:
            return self._bar_key(conn, spki, actor)

    def release(self, serial: int, *, actor: Actor, issuer: str | None = None) -> CertificateRecord:
        """Lift a hold: once in a certificate's life, by another person than the one who set it (I11)."""
        with self._engine.begin() as conn:
            row = _only(certificate_store.by_serial(conn, serial, issuer), serial)
            if standing_of(row.record) not in TRANSITIONS[RevocationAct.RELEASE]:
                raise HoldNotReleasable("it is not on hold")
            if row.hold_released_at is not None:
                raise HoldNotReleasable("a hold was lifted once already")
            if actor.is_any_of(row.revoked_by):
                raise HoldNotReleasable("the one who set the hold does not lift it")
            now = self._now()
            change = RevocationChange(CertificateStatus.ISSUED, None, None, "", b"", now, now)
            self._move(conn, row, change, actor, "certificate.released")
            return _only(certificate_store.by_serial(conn, serial, row.record.issuer), serial).record

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)

    def _revoke_row(self, conn: sa.Connection, row: Row, reason: RevocationReason, actor: Actor) -> None:
        held = reason is RevocationReason.CERTIFICATE_HOLD
        act = RevocationAct.HOLD if held else RevocationAct.REVOKE
        standing = standing_of(row.record)
        if standing not in TRANSITIONS[act]:
            raise AlreadyRevoked(f"serial {row.record.serial:x}")
        if held and row.hold_released_at is not None:
            raise HoldNotReleasable("a certificate is held at most once; revoke it")
        _check_reason(row.record, reason)
        # X.509 §9.5.2.2: a hold that becomes final keeps the day of the hold.
        at = row.record.revoked_at or self._now()
        change = RevocationChange(
            status=CertificateStatus.REVOKED,
            at=at,
            reason=reason,
            by=actor.id,
            entry=encode_entry(row.record.serial, at, reason),
            released_at=row.hold_released_at,
            noted_at=self._now(),
        )
        self._move(conn, row, change, actor, "certificate.held" if held else "certificate.revoked")

    def _move(
        self, conn: sa.Connection, row: Row, change: RevocationChange, actor: Actor, action: str
    ) -> None:
        record = row.record
        if not certificate_store.store_revocation(conn, row, change):
            raise AlreadyRevoked(f"serial {record.serial:x} was moved by somebody else just now")
        self._audit.append(
            conn,
            action,
            actor=actor,
            subject=f"certificate:{record.issuer}:{record.serial:x}",
            detail={"reason": change.reason.value if change.reason else None, "before": record.status.value},
        )

    def _bar_key(self, conn: sa.Connection, spki: str, actor: Actor) -> tuple[int, ...]:
        certificate_store.insert_compromised(conn, spki, self._now(), actor.id)
        revoked = []
        for row in certificate_store.by_key(conn, spki):
            alive = row.record.status is CertificateStatus.ISSUED
            if alive or row.record.reason is RevocationReason.CERTIFICATE_HOLD:
                self._revoke_row(conn, row, RevocationReason.KEY_COMPROMISE, actor)
                revoked.append(row.record.serial)
        self._audit.append(
            conn,
            "key.compromised",
            actor=actor,
            subject=f"key:{spki}",
            detail={"serials": [f"{serial:x}" for serial in revoked]},
        )
        return tuple(revoked)


def _only(rows: tuple[Row, ...], serial: int) -> Row:
    if len(rows) != 1:
        what = "no certificate" if not rows else "several issuers' certificates; name the issuer"
        raise CertificateUnknown(f"serial {serial:x}: {what}")
    return rows[0]


def _check_reason(record: CertificateRecord, reason: RevocationReason) -> None:
    """RFC 5280 §5.3.1: cACompromise is about a CA's key, keyCompromise about an end entity's."""
    constraints = x509.load_der_x509_certificate(record.der).extensions
    is_ca = constraints.get_extension_for_class(x509.BasicConstraints).value.ca
    if reason is RevocationReason.CA_COMPROMISE and not is_ca:
        raise ReasonInapplicable("cACompromise is for a CA's certificate")
