"""Which list vouched for a certificate: the entry, its state then and now, kept in the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from verify.sentence import Reason, iso
from verify.trusted_lists.model import ServiceStatus

BY_DECREE = ""
"""The name of the list that is no list: the anchors that an operator put into the trust folder."""


@dataclass(frozen=True, slots=True)
class ListedStatus:
    """A service's state in its list at one moment; ``since`` is when it began. Empty where the list says nothing."""

    status: str = ""
    status_zh: str = ""
    since: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this state."""
        return {"status": self.status, "status_zh": self.status_zh, "since": iso(self.since)}


NOT_LISTED: Final = ListedStatus()
IN_FORCE: Final = frozenset(one.value for one in ServiceStatus if one.in_force)
"""States in which a listed service counts."""
_NOTHING: Final = Reason("", "")


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of one list: the anchor that a path ends at. ``scheme_id`` is empty for an anchor by decree."""

    scheme_id: str
    operator: str = ""
    operator_zh: str = ""
    territory: str = ""
    sequence: int = 0
    issued: datetime | None = None
    next_update: datetime | None = None
    list_sha256: str = ""
    provider: str = ""
    provider_zh: str = ""
    service: str = ""
    service_zh: str = ""
    kind: str = ""
    certificate_sha256: str = ""
    then: ListedStatus = NOT_LISTED
    now: ListedStatus = NOT_LISTED
    vouches: bool = True
    """Nothing stands against it: its list is in force and undisputed, and it had the service granted then."""

    @property
    def in_force(self) -> bool:
        """Tell whether it has the service in force now; an anchor by decree always is."""
        return self.scheme_id == BY_DECREE or self.now.status in IN_FORCE

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this entry."""
        return {
            "scheme_id": self.scheme_id,
            "operator": self.operator,
            "operator_zh": self.operator_zh,
            "territory": self.territory,
            "sequence": self.sequence,
            "issued": iso(self.issued),
            "next_update": iso(self.next_update),
            "list_sha256": self.list_sha256,
            "provider": self.provider,
            "provider_zh": self.provider_zh,
            "service": self.service,
            "service_zh": self.service_zh,
            "kind": self.kind,
            "certificate_sha256": self.certificate_sha256,
            "then": self.then.to_json(),
            "now": self.now.to_json(),
            "vouches": self.vouches,
        }


@dataclass(frozen=True, slots=True)
class TrustDecision:
    """Why a certificate is believed, or what its lists say against it.

    ``trusted`` tells whether an entry vouches for it at ``as_of``; ``entry`` is the one that decided (of several in force, an
    anchor by decree comes first, then the list with the smallest scheme name), ``others`` the further ones that name it.
    """

    trusted: bool
    as_of: datetime
    entry: ListEntry
    others: tuple[ListEntry, ...] = ()
    reason: Reason = _NOTHING

    @property
    def by_decree(self) -> bool:
        """Tell whether an operator's own anchor decided, and no list."""
        return self.entry.scheme_id == BY_DECREE

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the decision."""
        return {
            "trusted": self.trusted,
            "by_decree": self.by_decree,
            "as_of": iso(self.as_of),
            "entry": self.entry.to_json(),
            "others": [other.to_json() for other in self.others],
            "reason": self.reason.en,
            "reason_zh": self.reason.zh,
        }
