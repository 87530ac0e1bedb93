"""The work on orders: take the next document, judge it, write what it came to; end orders; remove what is needed no more.

A document is taken for a time (a lease): where its worker dies, another takes it then, and the fence lets only the last one
write. So a restart loses nothing and nothing is told twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import SYSTEM
from hsm.algorithms import Digest
from hsm.errors import DecryptionFailed
from hsm.spoken import SpokenError
from signing.verification_orders import store
from signing.verification_orders.beside import Beside, read_beside
from signing.verification_orders.desk import OrderOffice
from signing.verification_orders.errors import OrderActRefused
from signing.verification_orders.order import ABANDONED, Claim, Order, OrderAct, OrderState
from signing.webhooks import store as deliveries
from signing.webhooks.outbox import News, Outbox
from verify.many.finding import Finding, finding
from verify.report import DocumentReport, Reason
from verify.verdict import SubIndication, Verdict

LOG: Final = logging.getLogger("yinxin.verification_orders")
LEASE: Final = timedelta(minutes=15)
"""Longest time for one document: the largest takes some minutes at the verifier's own limit."""
FINISHED: Final = "verification-order.finished"
JUDGED: Final = "verification-order.document"
SWEEP_EVERY: Final = timedelta(hours=1)
SWEPT_AT_ONCE: Final = 1000

Judge = Callable[[Order, str, bytes, Beside], DocumentReport]
"""Judges a document (its name, its octets, what lies beside it) as its order asks."""
Told = Callable[[Order], dict[str, Any]]
"""What a message says of an order beside its own facts: addresses."""


class OrderWork:
    """Does the work; one instance serves any number of threads."""

    def __init__(self, office: OrderOffice, outbox: Outbox, judge: Judge, told: Told) -> None:
        self._office = office
        self._outbox = outbox
        self._judge = judge
        self._told = told
        self._swept = office.clock() - SWEEP_EVERY

    def one(self) -> bool:
        """Judge the next document; tell whether there was one."""
        office, now = self._office, self._office.clock()
        with office.engine.begin() as conn:
            claimed = store.claim(conn, now, now + LEASE)
        if claimed is None:
            return False
        octets = office.spool.read(claimed.spooled)
        self._settle(claimed, finding(_missing(claimed) if octets is None else self._judged(claimed, octets)))
        return True

    def _judged(self, claimed: Claim, octets: bytes) -> DocumentReport:
        """Judge a document with what lies beside it."""
        order, size = claimed.order, claimed.size
        try:
            beside = read_beside(octets[size:], order=order.id, secret=self._office.secret)
            return self._judge(order, claimed.name, octets[:size], beside)
        except DecryptionFailed:
            return _locked(claimed)
        except SpokenError as refused:  # the department is known no more, say: that is this document's answer
            return _refused(claimed, refused)

    def housekeep(self) -> dict[str, int]:
        """End what is done, remove octets and results that are needed no more; return how many of each."""
        now = self._office.clock()
        with self._office.reading() as conn:
            stuck, running = store.stuck(conn, now), store.in_state(conn, OrderState.RUNNING, now)
            abandoned = store.in_state(conn, OrderState.GATHERING, now - ABANDONED)
        failed = self._each(stuck, self._give_up) + self._each(running, self._finish)
        failed += self._each(abandoned, self._cancel)
        octets = self._clear()
        if now - self._swept >= SWEEP_EVERY:
            self._swept = now
            with self._office.reading() as conn:
                known = store.spools(conn)
            octets += self._office.spool.sweep(known, now)
        with self._office.reading() as conn:
            due = store.expired(conn, now, SWEPT_AT_ONCE)
        unremoved = self._each(due, self._remove)
        return {
            "verification_orders_removed": len(due) - unremoved,
            "verification_inputs_removed": octets,
            "verification_orders_failed": failed + unremoved,
        }

    @staticmethod
    def _each(orders: Sequence[str], act: Callable[[str], None]) -> int:
        """Do something for each order: one that cannot be dealt with keeps no other waiting. Return how many could not."""
        failed = 0
        for number in orders:
            try:
                act(number)
            except Exception as error:
                LOG.error("housekeeping of order %s failed: %s", number, type(error).__name__)  # noqa: TRY400
                LOG.debug("order %s", number, exc_info=True)
                failed += 1
        return failed

    def _give_up(self, number: str) -> None:
        """Settle the documents of an order that interrupted the service again and again."""
        with self._office.reading() as conn:
            stuck = store.exhausted(conn, number, self._office.clock())
        for claimed in stuck:
            self._settle(claimed, finding(_stuck(claimed)))

    def _settle(self, claimed: Claim, found: Finding) -> None:
        office = self._office
        with office.engine.begin() as conn:
            order = store.find(conn, claimed.order.id, lock=True)
            if order is None or not store.settle(conn, claimed, found, office.clock()):
                return
            if order.request.callback and order.request.per_document:
                self._tell(conn, order, JUDGED, {"document": {"number": claimed.number + 1, **found}})
            self._end(conn, order)
        office.spool.remove(claimed.spooled)
        with office.engine.begin() as conn:
            store.gone(conn, claimed.order.id, claimed.number)

    def _finish(self, number: str) -> None:
        """End an order whose last document was settled by a process that died right then."""
        with self._office.engine.begin() as conn:
            order = store.find(conn, number, lock=True)
            if order is not None:
                self._end(conn, order)

    def _cancel(self, number: str) -> None:
        """Cancel an order that nobody started; whoever starts it at this moment is faster."""
        now = self._office.clock()
        ends = {"ended_at": now, "expires_at": now + self._office.rules.kept}
        with suppress(OrderActRefused), self._office.engine.begin() as conn:
            order = store.find(conn, number, lock=True)
            if order is not None and order.state is OrderState.GATHERING:
                self._office.move(conn, order, OrderAct.CANCEL, SYSTEM, **ends)
                store.cancel_waiting(conn, order.id)

    def _end(self, conn: sa.Connection, order: Order) -> None:
        """End an order of which nothing is left, with its message, in the transaction of its last document."""
        if order.state is not OrderState.RUNNING or store.left(conn, order.id):
            return
        now = self._office.clock()
        try:
            ends = {"ended_at": now, "expires_at": now + self._office.rules.kept}
            self._office.move(conn, order, OrderAct.FINISH, SYSTEM, **ends)
        except OrderActRefused:
            return
        if order.request.callback:
            ended = store.find(conn, order.id)
            self._tell(conn, ended or order, FINISHED, {})

    def _tell(self, conn: sa.Connection, order: Order, kind: str, more: dict[str, Any]) -> None:
        verdicts, good, cancelled = store.counts(conn, order.id) if kind == FINISHED else ({}, 0, 0)
        told: dict[str, Any] = {"id": order.id, "state": order.state.value, "total": order.total}
        if kind == FINISHED:
            done = sum(verdicts.values())
            told |= {
                "done": done,
                "good": good,
                "failed": done - good,
                "cancelled": cancelled,
                "verdicts": verdicts,
            }
            told |= {"ended_at": _time(order.ended_at), "expires_at": _time(order.expires_at)}
        asked = order.request
        told |= {"title": asked.title, "department": asked.department, "act": asked.act, **self._told(order)}
        news = News(asked.callback, order.maker, order.id, kind, {"order": told, **more})
        self._outbox.put(conn, news)

    def _clear(self) -> int:
        """Remove octets of documents that are judged or cancelled, where that was cut off."""
        with self._office.reading() as conn:
            spent = store.spent(conn, SWEPT_AT_ONCE)
        for order_id, number, spooled in spent:
            self._office.spool.remove(Digest.parse(spooled))
            with self._office.engine.begin() as conn:
                store.gone(conn, order_id, number)
        return len(spent)

    def _remove(self, number: str) -> None:
        """Remove an order whose time is over, with its results and messages."""
        with self._office.engine.begin() as conn:
            found = store.find(conn, number, lock=True)
            if found is not None:
                deliveries.drop(conn, number)
                store.remove(conn, number)
                self._office.note(conn, "removed", found, SYSTEM, {})


def _time(when: Any) -> str | None:
    return None if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _report(claimed: Claim, verdict: Verdict, zh: str, en: str) -> DocumentReport:
    limit = SubIndication.LIMIT_REACHED if verdict is Verdict.INDETERMINATE else None
    return DocumentReport(claimed.name, verdict, Reason(zh, en), sub_indication=limit)


def _missing(claimed: Claim) -> DocumentReport:
    return _report(
        claimed,
        Verdict.UNREADABLE,
        "待核验的文件已不在系统中或已改变，请重新提交该文件。",
        "The document is not there any more, or was changed while it waited; hand it in again.",
    )


def _locked(claimed: Claim) -> DocumentReport:
    return _report(
        claimed,
        Verdict.INDETERMINATE,
        "本系统的密钥已更换，无法取回随该文件提交的密码；请重新提交该文件和密码。",
        "The installation's key was changed, so the password handed in with the document cannot be had back; "
        "hand both in again.",
    )


def _stuck(claimed: Claim) -> DocumentReport:
    return _report(
        claimed,
        Verdict.INDETERMINATE,
        "文件多次使核验服务中断，未再核验；请勿据此认可该文件，并向发送方核实。",
        "The document interrupted the service several times and is judged no more; do not rely on it and ask its sender.",
    )


def _refused(claimed: Claim, refused: SpokenError) -> DocumentReport:
    LOG.warning("order %s: %s", claimed.order.id, refused.en)
    return _report(claimed, Verdict.INDETERMINATE, refused.zh, refused.en)
