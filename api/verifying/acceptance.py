"""Everything that an agency's counter needs beside the verifier: department policies, the recognition ledger, evidence records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from seals.list_publisher import ListMaker
from signing.recognition.departments import Departments
from signing.recognition.ledger import RecognitionLedger
from signing.records.desk import EvidenceRecords
from verify.acceptance.shelf import Question, question
from verify.report import DocumentReport


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
    engine: sa.Engine, clock: Clock, audit: AuditTrail, maker: Callable[[], ListMaker | None]
) -> AcceptanceDesk:
    """Open the doors over the installation's own database."""
    return AcceptanceDesk(
        Departments(engine, clock, audit),
        RecognitionLedger(engine, clock, audit),
        EvidenceRecords(engine, clock, audit, maker),
    )
