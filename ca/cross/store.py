"""The table of orders, and queries on it. Takes a connection, never commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509

from ca.cross.order import CrossOrder
from ca.store import UtcInstant, metadata, only, status_column

MAX_ORDERS: Final = 200
"""Orders listed at once: an installation recognises some dozens of others."""


class CrossStatus(StrEnum):
    """The life of an order."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    """A second person compared the fingerprint; the certificate is being issued, or was."""
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"


class CrossAct(StrEnum):
    """What moves an order."""

    CONFIRM = "confirm"
    ISSUE = "issue"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[CrossAct, Mapping[CrossStatus, CrossStatus]]] = {
    CrossAct.CONFIRM: {CrossStatus.PROPOSED: CrossStatus.CONFIRMED},
    CrossAct.ISSUE: {CrossStatus.CONFIRMED: CrossStatus.ISSUED},
    CrossAct.WITHDRAW: {CrossStatus.PROPOSED: CrossStatus.WITHDRAWN},
}
"""An issued one ends by revocation, as every certificate does."""

cross_order = sa.Table(
    "cross_order",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),  # half the digest of the content
    status_column(*CrossStatus),
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON: the very text that is confirmed
    sa.Column("possession", sa.String(12), nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_at", UtcInstant, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", UtcInstant),
    sa.Column("certificate", sa.LargeBinary, nullable=False),  # DER, empty until it is issued
    only("possession", "self-signed", "request", "unproven"),
)
_COLUMNS = tuple(cross_order.c)


@dataclass(frozen=True, slots=True)
class CrossRecord:
    """An order as it stands. ``possession`` says how the other authority proved its key, if it did."""

    id: str
    status: CrossStatus
    order: CrossOrder
    possession: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    certificate: bytes

    @property
    def serial(self) -> int | None:
        """The serial number of the cross certificate, once there is one: by it it is revoked."""
        return x509.load_der_x509_certificate(self.certificate).serial_number if self.certificate else None


def _record(row: sa.Row[*tuple[Any, ...]]) -> CrossRecord:
    return CrossRecord(
        row.id,
        CrossStatus(row.status),
        CrossOrder.of(json.loads(row.content)),
        row.possession,
        row.proposed_by,
        row.proposed_at,
        row.decided_by,
        row.decided_at,
        bytes(row.certificate),
    )


def insert(conn: sa.Connection, record: CrossRecord) -> None:
    """Record a proposal."""
    conn.execute(
        cross_order.insert().values(
            id=record.id,
            status=record.status,
            content=record.order.to_json(),
            possession=record.possession,
            proposed_by=record.proposed_by,
            proposed_at=record.proposed_at,
            decided_by="",
            certificate=b"",
        )
    )


def find(conn: sa.Connection, order_id: str) -> CrossRecord | None:
    """Return an order, or nothing."""
    row = conn.execute(sa.select(*_COLUMNS).where(cross_order.c.id == order_id)).one_or_none()
    return None if row is None else _record(row)


def listed(conn: sa.Connection) -> tuple[CrossRecord, ...]:
    """Return the orders, newest first."""
    query = (
        sa.select(*_COLUMNS).order_by(cross_order.c.proposed_at.desc(), cross_order.c.id).limit(MAX_ORDERS)
    )
    return tuple(_record(row) for row in conn.execute(query))


def move(conn: sa.Connection, order_id: str, act: CrossAct, values: Mapping[str, Any]) -> bool:
    """Move an order by its table; false if it is not in a state from which the act leads anywhere."""
    moved = 0
    for before, after in TRANSITIONS[act].items():
        moved += conn.execute(
            cross_order.update()
            .where(cross_order.c.id == order_id, cross_order.c.status == before)
            .values(status=after, **values)
        ).rowcount
    return moved == 1
