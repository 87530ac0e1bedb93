"""Closing what was cut off: every reservation ends issued or burned (I19), by one piece of code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate_store import Row
from ca.clock import Clock
from ca.config import CaConfig
from ca.status.revocation_list import encode_entry

BATCH: Final = 100
"""Reservations read at a time; each is closed in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a run closed: serials that may have been signed (now on the CRL), and serials that were not.

    A reservation is written with its octets, so ``unsigned`` has only what an earlier release left without them.
    """

    in_doubt: tuple[int, ...]
    unsigned: tuple[int, ...]


def close_reservation(  # noqa: PLR0913 - the parts of one audit record
    conn: sa.Connection,
    audit: AuditTrail,
    row: Row,
    *,
    at: datetime,
    actor: Actor,
    action: str,
    why: Sequence[str],
) -> bool:
    """Burn one reservation with its audit record; false if somebody else closed it first.

    Once its octets were recorded a signature may exist, so the serial goes on the CRL (I3); before, it never could.
    """
    record = row.record
    entry = encode_entry(record.serial, at) if row.tbs else b""
    if not certificate_store.burn(conn, row, at=at, entry=entry):
        return False
    audit.append(
        conn,
        action,
        actor=actor,
        subject=f"certificate:{record.issuer}:{record.serial:x}",
        detail={"in_doubt": bool(entry), "why": list(why)},
    )
    return True


def reconcile_certificates(
    engine: sa.Engine, clock: Clock, audit: AuditTrail, config: CaConfig, actor: Actor
) -> Reconciliation:
    """Close every reservation older than ``config.reservation_grace``; may run beside live issuance and itself."""
    in_doubt: list[int] = []
    unsigned: list[int] = []
    while True:
        before = clock() - config.reservation_grace
        with engine.execution_options(read_only=True).connect() as conn:
            stale = certificate_store.stale_reservations(conn, before, BATCH)
        if not stale:
            return Reconciliation(tuple(in_doubt), tuple(unsigned))
        for row in stale:
            with engine.begin() as conn:
                closed = close_reservation(
                    conn,
                    audit,
                    row,
                    at=clock().replace(microsecond=0),
                    actor=actor,
                    action="certificate.burned",
                    why=["reconcile"],
                )
            if closed:
                (in_doubt if row.tbs else unsigned).append(row.record.serial)
