"""Moving an enrolment along its table: compare-and-swap first, its audit record last, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import Entry
from ca.enrolment import enrolment_store
from ca.enrolment.approval import Case
from ca.enrolment.errors import EnrolmentActRefused, EnrolmentMoved, EnrolmentUnknown, KeyReused
from ca.enrolment.office import Office
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.states import TRANSITIONS, EnrolmentAct, EnrolmentStatus


@dataclass(frozen=True, slots=True)
class Deed:
    """One act: who does it, which columns change with it, what the trail says besides."""

    act: EnrolmentAct
    actor: Actor
    changes: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)


def load(conn: sa.Connection, enrolment: str) -> EnrolmentRecord:
    """Return an enrolment; :class:`EnrolmentUnknown` if there is none."""
    found = enrolment_store.get(conn, enrolment)
    if found is None:
        raise EnrolmentUnknown
    return found


def next_status(record: EnrolmentRecord, act: EnrolmentAct) -> EnrolmentStatus:
    """Return where an act leads from here; :class:`EnrolmentActRefused` if it leads nowhere."""
    after = TRANSITIONS[act].get(record.status)
    if after is None:
        raise EnrolmentActRefused(
            f"申请 {record.id} 当前为“{record.status.zh}”，不能{act.zh}。",
            f"Enrolment {record.id} is {record.status.value}: {act.value} is not possible.",
        )
    return after


def move(office: Office, conn: sa.Connection, record: EnrolmentRecord, deed: Deed) -> EnrolmentRecord:
    """Move it and write the audit record; :class:`EnrolmentMoved` if anybody was faster."""
    moved, entry = move_row(office, conn, record, deed)
    office.audit.append_many(conn, (entry,), actor=deed.actor)
    return moved


def move_row(
    office: Office, conn: sa.Connection, record: EnrolmentRecord, deed: Deed
) -> tuple[EnrolmentRecord, Entry]:
    """Move it and return the audit record to be written last in the same transaction."""
    after, now = next_status(record, deed.act), office.now()
    try:
        if not enrolment_store.move(conn, record, after, deed.changes, now):
            raise EnrolmentMoved
    except sa.exc.IntegrityError as taken:  # another open request asks for the key by now
        raise KeyReused from taken
    moved = load(conn, record.id)
    detail = {
        "status": after.value,
        "before": record.status.value,
        "version": moved.version,
        "digest": moved.digest,
        **deed.detail,
    }
    return moved, Entry(f"enrolment.{deed.act.value}", f"enrolment:{record.id}", detail)


def case_of(record: EnrolmentRecord) -> Case:
    """Return the enrolment as a case to be approved: by the digest of what stands there, never by a stored one."""
    return Case(
        record.id,
        record.version,
        record.content.digest,
        record.requester,
        record.rule,
        record.approving_since or record.changed_at,
        record.deadline or record.changed_at,
        record.approvals,
    )
