"""Messages that wait, were delivered, or were given up, moved by compare-and-swap. A store takes a connection, never commits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from ca.words import Word
from signing.store import metadata
from signing.webhooks.message import Message


class DeliveryState(Word):
    """Where a message stands."""

    WAITING = "waiting", "待发送"
    DELIVERED = "delivered", "已送达"
    DEAD = "dead", "已放弃"


TRANSITIONS: Final = {
    DeliveryState.WAITING: frozenset({DeliveryState.DELIVERED, DeliveryState.DEAD}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.WAITING}),
    DeliveryState.DEAD: frozenset({DeliveryState.WAITING}),
}
"""What is delivered or given up waits again only where somebody sends it again."""

ID: Final = sa.String(32)

delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("maker", sa.Text, nullable=False),
    sa.Column("maker_uscc", sa.String(18), nullable=False),
    sa.Column("subject", ID, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    only("state", *(one.value for one in DeliveryState)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", UtcInstant, nullable=False),
    sa.Column("created_at", UtcInstant, nullable=False),
    sa.Column("due_by", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("why_zh", sa.Text, nullable=False),
    sa.Column("why_en", sa.Text, nullable=False),
    sa.Index("webhook_delivery_next", "state", "next_at"),
    sa.Index("webhook_delivery_subject", "subject", "created_at"),
)
"""``attempts`` counts every sending ever and is the fence of the one under way; ``tries`` counts since it began to wait.

A sending that is begun puts ``next_at`` off first: if its process dies, the message is due again then.
"""

D: Final = delivery.c


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way; ``maker`` may see it."""

    id: str
    maker: str
    maker_uscc: str
    subject: str
    kind: str
    url: str
    data: dict[str, Any]
    state: DeliveryState
    attempts: int
    tries: int
    next_at: datetime
    created_at: datetime
    due_by: datetime
    settled_at: datetime | None = None
    status: int = 0
    why_zh: str = ""
    why_en: str = ""

    @property
    def message(self) -> Message:
        """What it says."""
        return Message(self.id, self.kind, self.created_at, self.data)


def insert(conn: sa.Connection, one: Delivery) -> None:
    """Put a message into the outbox, in the transaction of what it tells of."""
    fields = {name: getattr(one, name) for name in D.keys()}  # noqa: SIM118 - columns, not a mapping
    fields |= {
        "state": one.state.value,
        "data": json.dumps(one.data, ensure_ascii=False, separators=(",", ":")),
    }
    conn.execute(delivery.insert().values(fields))


def find(conn: sa.Connection, number: str) -> Delivery | None:
    """Return one message."""
    row = conn.execute(sa.select(*D).where(D.id == number)).one_or_none()
    return None if row is None else _delivery(row)


def due(conn: sa.Connection, now: datetime) -> Delivery | None:
    """Return the message that is due longest."""
    where = (D.state == DeliveryState.WAITING.value) & (D.next_at <= now)
    row = conn.execute(sa.select(*D).where(where).order_by(D.next_at, D.id).limit(1)).one_or_none()
    return None if row is None else _delivery(row)


def begin(conn: sa.Connection, one: Delivery, until: datetime) -> bool:
    """Take a message for one sending; tell whether nobody was faster."""
    where = (D.id == one.id) & (D.state == DeliveryState.WAITING.value) & (D.attempts == one.attempts)
    values = {"attempts": one.attempts + 1, "tries": one.tries + 1, "next_at": until}
    return conn.execute(delivery.update().where(where).values(values)).rowcount == 1


def settle(conn: sa.Connection, number: str, attempt: int, **values: Any) -> bool:
    """Write what came of a sending, unless a later one was begun meanwhile."""
    where = (D.id == number) & (D.state == DeliveryState.WAITING.value) & (D.attempts == attempt)
    return conn.execute(delivery.update().where(where).values(values)).rowcount == 1


def put_off(conn: sa.Connection, url: str, until: datetime) -> None:
    """Let every message for an address that does not answer wait until it is tried again."""
    where = (D.url == url) & (D.state == DeliveryState.WAITING.value) & (D.next_at < until)
    conn.execute(delivery.update().where(where).values(next_at=until))


def wait_again(conn: sa.Connection, one: Delivery, now: datetime, due_by: datetime) -> bool:
    """Let a message that is delivered or given up wait again; tell whether nobody was faster."""
    where = (D.id == one.id) & (D.state == one.state.value) & (D.attempts == one.attempts)
    values = {
        "state": DeliveryState.WAITING.value,
        "tries": 0,
        "next_at": now,
        "due_by": due_by,
        "settled_at": None,
    }
    return conn.execute(delivery.update().where(where).values(values)).rowcount == 1


def page(
    conn: sa.Connection, maker: tuple[str, str] | None, state: DeliveryState | None, subject: str, limit: int
) -> tuple[Delivery, ...]:
    """List the newest messages: of one maker, of one state, about one subject, if named."""
    query = sa.select(*D).order_by(D.created_at.desc(), D.id).limit(limit)
    if maker is not None:
        query = query.where(D.maker == maker[0], D.maker_uscc == maker[1])
    if state is not None:
        query = query.where(D.state == state.value)
    if subject:
        query = query.where(D.subject == subject)
    return tuple(map(_delivery, conn.execute(query)))


def drop(conn: sa.Connection, subject: str) -> None:
    """Remove every message about a subject that is removed."""
    conn.execute(delivery.delete().where(D.subject == subject))


def bury_waiting(conn: sa.Connection, now: datetime, why: tuple[str, str]) -> int:
    """Give every waiting message up; return how many."""
    values = {"state": DeliveryState.DEAD.value, "settled_at": now, "why_zh": why[0], "why_en": why[1]}
    return conn.execute(
        delivery.update().where(D.state == DeliveryState.WAITING.value).values(values)
    ).rowcount


def _delivery(row: sa.Row[Any]) -> Delivery:
    fields = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's columns
    return Delivery(**{**fields, "state": DeliveryState(row.state), "data": json.loads(row.data)})
