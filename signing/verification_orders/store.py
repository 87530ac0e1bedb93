"""Tables of verification orders, and their queries. Takes a connection, never commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.store import UtcInstant, only
from hsm.algorithms import Digest
from signing.store import metadata
from signing.verification_orders.order import (
    MAX_ATTEMPTS,
    MAX_OWN_MARK,
    OWN_MARK,
    Claim,
    FileState,
    Order,
    OrderFile,
    OrderRequest,
    OrderState,
)
from verify.many.finding import Finding, passed

ID: Final = sa.String(32)

order = sa.Table(
    "verification_order",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(64), unique=True, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    only("state", *(one.value for one in OrderState)),
    sa.Column("maker", sa.Text, nullable=False),
    sa.Column("maker_name", sa.Text, nullable=False),
    sa.Column("maker_uscc", sa.String(18), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("at", UtcInstant),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("callback", sa.Text, nullable=False),
    sa.Column("per_document", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("served_at", UtcInstant, nullable=False),
    sa.Column("created_at", UtcInstant, nullable=False),
    sa.Column("started_at", UtcInstant),
    sa.Column("ended_at", UtcInstant),
    sa.Column("expires_at", UtcInstant),
    sa.Index("verification_order_turn", "state", "served_at", "id"),
    sa.Index("verification_order_maker", "maker", "created_at"),
)
"""``request_key`` and ``digest`` are SHA-256 of the maker's own key and of what was asked; ``served_at`` is when one of its
documents was begun last: orders take turns."""

file = sa.Table(
    "verification_order_file",
    metadata,
    sa.Column("order_id", sa.ForeignKey("verification_order.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("mark", sa.String(200), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("beside", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("handed", sa.String(64), nullable=False, server_default=""),
    sa.Column("spooled", sa.String(160), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    only("state", *(one.value for one in FileState)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("claimed_until", UtcInstant, nullable=False),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("good", sa.Integer, nullable=False),
    sa.Column("finding", sa.Text, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.UniqueConstraint("order_id", "mark"),
    sa.Index("verification_order_file_waiting", "state", "order_id", "claimed_until", "number"),
    sa.Index("verification_order_file_settled", "order_id", "settled_at"),
)
"""``spooled`` is the digest under which the octets wait, empty once they are gone; ``beside`` are octets that wait behind the
document's own ``size``; ``handed`` is the digest of all that was handed in under the mark; ``attempts`` is the fence of who judges it."""

O: Final = order.c  # noqa: E741 - the order's columns
F: Final = file.c


def insert(conn: sa.Connection, one: Order, digest: str) -> None:
    """Write a new order; a request key in use raises ``sqlalchemy.exc.IntegrityError``."""
    asked, maker = one.request, one.maker
    values: dict[str, Any] = {
        "id": one.id,
        "request_key": asked.request_key,
        "digest": digest,
        "state": one.state.value,
        "maker": maker.id,
        "maker_name": maker.name,
        "maker_uscc": maker.uscc or "",
        "title": asked.title,
        "at": asked.at,
        "department": asked.department,
        "act": asked.act,
        "callback": asked.callback,
        "per_document": int(asked.per_document),
        "total": one.total,
        "served_at": one.created_at,
        "created_at": one.created_at,
    }
    conn.execute(order.insert().values(values))


def find(conn: sa.Connection, number: str, *, lock: bool = False) -> Order | None:
    """Return an order; ``lock`` holds its row."""
    query = sa.select(*O).where(O.id == number)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _order(row)


def by_request_key(conn: sa.Connection, key: str) -> tuple[Order, str] | None:
    """Return what was opened under a request key, and the digest of what was asked."""
    row = conn.execute(sa.select(*O).where(O.request_key == key)).one_or_none()
    return None if row is None else (_order(row), row.digest)


def page(conn: sa.Connection, maker: Actor, limit: int) -> tuple[Order, ...]:
    """Return a maker's newest orders."""
    query = sa.select(*O).where(O.maker == maker.id, O.maker_uscc == (maker.uscc or ""))
    return tuple(map(_order, conn.execute(query.order_by(O.created_at.desc(), O.id).limit(limit))))


def count_open(conn: sa.Connection, maker: Actor) -> int:
    """Count a maker's orders that have not ended."""
    open_states = [OrderState.GATHERING.value, OrderState.RUNNING.value]
    query = sa.select(sa.func.count()).select_from(order)
    return int(conn.execute(query.where(O.maker == maker.id, O.state.in_(open_states))).scalar_one())


def waiting(conn: sa.Connection) -> tuple[int, int]:
    """Return how many documents wait in the whole installation, and their octets."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(F.size + F.beside), 0))
    count, octets = conn.execute(query.where(F.state == FileState.WAITING.value)).one()
    return int(count), int(octets)


def move(conn: sa.Connection, before: Order, after: OrderState, **changes: Any) -> bool:
    """Move an order by compare-and-swap on its state; tell whether nobody was faster."""
    where = (O.id == before.id) & (O.state == before.state.value)
    return conn.execute(order.update().where(where).values(state=after.value, **changes)).rowcount == 1


def marks(conn: sa.Connection, number: str, asked: Sequence[str]) -> dict[str, str]:
    """Return those of some marks that the order has already, each with the digest of what was handed in under it."""
    query = sa.select(F.mark, F.handed).where(F.order_id == number, F.mark.in_(asked))
    return {row.mark: row.handed for row in conn.execute(query)}


def first_marks(conn: sa.Connection, number: str) -> set[str]:
    """Return the marks that the order gave to the documents of its own request."""
    found = conn.scalars(sa.select(F.mark).where(F.order_id == number, F.mark.like(f"{OWN_MARK}%")))
    return {mark for mark in found if mark[1:].isdecimal() and len(mark) <= MAX_OWN_MARK}


def add(conn: sa.Connection, one: Order, files: Sequence[dict[str, Any]]) -> int:
    """Write documents after those there; return how many there are then."""
    fixed = {
        "order_id": one.id,
        "state": FileState.WAITING.value,
        "attempts": 0,
        "claimed_until": one.created_at,
    }
    fixed |= {"verdict": "", "good": 0, "finding": ""}
    rows = [{**fixed, "number": number, **given} for number, given in enumerate(files, one.total)]
    if rows:
        conn.execute(file.insert(), rows)
    conn.execute(order.update().where(O.id == one.id).values(total=one.total + len(rows)))
    return one.total + len(rows)


def claim(conn: sa.Connection, now: datetime, until: datetime) -> Claim | None:
    """Take the next document of the order whose turn it is; nothing where none waits or somebody was faster."""
    untaken = (F.state == FileState.WAITING.value) & (F.claimed_until <= now) & (F.attempts < MAX_ATTEMPTS)
    free = (F.order_id == O.id) & untaken
    turn = sa.select(*O).where(O.state == OrderState.RUNNING.value, sa.exists().where(free))
    row = conn.execute(turn.order_by(O.served_at, O.id).limit(1)).one_or_none()
    if row is None:
        return None
    where = (F.order_id == row.id) & untaken
    found = conn.execute(sa.select(*F).where(where).order_by(F.number).limit(1)).one_or_none()
    if found is None:
        return None
    taken = (F.order_id == row.id) & (F.number == found.number) & (F.attempts == found.attempts) & where
    values = {"attempts": found.attempts + 1, "claimed_until": until}
    if conn.execute(file.update().where(taken).values(values)).rowcount != 1:
        return None
    conn.execute(order.update().where(O.id == row.id).values(served_at=now))
    spooled = Digest.parse(found.spooled)
    return Claim(_order(row), found.number, found.name, spooled, found.attempts + 1, found.size)


def settle(conn: sa.Connection, claimed: Claim, found: Finding, now: datetime) -> bool:
    """Write what a document came to; tell whether it was still the claimant's."""
    where = (
        (F.order_id == claimed.order.id)
        & (F.number == claimed.number)
        & (F.state == FileState.WAITING.value)
        & (F.attempts == claimed.attempt)
    )
    values = {
        "state": FileState.DONE.value,
        "verdict": found["verdict"],
        "good": int(passed(found)),
        "finding": json.dumps(found, ensure_ascii=False, separators=(",", ":")),
        "settled_at": now,
    }
    return conn.execute(file.update().where(where).values(values)).rowcount == 1


def left(conn: sa.Connection, number: str) -> int:
    """Count the documents of an order that wait."""
    where = (F.order_id == number) & (F.state == FileState.WAITING.value)
    return int(conn.execute(sa.select(sa.func.count()).select_from(file).where(where)).scalar_one())


def counts(conn: sa.Connection, number: str) -> tuple[dict[str, int], int, int]:
    """Count an order's documents: by verdict, the good ones, the cancelled ones."""
    query = sa.select(F.state, F.verdict, sa.func.count(), sa.func.sum(F.good)).where(F.order_id == number)
    verdicts, good, cancelled = dict[str, int](), 0, 0
    for state, verdict, count, fine in conn.execute(query.group_by(F.state, F.verdict)):
        if state == FileState.DONE.value:
            verdicts[verdict] = int(count)
            good += int(fine)
        elif state == FileState.CANCELLED.value:
            cancelled += int(count)
    return verdicts, good, cancelled


def settled_since(conn: sa.Connection, number: str, since: datetime) -> int:
    """Count what was settled of late."""
    where = (F.order_id == number) & (F.settled_at > since)
    return int(conn.execute(sa.select(sa.func.count()).select_from(file).where(where)).scalar_one())


def files(
    conn: sa.Connection, number: str, *, verdict: str = "", after: int = -1, limit: int = 100
) -> tuple[OrderFile, ...]:
    """Return documents in order, after number ``after``, of one verdict if named."""
    query = sa.select(*F).where(F.order_id == number, F.number > after).order_by(F.number).limit(limit)
    return tuple(map(_file, conn.execute(query.where(F.verdict == verdict) if verdict else query)))


def cancel_waiting(conn: sa.Connection, number: str) -> None:
    """Let what waits be judged no more."""
    where = (F.order_id == number) & (F.state == FileState.WAITING.value)
    conn.execute(file.update().where(where).values(state=FileState.CANCELLED.value))


def open_orders(conn: sa.Connection) -> tuple[Order, ...]:
    """Return the orders that have not ended."""
    states = (OrderState.GATHERING, OrderState.RUNNING)
    query = sa.select(*O).where(O.state.in_([one.value for one in states])).order_by(O.id)
    return tuple(map(_order, conn.execute(query)))


def in_state(conn: sa.Connection, state: OrderState, before: datetime) -> tuple[str, ...]:
    """List the numbers of orders of a state that were made at ``before`` or earlier."""
    query = sa.select(O.id).where(O.state == state.value, O.created_at <= before)
    return tuple(conn.scalars(query.order_by(O.id)))


def spent(conn: sa.Connection, limit: int) -> tuple[tuple[str, int, str], ...]:
    """List documents whose octets are needed no more and are still there: order, number, digest."""
    where = (F.state != FileState.WAITING.value) & (F.spooled != "")
    query = sa.select(F.order_id, F.number, F.spooled).where(where).limit(limit)
    return tuple((row.order_id, row.number, row.spooled) for row in conn.execute(query))


def stuck(conn: sa.Connection, now: datetime) -> tuple[str, ...]:
    """List the orders with documents that were begun so often that they are begun no more, and that nobody is at."""
    return tuple(conn.scalars(sa.select(F.order_id).where(_exhausted(now)).distinct().limit(100)))


def exhausted(conn: sa.Connection, number: str, now: datetime) -> tuple[Claim, ...]:
    """Return those documents of one order."""
    one = find(conn, number)
    query = sa.select(*F).where(F.order_id == number, _exhausted(now))
    return tuple(
        Claim(one, row.number, row.name, Digest.parse(row.spooled), row.attempts, row.size)
        for row in conn.execute(query)
        if one is not None
    )


def _exhausted(now: datetime) -> sa.ColumnElement[bool]:
    return (F.state == FileState.WAITING.value) & (F.attempts >= MAX_ATTEMPTS) & (F.claimed_until <= now)


def gone(conn: sa.Connection, order_id: str, number: int) -> None:
    """Keep that a document's octets are gone."""
    conn.execute(file.update().where(F.order_id == order_id, F.number == number).values(spooled=""))


def spools(conn: sa.Connection) -> set[str]:
    """Return the digests of everything that may lie in the spool."""
    return set(conn.scalars(sa.select(F.spooled).where(F.spooled != "")))


def expired(conn: sa.Connection, now: datetime, limit: int) -> tuple[str, ...]:
    """List orders whose results are to be removed, and of which nothing lies in the spool."""
    lying = sa.exists().where(F.order_id == O.id, F.spooled != "")
    return tuple(conn.scalars(sa.select(O.id).where(O.expires_at <= now, ~lying).limit(limit)))


def remove(conn: sa.Connection, number: str) -> None:
    """Remove an order with everything of it."""
    conn.execute(file.delete().where(F.order_id == number))
    conn.execute(order.delete().where(O.id == number))


def _order(row: sa.Row[Any]) -> Order:
    asked = OrderRequest(
        row.request_key, row.title, row.at, row.department, row.act, row.callback, bool(row.per_document)
    )
    return Order(
        row.id,
        asked,
        Actor(row.maker, row.maker_name, row.maker_uscc or None),
        OrderState(row.state),
        row.total,
        row.created_at,
        row.started_at,
        row.ended_at,
        row.expires_at,
    )


def _file(row: sa.Row[Any]) -> OrderFile:
    found = json.loads(row.finding) if row.finding else None
    state = FileState(row.state)
    return OrderFile(row.order_id, row.number, row.name, row.mark, row.size, state, found, row.settled_at)
