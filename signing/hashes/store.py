"""Tables of remote signatures: what was authorised, and what became of each digest. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant
from hsm.algorithms import Digest
from signing.store import metadata


class HashState(StrEnum):
    """States of one authorised digest: begun before the key is touched, then one of two ends."""

    AUTHORISED = "authorised"
    BEGUN = "begun"
    SIGNED = "signed"
    FAILED = "failed"


class HashAct(StrEnum):
    """What happens to an authorised digest."""

    BEGIN = "begin"
    SIGN = "sign"
    FAIL = "fail"


TRANSITIONS: Final[dict[HashAct, dict[HashState, HashState]]] = {
    HashAct.BEGIN: {HashState.AUTHORISED: HashState.BEGUN},
    HashAct.SIGN: {HashState.BEGUN: HashState.SIGNED},
    HashAct.FAIL: {HashState.BEGUN: HashState.FAILED},
}
"""Every move there is; the database moves by compare-and-swap."""

activation = sa.Table(
    "signing_activation",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("case_id", sa.String(32), nullable=False),
    sa.Column("document_class", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger),
    sa.Column("pin_box", sa.LargeBinary, nullable=False),
    sa.Column("granted_at", UtcInstant, nullable=False),
    sa.Column("expires_at", UtcInstant, nullable=False),
    sa.Index("signing_activation_expires", "expires_at"),
)
"""``pin_box`` is the PIN sealed under the activation data themselves, of which only the digest is here; empty without one."""

hash_signature = sa.Table(
    "hash_signature",
    metadata,
    sa.Column("activation", sa.ForeignKey("signing_activation.id"), primary_key=True),
    sa.Column("document", sa.String(140), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("permit", sa.String(32), nullable=False),
    sa.Column("begun_at", UtcInstant),
    sa.Column("settled_at", UtcInstant),
    sa.Column("signature_sha256", sa.String(64), nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('authorised', 'begun', 'signed', 'failed')", name="state"),
    sa.Index("hash_signature_state", "state", "begun_at"),
)
"""``document`` is the digest with its algorithm, ``sha256:9f…``: what its permit names."""


@dataclass(frozen=True, slots=True)
class Activation:
    """One authorisation as the database holds it; the activation data themselves are nowhere."""

    id: str
    secret_sha256: str
    actor: str
    seal_code: str
    purpose: str
    case_id: str
    document_class: str
    amount: int | None
    pin_box: bytes = field(repr=False)
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A digest whose key may have been touched: its activation, its digest, its permit and the actor."""

    activation: str
    document: str
    permit: str
    actor: str


def insert(conn: sa.Connection, made: Activation, digests: Sequence[Digest]) -> None:
    """Record an authorisation with its digests."""
    conn.execute(activation.insert(), {column.name: getattr(made, column.name) for column in activation.c})
    rows = [
        {
            "activation": made.id,
            "document": str(digest),
            "state": HashState.AUTHORISED.value,
            "permit": "",
            "signature_sha256": "",
            "fault": "",
        }
        for digest in digests
    ]
    conn.execute(hash_signature.insert(), rows)


def find(conn: sa.Connection, secret_sha256: str) -> Activation | None:
    """Find an authorisation by the digest of its activation data."""
    query = sa.select(*activation.c).where(activation.c.secret_sha256 == secret_sha256)
    row = conn.execute(query).one_or_none()
    return None if row is None else Activation(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def states(conn: sa.Connection, activation_id: str) -> dict[str, HashState]:
    """Return the state of each digest of an authorisation."""
    table = hash_signature.c
    query = sa.select(table.document, table.state).where(table.activation == activation_id)
    return {row.document: HashState(row.state) for row in conn.execute(query)}


def move(
    conn: sa.Connection, activation_id: str, document: str, act: HashAct, changes: dict[str, object]
) -> bool:
    """Move one digest by compare-and-swap; tell whether it was ours to move."""
    ((before, after),) = TRANSITIONS[act].items()
    moved = conn.execute(
        hash_signature.update()
        .where(
            hash_signature.c.activation == activation_id,
            hash_signature.c.document == document,
            hash_signature.c.state == before.value,
        )
        .values(state=after.value, **changes)
    )
    return moved.rowcount == 1


def note_permit(conn: sa.Connection, activation_id: str, document: str, permit: str) -> None:
    """Write under which permit a begun digest is signed."""
    table = hash_signature
    ours = (table.c.activation == activation_id) & (table.c.document == document)
    conn.execute(table.update().where(ours).values(permit=permit))


def begun_before(conn: sa.Connection, moment: datetime, limit: int) -> list[Begun]:
    """List digests begun before a moment and never settled, oldest first."""
    table = hash_signature.c
    query = (
        sa.select(table.activation, table.document, table.permit, activation.c.actor)
        .join(activation, activation.c.id == table.activation)
        .where(table.state == HashState.BEGUN.value, table.begun_at < moment)
        .order_by(table.begun_at)
        .limit(limit)
    )
    return [Begun(*row) for row in conn.execute(query)]


def forget_pins(conn: sa.Connection, moment: datetime) -> int:
    """Empty the PIN boxes of authorisations past their time; return how many."""
    spent = activation.update().where(activation.c.expires_at < moment, activation.c.pin_box != b"")
    return conn.execute(spent.values(pin_box=b"")).rowcount


def end_all(conn: sa.Connection, moment: datetime) -> int:
    """End every authorisation that is open: after a restoration it may have been used since. Return how many."""
    open_ones = activation.update().where(activation.c.expires_at > moment)
    return conn.execute(open_ones.values(expires_at=moment, pin_box=b"")).rowcount
