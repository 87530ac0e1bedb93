"""The console's first page: figures, what is waiting, expiry by month, the hierarchy of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.console.cases import waiting_cases
from api.pages.console.certificates import key_facts
from api.pages.console.enrolments import waiting
from api.pages.console.filing import waiting_filings
from api.pages.console.frame import Frame, enter
from api.pages.console.jobs import waiting_jobs
from api.pages.console.trust import waiting_lists
from ca.errors import CaError
from ca.issuer import HolderStatus, Issuer, Unit
from ca.overview import SOON, overview
from hsm.errors import HsmError

router = APIRouter(include_in_schema=False)
MAX_DRAWN = 60
"""Issuers drawn: a province's thousands belong in the list of certificates."""


@dataclass(frozen=True, slots=True)
class Node:
    """An issuer or a unit in the drawing of the hierarchy."""

    name: str
    kind: str
    algorithm: str
    custody: str
    until: datetime
    lists: tuple[int, datetime] | None
    children: tuple[Node, ...] = ()


@router.get("/console")
def start(request: Request) -> Response:
    """Show the figures, what is waiting, and the hierarchy."""
    frame = enter(request, "overview")
    if isinstance(frame, Response):
        return frame
    with frame.doors.reading() as conn:
        figures = overview(conn, frame.doors.clock(), frame.caller.actor.uscc)
    highest = max((month.count for month in figures.months), default=0) or 1
    shown = [
        (f"{month.year}-{month.month:02}", month.count, round(9 * month.count / highest))
        for month in figures.months
    ]
    return frame.page(
        "overview.html",
        figures=figures,
        months=shown,
        roots=_hierarchy(frame),
        waiting=waiting(frame),
        jobs=waiting_jobs(frame),
        cases=waiting_cases(frame),
        filings=waiting_filings(frame),
        lists=waiting_lists(frame),
        now=frame.doors.clock().isoformat(),
        soon=(frame.doors.clock() + SOON).isoformat(),
    )


def _hierarchy(frame: Frame) -> list[Node]:
    """Draw issuers below issuers, and units below the issuer that certified them."""
    issuers = [one for one in frame.doors.authority.issuers() if one.certificate][:MAX_DRAWN]
    units = [one for one in frame.doors.authority.units() if one.status is HolderStatus.ACTIVE]

    def node(holder: Issuer | Unit) -> Node:
        below: list[Issuer | Unit] = []
        if isinstance(holder, Issuer):
            below = [one for one in issuers if one.parent == holder.id and not one.is_root]
            below += [one for one in units if one.issuer == holder.id]
        facts = key_facts(holder.x509)
        kind = holder.purpose.value if isinstance(holder, Unit) else holder.profile
        name = (
            holder.x509.subject.rfc4514_string({x509.NameOID.COMMON_NAME: "CN"})
            .split("CN=")[-1]
            .split(",")[0]
        )
        lists = _current_list(frame, holder.id) if isinstance(holder, Issuer) else None
        until = holder.x509.not_valid_after_utc
        return Node(name, kind, facts["algorithm"], facts["custody"], until, lists, tuple(map(node, below)))

    return [node(one) for one in issuers if one.is_root]


def _current_list(frame: Frame, issuer: str) -> tuple[int, datetime] | None:
    try:
        current = frame.doors.crls.current(issuer)
    except (CaError, HsmError):
        return None
    return current.number, current.next_update
