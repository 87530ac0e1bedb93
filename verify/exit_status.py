"""What the command ends with: one number for any count of documents."""

from __future__ import annotations

from collections.abc import Collection

from verify.acceptance.answers import AnswerStatus
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


def exit_status(verdicts: Collection[Verdict], accepted: Collection[AnswerStatus], *, voided: bool) -> int:
    """Return the status of documents with these verdicts and answers, ``voided`` if one of them was."""
    status = EXIT_STATUS[worst(list(verdicts))]
    if status:
        return status
    if voided:
        return VOIDED_STATUS
    if AnswerStatus.NO in accepted:
        return REFUSED_STATUS
    return CONDITIONS_STATUS if AnswerStatus.CONDITIONS in accepted else 0
