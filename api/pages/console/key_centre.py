"""Console page of the key centre: pool, custodians, quorums, and recovery cases with their votes."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.frame import Frame, enter
from ca.keycentre.errors import KeyCentreNotReady
from ca.keycentre.state import CaseKind, CaseStatus, KeyStatus

router = APIRouter(include_in_schema=False)
MAX_CASES: Final = 50
CASE_TONES: Final = {
    CaseStatus.OPEN: "indeterminate",
    CaseStatus.EXECUTING: "indeterminate",
    CaseStatus.EXECUTED: "passed",
    CaseStatus.REJECTED: "failed",
    CaseStatus.WITHDRAWN: "unreadable",
}
COLUMNS: Final = (
    KeyStatus.POOLED,
    KeyStatus.ASSIGNED,
    KeyStatus.DELIVERED,
    KeyStatus.REVOKED,
    KeyStatus.ARCHIVED,
)


@router.get("/console/keys")
def centre(request: Request) -> Response:
    """Show what the key centre has and which cases wait; votes are signed with custodians' own keys, not here."""
    frame = enter(request, "keys")
    if isinstance(frame, Response):
        return frame
    frame.caller.of_the_authority()
    try:
        status = frame.doors.key_centre.status()
    except KeyCentreNotReady:
        return frame.page("keys.html", centre=None)
    kinds = sorted({kind for kind, _ in status.keys})
    table = [(kind, [status.keys.get((kind, column.value), 0) for column in COLUMNS]) for kind in kinds]
    manages = Scope.KEY_CENTRE in frame.caller.scopes
    return frame.page(
        "keys.html",
        centre=status,
        columns=[column.value for column in COLUMNS],
        table=table,
        cases=[_case(frame, case) for case in frame.doors.key_centre.cases(None, MAX_CASES)],
        quorum={CaseKind.USER.value: status.user_quorum, CaseKind.JUDICIAL.value: status.judicial_quorum},
        may_fill=manages,
        notices=frame.doors.key_centre.notices(MAX_CASES) if manages else (),
    )


def _case(frame: Frame, case: Any) -> dict[str, Any]:
    votes = [
        vote for vote in frame.doors.key_centre.votes(case.id) if vote.document_sha256 == case.document_sha256
    ]
    return {
        "id": case.id,
        "kind": case.kind.value,
        "status": case.status.value,
        "tone": CASE_TONES[case.status],
        "by": case.requested_by,
        "expires": case.expires_at,
        "votes": votes,
    }
