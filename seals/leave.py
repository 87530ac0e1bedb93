"""Under what a seal was used, as its statement tells: case, rule, approvals. Pure; ``verify`` reads it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

from seals.errors import StatementInvalid

MAX_WORD: Final = 200
"""Longest rule version, in characters, as in a file of rules."""
GROUNDS: Final = ("case", "standing", "keeper")
"""An approved case, a standing authorisation, or the rule that lets a keeper seal alone."""
_ID: Final = re.compile(r"[0-9a-f]{32}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Leave:
    """The institution's side of one use: which case, by which rule as it was then, and what digests its approvals.

    ``approvals_sha256`` is empty where the rule asks for none.
    """

    ground: str
    case: str
    rule: str
    rule_version: str
    rule_sha256: str
    approvals_sha256: str

    def members(self) -> dict[str, Any]:
        """Write it as the JSON members of a statement."""
        return asdict(self)


def read_leave(found: object) -> Leave:
    """Read the members strictly; raises :class:`seals.errors.StatementInvalid`."""
    names = set(Leave.__slots__)
    if not isinstance(found, dict) or set(found) != names:
        raise StatementInvalid("leave has exactly its six members")
    if not all(
        isinstance(value, str) and value.isprintable() and len(value) <= MAX_WORD for value in found.values()
    ):
        raise StatementInvalid(f"a member of leave is not a text of at most {MAX_WORD} characters")
    leave = Leave(**found)
    fits = (
        leave.ground in GROUNDS
        and _ID.fullmatch(leave.case)
        and leave.rule
        and leave.rule_version
        and _SHA256.fullmatch(leave.rule_sha256)
        and (not leave.approvals_sha256 or _SHA256.fullmatch(leave.approvals_sha256))
    )
    if not fits:
        raise StatementInvalid("a member of leave does not have its form")
    return leave
