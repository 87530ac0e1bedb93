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
from verify.ses.facts import SealDataPart, SealDataStep, SealFacts, StepState

__all__ = ["SealDataKind", "SealDataReport", "SealDataStep", "SealFacts", "StepState"]
from verify.trusted_lists.decision import TrustDecision


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
    maker_trust: TrustDecision | None = None
    signer_trust: TrustDecision | None = None
    """Which list vouched for the maker and for the signer, or an operator's own anchor."""

    @property
    def part(self) -> SealDataPart:
        """What of it is reported where the seal signature is part of a document."""
        return SealDataPart(self.standard, self.scope, self.facts, self.steps)

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
            "maker_trust": None if self.maker_trust is None else self.maker_trust.to_json(),
            "signer_trust": None if self.signer_trust is None else self.signer_trust.to_json(),
            "signed_at": iso(self.signed_at),
            "scope": self.scope,
            "notes": [note.en for note in self.notes],
            "notes_zh": [note.zh for note in self.notes],
        }
        return {**DocumentReport.to_json(self), "seal_data": seen}
