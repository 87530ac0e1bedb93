"""The leave that a case gives, as a type: an :class:`ApprovedUse` is proof that the desk has just judged it.

Pure. What is done with it is reported back to the desk (:class:`seals.cases.physical.PhysicalUses`) in the reporter's own
transaction.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Final

from ca.actor import Actor
from ca.words import Word
from hsm.algorithms import Digest

MADE_HERE: Final = object()
"""Handed over by the desk's own modules, which nobody else imports it from."""


class Medium(Word):
    """On what the seal is put."""

    ELECTRONIC = "electronic", "电子用印"
    PHYSICAL = "physical", "实物用印"


@dataclass(frozen=True, slots=True)
class ApprovedUse:
    """``copies`` uses of the seal ``seal_code`` (14 digits) on one document, approved under one rule; only the desk makes one.

    ``copies`` are those still left; ``approvals_sha256`` (hex) digests the approvals that counted, so that a record of the
    use can name them. Nothing may be begun after ``expires_at``.
    """

    case_id: str
    rule_id: str
    rule_version: str
    rule_hash: str
    seal_code: str
    document: Digest
    title: str
    medium: Medium
    copies: int
    requester: Actor
    approvals_sha256: str
    expires_at: datetime
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not MADE_HERE:
            raise TypeError("an ApprovedUse comes from the desk, never from a constructor")
