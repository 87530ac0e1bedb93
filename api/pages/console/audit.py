"""审计: the audit trail for whoever may read it, newest first, and the proof that it is whole. Nothing here changes anything."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Principal, Scope
from api.pages.console.audit_words import FAMILIES
from api.pages.console.forms import Csrf, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.desk import OpenDesk
from api.pages.proof_work import BROKEN, WHOLE, ProofWork
from api.pages.words import Language
from api.schemas.numbers import MAX_NUMBER
from api.web.authorisation import Doors, Requires
from ca.audit import AuditQuery, AuditRecord

router = APIRouter(include_in_schema=False)
PAGE_ROWS: Final = 50
Auditor = Annotated[Principal, Requires(Scope.AUDIT_READ)]


@router.get("/console/audit")
def listing(
    request: Request,
    desk: OpenDesk,
    action: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
) -> Response:
    """Show how the chain stands, and the records that are asked for."""
    frame = enter(request, "audit")
    if isinstance(frame, Response):
        return frame
    query = AuditQuery(action.strip(), subject.strip(), before, PAGE_ROWS)
    with frame.doors.reading() as connection:
        page = frame.doors.audit.newest(connection, query)
    return frame.page(
        "audit.html",
        proof=_proof(frame, ProofWork(desk.jobs, frame.doors).state()),
        rows=[_row(record, frame.language) for record in page.records],
        query=query,
        families=[(key, _spoken(both, frame.language)) for key, both in FAMILIES.items()],
        following=page.further,
        short=len(page.records) < PAGE_ROWS,
    )


@router.post("/console/audit/proof")
def prove(request: Request, desk: OpenDesk, csrf: Csrf) -> Response:
    """Begin to prove the chain; the page follows."""
    frame = posted(request, "audit", csrf, Scope.AUDIT_READ)
    ProofWork(desk.jobs, frame.doors).begin(frame.caller.actor)
    return done("/console/audit")


@router.get("/console/audit/proof")
def progress(desk: OpenDesk, doors: Doors, _caller: Auditor) -> dict[str, Any]:
    """Tell how far the proof is."""
    state = ProofWork(desk.jobs, doors).state()
    return {"status": state["status"], "done": state.get("done", 0), "total": state.get("total", 0)}


def _proof(frame: Frame, state: dict[str, Any]) -> dict[str, Any]:
    shown = state | {"at": datetime.fromisoformat(state["at"])} if "at" in state else state
    if state["status"] == WHOLE:
        return shown | {"tone": "passed", "beyond": state["records"] - state["anchored"]}
    if state["status"] == BROKEN:
        return shown | {"tone": "failed", "problem": state["problem"][frame.language]}
    return shown | {"tone": "indeterminate"}


def _row(record: AuditRecord, language: Language) -> dict[str, Any]:
    family, _, _ = record.action.partition(".")
    return {
        "number": record.number,
        "at": record.at,
        "by": record.actor.name or record.actor.id,
        "id": record.actor.id if record.actor.name else "",
        "action": record.action,
        "family": _spoken(FAMILIES[family], language) if family in FAMILIES else "",
        "subject": record.subject,
        "detail": list(json.loads(record.detail).items()),
        "digest": record.digest,
        "previous": record.previous,
    }


def _spoken(both: tuple[str, str], language: Language) -> str:
    return both[0 if language == "zh" else 1]
