"""Queries on cases, their entries, documents and approvals. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.by_time import by_time
from ca.enrolment.errors import ApprovedAlready
from hsm.algorithms import Digest
from seals.cases.approved import Medium
from seals.cases.case import (
    GENESIS,
    Attachment,
    CaseApproval,
    CaseEntry,
    CaseRecord,
    UseRequest,
)
from seals.cases.rules import UseRule
from seals.cases.states import CaseAct, CaseStatus
from seals.cases.store import use_approval, use_case, use_case_document, use_case_entry, use_permit, use_rule
from seals.cases.warrant import Ground

C: Final = use_case.c
_COLUMNS: Final = (*use_case.c, use_rule.c.text)
JOINED: Final = sa.select(*_COLUMNS).join(use_rule, use_rule.c.hash == C.rule_hash)
_BY_ID: Final = JOINED.where(C.id == sa.bindparam("case_id"))
_BY_KEY: Final = JOINED.where(C.request_key == sa.bindparam("key"))
_LAST_ENTRY: Final = (
    sa.select(use_case_entry.c.number, use_case_entry.c.digest, use_case_entry.c.at)
    .where(use_case_entry.c.case_id == sa.bindparam("case_id"))
    .order_by(use_case_entry.c.number.desc())
    .limit(1)
)
_APPROVALS: Final = (
    sa.select(*use_approval.c)
    .where(
        use_approval.c.case_id == sa.bindparam("case_id"), use_approval.c.version == sa.bindparam("version")
    )
    .order_by(use_approval.c.at, use_approval.c.person)
)


NEW_CASE: Final = use_case.insert()
NEW_ENTRY: Final = use_case_entry.insert()
NEW_DOCUMENT: Final = use_case_document.insert()


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases to list: every filter given must match; ``after`` is the last id of the page before."""

    status: CaseStatus | None = None
    uscc: str = ""
    seal_code: str = ""
    requester: str = ""
    after: str = ""
    limit: int = 50
    oldest_first: bool = False


def keep_rule(conn: sa.Connection, rule: UseRule) -> None:
    """Keep a rule as it is; one kept already changes nothing, also when two come at once."""
    if conn.execute(sa.select(use_rule.c.hash).where(use_rule.c.hash == rule.hash)).one_or_none():
        return
    row = {"hash": rule.hash, "id": rule.id, "version": rule.version, "text": rule.text}
    try:
        with conn.begin_nested():
            conn.execute(use_rule.insert(), row)
    except sa.exc.IntegrityError:  # another case was opened under it at the same moment
        return


def insert(conn: sa.Connection, record: CaseRecord) -> None:
    """Write a new case; a request key in use raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(NEW_CASE, row_of(record))
    conn.execute(NEW_DOCUMENT, document_row(record, record.request.document.digest, "asked"))


def document_row(record: CaseRecord, digest: Digest, role: str) -> dict[str, Any]:
    """Return the row by which a case is found from a document."""
    return {"case_id": record.id, "digest": str(digest), "role": role, "version": record.version}


def row_of(record: CaseRecord) -> dict[str, Any]:
    """Return a case's columns."""
    return {
        "id": record.id,
        "request_key": record.request_key,
        "status": record.status.value,
        "moves": record.moves,
        "version": record.version,
        "seal_code": record.seal_code,
        "owner_uscc": record.owner_uscc,
        "kind": record.kind,
        **content_columns(record.request),
        "used": record.used,
        "requester": record.requester.id,
        "requester_name": record.requester.name,
        "requester_uscc": record.requester.uscc or "",
        "ground": record.ground.value,
        "standing": record.standing,
        "rule_hash": record.rule.hash,
        "approvals_sha256": record.approvals_sha256,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
        "approving_since": record.approving_since,
        "deadline": record.deadline,
        "reason": record.reason,
    }


def content_columns(request: UseRequest) -> dict[str, Any]:
    """Return the columns that hold what is asked for."""
    document = request.document
    return {
        "document": str(document.digest),
        "document_name": document.name,
        "document_size": document.size,
        "document_kept": int(document.kept),
        "title": request.title,
        "medium": request.medium.value,
        "copies": request.copies,
        "members": request.members,
        "document_class": request.document_class,
        "amount": request.amount,
        "department": request.department,
    }


def mark_kept(conn: sa.Connection, case_id: str, document: Attachment) -> None:
    """Remember that the document that a case names is in the archive now."""
    kept = {"document_name": document.name, "document_size": document.size, "document_kept": 1}
    conn.execute(use_case.update().where(C.id == case_id, C.document == str(document.digest)).values(**kept))


def note_document(conn: sa.Connection, case_id: str, digest: Digest, role: str, version: int) -> None:
    """Remember that a case is about a document; twice changes nothing."""
    known = use_case_document.c
    query = sa.select(known.version).where(
        known.case_id == case_id, known.digest == str(digest), known.role == role
    )
    if conn.execute(query).one_or_none() is None:
        row = {"case_id": case_id, "digest": str(digest), "role": role, "version": version}
        conn.execute(use_case_document.insert(), row)


def find(conn: sa.Connection, case_id: str, *, lock: bool = False) -> CaseRecord | None:
    """Return a case with the approvals of its version, or nothing; ``lock`` holds its row."""
    query = _BY_ID.with_for_update(of=use_case) if lock else _BY_ID
    row = conn.execute(query, {"case_id": case_id}).one_or_none()
    return None if row is None else record_of(conn, row)


def by_request_key(conn: sa.Connection, key: str) -> CaseRecord | None:
    """Return what was opened under a request key."""
    row = conn.execute(_BY_KEY, {"key": key}).one_or_none()
    return None if row is None else record_of(conn, row)


def page(conn: sa.Connection, query: CaseQuery, limit: int) -> list[CaseRecord]:
    """Return cases, newest first unless the oldest are wanted; :class:`ca.errors.CursorInvalid`."""
    wanted = by_time(conn, JOINED, use_case, after=query.after, oldest_first=query.oldest_first).limit(limit)
    if query.status is not None:
        wanted = wanted.where(C.status == query.status.value)
    for column, value in (
        (C.owner_uscc, query.uscc), (C.seal_code, query.seal_code), (C.requester, query.requester)
    ):  # fmt: skip
        if value:
            wanted = wanted.where(column == value)
    return [record_of(conn, row) for row in conn.execute(wanted).all()]


def about(conn: sa.Connection, digest: str, limit: int, uscc: str = "") -> list[CaseRecord]:
    """Return the newest cases that are or were about a document, or that a sealed file came of; of one owner if named."""
    ids = sa.select(use_case_document.c.case_id).where(use_case_document.c.digest == digest)
    wanted = JOINED.where(C.id.in_(ids))
    if uscc:
        wanted = wanted.where(C.owner_uscc == uscc)
    rows = conn.execute(wanted.order_by(C.created_at.desc(), C.id).limit(limit)).all()
    return [record_of(conn, row) for row in rows]


def due(conn: sa.Connection, now: datetime, states: Sequence[str], limit: int) -> list[CaseRecord]:
    """Return cases whose deadline has passed."""
    wanted = JOINED.where(C.status.in_(states), C.deadline < now).order_by(C.deadline, C.id).limit(limit)
    return [record_of(conn, row) for row in conn.execute(wanted).all()]


def move(
    conn: sa.Connection, before: CaseRecord, after: CaseStatus, changes: dict[str, Any], now: datetime
) -> bool:
    """Move a case by compare-and-swap on state and count of acts; tell whether nobody was faster."""
    moved = conn.execute(
        use_case.update()
        .where(C.id == before.id, C.status == before.status.value, C.moves == before.moves)
        .values(status=after.value, moves=before.moves + 1, changed_at=now, **changes)
    )
    return moved.rowcount == 1


def last_entry(conn: sa.Connection, case_id: str) -> tuple[int, str, datetime | None]:
    """Return number, digest and time of the last entry of a case."""
    row = conn.execute(_LAST_ENTRY, {"case_id": case_id}).one_or_none()
    return (0, GENESIS, None) if row is None else (row.number, row.digest, row.at)


def insert_entry(conn: sa.Connection, entry: CaseEntry) -> None:
    """Add an entry to the record of responsibility."""
    conn.execute(NEW_ENTRY, entry_row(entry))


def entry_row(entry: CaseEntry) -> dict[str, Any]:
    """Return an entry's columns."""
    return {
        "case_id": entry.case_id,
        "number": entry.number,
        "act": entry.act.value,
        "status": entry.status.value,
        "at": entry.at,
        "actor": entry.actor.id,
        "actor_name": entry.actor.name,
        "credential": entry.credential,
        "detail": entry.detail,
        "previous": entry.previous,
        "digest": entry.digest,
    }


def entries(conn: sa.Connection, case_id: str) -> tuple[CaseEntry, ...]:
    """Return the record of responsibility, oldest first."""
    query = sa.select(*use_case_entry.c).where(use_case_entry.c.case_id == case_id)
    return tuple(
        CaseEntry(
            row.case_id,
            row.number,
            CaseAct(row.act),
            CaseStatus(row.status),
            row.at,
            Actor(row.actor, row.actor_name),
            row.credential,
            row.detail,
            row.previous,
            row.digest,
        )
        for row in conn.execute(query.order_by(use_case_entry.c.number))
    )


def insert_approval(conn: sa.Connection, case_id: str, version: int, approval: CaseApproval) -> None:
    """Record an approval; a second one by the same person is ``ApprovedAlready``, whatever was read before."""
    row = {
        "case_id": case_id,
        "version": version,
        "person": approval.person,
        "stage": approval.stage,
        "stands_for": approval.stands_for,
        "content": approval.content,
        "actor": approval.actor.id,
        "actor_name": approval.actor.name,
        "certificate_sha256": approval.certificate_sha256,
        "jws": approval.jws,
        "comment": approval.comment,
        "at": approval.at,
    }
    try:
        conn.execute(use_approval.insert(), row)
    except sa.exc.IntegrityError as twice:
        raise ApprovedAlready from twice


def approvals(conn: sa.Connection, case_id: str, version: int) -> tuple[CaseApproval, ...]:
    """Return the approvals of one version, oldest first."""
    return tuple(
        CaseApproval(
            row.person,
            row.stage,
            row.stands_for,
            row.content,
            Actor(row.actor, row.actor_name),
            row.certificate_sha256,
            row.jws,
            row.comment,
            row.at,
        )
        for row in conn.execute(_APPROVALS, {"case_id": case_id, "version": version})
    )


def permits_of(conn: sa.Connection, case_id: str) -> tuple[str, ...]:
    """Return the permits granted under a case."""
    query = sa.select(use_permit.c.permit).where(use_permit.c.case_id == case_id)
    return tuple(conn.scalars(query.order_by(use_permit.c.permit)))


def record_of(conn: sa.Connection, row: sa.Row[Any]) -> CaseRecord:
    """Read a row of the joined tables, and the approvals of its version where its rule asks for any."""
    document = Attachment(
        Digest.parse(row.document), row.document_name, row.document_size, bool(row.document_kept)
    )
    request = UseRequest(
        row.seal_code,
        document,
        row.title,
        Medium(row.medium),
        row.copies,
        row.document_class,
        row.amount,
        row.department,
        row.members,
    )
    rule = _rule(row.rule_hash, row.text)
    found = () if rule.alone else approvals(conn, row.id, row.version)
    return CaseRecord(
        id=row.id,
        request_key=row.request_key,
        status=CaseStatus(row.status),
        moves=row.moves,
        version=row.version,
        seal_code=row.seal_code,
        owner_uscc=row.owner_uscc,
        kind=row.kind,
        request=request,
        requester=Actor(row.requester, row.requester_name, row.requester_uscc or None),
        ground=Ground(row.ground),
        standing=row.standing,
        rule=rule,
        used=row.used,
        approvals_sha256=row.approvals_sha256,
        created_at=row.created_at,
        changed_at=row.changed_at,
        approving_since=row.approving_since,
        deadline=row.deadline,
        reason=row.reason,
        approvals=found,
    )


def _rule(name: str, text: str) -> UseRule:
    rule = UseRule.from_text(text)
    if rule.hash != name:
        raise ValueError(f"rule {name} in the database is not what its digest says")
    return rule
