"""What a pair was at any past moment: its state, since when, by which act, its validity and the pairs it is linked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from seals import event_store, store
from seals.errors import SealNotFound
from seals.moves import is_code
from seals.renewal import validity_at
from seals.seal import SealEvent, SealRecord, SealStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair as of ``at``. ``act`` is the last act by then; ``status`` holds since ``since`` or before.

    ``expired`` tells of a pair in use whose validity at that moment did not cover it. ``predecessor`` and ``successor``
    are the electronic codes of the pairs that a change of name links, the successor only once it had taken the place.
    """

    code: str
    physical_code: str
    name: str
    owner_name: str
    at: datetime
    status: SealStatus
    since: datetime
    expired: bool
    valid_from: datetime | None
    valid_to: datetime | None
    predecessor: str | None
    successor: str | None


def latest(conn: sa.Connection, code: str, when: datetime) -> SealEvent:
    """Read the last act by ``when``, one look into an index; :class:`SealNotFound` before the application."""
    event = event_store.latest(conn, code, when) if is_code(code) else None
    if event is None:
        raise SealNotFound(f"seal {code[:32]} was not on record at {when:%Y-%m-%dT%H:%M:%SZ}")
    return event


def standing(conn: sa.Connection, code: str, when: datetime) -> Standing:
    """Tell how a pair stood at ``when``."""
    event = latest(conn, code, when)
    record = store.find(conn, event.code)
    if record is None:
        raise SealNotFound(event.code)
    validity = validity_at(conn, record, when)
    outside = validity is not None and not validity[0] <= when <= validity[1]
    return Standing(
        code=record.code,
        physical_code=record.physical.code,
        name=record.name,
        owner_name=record.owner.name,
        at=when,
        status=event.status,
        since=event_store.began(conn, event),
        expired=outside and event.status is SealStatus.ACTIVE,
        valid_from=validity[0] if validity else None,
        valid_to=validity[1] if validity else None,
        predecessor=record.predecessor,
        successor=_successor(conn, record, when),
    )


def _successor(conn: sa.Connection, record: SealRecord, when: datetime) -> str | None:
    if record.successor is None:
        return None
    found = store.find(conn, record.successor)
    return None if found is None or found.filed_at is None or found.filed_at > when else record.successor
