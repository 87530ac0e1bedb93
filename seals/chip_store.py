"""Links between chips and seals: the table and its queries. Takes a connection, never commits.

A link names a token by its serial number and a seal by its electronic code. ``stop`` is what the chip's state has done
to the seal so far; the registry lets no seal come back whose chip holds it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.store import RowId, UtcInstant
from ca.tokens.state import EFFECTS, SealEffect, TokenState
from ca.tokens.store import token
from seals.store import metadata


class LinkStatus(StrEnum):
    """Where a link between a chip and a seal stands."""

    REQUESTED = "requested"
    LINKED = "linked"
    UNLINKING = "unlinking"
    UNLINKED = "unlinked"


class LinkAct(StrEnum):
    """What can be done to a link; linking and unlinking take two people each."""

    REQUEST = "request"
    CONFIRM = "confirm"
    REQUEST_UNLINK = "request_unlink"
    CONFIRM_UNLINK = "confirm_unlink"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[dict[LinkAct, dict[LinkStatus, LinkStatus]]] = {
    LinkAct.CONFIRM: {LinkStatus.REQUESTED: LinkStatus.LINKED},
    LinkAct.REQUEST_UNLINK: {LinkStatus.LINKED: LinkStatus.UNLINKING},
    LinkAct.CONFIRM_UNLINK: {LinkStatus.UNLINKING: LinkStatus.UNLINKED},
    LinkAct.WITHDRAW: {
        LinkStatus.REQUESTED: LinkStatus.UNLINKED,
        LinkStatus.UNLINKING: LinkStatus.LINKED,
    },
}
"""Every move of a link there is."""

chip_link = sa.Table(
    "chip_link",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String(24), nullable=False, index=True),
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("stop", sa.String(8), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False, default=""),
    sa.Column("decided_at", UtcInstant),
    sa.CheckConstraint("status IN ('requested', 'linked', 'unlinking', 'unlinked')", name="status"),
    sa.CheckConstraint("stop IN ('run', 'freeze', 'revoke')", name="stop"),
)
_OPEN = sa.text("status <> 'unlinked'")
sa.Index(
    "chip_link_seal", chip_link.c.electronic_code, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
)
"""A seal has one chip at a time; a chip may serve several seals."""

IN_FORCE: Final = (LinkStatus.LINKED, LinkStatus.UNLINKING)
"""A link that somebody asks to undo is in force until a second person agrees."""


@dataclass(frozen=True, slots=True)
class ChipLink:
    """A link as the registry holds it; ``seal`` is the electronic code."""

    id: int
    token: str
    seal: str
    status: LinkStatus
    stop: SealEffect
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None


_C: Final = chip_link.c


def _link(row: Any) -> ChipLink:
    return ChipLink(
        row.id,
        row.token,
        row.electronic_code,
        LinkStatus(row.status),
        SealEffect(row.stop),
        row.asked_by,
        row.asked_at,
        row.decided_by,
        row.decided_at,
    )


def insert(conn: sa.Connection, serial: str, code: str, *, by: str, at: datetime) -> ChipLink | None:
    """Record that somebody asks for a link; nothing when the seal has an open one (the unique index decides)."""
    try:
        with conn.begin_nested():
            made = conn.execute(
                chip_link.insert()
                .values(
                    token=serial,
                    electronic_code=code,
                    status=LinkStatus.REQUESTED,
                    stop=SealEffect.RUN,
                    asked_by=by,
                    asked_at=at,
                )
                .returning(*_C)
            ).one()
    except sa.exc.IntegrityError:
        return None
    return _link(made)


def move(conn: sa.Connection, before: ChipLink, act: LinkAct, **changes: object) -> bool:
    """Move a link by compare-and-swap; false if somebody was faster."""
    moved = conn.execute(
        chip_link.update()
        .where(_C.id == before.id, _C.status == before.status, _C.asked_by == before.asked_by)
        .values(status=TRANSITIONS[act][before.status], **changes)
    )
    return moved.rowcount == 1


def set_stop(conn: sa.Connection, before: ChipLink, stop: SealEffect) -> bool:
    """Record what the chip's state has done to the seal, by compare-and-swap on what it had done before."""
    moved = conn.execute(
        chip_link.update().where(_C.id == before.id, _C.stop == before.stop).values(stop=stop)
    )
    return moved.rowcount == 1


def open_link(conn: sa.Connection, code: str) -> ChipLink | None:
    """Return the seal's link that is asked for or in force."""
    row = conn.execute(
        sa.select(*_C).where(_C.electronic_code == code, _C.status != LinkStatus.UNLINKED)
    ).one_or_none()
    return None if row is None else _link(row)


def links(conn: sa.Connection, serial: str) -> tuple[ChipLink, ...]:
    """Return every link of a chip, past ones too, oldest first."""
    rows = conn.execute(sa.select(*_C).where(_C.token == serial).order_by(_C.id))
    return tuple(_link(row) for row in rows)


def links_of_seal(conn: sa.Connection, code: str) -> tuple[ChipLink, ...]:
    """Return every link of a seal, past ones too, oldest first."""
    rows = conn.execute(sa.select(*_C).where(_C.electronic_code == code).order_by(_C.id))
    return tuple(_link(row) for row in rows)


def in_force(conn: sa.Connection, serial: str) -> tuple[ChipLink, ...]:
    """Return the chip's links in force."""
    return tuple(link for link in links(conn, serial) if link.status in IN_FORCE)


def is_stopped(conn: sa.Connection, code: str) -> bool:
    """Tell whether the state of a chip in force stops the seal."""
    query = (
        sa.select(_C.id)
        .join(token, token.c.serial == _C.token)
        .where(_C.electronic_code == code, _C.status.in_(IN_FORCE), token.c.state.in_(_STOPPING))
    )
    return conn.execute(query).first() is not None


def unsettled(conn: sa.Connection, serial: str | None = None) -> tuple[ChipLink, ...]:
    """Return links in force that have not done to their seal what the chip's state demands."""
    demands = [sa.and_(token.c.state.in_(_states(effect)), _C.stop != effect) for effect in SealEffect]
    query = (
        sa.select(*_C)
        .join(token, token.c.serial == _C.token)
        .where(_C.status.in_(IN_FORCE), sa.or_(*demands))
        .order_by(_C.id)
    )
    if serial is not None:
        query = query.where(_C.token == serial)
    return tuple(_link(row) for row in conn.execute(query))


def _states(effect: SealEffect) -> list[TokenState]:
    return [state for state, found in EFFECTS.items() if found.seals is effect]


_STOPPING: Final = (*_states(SealEffect.FREEZE), *_states(SealEffect.REVOKE))
