"""What is reported of an electronic licence that a sealed document says it is; apart from the verdict on its seals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verify.sentence import Reason, iso
from verify.ses.facts import StepState


@dataclass(frozen=True, slots=True)
class LicencePart:
    """A licence by its identifier (GB/T 36904), what the document says of it, and what came of it.

    ``passed``: the check character agrees, the authority that it names sealed the document, and it has not ended. Whether it
    was suspended or revoked since, its issuer's directory says.
    """

    identifier: str
    state: StepState
    reason: Reason
    type_code: str = ""
    issuer: str = ""
    name: str = ""
    holder: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object."""
        return {
            "identifier": self.identifier,
            "state": self.state.value,
            "state_zh": self.state.words.zh,
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
            "type_code": self.type_code,
            "issuer": self.issuer,
            "name": self.name,
            "holder": self.holder,
            "valid_from": iso(self.valid_from),
            "valid_to": iso(self.valid_to),
        }
