"""Queries on personalisations and their steps. Takes a connection, never commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from ca.tokens.state import TokenState
from ca.tokens.store import token, token_procedure, token_step
from ca.words import Words

P: Final = token_procedure.c
S: Final = token_step.c


class ProcedureStatus(StrEnum):
    """Where a personalisation stands."""

    RUNNING = "running"
    DONE = "done"
    ABANDONED = "abandoned"


class StepName(Words):
    """The steps, in their order: an application with its PINs, a key in a container, its certificate, into the chip.

    ``deliver`` is there for a container with an encryption pair.
    """

    INITIALISE = "initialise", "建立应用并设置 PIN", "make the application and set its PINs"
    READY = "ready", "初始化完成", "the chip is initialised"
    KEY = "key", "芯片内生成密钥", "make the key in the chip"
    DELIVER = "deliver", "领取并写入加密密钥", "bring the encryption key from the key centre into the chip"
    CERTIFY = "certify", "签发证书", "issue the certificate"
    IMPORT = "import", "写入证书", "write the certificate into the chip"
    FINISH = "finish", "个人化完成", "the chip is personalised"


class StepStatus(StrEnum):
    """Where a step stands."""

    PLANNED = "planned"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``target`` is ``APPLICATION`` or ``APPLICATION/CONTAINER``, ``fault`` the class of what went wrong."""

    procedure: int
    number: int
    name: StepName
    target: str
    status: StepStatus
    attempts: int
    at: datetime | None
    fault: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """A personalisation on record, with its steps in order."""

    id: int
    token: str
    status: ProcedureStatus
    request: str
    begun_at: datetime
    begun_by: str
    ended_at: datetime | None
    steps: tuple[Step, ...]


def insert(  # noqa: PLR0913 - the columns of a row
    conn: sa.Connection,
    serial: str,
    request: str,
    steps: Sequence[tuple[StepName, str]],
    *,
    by: str,
    at: datetime,
) -> None:
    """Write a procedure with all its steps planned; a chip has one in its life."""
    values = {
        "token": serial,
        "status": ProcedureStatus.RUNNING,
        "request": request,
        "begun_at": at,
        "begun_by": by,
    }
    made = conn.execute(token_procedure.insert().values(**values).returning(P.id)).scalar_one()
    rows = [
        {"procedure": made, "number": number, "name": name, "target": target, "status": StepStatus.PLANNED}
        for number, (name, target) in enumerate(steps, 1)
    ]
    conn.execute(token_step.insert(), rows)


def find(conn: sa.Connection, serial: str) -> Procedure | None:
    """Return a chip's procedure, or nothing."""
    row = conn.execute(sa.select(*P).where(P.token == serial)).one_or_none()
    if row is None:
        return None
    rows = conn.execute(sa.select(*S).where(S.procedure == row.id).order_by(S.number))
    return Procedure(
        row.id,
        row.token,
        ProcedureStatus(row.status),
        row.request,
        row.begun_at,
        row.begun_by,
        row.ended_at,
        tuple(_step(each) for each in rows),
    )


def begin(conn: sa.Connection, step: Step, at: datetime) -> bool:
    """Record that a step is being done, by compare-and-swap on its attempts: two hands never do one step."""
    moved = conn.execute(
        token_step.update()
        .where(_is(step), S.status != StepStatus.DONE, S.attempts == step.attempts)
        .values(status=StepStatus.BEGUN, attempts=step.attempts + 1, at=at, fault="")
    )
    return moved.rowcount == 1


def finish(conn: sa.Connection, step: Step, status: StepStatus, at: datetime, fault: str = "") -> bool:
    """Record how the attempt that :func:`begin` counted ended."""
    moved = conn.execute(
        token_step.update()
        .where(_is(step), S.status == StepStatus.BEGUN, S.attempts == step.attempts + 1)
        .values(status=status, at=at, fault=fault[:64])
    )
    return moved.rowcount == 1


def end(conn: sa.Connection, procedure_id: int, status: ProcedureStatus, at: datetime) -> bool:
    """End a running procedure."""
    moved = conn.execute(
        token_procedure.update()
        .where(P.id == procedure_id, P.status == ProcedureStatus.RUNNING)
        .values(status=status, ended_at=at)
    )
    return moved.rowcount == 1


_ENDED: Final = (TokenState.PERMANENTLY_LOST, TokenState.DAMAGED, TokenState.TERMINATED)


def orphans(conn: sa.Connection) -> tuple[tuple[int, str], ...]:
    """Return running procedures of chips that have ended."""
    query = (
        sa.select(P.id, P.token)
        .join(token, token.c.serial == P.token)
        .where(P.status == ProcedureStatus.RUNNING, token.c.state.in_(_ENDED))
        .order_by(P.id)
    )
    return tuple((row.id, row.token) for row in conn.execute(query))


def _is(step: Step) -> sa.ColumnElement[bool]:
    return sa.and_(S.procedure == step.procedure, S.number == step.number)


def _step(row: Any) -> Step:
    return Step(
        row.procedure,
        row.number,
        StepName(row.name),
        row.target,
        StepStatus(row.status),
        row.attempts,
        row.at,
        row.fault,
    )
