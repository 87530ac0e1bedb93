"""The parts of a report on seal data: the steps with their answers, what a seal says of itself, and both as one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from verify.sentence import Reason, iso
from verify.verdict import SubIndication


class StepState(StrEnum):
    """How one step ended."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_DONE = "not_done"

    @property
    def words(self) -> Reason:
        """The state in words."""
        return _STATE_WORDS[self]


_STATE_WORDS = {
    StepState.PASSED: Reason("通过", "passed"),
    StepState.FAILED: Reason("不通过", "failed"),
    StepState.INDETERMINATE: Reason("无法判定", "indeterminate"),
    StepState.NOT_DONE: Reason("未做", "not done"),
}


@dataclass(frozen=True, slots=True)
class SealDataStep:
    """One step: its key, its name, how it ended and why."""

    key: str
    name: Reason
    state: StepState
    reason: Reason
    sub_indication: SubIndication | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the step."""
        return {
            "key": self.key,
            "name": self.name.en,
            "name_zh": self.name.zh,
            "state": self.state.value,
            "state_zh": self.state.words.zh,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
        }


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What the seal says of itself; nothing here was judged. ``listed`` counts the certificates or digests in its list."""

    id: str
    name: str
    type: int
    vendor: str
    stated_version: int
    created: datetime
    valid_from: datetime
    valid_to: datetime
    list_type: str
    listed: int
    picture_type: str
    width_mm: int
    height_mm: int
    picture_sha256: str

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the facts."""
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "vendor": self.vendor,
            "stated_version": self.stated_version,
            "created": iso(self.created),
            "valid_from": iso(self.valid_from),
            "valid_to": iso(self.valid_to),
            "list_type": self.list_type,
            "listed": self.listed,
            "picture_type": self.picture_type,
            "size_mm": [self.width_mm, self.height_mm],
            "picture_sha256": self.picture_sha256,
        }


@dataclass(frozen=True, slots=True)
class SealDataPart:
    """What is reported of a seal signature that is part of a document: its standard, its steps, its seal, its stated scope."""

    standard: str
    scope: str
    facts: SealFacts | None
    steps: tuple[SealDataStep, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "standard": self.standard,
            "scope": self.scope,
            "seal": None if self.facts is None else self.facts.to_json(),
            "steps": [step.to_json() for step in self.steps],
        }
