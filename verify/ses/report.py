"""What is reported of seal data: a verdict like a document's, and every step of the standard with its own answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from verify.report import (
    NO_TIME,
    UNKNOWN,
    DocumentReport,
    Indication,
    Reason,
    SignerReport,
    SigningTime,
    StatusReport,
    iso,
)
from verify.verdict import SubIndication


class SealDataKind(StrEnum):
    """What the octets are."""

    SEAL = "seal"
    SEAL_SIGNATURE = "seal-signature"

    @property
    def words(self) -> Reason:
        """The standard's word, and ours."""
        if self is SealDataKind.SEAL:
            return Reason("电子印章", "electronic seal (SESeal)")
        return Reason("电子签章数据", "seal signature (SES_Signature)")


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
class SealDataReport(DocumentReport):
    """The verdict on an electronic seal, or on a seal signature without its document."""

    kind: SealDataKind = SealDataKind.SEAL
    standard: str = ""
    indication: Indication = Indication.INDETERMINATE
    steps: tuple[SealDataStep, ...] = ()
    facts: SealFacts | None = None
    maker: SignerReport | None = None
    signer: SignerReport | None = None
    signed_at: datetime | None = None
    """The time that a seal signature states of itself."""
    scope: str = ""
    """What a seal signature says that it protects."""
    notes: tuple[Reason, ...] = ()
    time: SigningTime = NO_TIME
    """When a seal signature was made, and whose clock says so."""
    certificate_then: StatusReport = UNKNOWN
    certificate_now: StatusReport = UNKNOWN
    seal_then: StatusReport = UNKNOWN
    seal_now: StatusReport = UNKNOWN
    algorithm: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object: a document's, and ``seal_data`` beside it."""
        seen = {
            "kind": self.kind.value,
            "kind_zh": self.kind.words.zh,
            "standard": self.standard,
            "indication": self.indication.value,
            "steps": [step.to_json() for step in self.steps],
            "seal": None if self.facts is None else self.facts.to_json(),
            "maker": None if self.maker is None else self.maker.to_json(),
            "signer": None if self.signer is None else self.signer.to_json(),
            "signed_at": iso(self.signed_at),
            "scope": self.scope,
            "notes": [note.en for note in self.notes],
            "notes_zh": [note.zh for note in self.notes],
        }
        return {**DocumentReport.to_json(self), "seal_data": seen}
