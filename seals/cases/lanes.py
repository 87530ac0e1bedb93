"""Three lanes of one case (三流合一): the rule, the states, who did what; by case or by the digest of a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.enrolment.rules import Stage
from hsm.algorithms import Digest, DigestAlgorithm
from seals.cases import case_store, signer_store
from seals.cases.case import CaseEntry, CaseRecord, first_break
from seals.cases.deciding import waiting
from seals.cases.errors import CaseFieldInvalid, LaneBroken
from seals.cases.states import CaseStatus

MAX_CASES: Final = 50
"""Cases shown for one document: one file sealed every week for a year."""


@dataclass(frozen=True, slots=True)
class ThreeLanes:
    """A case with its lanes: ``case.rule`` is the first, the statuses of ``entries`` the second, their hands the third.

    ``waiting`` are the stages that wait for somebody, ``permits`` those granted under it.
    """

    case: CaseRecord
    entries: tuple[CaseEntry, ...]
    waiting: tuple[Stage, ...]
    permits: tuple[str, ...]


def of_case(conn: sa.Connection, case: CaseRecord, now: datetime) -> ThreeLanes:
    """Return the lanes of a case; :class:`LaneBroken` names the entry that does not follow from the one before."""
    entries = case_store.entries(conn, case.id)
    broken = first_break(entries)
    if broken is not None or not entries or entries[-1].status is not case.status:
        at = broken or len(entries)
        raise LaneBroken(
            f"用印事项 {case.id} 的责任记录在第 {at} 条处不连续，记录可能被改动；请停止用印并联系审计员。",
            f"The record of case {case.id} is broken at entry {at}; stop and call the auditor.",
        )
    left: tuple[Stage, ...] = ()
    if case.status is CaseStatus.APPROVING:
        left = waiting(case, signer_store.holders(conn, case.owner_uscc), now)
    return ThreeLanes(case, entries, left, case_store.permits_of(conn, case.id))


def of_document(conn: sa.Connection, text: str, now: datetime, uscc: str = "") -> tuple[ThreeLanes, ...]:
    """Return the lanes of the newest cases about a document: ``sha256:hex``, or the hex digits alone."""
    digest = read_digest(text)
    found = case_store.about(conn, str(digest), MAX_CASES, uscc)
    return tuple(of_case(conn, case, now) for case in found)


def read_digest(text: str, field: str = "document") -> Digest:
    """Read ``algorithm:hex`` or 64 hexadecimal digits of SHA-256; :class:`CaseFieldInvalid` names the member."""
    try:
        if ":" in text:
            return Digest.parse(text)
        return Digest(DigestAlgorithm.SHA256, bytes.fromhex(text))
    except ValueError as wrong:
        raise CaseFieldInvalid(
            field,
            "应为文件的摘要：64 位十六进制的 SHA-256，或 算法:十六进制",
            "it is a document's digest: 64 hexadecimal digits of SHA-256, or algorithm:hex",
        ) from wrong
