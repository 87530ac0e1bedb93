"""Both proofs of one seal, part by part: the technical one and the institutional one (两种安全)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn

from verify.sentence import Reason

RECORD: Final = "record"
"""Name of the part that is there where an evidence record is about this very document and seal."""


class PartState(StrEnum):
    """What became of one part of a proof."""

    PRESENT = "present"
    MISSING = "missing"
    FAILED = "failed"

    def __bool__(self) -> NoReturn:
        raise TypeError("a part has three states; compare it with PartState.PRESENT")


@dataclass(frozen=True, slots=True)
class ProofPart:
    """One part: its name (``integrity``, ``rule`` …), its state, a sentence, and what it says in plain text."""

    name: str
    state: PartState
    sentence: Reason
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this part."""
        return {
            "name": self.name,
            "state": self.state.value,
            "sentence": self.sentence.en,
            "sentence_zh": self.sentence.zh,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Proofs:
    """The parts of both proofs; a part that is missing or failed is named, never left out."""

    technical: tuple[ProofPart, ...]
    institutional: tuple[ProofPart, ...]

    def lacking(self) -> tuple[ProofPart, ...]:
        """Return the parts that are not there or do not hold, in order."""
        return tuple(
            part for part in (*self.technical, *self.institutional) if part.state is not PartState.PRESENT
        )

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the proofs."""
        return {
            "technical": [part.to_json() for part in self.technical],
            "institutional": [part.to_json() for part in self.institutional],
            "complete": not self.lacking(),
        }
