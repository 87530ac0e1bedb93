"""Queries on approvals, of whatever case. Takes a connection, never commits."""

from __future__ import annotations

import sqlalchemy as sa

from ca.actor import Actor
from ca.enrolment.errors import ApprovedAlready
from ca.enrolment.request import Approval
from ca.enrolment.store import enrolment_approval as table


def insert(conn: sa.Connection, case_id: str, version: int, approval: Approval) -> None:
    """Record an approval; a second one by the same person is :class:`ApprovedAlready`, whatever was read before."""
    row = {
        "case_id": case_id,
        "version": version,
        "person": approval.person,
        "stage": approval.stage,
        "substitute": int(approval.substitute),
        "digest": approval.digest,
        "actor": approval.actor.id,
        "actor_name": approval.actor.name,
        "comment": approval.comment,
        "at": approval.at,
    }
    try:
        conn.execute(table.insert(), row)
    except sa.exc.IntegrityError as twice:
        raise ApprovedAlready from twice


def of_case(conn: sa.Connection, case_id: str, version: int) -> tuple[Approval, ...]:
    """Return the approvals of one version, oldest first."""
    query = (
        sa.select(
            table.c.person,
            table.c.stage,
            table.c.substitute,
            table.c.digest,
            table.c.actor,
            table.c.actor_name,
            table.c.comment,
            table.c.at,
        )
        .where(table.c.case_id == case_id, table.c.version == version)
        .order_by(table.c.at, table.c.person)
    )
    return tuple(
        Approval(
            row.person,
            row.stage,
            bool(row.substitute),
            row.digest,
            Actor(row.actor, row.actor_name),
            row.comment,
            row.at,
        )
        for row in conn.execute(query)
    )
