"""A round of several parties over one document: what is asked for, and what is on record. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ca.actor import Actor
from ca.audit import canonical_json
from hsm.algorithms import Digest
from signing.parties.states import PartyStatus, RoundAct, RoundStatus

GENESIS: Final = "0" * 64
"""What the first entry of a round names as the one before."""


@dataclass(frozen=True, slots=True)
class PartyWish:
    """One party: an enterprise, the kind of seal (two digits), its part (甲方), where it seals, and when it is called.

    ``where`` is the text of a :class:`signing.placing.where.Where`, or empty: then the party chooses. ``group`` counts from 1: a
    party is called when every party of the groups before has sealed; parties of one group seal in any order.
    """

    uscc: str
    role: str
    kind: str = "01"
    where: str = ""
    group: int = 1


@dataclass(frozen=True, slots=True)
class RoundWish:
    """What an initiator asks for. ``remind_days``: so many days before the deadline whoever is waited for is reminded.

    ``reserve`` puts an empty signature field for each party with a place into the document before anybody seals it.
    """

    title: str
    parties: tuple[PartyWish, ...]
    deadline: datetime
    remind_days: tuple[int, ...] = (3, 1)
    reserve: bool = True


@dataclass(frozen=True, slots=True)
class Party:
    """A party as the database holds it; ``field`` is the signature field kept for it, ``enterprise`` its name."""

    number: int
    uscc: str
    enterprise: str
    role: str
    kind: str
    where: str
    group: int
    field: str
    status: PartyStatus
    moves: int
    seal_code: str = ""
    sealing: str = ""
    actor: str = ""
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who is sealing this version at the moment: the sealing's actor and key by which its outcome is found."""

    party: int
    actor: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RoundVersion:
    """One state of the document: 0 as it was handed in (with the fields kept), then one more for each seal."""

    number: int
    digest: Digest
    size: int
    party: int
    sealing: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """A round as the database holds it; ``version`` is the newest, ``moves`` counts acts for compare-and-swap."""

    id: str
    request_key: str
    status: RoundStatus
    moves: int
    title: str
    name: str
    initiator: Actor
    uscc: str
    version: int
    deadline: datetime
    remind_days: tuple[int, ...]
    created_at: datetime
    changed_at: datetime
    original: Digest
    reason: str = ""
    claim: Claim | None = None
    parties: tuple[Party, ...] = ()
    versions: tuple[RoundVersion, ...] = ()

    @property
    def newest(self) -> RoundVersion:
        """The version that the next party seals; the final one of a released round."""
        return self.versions[-1]

    @property
    def called(self) -> tuple[Party, ...]:
        """The parties whose turn it is."""
        if self.status is not RoundStatus.RUNNING:
            return ()
        open_ones = [one for one in self.parties if one.status is PartyStatus.WAITING]
        first = min((one.group for one in open_ones), default=0)
        return tuple(one for one in open_ones if one.group == first)

    @property
    def declined(self) -> Party | None:
        """The party that stopped the round."""
        return next((one for one in self.parties if one.status is PartyStatus.DECLINED), None)

    def party(self, number: int) -> Party | None:
        """Find a party by its number."""
        return next((one for one in self.parties if one.number == number), None)

    def concerns(self, uscc: str | None) -> bool:
        """Tell whether somebody acting for ``uscc`` may see the round: the initiator, a party, or nobody's in particular."""
        return uscc is None or uscc == self.uscc or any(one.uscc == uscc for one in self.parties)


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """One act on record: who, when, with which credential; ``digest`` covers the entry and ``previous``: a chain."""

    round_id: str
    number: int
    act: RoundAct
    status: RoundStatus
    party: int
    at: datetime
    actor: Actor
    credential: str
    detail: str
    previous: str
    digest: str = ""

    def sealed(self) -> str:
        """Return the digest that the entry should have."""
        members: dict[str, Any] = {
            "act": self.act.value,
            "actor": self.actor.id,
            "actor_name": self.actor.name,
            "actor_uscc": self.actor.uscc or "",
            "at": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "credential": self.credential,
            "detail": self.detail,
            "number": self.number,
            "party": self.party,
            "previous": self.previous,
            "round": self.round_id,
            "status": self.status.value,
        }
        return hashlib.sha256(canonical_json(members).encode()).hexdigest()


def first_break(entries: Sequence[RoundEntry]) -> int | None:
    """Return the number of the first entry that does not follow from the one before, or nothing."""
    previous = GENESIS
    for place, entry in enumerate(entries, 1):
        if (entry.number, entry.previous, entry.digest) != (place, previous, entry.sealed()):
            return place
        previous = entry.digest
    return None
