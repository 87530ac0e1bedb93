"""Intake of events: each proved, chained, judged and counted once, whatever order and however often they come.

Signatures are checked before the transaction; inside it the stamp's row is held, so two deliveries of one stamp come one
after the other, and the second finds the chain where the first left it. What is on record already is compared by digest:
the same event changes nothing, another one with its number is a rollback. An event beyond the next number is not stored:
the receipt says which number is wanted, and a stamp that cannot give it within :attr:`Bounds.gap` is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from seals import event_store
from seals.devices import rows
from seals.devices.alarming import Alarming
from seals.devices.alarms import AlarmKind
from seals.devices.casework import Casework
from seals.devices.certificates import demand_standing, demand_validity
from seals.devices.chain import ChainFault
from seals.devices.errors import (
    MessageSignatureInvalid,
    StampCertificateUnfit,
    StampUnknown,
)
from seals.devices.events import (
    Accept,
    Picture,
    Refuse,
    Reserve,
    SignedEvent,
    Unlocked,
    parse_events,
)
from seals.devices.reading import Reading, cancelled_by
from seals.devices.sorting import Sorted, sort_out
from seals.devices.stamp import Bounds, OrderRecord, Receipt, Stamp
from seals.devices.stamp_actor import stamp_actor
from seals.devices.state import OrderAct, OrderStatus, PictureStatus, UseStatus
from seals.devices.store import stamp, stamp_event, stamp_order, stamp_use
from seals.ledger import Ledger, acting
from seals.states import SealStatus

_E: Final = stamp_event.c
_U: Final = stamp_use.c
_O: Final = stamp_order.c
_FAULTS: Final = {
    ChainFault.GAP: AlarmKind.GAP,
    ChainFault.FORK: AlarmKind.FORK,
    ChainFault.ROLLBACK: AlarmKind.ROLLBACK,
}
_ADD_EVENT: Final = stamp_event.insert()
_ADD_USE: Final = stamp_use.insert()


class EventIntake:
    """Takes deliveries."""

    def __init__(  # noqa: PLR0913 - what it is made of, each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        *,
        alarming: Alarming,
        bounds: Bounds,
        casework: Casework,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._alarming = alarming
        self._bounds = bounds
        self._casework = casework

    def receive(self, serial: str, texts: Sequence[str], *, sent_at: datetime | None = None) -> Receipt:
        """Take a delivery; see :meth:`seals.devices.desk.StampDesk.receive`."""
        now = self._clock()
        events = parse_events(texts)
        with self._engine.execution_options(read_only=True).connect() as conn:
            known = rows.find(conn, serial)
        if known is None:
            raise StampUnknown(serial[:32])
        _prove(events, known, now)
        with acting(self._engine, self._audit) as ledger:
            receipt = self._take(ledger, serial, events, known.certificate.der, sent_at)
        self._alarming.stop_seals()
        return receipt

    def _take(
        self,
        ledger: Ledger,
        serial: str,
        events: tuple[SignedEvent, ...],
        certificate: bytes,
        sent_at: datetime | None,
    ) -> Receipt:
        conn, now = ledger.conn, self._clock()
        held = rows.find(conn, serial, lock=True)
        if held is None or held.certificate.der != certificate:
            raise MessageSignatureInvalid("the stamp has another certificate now")
        demand_standing(conn, held.certificate)
        found = sort_out(conn, held, events)
        reading = Reading.of(held, _orders(conn, held, found.fresh), now, self._bounds)
        for each in found.fresh:
            reading.take(each)
        if sent_at is not None and abs(sent_at - now) > self._bounds.clock:
            reading.alarm(AlarmKind.CLOCK, 0, f"sent at {sent_at:%Y-%m-%dT%H:%M:%SZ}")
        self._faults(reading, held, found, now)
        self._stopped_uses(conn, reading)
        self._write(ledger, reading, held, found, now)
        raised = self._alarming.record(ledger, held, reading.alarms)
        if reading.events:
            self._note(ledger, reading, held)
        return Receipt(serial, reading.number, reading.head, len(found.fresh), found.repeated, raised, now)

    def _faults(self, reading: Reading, held: Stamp, found: Sorted, now: datetime) -> None:
        """Turn what does not fit into an alarm; a delivery that only came early gets time to be explained."""
        if found.broken is not None and found.culprit is not None:
            event = found.culprit.event
            reading.alarm(
                _FAULTS[found.broken], event.number, f"the chain ends at {reading.number}", found.culprit.jws
            )
        elif (
            not found.fresh and held.gap_since is not None and now - held.gap_since > self._bounds.gap
        ):  # whatever else it sends again, the missing event is not among it
            reading.alarm(AlarmKind.GAP, reading.number + 1, "never delivered")

    def _stopped_uses(self, conn: sa.Connection, reading: Reading) -> None:
        """Tell of presses of a stamp that was out of reach when its seal was stopped; the clock's bound is forgiven."""
        for number, pressed in reading.begun.items():
            moments = (pressed.at, pressed.at - self._bounds.clock)
            stood = (event_store.latest(conn, reading.stamp.seal, when) for when in moments)
            if all(event is not None and event.status is not SealStatus.ACTIVE for event in stood):
                reading.alarm(AlarmKind.STOPPED_USE, number, f"seal {reading.stamp.seal}")

    # -- writing -------------------------------------------------------------------------------------------------------

    def _write(self, ledger: Ledger, reading: Reading, held: Stamp, found: Sorted, now: datetime) -> None:
        conn = ledger.conn
        if reading.events:
            conn.execute(_ADD_EVENT, [_event_row(each, now) for each in reading.events])
        announced, others = reading.announced()
        self._write_uses(ledger, reading, announced, now)
        for order_id in reading.touched:
            tally = reading.orders[order_id].tally
            conn.execute(stamp_order.update().where(_O.id == order_id).values(rows.tally_columns(tally)))
        for order_id, status in reading.moves.items():
            conn.execute(stamp_order.update().where(_O.id == order_id).values(status=status.value))
        if reading.obeyed > held.obeyed:
            _skip(conn, held.serial, reading.obeyed)
        self._pictures(conn, reading, others)
        gap = (held.gap_since or now) if found.ahead else None if found.fresh else held.gap_since
        values = {
            "number": reading.number,
            "head": reading.head,
            "obeyed": reading.obeyed,
            "locked": reading.locked,
            "pressed": reading.pressed.reservation if reading.pressed else "",
            "pressed_order": reading.pressed.command if reading.pressed else "",
            "pressed_number": reading.pressed_number,
            "pressed_at": reading.pressed_at,
            "told_at": reading.told_at,
            "battery": reading.battery,
            "firmware": reading.firmware,
            "seen_at": now,
            "gap_since": gap,
        }
        conn.execute(stamp.update().where(stamp.c.serial == held.serial).values(values))

    def _write_uses(
        self, ledger: Ledger, reading: Reading, announced: Mapping[int, Picture], now: datetime
    ) -> None:
        conn, due = ledger.conn, now + self._bounds.picture
        made = []
        for number, pressed in reading.begun.items():
            outcome = reading.settled.get(number)
            made.append(
                {
                    "serial": reading.stamp.serial,
                    "number": number,
                    "reservation": pressed.event.reservation,
                    "order_id": pressed.event.command,
                    "case_id": pressed.case,
                    "seal": pressed.event.seal,
                    "operator": pressed.event.operator,
                    "status": (outcome.status if outcome else UseStatus.OPEN).value,
                    "pressed_at": pressed.at,
                    "received_at": now,
                    "settled_at": outcome.at if outcome else None,
                    "fault": outcome.fault if outcome else "",
                    "latitude": pressed.event.where.latitude if pressed.event.where else None,
                    "longitude": pressed.event.where.longitude if pressed.event.where else None,
                    **picture_columns(announced.get(number)),
                    "picture_due": due,
                    "late_told": False,
                }
            )
        if made:
            conn.execute(_ADD_USE, made)
        for number, outcome in reading.settled.items():
            if number not in reading.begun:
                conn.execute(
                    stamp_use.update()
                    .where(
                        _U.serial == reading.stamp.serial,
                        _U.number == number,
                        _U.status == UseStatus.OPEN.value,
                    )
                    .values(status=outcome.status.value, settled_at=outcome.at, fault=outcome.fault)
                )
        self._tell_cases(ledger, reading)

    def _tell_cases(self, ledger: Ledger, reading: Reading) -> None:
        """Tell each case of the presses that now count in it, all of a delivery at once."""
        before = reading.stamp.pressed
        told: dict[str, list[int]] = {}
        for number, outcome in sorted(reading.settled.items()):
            if outcome.status is UseStatus.RETURNED:
                continue
            begun = reading.begun.get(number)
            name = begun.event.command if begun else before.command if before else ""
            case = reading.orders[name].case if name in reading.orders else ""
            if case:
                told.setdefault(case, []).append(number)
        actor = stamp_actor(reading.stamp)
        for case, numbers in sorted(told.items()):
            for number, why in self._casework.report(ledger, case, actor, numbers):
                reading.alarm(AlarmKind.CASE_ENDED, number, f"{case}: {why}")

    def _pictures(
        self, conn: sa.Connection, reading: Reading, pictures: Sequence[tuple[int, Picture]]
    ) -> None:
        """Write the digest of a picture to its use: the last press of that name that has none yet."""
        for number, picture in pictures:
            query = (
                sa.select(_U.number)
                .where(
                    _U.serial == reading.stamp.serial,
                    _U.reservation == picture.reservation,
                    _U.number < number,
                    _U.picture == PictureStatus.NONE.value,
                )
                .order_by(_U.number.desc())
                .limit(1)
            )
            use = conn.execute(query).scalar_one_or_none()
            if use is None:
                reading.alarm(AlarmKind.PICTURE_UNKNOWN, number, picture.reservation)
                continue
            conn.execute(
                stamp_use.update()
                .where(_U.serial == reading.stamp.serial, _U.number == use)
                .values(picture_columns(picture))
            )

    def _note(self, ledger: Ledger, reading: Reading, held: Stamp) -> None:
        """Put the run of events on the trail: the chain's new end is anchored there, with what it did to presses."""
        outcomes = ", ".join(f"{number}:{each.status}" for number, each in sorted(reading.settled.items()))
        detail: dict[str, str | int | None] = {
            "first": held.number + 1,
            "last": reading.number,
            "head": reading.head,
            "pressed": ", ".join(map(str, sorted(reading.begun))),
            "settled": outcomes,
            "orders": ", ".join(f"{key}:{status}" for key, status in sorted(reading.moves.items())),
        }
        actor = stamp_actor(held)
        ledger.note("stamp.events", actor=actor, subject=f"stamp:{held.serial}", detail=detail)


def picture_columns(picture: Picture | None) -> dict[str, object]:
    """Write what is announced of a picture into its three columns."""
    status = PictureStatus.NONE if picture is None else PictureStatus.AWAITED
    return {
        "picture": status.value,
        "picture_digest": "" if picture is None else str(picture.digest),
        "picture_size": 0 if picture is None else picture.size,
    }


def _prove(events: Iterable[SignedEvent], known: Stamp, now: datetime) -> None:
    """Prove that every event is this stamp's own: serial, certificate, signature."""
    try:
        demand_validity(known.certificate, now)
    except StampCertificateUnfit as wrong:
        raise MessageSignatureInvalid(wrong.detail) from wrong
    for each in events:
        if each.event.device != known.serial:
            raise MessageSignatureInvalid("another stamp's event", "event.device")
        each.check_signature(known.certificate.der)


def _orders(conn: sa.Connection, held: Stamp, events: Iterable[SignedEvent]) -> dict[str, OrderRecord]:
    """Read the orders that the events speak of, and those that they cancel."""
    names = {held.pressed.command} if held.pressed else set()
    for each in events:
        body = each.event.body
        if isinstance(body, Accept | Refuse | Reserve | Unlocked):
            names.add(body.command)
    found = _named(conn, held.serial, names)
    targets = {cancelled_by(order) for order in found.values()} - {""} - found.keys()
    return {**found, **_named(conn, held.serial, targets)}


def _named(conn: sa.Connection, serial: str, names: set[str]) -> dict[str, OrderRecord]:
    if not names:
        return {}
    found = rows.orders(conn, _O.serial == serial, _O.id.in_(sorted(names)))
    return {order.id: order for order in found}


def _skip(conn: sa.Connection, serial: str, obeyed: int) -> None:
    """Record which signed orders the stamp will now refuse: it has taken a later one."""
    passed = rows.orders(
        conn, _O.serial == serial, _O.sequence < obeyed, _O.status == OrderStatus.SIGNED.value
    )
    for order in passed:
        rows.move_order(conn, order, OrderAct.SKIP)


def _event_row(signed: SignedEvent, now: datetime) -> dict[str, object]:
    event = signed.event
    return {
        "serial": event.device,
        "number": event.number,
        "digest": str(signed.digest),
        "kind": event.body.kind.value,
        "at": event.at,
        "received_at": now,
        "jws": signed.jws,
    }
