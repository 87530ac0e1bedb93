"""Everything that an agency's counter needs beside the verifier: department policies, the recognition ledger, evidence records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from api.errors import InputInvalid
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.list_publisher import ListMaker
from signing.archive import Archive
from signing.recognition.department_store import LedgerQuery
from signing.recognition.departments import Departments
from signing.recognition.ledger import RecognitionLedger
from signing.records.desk import EvidenceRecords
from verify.acceptance.shelf import Question, question
from verify.report import DocumentReport


def decided_between(since: datetime | None, until: datetime | None) -> LedgerQuery:
    """Ask for the decisions of a time, ``until`` not included; :class:`InputInvalid` where it ends before it begins."""
    if since is not None and until is not None and since > until:
        raise InputInvalid(
            "“since”不能晚于“until”：请核对起止时间。",
            "since is later than until: check from when to when is meant.",
        )
    return LedgerQuery(since=since, until=until)


@dataclass(frozen=True, slots=True)
class AcceptanceDesk:
    """The three doors behind one name."""

    departments: Departments
    ledger: RecognitionLedger
    records: EvidenceRecords

    def question(self, department: str, act: str) -> Question | None:
        """Prepare what a department is asked; nothing where none is named. Raises an ``AcceptanceError``."""
        return question(self.departments.find, department, act)

    def answered(self, report: DocumentReport, department: str, act: str) -> DocumentReport:
        """Let the department that is named answer a report."""
        asked = self.question(department, act)
        return report if asked is None else asked.of(report)


def open_acceptance(
    engine: sa.Engine,
    clock: Clock,
    audit: AuditTrail,
    maker: Callable[[], ListMaker | None],
    archive: Archive,
) -> AcceptanceDesk:
    """Open the doors over the installation's own database and its sealed documents."""
    return AcceptanceDesk(
        Departments(engine, clock, audit),
        RecognitionLedger(engine, clock, audit),
        EvidenceRecords(engine, clock, audit, maker, archive),
    )
