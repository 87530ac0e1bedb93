"""The door of verification orders: hand documents in, start, watch, read the results, cancel. Every act is one short transaction.

The work itself is :mod:`signing.verification_orders.work`. An order is its maker's: for anybody else there is none of its number.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from signing.verification_orders import store
from signing.verification_orders.beside import Secret, head_of
from signing.verification_orders.errors import (
    OrderActRefused,
    OrderFieldInvalid,
    OrderKeyTaken,
    OrderMarkTaken,
    OrderQueueFull,
    OrderUnknown,
)
from signing.verification_orders.fields import check_request, kept_name
from signing.verification_orders.order import (
    MAX_FILES,
    MAX_OPEN,
    OWN_MARK,
    TRANSITIONS,
    Incoming,
    Order,
    OrderAct,
    OrderFile,
    OrderProgress,
    OrderRequest,
    OrderState,
)
from signing.verification_orders.spool import Spool
from verify.many.finding import Finding

MAX_PAGE: Final = 500
RATE_WINDOW: Final = timedelta(seconds=20)
"""Over which time the speed is taken."""
Detail = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class OrderRules:
    """How much may wait in the whole installation, in documents and octets, and how long results are kept."""

    documents: int
    octets: int
    kept: timedelta


@dataclass(frozen=True, slots=True)
class OrderOffice:
    """What the desk and its workers share. ``check`` raises where department, act or callback are not right.

    ``secret`` is what passwords that wait are sealed under.
    """

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    spool: Spool
    rules: OrderRules
    check: Callable[[OrderRequest], None]
    secret: Secret

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def move(self, conn: sa.Connection, one: Order, act: OrderAct, actor: Actor, **changes: Any) -> None:
        """Move an order and put it on record; :class:`OrderActRefused`."""
        after = TRANSITIONS[act].get(one.state)
        if after is None or not store.move(conn, one, after, **changes):
            raise OrderActRefused(one.state.zh, one.state.value)
        self.note(conn, after.value, one, actor, {})

    def note(self, conn: sa.Connection, what: str, one: Order, actor: Actor, detail: Detail) -> None:
        """Put an act on the audit trail, in the transaction that does it."""
        said = {"total": one.total, **detail}
        self.audit.append(
            conn,
            f"verification_order.{what}",
            actor=actor,
            subject=f"verification-order:{one.id}",
            detail=said,
        )


class OrderDesk:
    """Takes orders to verify documents; one instance serves any number of threads."""

    def __init__(self, office: OrderOffice) -> None:
        self._office = office

    def open(self, request: OrderRequest, *, maker: Actor) -> Order:
        """Open an order that gathers documents; the same request under the same key returns the one there.

        Raises :class:`OrderFieldInvalid`, :class:`OrderKeyTaken`, :class:`OrderQueueFull`, and what ``check`` raises.
        """
        office = self._office
        check_request(request)
        office.check(request)
        asked = replace(request, request_key=_key(maker, request.request_key))
        digest = _digest(asked)
        with office.reading() as conn:
            known = store.by_request_key(conn, asked.request_key)
        if known is not None:
            return _same(known, digest)
        made = Order(secrets.token_hex(16), asked, maker, OrderState.GATHERING, 0, office.clock())
        try:
            with office.engine.begin() as conn:
                if store.count_open(conn, maker) >= MAX_OPEN:
                    raise OrderQueueFull(
                        f"您未完成的核验任务已有 {MAX_OPEN} 个",
                        f"you have {MAX_OPEN} orders that are not finished",
                    )
                store.insert(conn, made, digest)
                callback = int(bool(asked.callback))
                office.note(
                    conn, "opened", made, maker, {"callback": callback, "department": asked.department}
                )
        except sa.exc.IntegrityError:  # the same request at the same moment
            with office.reading() as conn:
                known = store.by_request_key(conn, asked.request_key)
            if known is None:
                raise
            return _same(known, digest)
        return made

    def add(self, number: str, incoming: Sequence[Incoming], *, maker: Actor) -> int:
        """Hand documents in; return how many there are then. A mark that is there already changes nothing.

        Raises :class:`OrderUnknown`, :class:`OrderActRefused` once it is started, :class:`OrderFieldInvalid`, :class:`OrderMarkTaken`
        or :class:`OrderKeyTaken` where something else was handed in under a mark, :class:`OrderQueueFull`, and what the store of documents raises.
        """
        found = self.get(number, maker=maker)
        _gathering(found)
        named = [
            replace(one, name=kept_name(one.name), mark=one.mark or f"{OWN_MARK}{secrets.token_hex(8)}")
            for one in incoming
        ]
        with self._office.reading() as conn:
            known = store.marks(conn, number, [one.mark for one in named])
            _demand_same(known, named)
            self._room(conn, found, [one for one in named if one.mark not in known])
        rows: list[dict[str, Any]] = []
        try:
            for one in named:
                if one.mark not in known:
                    rows.append(self._kept(number, one))  # noqa: PERF401 - one by one: those before a failure are forgotten
            with self._office.engine.begin() as conn:
                locked = _locked(conn, number)
                _gathering(locked)
                faster = store.marks(conn, number, [row["mark"] for row in rows])
                _demand_same(faster, named)
                count = store.add(conn, locked, [row for row in rows if row["mark"] not in faster])
        except BaseException:
            self._forget(rows)
            raise
        self._forget([row for row in rows if row["mark"] in faster])
        return count

    def repeated(self, number: str, incoming: Sequence[Incoming], *, maker: Actor) -> None:
        """Demand that the documents of a request that is sent again are those with which its order was opened.

        Raises :class:`OrderKeyTaken`; a request that is sent again without any document asks for the order alone.
        """
        self.get(number, maker=maker)
        with self._office.reading() as conn:
            first = store.first_marks(conn, number)
            known = store.marks(conn, number, [one.mark for one in incoming])
        if incoming and first != {one.mark for one in incoming}:
            raise OrderKeyTaken
        _demand_same(known, incoming)

    def start(self, number: str, *, maker: Actor) -> Order:
        """Close the list and begin; one that was started is returned as it is. :class:`OrderFieldInvalid` without documents."""
        self.get(number, maker=maker)
        with self._office.engine.begin() as conn:
            found = _locked(conn, number)
            if found.state in (OrderState.RUNNING, OrderState.FINISHED):
                return found
            if not found.total:
                raise OrderFieldInvalid(
                    "file", "任务中没有文件，请先提交文件", "the order has no document yet; hand some in"
                )
            self._office.move(conn, found, OrderAct.START, maker, started_at=self._office.clock())
            return _locked(conn, number)

    def cancel(self, number: str, *, maker: Actor) -> Order:
        """Stop: what is judged stays, what waits is judged no more and its octets go."""
        self.get(number, maker=maker)
        now = self._office.clock()
        with self._office.engine.begin() as conn:
            found = _locked(conn, number)
            ends = {"ended_at": now, "expires_at": now + self._office.rules.kept}
            self._office.move(conn, found, OrderAct.CANCEL, maker, **ends)
            store.cancel_waiting(conn, number)
            return _locked(conn, number)

    def get(self, number: str, *, maker: Actor) -> Order:
        """Return an order of this maker. :class:`OrderUnknown`."""
        with self._office.reading() as conn:
            found = store.find(conn, number) if number.isalnum() and len(number) <= 32 else None
        if found is None or not _is_of(found, maker):
            raise OrderUnknown
        return found

    def list(self, *, maker: Actor, limit: int = 50) -> tuple[Order, ...]:
        """Return this maker's newest orders."""
        with self._office.reading() as conn:
            return store.page(conn, maker, max(1, min(limit, MAX_PAGE)))

    def progress(self, number: str, *, maker: Actor) -> OrderProgress:
        """Return how far an order is."""
        found, now = self.get(number, maker=maker), self._office.clock()
        since = max(now - RATE_WINDOW, found.started_at or now)
        with self._office.reading() as conn:
            verdicts, good, cancelled = store.counts(conn, number)
            lately = store.settled_since(conn, number, since)
        running = found.state is OrderState.RUNNING
        rate = lately / max((now - since).total_seconds(), 1.0) if running else 0.0
        return OrderProgress(found, verdicts, good, cancelled, round(rate, 1))

    def files(
        self, number: str, *, maker: Actor, verdict: str = "", after: int = -1, limit: int = 100
    ) -> tuple[OrderFile, ...]:
        """Return documents in order, after number ``after``, of one verdict if named."""
        self.get(number, maker=maker)
        with self._office.reading() as conn:
            return store.files(conn, number, verdict=verdict, after=after, limit=max(1, min(limit, MAX_PAGE)))

    def findings(self, number: str, *, maker: Actor) -> Iterator[Finding]:
        """Yield what every judged document came to, a page in memory at a time."""
        after = -1
        while page := self.files(number, maker=maker, after=after, limit=MAX_PAGE):
            yield from (one.finding for one in page if one.finding is not None)
            after = page[-1].number

    def _room(self, conn: sa.Connection, found: Order, fresh: Sequence[Incoming]) -> None:
        """Demand room in the order and in the queue before anything is kept."""
        if found.total + len(fresh) > MAX_FILES:
            raise OrderFieldInvalid(
                "file", f"一个任务至多 {MAX_FILES} 个文件", f"an order has at most {MAX_FILES} documents"
            )
        rules = self._office.rules
        count, octets = store.waiting(conn)
        size = sum(one.octets for one in fresh)
        if count + len(fresh) > rules.documents or octets + size > rules.octets:
            raise OrderQueueFull(
                "系统中待核验的文件已达上限", "as much waits to be judged as this installation takes"
            )

    def _kept(self, number: str, one: Incoming) -> dict[str, Any]:
        """Keep a document with what lies beside it; return its row."""
        head = b""
        if one.accompanied:
            head = head_of(one.password, one.evidence, order=number, secret=self._office.secret)
        kept = self._office.spool.put(one.path, head, one.content)
        told = {"name": one.name, "mark": one.mark, "handed": one.handed, "spooled": str(kept.digest)}
        return {**told, "size": kept.size, "beside": kept.beside}

    def _forget(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take back what was kept for documents that did not get into the order."""
        from hsm.algorithms import Digest  # noqa: PLC0415 - on this path alone

        for row in rows:
            self._office.spool.remove(Digest.parse(row["spooled"]))


def _locked(conn: sa.Connection, number: str) -> Order:
    found = store.find(conn, number, lock=True)
    if found is None:
        raise OrderUnknown
    return found


def _demand_same(known: Mapping[str, str], incoming: Sequence[Incoming]) -> None:
    """Demand that what comes again under a mark is what was handed in under it: nobody takes one document's verdict for another's."""
    for one in incoming:
        if known.get(one.mark) and known[one.mark] != one.handed:
            raise OrderKeyTaken if one.mark.startswith(OWN_MARK) else OrderMarkTaken


def _gathering(found: Order) -> None:
    if found.state is not OrderState.GATHERING:
        raise OrderActRefused(found.state.zh, found.state.value)


def _is_of(found: Order, maker: Actor) -> bool:
    return (found.maker.id, found.maker.uscc) == (maker.id, maker.uscc)


def _key(maker: Actor, key: str) -> str:
    """One maker's keys never meet another's."""
    return hashlib.sha256(json.dumps([maker.id, maker.uscc, key]).encode()).hexdigest()


def _digest(asked: OrderRequest) -> str:
    at: datetime | None = asked.at
    told = [
        asked.title,
        at and at.isoformat(),
        asked.department,
        asked.act,
        asked.callback,
        asked.per_document,
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _same(known: tuple[Order, str], digest: str) -> Order:
    if known[1] != digest:
        raise OrderKeyTaken
    return known[0]
