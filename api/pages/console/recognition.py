"""互认台账: decisions in departments' names, counted and listed; imports of policies and the second person's form."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.routes.cases import hand_of
from api.schemas.numbers import MAX_NUMBER
from seals.cases.case import Hand
from signing.recognition.department_states import PolicyStatus
from signing.recognition.department_store import Count, LedgerQuery, PolicyRow, Recognition
from verify.acceptance.policy import DepartmentPolicy

router = APIRouter(include_in_schema=False)
HOME: Final = "/console/recognition"
ROWS: Final = 50
"""Decisions on one page."""
TONES: Final = {"accepted": "passed", "conditions": "indeterminate", "refused": "failed"}
POLICY_TONES: Final = {
    PolicyStatus.PROPOSED: "indeterminate",
    PolicyStatus.IN_FORCE: "passed",
    PolicyStatus.REPLACED: "unreadable",
    PolicyStatus.DECLINED: "unreadable",
}
Before = Annotated[int, Query(ge=0, le=MAX_NUMBER)]
Department = Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$")]


@router.get(HOME)
def ledger(request: Request, before: Before = 0, department: Department = "") -> Response:
    """Show who accepted what, the newest first."""
    frame = enter(request, "recognition")
    if isinstance(frame, Response):
        return frame
    frame.caller.of_the_authority()
    desk = frame.doors.acceptance
    known = {policy.id: policy for policy in desk.departments.known()}
    rows = desk.ledger.page(LedgerQuery(department, before=before), ROWS)
    return frame.page(
        "recognition.html",
        known=[(policy.id, _name(frame, policy)) for policy in known.values()],
        department=department,
        rows=[_row(frame, row, known) for row in rows],
        older=rows[-1].number if len(rows) == ROWS else 0,
        counts=[_count(frame, one, known) for one in desk.ledger.count(LedgerQuery(department))],
        imports=[_import(frame, row) for row in desk.departments.imports()],
    )


@router.post(f"{HOME}/policies/{{number}}/confirm")
def confirm(request: Request, number: str, csrf: Csrf, sha256: Text) -> Response:
    """Put an import in force, as another person."""
    frame = posted(request, "recognition", csrf, Scope.TRUST_CONFIRM)
    hand = _hand(frame)
    frame.doors.acceptance.departments.confirm(number, sha256.strip(), hand=hand)
    frame.doors.evidence.publish()
    return done(HOME)


@router.post(f"{HOME}/policies/{{number}}/decline")
def decline(request: Request, number: str, csrf: Csrf) -> Response:
    """Do not take an import."""
    frame = posted(request, "recognition", csrf, Scope.TRUST_CONFIRM)
    frame.doors.acceptance.departments.decline(number, hand=_hand(frame))
    return done(HOME)


def _hand(frame: Frame) -> Hand:
    frame.caller.of_the_authority()
    return hand_of(frame.caller)


def _name(frame: Frame, policy: DepartmentPolicy) -> str:
    return policy.zh if frame.language == "zh" else policy.en


def _named(frame: Frame, known: dict[str, DepartmentPolicy], department: str, act: str) -> tuple[str, str]:
    """Name a department and an act as they are called now; one that is gone by its ids."""
    policy = known.get(department)
    found = None if policy is None else policy.act(act)
    if policy is None or found is None:
        return department, act
    return _name(frame, policy), found.zh if frame.language == "zh" else found.en


def _row(frame: Frame, row: Recognition, known: dict[str, DepartmentPolicy]) -> dict[str, Any]:
    department, act = _named(frame, known, row.department, row.act)
    return {
        "number": row.number,
        "at": row.at,
        "department": department,
        "act": act,
        "answer": f"ledger.{row.answer}",
        "tone": TONES[row.answer],
        "rule": row.rule,
        "document": row.document,
        "scheme": row.scheme,
        "sequence": row.sequence,
        "purpose": row.purpose,
        "actor": row.actor_name or row.actor,
    }


def _count(frame: Frame, one: Count, known: dict[str, DepartmentPolicy]) -> dict[str, Any]:
    department, act = _named(frame, known, one.department, one.act)
    answer, tone = f"ledger.{one.answer}", TONES[one.answer]
    return {
        "department": department,
        "act": act,
        "answer": answer,
        "tone": tone,
        "scheme": one.scheme,
        "sequence": 0,
        "count": one.count,
    }


def _import(frame: Frame, row: PolicyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "department": row.department,
        "version": row.version,
        "sha256": row.sha256,
        "state": f"policy.{row.status.value}",
        "tone": POLICY_TONES[row.status],
        "open": row.status is PolicyStatus.PROPOSED,
        "mine": frame.caller.actor.is_any_of(row.proposed_by),
        "proposed": row.proposed_name or row.proposed_by,
        "settled": row.settled_name or row.settled_by,
        "text": row.text,
    }
