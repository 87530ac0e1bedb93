"""The audit trail, for auditors: read it, prove it whole."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query

from api.access.scopes import Principal, Scope
from api.schemas.numbers import MAX_NUMBER
from api.schemas.sealing import AuditPageModel, AuditProofModel, AuditRecordModel
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, problems
from ca.audit import AuditRecord

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], responses=CALLER)
Auditor = Annotated[Principal, Requires(Scope.AUDIT_READ)]


@router.get("", summary="审计记录 / Records")
def records(
    doors: Doors,
    _caller: Auditor,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPageModel:
    """Return records in order; continue with ``after=next``."""
    with doors.reading() as connection:
        found = doors.audit.records(connection, after, limit)
    following = found[-1].number if len(found) == limit else None
    return AuditPageModel(items=[_shown(record) for record in found], next=following)


@router.get("/proof", summary="校验审计日志 / Prove the trail", responses=problems(409))
def proof(doors: Doors, _caller: Auditor) -> AuditProofModel:
    """Re-compute the whole chain against the signed checkpoints kept outside the database."""
    found = doors.evidence.prove_audit()
    return AuditProofModel(number=found.records, digest=found.digest, anchored=found.anchored)


def _shown(record: AuditRecord) -> AuditRecordModel:
    return AuditRecordModel(
        number=record.number,
        at=record.at,
        action=record.action,
        actor=record.actor.id,
        subject=record.subject,
        detail=json.loads(record.detail),
        digest=record.digest,
    )
