"""Statements on the tables of smart stamps: rows to records and back, moves by compare-and-swap."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import sqlalchemy as sa

from hsm.algorithms import Digest
from seals.devices.alarms import AlarmKind
from seals.devices.chain import Press, Tally
from seals.devices.order import OrderKind
from seals.devices.stamp import (
    Alarm,
    OrderRecord,
    Stamp,
    StampCertificate,
    UseRecord,
)
from seals.devices.state import (
    ORDER_TRANSITIONS,
    OrderAct,
    OrderStatus,
    PictureStatus,
    StampStatus,
    UseStatus,
)
from seals.devices.store import stamp, stamp_alarm, stamp_operator, stamp_order, stamp_use
from seals.devices.wire import Fence, Position

_S: Final = stamp.c
_O: Final = stamp_order.c


def find(conn: sa.Connection, serial: str, *, lock: bool = False) -> Stamp | None:
    """Read a stamp; ``lock`` holds its row until the transaction ends."""
    query = sa.select(*_S).where(_S.serial == serial)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _stamp(row, operators(conn, serial))


def mounted(conn: sa.Connection, seal: str) -> Stamp | None:
    """Return the stamp that the seal is mounted in, its row held."""
    row = conn.execute(sa.select(*_S).where(_S.seal == seal).with_for_update()).one_or_none()
    return None if row is None else _stamp(row, operators(conn, row.serial))


def operators(conn: sa.Connection, serial: str) -> tuple[str, ...]:
    """Return who is enrolled in a stamp."""
    query = sa.select(stamp_operator.c.operator).where(stamp_operator.c.serial == serial)
    return tuple(conn.execute(query.order_by(stamp_operator.c.operator)).scalars())


def set_operators(conn: sa.Connection, serial: str, names: Collection[str]) -> None:
    """Replace the list of who is enrolled."""
    conn.execute(stamp_operator.delete().where(stamp_operator.c.serial == serial))
    if names:
        conn.execute(stamp_operator.insert(), [{"serial": serial, "operator": name} for name in names])


def page(conn: sa.Connection, uscc: str | None, after: str, limit: int) -> tuple[Stamp, ...]:
    """Return stamps in order of their serial numbers, of one owner or all."""
    query = sa.select(*_S).where(_S.serial > after).order_by(_S.serial).limit(limit)
    if uscc is not None:
        query = query.where(_S.uscc == uscc)
    rows = conn.execute(query).all()
    return tuple(_stamp(row, operators(conn, row.serial)) for row in rows)


def change(conn: sa.Connection, before: Stamp, **values: object) -> bool:
    """Move a stamp by compare-and-swap on state and count of acts; false if somebody was faster."""
    moved = conn.execute(
        stamp.update()
        .where(_S.serial == before.serial, _S.status == before.status, _S.moves == before.moves)
        .values(moves=before.moves + 1, **values)
    )
    return moved.rowcount == 1


def take_sequence(conn: sa.Connection, before: Stamp) -> int | None:
    """Take the next sequence number by compare-and-swap; nothing if somebody was faster."""
    moved = conn.execute(
        stamp.update()
        .where(_S.serial == before.serial, _S.sequence == before.sequence)
        .values(sequence=before.sequence + 1)
    )
    return before.sequence + 1 if moved.rowcount == 1 else None


def fence_columns(fence: Fence | None) -> dict[str, int | None]:
    """Write a fence into its three columns."""
    return {
        "fence_latitude": None if fence is None else fence.middle.latitude,
        "fence_longitude": None if fence is None else fence.middle.longitude,
        "fence_radius": None if fence is None else fence.radius_m,
    }


def _fence(row: Any) -> Fence | None:
    if row.fence_latitude is None:
        return None
    return Fence(Position(row.fence_latitude, row.fence_longitude), row.fence_radius)


def _stamp(row: Any, enrolled: tuple[str, ...]) -> Stamp:
    return Stamp(
        serial=row.serial,
        model=row.model,
        uscc=row.uscc,
        status=StampStatus(row.status),
        moves=row.moves,
        certificate=StampCertificate(
            row.certificate_issuer, row.certificate_serial, row.certificate_der, row.not_before, row.not_after
        ),
        seal=row.seal or "",
        chip=row.chip,
        wanted_seal=row.wanted_seal,
        wanted_chip=row.wanted_chip,
        asked_by=row.asked_by,
        fence=_fence(row),
        offline_cap=row.offline_cap,
        sequence=row.sequence,
        number=row.number,
        head=row.head,
        obeyed=row.obeyed,
        locked=row.locked,
        pressed=Press(row.pressed, row.pressed_order) if row.pressed else None,
        pressed_number=row.pressed_number,
        pressed_at=row.pressed_at,
        told_at=row.told_at,
        seen_at=row.seen_at,
        gap_since=row.gap_since,
        battery=row.battery,
        firmware=row.firmware,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
        operators=enrolled,
    )


# -- orders ------------------------------------------------------------------------------------------------------------


def insert_order(conn: sa.Connection, order: OrderRecord) -> None:
    """Put an order on record, unsigned."""
    conn.execute(
        stamp_order.insert().values(
            id=order.id,
            serial=order.stamp,
            sequence=order.sequence,
            kind=order.kind.value,
            status=order.status.value,
            seal=order.seal,
            chip=order.chip,
            case_id=order.case,
            title=order.title,
            count=order.count,
            operators="\n".join(order.operators),
            **fence_columns(order.fence),
            issued_at=order.issued_at,
            expires_at=order.expires_at,
            asked_by=order.asked_by,
            reason=order.reason,
            payload=order.payload,
            jws=order.jws,
            remade=order.remade,
            case_ended=False,
            **tally_columns(order.tally),
        )
    )


def tally_columns(tally: Tally) -> dict[str, int]:
    """Write a tally into its four columns."""
    return {
        "open": tally.open,
        "used": tally.used,
        "uncertain": tally.uncertain,
        "returned": tally.returned,
    }


def order_of(row: Any) -> OrderRecord:
    """Read an order."""
    return OrderRecord(
        id=row.id,
        stamp=row.serial,
        sequence=row.sequence,
        kind=OrderKind(row.kind),
        status=OrderStatus(row.status),
        seal=row.seal,
        chip=row.chip,
        case=row.case_id,
        title=row.title,
        count=row.count,
        operators=tuple(row.operators.split("\n")) if row.operators else (),
        fence=_fence(row),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        asked_by=row.asked_by,
        reason=row.reason,
        payload=row.payload,
        jws=row.jws,
        remade=row.remade,
        tally=Tally(row.open, row.used, row.uncertain, row.returned),
    )


def orders(conn: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int = 1000) -> list[OrderRecord]:
    """Return the orders that meet the conditions, in order of stamp and sequence."""
    query = sa.select(*_O).where(*conditions).order_by(_O.serial, _O.sequence).limit(limit)
    return [order_of(row) for row in conn.execute(query)]


def move_order(
    conn: sa.Connection, before: OrderRecord, act: OrderAct, changes: Mapping[str, object] | None = None
) -> bool:
    """Move an order by compare-and-swap along the table; false where the table or somebody faster forbids it."""
    after = ORDER_TRANSITIONS[act].get(before.status)
    if after is None:
        return False
    moved = conn.execute(
        stamp_order.update()
        .where(_O.id == before.id, _O.status == before.status)
        .values(status=after.value, **(changes or {}))
    )
    return moved.rowcount == 1


# -- uses and alarms ---------------------------------------------------------------------------------------------------


def use_of(row: Any) -> UseRecord:
    """Read a use."""
    return UseRecord(
        stamp=row.serial,
        number=row.number,
        reservation=row.reservation,
        order=row.order_id,
        case=row.case_id,
        seal=row.seal,
        operator=row.operator,
        status=UseStatus(row.status),
        pressed_at=row.pressed_at,
        received_at=row.received_at,
        settled_at=row.settled_at,
        fault=row.fault,
        where=None if row.latitude is None else Position(row.latitude, row.longitude),
        picture=PictureStatus(row.picture),
        picture_digest=Digest.parse(row.picture_digest) if row.picture_digest else None,
        picture_size=row.picture_size,
        picture_due=row.picture_due,
    )


def uses(conn: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int = 1000) -> list[UseRecord]:
    """Return the uses that meet the conditions, in order of stamp and number."""
    query = sa.select(*stamp_use.c).where(*conditions)
    query = query.order_by(stamp_use.c.serial, stamp_use.c.number).limit(limit)
    return [use_of(row) for row in conn.execute(query)]


def alarm_of(row: Any) -> Alarm:
    """Read an alarm."""
    return Alarm(
        id=row.id,
        stamp=row.serial,
        kind=AlarmKind(row.kind),
        number=row.number,
        raised_at=row.raised_at,
        detail=row.detail,
        seal=row.seal,
        seal_stop=row.seal_stop,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        note=row.note,
    )


def alarms(
    conn: sa.Connection, *conditions: sa.ColumnElement[bool], after: int = 0, limit: int = 200
) -> list[Alarm]:
    """Return alarms that meet the conditions, oldest first."""
    query = sa.select(*stamp_alarm.c).where(stamp_alarm.c.id > after, *conditions)
    return [alarm_of(row) for row in conn.execute(query.order_by(stamp_alarm.c.id).limit(limit))]


def open_alarms(conn: sa.Connection, serial: str) -> set[tuple[str, int]]:
    """Return kind and event number of a stamp's alarms that nobody has acknowledged, each also with 0 for any event."""
    c = stamp_alarm.c
    query = sa.select(c.kind, c.number).where(c.serial == serial, c.acknowledged_at.is_(None))
    found = [(str(row.kind), int(row.number)) for row in conn.execute(query)]
    return {*found, *((kind, 0) for kind, _ in found)}


def add_alarms(conn: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Put alarms on record."""
    if rows:
        conn.execute(stamp_alarm.insert(), rows)
