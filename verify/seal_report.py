"""What a report says of the seal behind a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seals.leave import Leave
from verify.makers import NOBODY, MakerIdentity
from verify.sentence import iso
from verify.trusted_lists.decision import TrustDecision


@dataclass(frozen=True, slots=True)
class SealReport:
    """The seal as its maker's statement describes it; ``trusted`` tells whether that statement was verified."""

    code: str
    physical_code: str
    kind: str
    """Two-digit code of public-security practice, as is the next pair of words."""
    kind_zh: str
    kind_en: str
    name: str
    owner: str
    owner_uscc: str
    valid_from: datetime | None
    valid_to: datetime | None
    maker: str
    trusted: bool
    picture_sha256: str = ""
    permit: str = ""
    leave: Leave | None = None
    """Under which case and rule it was used, if the statement says (制度证据)."""
    maker_identity: MakerIdentity = NOBODY  # by what its lists are known
    trust: TrustDecision | None = None
    """Which list vouched for the maker, or an operator's own anchor."""

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the seal."""
        return {
            "code": self.code,
            "physical_code": self.physical_code,
            "kind": self.kind,
            "kind_zh": self.kind_zh,
            "kind_en": self.kind_en,
            "name": self.name,
            "owner": self.owner,
            "owner_uscc": self.owner_uscc,
            "valid_from": iso(self.valid_from),
            "valid_to": iso(self.valid_to),
            "maker": self.maker,
            "trusted": self.trusted,
            "picture_sha256": self.picture_sha256,
            "permit": self.permit,
            "leave": None if self.leave is None else self.leave.members(),
            "trust": None if self.trust is None else self.trust.to_json(),
        }
