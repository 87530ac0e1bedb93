"""Queries on requests for personalisation. Takes a connection, never commits."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.enrolment import approval_store
from ca.enrolment.rules import Rule
from ca.tokens.errors import RequestActRefused, TokenMoved
from ca.tokens.request import REQUEST_TRANSITIONS, PersonalisationRequest, RequestAct, RequestStatus
from ca.tokens.store import token_request

R: Final = token_request.c


def insert(conn: sa.Connection, request: PersonalisationRequest) -> None:
    """Write a new request; a token has one open at a time, so a rival at the same moment is :class:`TokenMoved`."""
    row = {
        "id": request.id,
        "token": request.token,
        "status": request.status,
        "moves": request.moves,
        "plan": request.plan_text,
        "content": request.content,
        "digest": request.digest,
        "rule": request.rule.text,
        "requester": request.requester.id,
        "requester_name": request.requester.name,
        "requester_uscc": request.requester.uscc or "",
        "asked_at": request.asked_at,
        "deadline": request.deadline,
    }
    try:
        with conn.begin_nested():
            conn.execute(token_request.insert(), row)
    except sa.exc.IntegrityError as rival:
        raise TokenMoved(f"token {request.token}: another plan was asked for just now") from rival


def newest(conn: sa.Connection, serial: str) -> PersonalisationRequest | None:
    """Return a token's latest request, or nothing."""
    query = sa.select(*R).where(R.token == serial).order_by(R.asked_at.desc(), R.number.desc()).limit(1)
    return _read(conn, query)


def find(conn: sa.Connection, request_id: str) -> PersonalisationRequest | None:
    """Return one request, or nothing."""
    return _read(conn, sa.select(*R).where(R.id == request_id))


def move(
    conn: sa.Connection, before: PersonalisationRequest, act: RequestAct, *, reason: str = ""
) -> RequestStatus:
    """Move a request by compare-and-swap; :class:`RequestActRefused`, or :class:`TokenMoved` if somebody was faster."""
    after = REQUEST_TRANSITIONS[act].get(before.status)
    if after is None:
        raise RequestActRefused(before.token, before.status.zh, before.status.value)
    values = {"status": after, "moves": before.moves + 1, "reason": reason or before.reason}
    moved = conn.execute(
        token_request.update()
        .where(R.id == before.id, R.status == before.status, R.moves == before.moves)
        .values(**values)
    )
    if moved.rowcount != 1:
        raise TokenMoved(f"token {before.token}: its personalisation request was moved just now")
    return after


def _read(conn: sa.Connection, query: sa.Select[Any]) -> PersonalisationRequest | None:
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return PersonalisationRequest(
        id=row.id,
        token=row.token,
        status=RequestStatus(row.status),
        moves=row.moves,
        plan_text=row.plan,
        content=row.content,
        rule=Rule.from_text(row.rule),
        requester=Actor(row.requester, row.requester_name, row.requester_uscc or None),
        asked_at=row.asked_at,
        deadline=row.deadline,
        reason=row.reason,
        approvals=approval_store.of_case(conn, row.id, 1),
    )
