"""The register of stamps: whose, with which chip, which seal is mounted, by which two persons; locked, lost, retired."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate import CertificateRecord
from ca.clock import Clock
from seals import chip_store
from seals import store as seal_store
from seals.devices import rows
from seals.devices.alarms import AlarmKind, Stop
from seals.devices.certificates import certificate_for
from seals.devices.errors import (
    MountingRefused,
    RegistrationInvalid,
    StampActRefused,
    StampExists,
    StampHeld,
    StampMoved,
    StampNotAsked,
    StampSecondPerson,
    StampUnknown,
)
from seals.devices.order import MAX_OPERATORS, UnlockOrder
from seals.devices.order_book import Draft, OrderBook, lock_ordered
from seals.devices.stamp import Bounds, Registration, Stamp, StampCertificate
from seals.devices.state import FIRST_STATUS, TRANSITIONS, StampAct
from seals.devices.store import stamp, stamp_alarm
from seals.devices.wire import IDENTIFIER, MAX_RADIUS_M, SERIAL, Fence
from seals.errors import ReasonNeeded
from seals.ledger import Ledger, acting
from seals.moves import MAX_REASON, found
from seals.seal import SealRecord
from seals.states import SealStatus

MAX_MODEL: Final = 64
"""Longest name of a model, in characters."""
MAX_OFFLINE: Final = 1_000
"""Greatest cap of an offline grant that any stamp may have, whatever its registration says."""
_STOPPING: Final = tuple(kind.value for kind in AlarmKind if kind.stop is not Stop.NOTHING)


class CertificateRegister(Protocol):
    """What the certification room hands over: :class:`ca.authority.CertificateAuthority` fits."""

    def certificate(self, serial: int, issuer: str | None = None) -> CertificateRecord:
        """Return what is known of a serial number."""


class StampRegister:
    """Keeps the stamps. Every act is one short transaction with its audit record."""

    def __init__(  # noqa: PLR0913 - what it is made of, each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        certificates: CertificateRegister,
        *,
        book: OrderBook,
        bounds: Bounds,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._certificates = certificates
        self._book = book
        self._bounds = bounds

    # -- registration --------------------------------------------------------------------------------------------------

    def register(self, wish: Registration, *, actor: Actor) -> Stamp:
        """Put a stamp on the register.

        Raises :class:`RegistrationInvalid`, :class:`StampExists`, :class:`seals.devices.errors.StampCertificateUnfit`,
        :class:`ca.errors.CertificateUnknown`.
        """
        _check(wish)
        record = self._certificates.certificate(wish.certificate_serial)
        certificate = certificate_for(record, wish.serial, self._clock())
        with self._acting() as ledger:
            try:
                with ledger.conn.begin_nested():
                    ledger.conn.execute(
                        stamp.insert().values(_new_row(wish, certificate, self._clock(), actor))
                    )
            except sa.exc.IntegrityError as taken:
                raise StampExists(wish.serial) from taken
            rows.set_operators(ledger.conn, wish.serial, wish.operators)
            made = _found(ledger.conn, wish.serial)
            self._note(ledger, StampAct.REGISTER, made, actor, {"offline_cap": wish.offline_cap})
            return made

    def set_rules(
        self, serial: str, *, operators: tuple[str, ...], fence: Fence | None, offline_cap: int, actor: Actor
    ) -> Stamp:
        """Replace who is enrolled, the fence and the offline cap; orders made before keep what they say."""
        _check_rules(operators, fence, offline_cap)
        with self._acting() as ledger:
            before = _held(ledger.conn, serial)
            self._change(ledger, before, offline_cap=offline_cap, **rows.fence_columns(fence))
            rows.set_operators(ledger.conn, serial, operators)
            after = _found(ledger.conn, serial)
            detail: dict[str, str | int | None] = {
                "operators": ", ".join(operators),
                "offline_cap": offline_cap,
                "fence": str(fence),
            }
            ledger.note("stamp.rules", actor=actor, subject=f"stamp:{serial}", detail=detail)
            return after

    # -- mounting ------------------------------------------------------------------------------------------------------

    def request_mount(self, serial: str, code: str, *, actor: Actor) -> Stamp:
        """Ask, as the first of two persons, that a seal be mounted in a stamp; :class:`MountingRefused`."""
        with self._acting() as ledger:
            seal = found(ledger.conn, code)
            before = self._expect(ledger.conn, serial, StampAct.REQUEST_MOUNT)
            chip = _mountable(ledger.conn, before, seal)
            changes = {"wanted_seal": seal.code, "wanted_chip": chip, "asked_by": actor.id}
            return self._move(ledger, before, StampAct.REQUEST_MOUNT, actor, changes)

    def confirm_mount(self, serial: str, *, actor: Actor) -> Stamp:
        """Mount the seal as the second person: from now on orders can be made.

        Raises :class:`StampNotAsked`, :class:`StampSecondPerson`, :class:`MountingRefused`.
        """
        with self._acting() as ledger:
            wanted = _found(ledger.conn, serial).wanted_seal
            seal = seal_store.find(ledger.conn, wanted, lock=True) if wanted else None
            before = self._expect(ledger.conn, serial, StampAct.CONFIRM_MOUNT)
            if seal is None or before.wanted_seal != wanted:
                raise StampNotAsked(serial)
            _second(before, actor)
            chip = _mountable(ledger.conn, before, seal)
            changes = {"seal": seal.code, "chip": chip, "wanted_seal": "", "wanted_chip": "", "asked_by": ""}
            try:
                with ledger.conn.begin_nested():
                    after = self._move(ledger, before, StampAct.CONFIRM_MOUNT, actor, changes)
            except sa.exc.IntegrityError as taken:
                raise MountingRefused(f"seal {seal.code} is in another stamp") from taken
            if lock_ordered(ledger.conn, serial):
                self._unlock(ledger, after, actor, "已装入印章 / seal mounted")
            return after

    def dismount(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Take the seal out: the stamp is locked and holds no seal."""
        changes = {"seal": None, "chip": "", "wanted_seal": "", "wanted_chip": "", "asked_by": ""}
        return self._stop(serial, StampAct.DISMOUNT, actor, reason, changes)

    # -- stopping and coming back --------------------------------------------------------------------------------------

    def lock(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Lock a stamp: an order to lock is queued in the same transaction, no other goes out."""
        return self._stop(serial, StampAct.LOCK, actor, reason, {"asked_by": ""})

    def report_lost(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Record that a stamp is missing; whoever reports it also freezes the seal (``SealRegistry.freeze``)."""
        return self._stop(serial, StampAct.REPORT_LOST, actor, reason, {"asked_by": ""})

    def report_found(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Record that a lost stamp is here again; it stays locked."""
        return self._stop(serial, StampAct.REPORT_FOUND, actor, reason, {"asked_by": ""})

    def inspect(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Record that somebody has inspected a stamp that was opened, and what was found; it stays locked."""
        return self._stop(serial, StampAct.INSPECT, actor, reason, {"asked_by": ""})

    def retire(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """End a stamp's service; its seal is free for another stamp."""
        changes = {"seal": None, "chip": "", "wanted_seal": "", "wanted_chip": "", "asked_by": ""}
        return self._stop(serial, StampAct.RETIRE, actor, reason, changes)

    def request_unlock(self, serial: str, *, actor: Actor, reason: str) -> Stamp:
        """Ask, as the first of two persons, that a locked stamp work again; :class:`StampHeld`."""
        reason = _reason(StampAct.REQUEST_UNLOCK, reason)
        with self._acting() as ledger:
            before = self._expect(ledger.conn, serial, StampAct.REQUEST_UNLOCK)
            _unlockable(ledger.conn, before, before.seal)
            changes = {"asked_by": actor.id}
            return self._move(ledger, before, StampAct.REQUEST_UNLOCK, actor, changes, reason)

    def confirm_unlock(self, serial: str, *, actor: Actor) -> Stamp:
        """Let a stamp work again as the second person; :class:`StampNotAsked`, :class:`StampSecondPerson`, :class:`StampHeld`."""
        with self._acting() as ledger:
            code = _found(ledger.conn, serial).seal
            if code:
                seal_store.find(ledger.conn, code, lock=True)  # the seal before its stamp, as everywhere
            before = self._expect(ledger.conn, serial, StampAct.CONFIRM_UNLOCK)
            if not before.asked_by:
                raise StampNotAsked(serial)
            _second(before, actor)
            _unlockable(ledger.conn, before, code)
            after = self._move(ledger, before, StampAct.CONFIRM_UNLOCK, actor, {"asked_by": ""})
            self._unlock(ledger, after, actor, "两人确认解锁 / unlocked by two persons")
            return after

    # -- reading -------------------------------------------------------------------------------------------------------

    def get(self, serial: str) -> Stamp:
        """Look a stamp up; :class:`StampUnknown`."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return _found(conn, serial)

    # -- how an act is done --------------------------------------------------------------------------------------------

    def _stop(
        self, serial: str, act: StampAct, actor: Actor, reason: str, changes: Mapping[str, object]
    ) -> Stamp:
        reason = _reason(act, reason)
        with self._acting() as ledger:
            before = self._expect(ledger.conn, serial, act)
            after = self._move(ledger, before, act, actor, changes, reason)
            self._book.lock(ledger.conn, after, asked_by=actor.id, reason=reason)
            return after

    def _unlock(self, ledger: Ledger, after: Stamp, actor: Actor, reason: str) -> None:
        end = self._clock() + self._bounds.order_life
        self._book.add(ledger.conn, after, Draft(UnlockOrder(reason), actor.id, end, reason))

    def _expect(self, conn: sa.Connection, serial: str, act: StampAct) -> Stamp:
        before = _held(conn, serial)
        if before.status not in TRANSITIONS[act]:
            raise StampActRefused(serial, act, before.status, before.status.zh)
        return before

    def _move(  # noqa: PLR0913, PLR0917 - one act and its circumstances
        self,
        ledger: Ledger,
        before: Stamp,
        act: StampAct,
        actor: Actor,
        changes: Mapping[str, object],
        reason: str = "",
    ) -> Stamp:
        self._change(ledger, before, status=TRANSITIONS[act][before.status].value, **changes)
        after = _found(ledger.conn, before.serial)
        self._note(ledger, act, after, actor, {"reason": reason, "asked_by": before.asked_by})
        return after

    def _change(self, ledger: Ledger, before: Stamp, **values: object) -> None:
        if not rows.change(ledger.conn, before, **values):
            raise StampMoved(before.serial)

    def _note(
        self,
        ledger: Ledger,
        act: StampAct,
        after: Stamp,
        actor: Actor,
        more: Mapping[str, str | int | None],
    ) -> None:
        detail: dict[str, str | int | None] = {
            "status": after.status.value,
            "seal": after.seal,
            "wanted": after.wanted_seal,
            **more,
        }
        detail["uscc"] = after.uscc
        ledger.note(f"stamp.{act}", actor=actor, subject=f"stamp:{after.serial}", detail=detail)

    def _acting(self) -> AbstractContextManager[Ledger]:
        return acting(self._engine, self._audit)


def _check(wish: Registration) -> None:
    if SERIAL.fullmatch(wish.serial) is None:
        raise RegistrationInvalid(
            "设备序列号须为 4 至 32 位大写字母、数字或连字符。",
            "A serial number has 4 to 32 capital letters, digits or hyphens.",
        )
    if not 0 < len(wish.model) <= MAX_MODEL or not wish.model.isprintable():
        raise RegistrationInvalid(
            f"型号须为 1 至 {MAX_MODEL} 个字符。", f"A model has 1 to {MAX_MODEL} characters."
        )
    _check_rules(wish.operators, wish.fence, wish.offline_cap)


def _check_rules(operators: tuple[str, ...], fence: Fence | None, offline_cap: int) -> None:
    named = all(IDENTIFIER.fullmatch(name) for name in operators)
    if not named or len(set(operators)) != len(operators) or len(operators) > MAX_OPERATORS:
        raise RegistrationInvalid(
            f"操作人最多 {MAX_OPERATORS} 名，编号不得重复或含空格。",
            f"At most {MAX_OPERATORS} operators, each once, by ids without blanks.",
        )
    if not 0 <= offline_cap <= MAX_OFFLINE:
        raise RegistrationInvalid(
            f"离线额度上限须为 0 至 {MAX_OFFLINE}。", f"The offline cap is 0 to {MAX_OFFLINE}."
        )
    if fence is not None and not (
        abs(fence.middle.latitude) <= 90_000_000
        and abs(fence.middle.longitude) <= 180_000_000
        and 1 <= fence.radius_m <= MAX_RADIUS_M
    ):
        raise RegistrationInvalid(
            f"电子围栏须为有效坐标（百万分之一度），半径 1 至 {MAX_RADIUS_M} 米。",
            f"A fence has a position in millionths of a degree and a radius of 1 to {MAX_RADIUS_M} metres.",
        )


def _new_row(
    wish: Registration, certificate: StampCertificate, now: object, actor: Actor
) -> dict[str, object]:
    return {
        "serial": wish.serial,
        "model": wish.model,
        "uscc": wish.uscc,
        "status": FIRST_STATUS.value,
        "moves": 1,
        "certificate_issuer": certificate.issuer,
        "certificate_serial": certificate.serial,
        "certificate_der": certificate.der,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "seal": None,
        **dict.fromkeys(("chip", "wanted_seal", "wanted_chip", "asked_by", "head"), ""),
        **dict.fromkeys(("pressed", "pressed_order", "firmware"), ""),
        **rows.fence_columns(wish.fence),
        "offline_cap": wish.offline_cap,
        **dict.fromkeys(("sequence", "number", "obeyed", "pressed_number"), 0),
        "locked": False,
        "battery": 100,
        "registered_at": now,
        "registered_by": actor.id,
    }


def _mountable(conn: sa.Connection, stamp_: Stamp, seal: SealRecord) -> str:
    """Return the chip in the seal's body, or raise :class:`MountingRefused`."""
    if seal.status is not SealStatus.ACTIVE or seal.owner.uscc != stamp_.uscc:
        raise MountingRefused(f"seal {seal.code} is {seal.status}")
    other = rows.mounted(conn, seal.code)
    if other is not None and other.serial != stamp_.serial:
        raise MountingRefused(f"seal {seal.code} is in another stamp")
    link = chip_store.open_link(conn, seal.code)
    return link.token if link is not None and link.status in chip_store.IN_FORCE else ""


def _unlockable(conn: sa.Connection, stamp_: Stamp, code: str) -> None:
    seal = seal_store.find(conn, code) if code else None
    if seal is None or seal.status is not SealStatus.ACTIVE:
        raise StampHeld(f"stamp {stamp_.serial}: seal {code or 'none'} is not active")
    c = stamp_alarm.c
    query = sa.select(c.id).where(
        c.serial == stamp_.serial, c.acknowledged_at.is_(None), c.kind.in_(_STOPPING)
    )
    if conn.execute(query.limit(1)).first() is not None:
        raise StampHeld(f"stamp {stamp_.serial}: alarms are open")


def _second(before: Stamp, actor: Actor) -> None:
    if actor.is_any_of(before.asked_by):
        raise StampSecondPerson(f"stamp {before.serial}: {actor.id} asked for it")


def _reason(act: StampAct, reason: str) -> str:
    reason = reason.strip()
    if not 0 < len(reason) <= MAX_REASON:
        raise ReasonNeeded(act)
    return reason


def _found(conn: sa.Connection, serial: str) -> Stamp:
    made = rows.find(conn, serial)
    if made is None:
        raise StampUnknown(serial[:32])
    return made


def _held(conn: sa.Connection, serial: str) -> Stamp:
    made = rows.find(conn, serial, lock=True)
    if made is None:
        raise StampUnknown(serial[:32])
    return made
