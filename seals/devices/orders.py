"""Orders to stamps: uses from approved cases, offline grants by two persons, cancelling, and what became of each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest, DigestAlgorithm
from seals import store as seal_store
from seals.cases.approved import ApprovedUse, Medium
from seals.cases.case import Hand
from seals.devices import rows
from seals.devices.casework import Casework
from seals.devices.certificates import stands
from seals.devices.errors import (
    GrantUnknown,
    OrderRefused,
    OrderUnknown,
    StampSecondPerson,
    StampUnknown,
)
from seals.devices.order import MAX_COUNT, MAX_OPERATORS, CancelOrder, GrantOrder, UseOrder
from seals.devices.order_book import GIVING, Draft, OrderBook
from seals.devices.stamp import Bounds, GrantWish, OrderRecord, Stamp
from seals.devices.state import TRUSTED, OrderAct, OrderStatus
from seals.devices.store import stamp_grant, stamp_order
from seals.devices.wire import IDENTIFIER, Fence
from seals.ledger import Ledger, acting
from seals.moves import MAX_REASON
from seals.states import SealStatus

NOT_HERE: Final = ("该印章未装在此设备中。", "This seal is not mounted in this stamp.")
MAX_PLACE: Final = 100
"""Longest name of a place, in characters."""
_O: Final = stamp_order.c
_G: Final = stamp_grant.c
_LIVE: Final = tuple(
    status.value for status in (OrderStatus.QUEUED, OrderStatus.SIGNED, OrderStatus.ACCEPTED)
)


@dataclass(frozen=True, slots=True)
class UseSetting:
    """Where and by whom an approved use is carried out; without ``fence`` the stamp's own holds."""

    place: str = ""
    fence: Fence | None = None
    operators: tuple[str, ...] = ()
    count: int | None = None
    """How many of the approved copies; all of them by default."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An offline allowance asked for, and what was decided."""

    id: int
    stamp: str
    state: str
    count: int
    operators: tuple[str, ...]
    expires_at: datetime
    reason: str
    asked_by: str
    decided_by: str
    order: str


class StampOrders:
    """Makes orders. Each is on record, with its audit record, before anybody signs it."""

    def __init__(  # noqa: PLR0913 - what it is made of, each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        *,
        book: OrderBook,
        bounds: Bounds,
        casework: Casework,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._book = book
        self._bounds = bounds
        self._casework = casework

    def use(self, serial: str, case_id: str, *, hand: Hand, setting: UseSetting | None = None) -> OrderRecord:
        """Order a stamp to carry out an approved physical use; only a case's approval (``ApprovedUse``) makes such an order.

        Raises :class:`OrderRefused` (medium, seal not mounted here or not active, stamp not in service, approval past its
        end), :class:`StampUnknown`, and what the desk of cases raises.
        """
        setting = setting or UseSetting()
        with self._acting() as ledger:
            known = rows.find(ledger.conn, serial)
            if known is None:
                raise StampUnknown(serial[:32])
            stamp = self._in_service(ledger.conn, serial, known.seal)
            approved = self._casework.take(ledger, case_id, hand)
            count = approved.copies if setting.count is None else setting.count
            _fits(approved, setting, count, self._clock())
            if approved.seal_code != stamp.seal:
                raise OrderRefused(*NOT_HERE)
            order = UseOrder(
                seal=approved.seal_code,
                chip=stamp.chip,
                case=approved.case_id,
                document=approved.document,
                title=approved.title[:200],
                count=count,
                place=setting.place,
                fence=setting.fence or stamp.fence,
                evidence=_evidence(approved),
                operators=setting.operators,
            )
            made = self._book.add(ledger.conn, stamp, Draft(order, hand.actor.id, approved.expires_at))
            self._note(ledger, "ordered", made, hand.actor)
            return made

    def request_grant(self, serial: str, wish: GrantWish, *, actor: Actor) -> Grant:
        """Ask, as the first of two persons, for an offline allowance; :class:`OrderRefused` above what policy allows."""
        with self._acting() as ledger:
            stamp = rows.find(ledger.conn, serial)
            if stamp is None:
                raise StampUnknown(serial[:32])
            self._judge_grant(stamp, wish)
            made = ledger.conn.execute(
                stamp_grant.insert()
                .values(
                    serial=serial,
                    state="asked",
                    count=wish.count,
                    operators="\n".join(wish.operators),
                    expires_at=wish.expires_at,
                    reason=wish.reason,
                    asked_by=actor.id,
                    asked_at=self._clock(),
                    decided_by="",
                    order_id="",
                )
                .returning(*_G)
            ).one()
            detail: dict[str, str | int | None] = {
                "grant": made.id,
                "count": wish.count,
                "reason": wish.reason,
            }
            ledger.note("stamp.grant_asked", actor=actor, subject=f"stamp:{serial}", detail=detail)
            return _grant(made)

    def confirm_grant(self, grant: int, *, actor: Actor) -> OrderRecord:
        """Grant an offline allowance as the second person: the order is made.

        Raises :class:`GrantUnknown`, :class:`StampSecondPerson`, :class:`OrderRefused`.
        """
        with self._acting() as ledger:
            asked = self._asked(ledger.conn, grant)
            if actor.is_any_of(asked.asked_by):
                raise StampSecondPerson(f"grant {grant}: {actor.id} asked for it")
            known = rows.find(ledger.conn, asked.stamp)
            stamp = self._in_service(ledger.conn, asked.stamp, known.seal if known else "")
            wish = GrantWish(asked.count, asked.operators, asked.expires_at, asked.reason)
            self._judge_grant(stamp, wish)
            order = GrantOrder(stamp.seal, stamp.chip, asked.count, asked.operators)
            made = self._book.add(
                ledger.conn, stamp, Draft(order, asked.asked_by, asked.expires_at, asked.reason)
            )
            self._decide(ledger.conn, grant, "granted", actor, made.id)
            self._note(ledger, "granted", made, actor)
            return made

    def turn_down(self, grant: int, *, actor: Actor) -> Grant:
        """Turn a request for an offline allowance down; whoever asked may take it back so."""
        with self._acting() as ledger:
            asked = self._asked(ledger.conn, grant)
            self._decide(ledger.conn, grant, "turned_down", actor, "")
            detail: dict[str, str | int | None] = {"grant": grant}
            ledger.note("stamp.grant_refused", actor=actor, subject=f"stamp:{asked.stamp}", detail=detail)
            return self._read_grant(ledger.conn, grant)

    def cancel(self, order: str, *, actor: Actor) -> OrderRecord:
        """Take back what is left of an order: unsigned it is withdrawn, else the stamp is ordered to forget it."""
        with self._acting() as ledger:
            known = self._order(ledger.conn, order)
            stamp = rows.find(ledger.conn, known.stamp, lock=True)
            before = self._order(ledger.conn, order)
            if stamp is None or before.kind.value not in GIVING or before.status.value not in _LIVE:
                raise OrderRefused(
                    "该指令已结束，无需撤回。", "The order has ended; there is nothing to take back."
                )
            if before.status is OrderStatus.QUEUED:
                rows.move_order(ledger.conn, before, OrderAct.WITHDRAW)
            else:
                self._book.add(ledger.conn, stamp, Draft(CancelOrder(before.id), actor.id))
            self._note(ledger, "order_cancelled", before, actor)
            return self._order(ledger.conn, order)

    def get(self, order: str) -> OrderRecord:
        """Return an order; :class:`OrderUnknown`."""
        with self._reading() as conn:
            return self._order(conn, order)

    def of_stamp(self, serial: str, *, after: int = 0, limit: int = 200) -> tuple[OrderRecord, ...]:
        """Return a stamp's orders above a sequence number, in order."""
        with self._reading() as conn:
            return tuple(rows.orders(conn, _O.serial == serial, _O.sequence > after, limit=limit))

    def grants(self, serial: str) -> tuple[Grant, ...]:
        """Return what was asked and decided of offline allowances, oldest first."""
        with self._reading() as conn:
            found = conn.execute(sa.select(*_G).where(_G.serial == serial).order_by(_G.id))
            return tuple(_grant(row) for row in found)

    def _in_service(self, conn: sa.Connection, serial: str, code: str) -> Stamp:
        """Hold the seal, then the stamp, and demand that both may be used now."""
        seal = seal_store.find(conn, code, lock=True) if code else None
        stamp = rows.find(conn, serial, lock=True)
        if stamp is None:
            raise StampUnknown(serial[:32])
        if seal is None or stamp.seal != seal.code:
            raise OrderRefused(*NOT_HERE)
        if seal.status is not SealStatus.ACTIVE:
            raise OrderRefused(
                f"印章当前为“{seal.status.zh}”，不能用印。", f"The seal is {seal.status}; it cannot be used."
            )
        if seal.expired(self._clock()):
            raise OrderRefused("印章不在有效期内。", "The seal is outside its validity.")
        if stamp.status not in TRUSTED:
            raise OrderRefused(
                f"设备当前为“{stamp.status.zh}”，不能下达用印指令。",
                f"The stamp is {stamp.status}; no order of use is made for it.",
            )
        if not stands(conn, stamp.certificate, self._clock()):
            raise OrderRefused(
                "设备证书已吊销、暂停或过期，不能下达用印指令。",
                "The stamp's certificate is revoked, on hold or past its end; no order of use is made for it.",
            )
        return stamp

    def _judge_grant(self, stamp: Stamp, wish: GrantWish) -> None:
        cap = min(stamp.offline_cap, self._bounds.grant_cap)
        if not 1 <= wish.count <= cap:
            raise OrderRefused(
                f"离线额度须为 1 至 {cap} 次（0 表示不允许离线用印）。",
                f"An offline allowance is 1 to {cap} uses here (0: none at all).",
            )
        now = self._clock()
        if not now < wish.expires_at <= now + self._bounds.grant_life:
            hours = int(self._bounds.grant_life.total_seconds()) // 3600
            raise OrderRefused(
                f"离线额度的截止时间须在此后 {hours} 小时内。",
                f"An offline allowance ends within {hours} hours.",
            )
        _people(wish.operators)
        if not wish.operators or not 0 < len(wish.reason.strip()) <= MAX_REASON:
            raise OrderRefused(
                "请指定离线用印的操作人并填写原因。",
                "Name who may use the stamp offline, and state the reason.",
            )

    def _order(self, conn: sa.Connection, order: str) -> OrderRecord:
        found = rows.orders(conn, _O.id == order)
        if not found:
            raise OrderUnknown(order[:32])
        return found[0]

    def _asked(self, conn: sa.Connection, grant: int) -> Grant:
        found = self._read_grant(conn, grant)
        if found.state != "asked":
            raise GrantUnknown(str(grant))
        return found

    def _read_grant(self, conn: sa.Connection, grant: int) -> Grant:
        row = conn.execute(sa.select(*_G).where(_G.id == grant)).one_or_none()
        if row is None:
            raise GrantUnknown(str(grant))
        return _grant(row)

    def _decide(self, conn: sa.Connection, grant: int, state: str, actor: Actor, order: str) -> None:
        moved = conn.execute(
            stamp_grant.update()
            .where(_G.id == grant, _G.state == "asked")
            .values(state=state, decided_by=actor.id, order_id=order)
        )
        if moved.rowcount != 1:
            raise GrantUnknown(str(grant))

    def _note(self, ledger: Ledger, word: str, order: OrderRecord, actor: Actor) -> None:
        detail: dict[str, str | int | None] = {
            "order": order.id,
            "sequence": order.sequence,
            "kind": order.kind.value,
            "seal": order.seal,
            "case": order.case,
            "count": order.count,
            "payload": DigestAlgorithm.SHA256.digest(order.payload.encode()).hex,
        }
        ledger.note(f"stamp.{word}", actor=actor, subject=f"stamp:{order.stamp}", detail=detail)

    def _acting(self) -> AbstractContextManager[Ledger]:
        return acting(self._engine, self._audit)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _evidence(approved: ApprovedUse) -> Digest:
    """Digest what the order rests on: the approvals, or the rule itself where it lets the keeper use the seal alone."""
    return Digest(DigestAlgorithm.SHA256, bytes.fromhex(approved.approvals_sha256 or approved.rule_hash))


def _fits(approved: ApprovedUse, setting: UseSetting, count: int, now: datetime) -> None:
    if approved.medium is not Medium.PHYSICAL:
        raise OrderRefused(
            "该用印单批准的是电子用印。", "The case approves electronic use, not physical use."
        )
    if approved.expires_at <= now:
        raise OrderRefused("用印审批已过期，请重新申请。", "The approval is past its end; ask again.")
    if not 1 <= count <= min(approved.copies, MAX_COUNT):
        raise OrderRefused(
            f"用印次数须为 1 至 {min(approved.copies, MAX_COUNT)}。",
            f"The number of uses is 1 to {min(approved.copies, MAX_COUNT)}.",
        )
    if len(setting.place) > MAX_PLACE or not (setting.place + "x").isprintable():
        raise OrderRefused(f"用印地点最多 {MAX_PLACE} 个字。", f"A place has at most {MAX_PLACE} characters.")
    _people(setting.operators)


def _people(operators: tuple[str, ...]) -> None:
    named = all(IDENTIFIER.fullmatch(name) for name in operators)
    if not named or len(operators) > MAX_OPERATORS or len(set(operators)) != len(operators):
        raise OrderRefused(
            f"操作人最多 {MAX_OPERATORS} 名，编号不得重复或含空格。",
            f"At most {MAX_OPERATORS} operators, each once, by ids without blanks.",
        )


def _grant(row: Any) -> Grant:
    return Grant(
        row.id,
        row.serial,
        row.state,
        row.count,
        tuple(row.operators.split("\n")),
        row.expires_at,
        row.reason,
        row.asked_by,
        row.decided_by,
        row.order_id,
    )
