"""What the command ends with: one number for any count of documents."""

from __future__ import annotations

from collections.abc import Collection

from verify.acceptance.answers import AnswerStatus
from verify.reports.reported import VOIDED
from verify.verdict import EXIT_STATUS, Verdict, worst

VOIDED_STATUS = 4
"""Every document passed, and one was voided since: its seals verify, it is not to be used."""
REFUSED_STATUS = 5
"""Every document passed, and the department that was asked does not accept one."""
CONDITIONS_STATUS = 6
"""Every document passed, and the department accepts one only if something is done as well."""
USAGE_STATUS = 64
"""Wrong use (sysexits.h EX_USAGE): apart from every verdict."""

UNWRITTEN_STATUS = 74
"""What was found could not be written out (sysexits.h EX_IOERR): no verdict."""


def exit_status(
    verdicts: Collection[Verdict],
    accepted: Collection[AnswerStatus],
    *,
    voided: bool,
    reported: Collection[str] = (),
) -> int:
    """Return the status of documents with these verdicts and answers, ``voided`` if one of them was.

    ``reported`` are the words of those that are verification reports: a true report is as good as what it says.
    """
    told = [Verdict(word) for word in reported if word not in {"", VOIDED}]
    status = EXIT_STATUS[worst([*verdicts, *told])]
    if status:
        return status
    if voided or VOIDED in reported:
        return VOIDED_STATUS
    if AnswerStatus.NO in accepted:
        return REFUSED_STATUS
    return CONDITIONS_STATUS if AnswerStatus.CONDITIONS in accepted else 0
