"""企号: everything that the registers know of one enterprise, gathered for one page and one answer (E1).

Reads, never writes. Each part is there only for a caller whose key may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from api.access.scopes import Principal, Scope
from api.services import Services
from ca.certificate import CertificateOrder, CertificateQuery, CertificateRecord
from ca.enterprise import Enterprise
from ca.overview import Overview, overview
from ca.tokens.token import Token, TokenQuery
from seals.cases.states import CaseStatus
from seals.cases.store import use_case
from seals.devices.board import StampView
from seals.lookup.answer import HIDDEN
from seals.seal import SealQuery, SealRecord
from signing.licences.licence import Licence

MAX_SHOWN: Final = 50
"""Most of each kind on one page; the lists page through all of them."""
CERTIFICATES: Final = frozenset({Scope.CA_READ})
SEALS: Final = frozenset({Scope.SEAL_READ})
CHIPS: Final = frozenset({Scope.TOKEN_READ, Scope.TOKEN_MANAGE})
STAMPS: Final = frozenset({Scope.STAMP_READ, Scope.STAMP_MANAGE})
LICENCES: Final = frozenset({Scope.LICENCE_READ, Scope.LICENCE_ISSUE})
CASES: Final = frozenset({Scope.CASE_REQUEST, Scope.CASE_APPROVE})


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """How many cases of use stand how, and when the last one moved."""

    by_status: Mapping[CaseStatus, int]
    last_at: datetime | None

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class EnterpriseOverview:
    """What is known; a part of ``None`` is one that the caller may not see. ``names`` are oldest first."""

    enterprise: Enterprise
    names: tuple[tuple[str, datetime], ...]
    seals: tuple[SealRecord, ...] | None
    certificates: tuple[CertificateRecord, ...] | None
    figures: Overview | None
    chips: tuple[Token, ...] | None
    stamps: tuple[StampView, ...] | None
    cases: CaseFigures | None
    licences: tuple[Licence, ...] | None


@dataclass(frozen=True, slots=True)
class EnterpriseCard:
    """What anyone may know: names, seals that are or were in the world, licences held, certificates in force."""

    enterprise: Enterprise
    names: tuple[tuple[str, datetime], ...]
    seals: tuple[SealRecord, ...]
    figures: Overview
    licences: tuple[Licence, ...]


def enterprise_overview(doors: Services, uscc: str, caller: Principal) -> EnterpriseOverview:
    """Gather what ``caller`` may see of an enterprise; :class:`ca.errors.EnterpriseUnknown`."""
    found = doors.enterprises.get(uscc)
    may = caller.scopes
    with doors.reading() as conn:
        figures = overview(conn, doors.clock(), uscc) if may & CERTIFICATES else None
        cases = _cases(conn, uscc) if may & CASES else None
    return EnterpriseOverview(
        enterprise=found,
        names=doors.enterprises.names(uscc),
        seals=_seals(doors, uscc) if may & SEALS else None,
        certificates=_certificates(doors, uscc) if may & CERTIFICATES else None,
        figures=figures,
        chips=_chips(doors, uscc) if may & CHIPS else None,
        stamps=doors.stamps.board.list(uscc, limit=MAX_SHOWN).items if may & STAMPS else None,
        cases=cases,
        licences=doors.licences.held(uscc, MAX_SHOWN) if may & LICENCES else None,
    )


def enterprise_card(doors: Services, uscc: str) -> EnterpriseCard:
    """Gather what anyone may know; :class:`ca.errors.EnterpriseUnknown`."""
    found = doors.enterprises.get(uscc)
    with doors.reading() as conn:
        figures = overview(conn, doors.clock(), uscc)
    shown = tuple(seal for seal in _seals(doors, uscc) if seal.status not in HIDDEN)
    licences = doors.licences.held(uscc, MAX_SHOWN)
    return EnterpriseCard(found, doors.enterprises.names(uscc), shown, figures, licences)


def _seals(doors: Services, uscc: str) -> tuple[SealRecord, ...]:
    return doors.seals.list(SealQuery(uscc=uscc, limit=MAX_SHOWN)).records


def _certificates(doors: Services, uscc: str) -> tuple[CertificateRecord, ...]:
    query = CertificateQuery(uscc=uscc, order=CertificateOrder.EXPIRY, limit=MAX_SHOWN)
    return doors.authority.find(query).items


def _chips(doors: Services, uscc: str) -> tuple[Token, ...]:
    return doors.tokens.list(TokenQuery(uscc=uscc, limit=MAX_SHOWN)).items


def _cases(conn: sa.Connection, uscc: str) -> CaseFigures:
    """Count the cases of an enterprise's seals by state, in one pass over their index."""
    query = (
        sa.select(
            use_case.c.status,
            sa.func.count().label("count"),
            sa.func.max(use_case.c.changed_at).label("last"),
        )
        .where(use_case.c.owner_uscc == uscc)
        .group_by(use_case.c.status)
    )
    rows = conn.execute(query).all()
    counts = {CaseStatus(row.status): int(row[1]) for row in rows}
    return CaseFigures(counts, max((row.last for row in rows), default=None))
