"""A licence and its states: the table of GB/T 36903 practice, where *lapsed* is told by the clock and never written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ca.words import Words
from signing.licences.identifier import LicenceIdentifier


class LicenceStatus(Words):
    """How a licence stands; ``code`` is the two digits that national directories write."""

    ISSUING = "issuing", "制发中", "being issued"
    VALID = "valid", "有效", "valid"
    SUSPENDED = "suspended", "暂停", "suspended"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"
    CANCELLED = "cancelled", "注销", "cancelled"
    LAPSED = "lapsed", "失效", "lapsed"
    REVOKED = "revoked", "吊销", "revoked"

    @property
    def code(self) -> str:
        """The code of national directories; empty before it is issued."""
        return _CODES.get(self, "")


_CODES: Final = {
    LicenceStatus.VALID: "01",
    LicenceStatus.SUSPENDED: "02",
    LicenceStatus.WITHDRAWN: "03",
    LicenceStatus.CANCELLED: "04",
    LicenceStatus.LAPSED: "05",
    LicenceStatus.REVOKED: "07",
}


class LicenceAct(StrEnum):
    """What is done with a licence; the last five need a reason."""

    ISSUE = "issue"
    SUSPEND = "suspend"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
    REVOKE = "revoke"


_STANDING: Final = (LicenceStatus.VALID, LicenceStatus.SUSPENDED)
TRANSITIONS: Final[dict[LicenceAct, dict[LicenceStatus, LicenceStatus]]] = {
    LicenceAct.ISSUE: {LicenceStatus.ISSUING: LicenceStatus.VALID},
    LicenceAct.SUSPEND: {LicenceStatus.VALID: LicenceStatus.SUSPENDED},
    LicenceAct.RESUME: {LicenceStatus.SUSPENDED: LicenceStatus.VALID},
    LicenceAct.WITHDRAW: dict.fromkeys(_STANDING, LicenceStatus.WITHDRAWN),
    LicenceAct.CANCEL: dict.fromkeys(_STANDING, LicenceStatus.CANCELLED),
    LicenceAct.REVOKE: dict.fromkeys(_STANDING, LicenceStatus.REVOKED),
}
"""Every move there is; withdrawn, cancelled and revoked are ends."""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence on record. ``document`` is the sealed file's SHA-256 (hex), empty while it is being issued.

    ``name`` is what it is called (营业执照), ``number`` the number printed on it; ``valid_to`` is ``None`` for one without end.
    """

    id: str
    identifier: LicenceIdentifier
    name: str
    number: str
    holder_uscc: str
    holder_name: str
    issuer_uscc: str
    issuer_name: str
    valid_from: datetime
    valid_to: datetime | None
    seal_code: str
    status: LicenceStatus
    moves: int
    requested_by: str
    request_key: str
    fingerprint: str
    changed_at: datetime
    sealing: str = ""
    document: str = ""
    reason: str = ""

    def standing(self, at: datetime) -> LicenceStatus:
        """Tell how it stands at a moment: one that is valid or suspended has lapsed when its last day is past."""
        over = self.valid_to is not None and at > self.valid_to
        return LicenceStatus.LAPSED if over and self.status in _STANDING else self.status
