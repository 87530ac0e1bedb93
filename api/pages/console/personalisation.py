"""What a chip's page says of its making: the plan that waits, who may approve it, and the steps on record."""

from __future__ import annotations

from typing import Any, Final

from api.access.scopes import Scope
from api.pages.console.frame import Frame
from ca.enrolment.approval import person_of
from ca.tokens.errors import ProcedureRefused
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.procedure_store import Procedure, ProcedureStatus, StepStatus
from ca.tokens.request import OPEN, PersonalisationRequest, RequestStatus
from ca.tokens.state import TokenState
from ca.tokens.token import Token

STEP_TONES: Final = {
    StepStatus.PLANNED: "unreadable",
    StepStatus.BEGUN: "indeterminate",
    StepStatus.DONE: "passed",
    StepStatus.FAILED: "failed",
}


def making(frame: Frame, token: Token) -> dict[str, Any]:
    """Return what is known of a chip's making, and what this reader may do about it."""
    request = frame.doors.token_work.requests.find(token.serial)
    procedure = _procedure(frame, token.serial)
    return {
        "request": request if request is not None and procedure is None else None,
        "plan": _plan(frame, request.plan) if request is not None and procedure is None else [],
        "mine": request is not None and _same(frame, request),
        "acts": _acts(frame, token, request, procedure),
        "running": procedure is not None and procedure.status is ProcedureStatus.RUNNING,
        "steps": [] if procedure is None else _steps(frame, procedure),
        "done": sum(step.status is StepStatus.DONE for step in procedure.steps) if procedure else 0,
    }


def _procedure(frame: Frame, serial: str) -> Procedure | None:
    try:
        return frame.doors.token_work.personalisation.procedure(serial)
    except ProcedureRefused:
        return None


def _plan(frame: Frame, plan: PersonalisationPlan) -> list[dict[str, Any]]:
    zh = frame.language == "zh"
    return [
        {
            "purpose": each.purpose.zh if zh else each.purpose.value.replace("_", " ").capitalize(),
            "application": part.name,
            "container": each.name,
            "subject": each.common_name,
            "profile": each.profile,
            "encryption": each.encryption_profile,
            "issuer": each.issuer,
            "days": each.days,
            "policy": part.policy,
        }
        for part in plan.applications
        for each in part.containers
    ]


def _steps(frame: Frame, procedure: Procedure) -> list[dict[str, Any]]:
    zh = frame.language == "zh"
    return [
        {
            "number": step.number,
            "words": step.name.zh if zh else step.name.en.capitalize(),
            "target": step.target,
            "status": step.status.value,
            "tone": STEP_TONES[step.status],
            "fault": step.fault,
        }
        for step in procedure.steps
    ]


def _same(frame: Frame, request: PersonalisationRequest) -> bool:
    return person_of(request.requester) == person_of(frame.caller.actor)


def _acts(
    frame: Frame, token: Token, request: PersonalisationRequest | None, procedure: Procedure | None
) -> set[str]:
    """Leave out what the desk would refuse this person."""
    scopes, acts = frame.caller.scopes, set[str]()
    if procedure is not None:
        running = procedure.status is ProcedureStatus.RUNNING
        return {"run"} if running and Scope.TOKEN_MANAGE in scopes else acts
    status = request.status if request is not None else None
    if request is not None and status in OPEN and Scope.RA_APPROVE in scopes and not _same(frame, request):
        acts.add("reject")
        if status is RequestStatus.ASKED:
            acts.add("approve")
    if Scope.TOKEN_MANAGE in scopes:
        if status is RequestStatus.APPROVED:
            acts.add("run")
        elif status not in OPEN and token.state is TokenState.UNINITIALISED and token.holder.uscc:
            acts.add("ask")
    return acts
