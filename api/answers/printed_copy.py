"""What the code on a printed copy leads to: the copy, whose seals are in the document, and the verification answer of now."""

from __future__ import annotations

from dataclasses import dataclass

from api.services import Services
from signing.printing.desk import CopyAnswer
from verify.report import DocumentReport


@dataclass(frozen=True, slots=True)
class PrintedAnswer:
    """The copy and the report on the electronic document that it was printed from."""

    found: CopyAnswer
    report: DocumentReport


def printed_answer(doors: Services, code: str) -> PrintedAnswer:
    """Look a code up and verify its document now (an answer of the last minute is given again).

    Raises :class:`signing.printing.errors.CodeMalformed`, :class:`signing.printing.errors.CopyUnknown`.
    """
    found = doors.papers.prints.look_up(code)
    sha256, title = found.copy.document, found.rule.title

    def verify() -> DocumentReport:
        return doors.verify(doors.papers.prints.document(sha256), name=title)

    return PrintedAnswer(found, doors.papers.answers.ask(sha256, verify))
