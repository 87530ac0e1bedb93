"""Renewal of a pair: a new certificate and a new validity, asked for by one person and confirmed by another.

What is asked for is written down whole, and exactly that is confirmed. The seal, its codes and its picture stay as they
are; the certificate and the validity that held before are kept with the renewal. A pair past its validity can be renewed:
the new validity begins when it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from ca.actor import Actor
from seals import renewal_store, store
from seals.application import MAX_VALID_DAYS
from seals.binding import CertificateFacts, bind
from seals.errors import ApplicationInvalid, CertificateUnfit, RenewalNotRequested, SecondPersonNeeded
from seals.moves import Turn
from seals.renewal_store import Asked
from seals.seal import BoundCertificate, SealRecord
from seals.states import SealAct


@dataclass(frozen=True, slots=True)
class RenewalRequest:
    """What is asked for: the keeper's new certificate, days of validity (those of the application by default)."""

    certificate: CertificateFacts
    valid_days: int | None = None


def request(turn: Turn, code: str, wish: RenewalRequest, actor: Actor, reason: str) -> SealRecord:
    """Ask, as the first of two persons; the pair goes on with what it has.

    Raises :class:`ApplicationInvalid` for days out of range, :class:`CertificateUnfit` also for the certificate that is
    bound already.
    """
    before = turn.expect(code, SealAct.REQUEST_RENEWAL)
    days = before.valid_days if wish.valid_days is None else wish.valid_days
    if not 1 <= days <= MAX_VALID_DAYS:
        raise ApplicationInvalid(
            f"有效期须为 1 至 {MAX_VALID_DAYS} 天。", f"A seal is valid for 1 to {MAX_VALID_DAYS} days."
        )
    deed = turn.deed(before, SealAct.REQUEST_RENEWAL, actor, reason)
    bound = bind(wish.certificate, owner=before.owner, now=deed.at)
    if before.electronic.certificate is not None and before.electronic.certificate.sha256 == bound.sha256:
        raise CertificateUnfit("it is the certificate that the seal has")
    facts: Mapping[str, str | int | None] = {"asked_certificate": bound.sha256, "valid_days": days}
    after = turn.move(before, replace(deed, facts=facts))
    asked = Asked(actor.id, bound.serial, bound.der, days)
    renewal_store.insert(turn.conn, after.code, after.moves, asked, deed.at)
    return after


def confirm(turn: Turn, code: str, actor: Actor, reason: str) -> SealRecord:
    """Carry out, as the second person, what was asked for by the pair's last act.

    Raises :class:`RenewalNotRequested`, :class:`SecondPersonNeeded`, and :class:`CertificateUnfit` for a certificate that
    has ended since.
    """
    before = turn.expect(code, SealAct.RENEW)
    asked = renewal_store.waiting(turn.conn, before)
    if asked is None:
        raise RenewalNotRequested(f"seal {before.code}")
    if actor.is_any_of(asked.by):
        raise SecondPersonNeeded(f"seal {before.code}: {actor.id} requested it")
    deed = turn.deed(before, SealAct.RENEW, actor, reason)
    bound = bind(asked, owner=before.owner, now=deed.at)
    old = before.electronic.certificate
    facts: Mapping[str, str | int | None] = {
        "requested_by": asked.by,
        "old_certificate": old.sha256 if old else None,
    }
    renewal_store.settle(turn.conn, before, actor.id, deed.at)
    changes = {
        "valid_days": asked.valid_days,
        "valid_from": deed.at,
        "valid_to": deed.at + timedelta(days=asked.valid_days),
        **store.certificate_columns(bound),
    }
    return turn.move(before, replace(deed, facts=facts), changes)


def as_filed(conn: sa.Connection, record: SealRecord) -> SealRecord:
    """Return the pair with the certificate and the validity that it was filed with, before any renewal."""
    renewals = renewal_store.done(conn, record.code)
    if not renewals:
        return record
    first = renewals[0]
    electronic = replace(record.electronic, certificate=first.certificate)
    return replace(record, electronic=electronic, valid_from=first.valid_from, valid_to=first.valid_to)


def validity_at(conn: sa.Connection, record: SealRecord, when: datetime) -> tuple[datetime, datetime] | None:
    """Return the validity that the pair had at ``when``; ``None`` before it was filed."""
    if record.filed_at is None or record.valid_from is None or record.valid_to is None:
        return None
    if when < record.filed_at:
        return None
    for renewal in renewal_store.done(conn, record.code):
        if when < renewal.decided_at:
            return renewal.valid_from, renewal.valid_to
    return record.valid_from, record.valid_to


def certificate_at(conn: sa.Connection, record: SealRecord, when: datetime) -> BoundCertificate | None:
    """Return the certificate that the pair had at ``when``, before whatever renewals came later."""
    later = (one.certificate for one in renewal_store.done(conn, record.code) if when < one.decided_at)
    return next(later, record.electronic.certificate)
