"""A voiding as the database holds it, and whose agreement it needs. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ca.actor import Actor
from ca.audit import canonical_json
from signing.voiding.rules import Agreeing, VoidRule
from signing.voiding.states import VoidStatus


@dataclass(frozen=True, slots=True)
class Sealer:
    """An enterprise whose seal is in the document."""

    uscc: str
    enterprise: str
    seal_code: str


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's agreement for an enterprise."""

    uscc: str
    actor: Actor
    credential: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Voiding:
    """A voiding; ``documents`` are the digests (SHA-256, hex) that it takes in, ``record`` its signed record once made."""

    id: str
    request_key: str
    status: VoidStatus
    moves: int
    document: str
    title: str
    reason: str
    asked_uscc: str
    asked_by: Actor
    asked_at: datetime
    rule: VoidRule
    settled_at: datetime | None = None
    why: str = ""
    record: str = ""
    sealers: tuple[Sealer, ...] = ()
    consents: tuple[Consent, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[Sealer, ...]:
        """The enterprises that have to agree by the rule."""
        everyone = self.rule.parties is Agreeing.ALL
        return tuple(one for one in self.sealers if everyone or one.uscc == self.asked_uscc)

    def people(self, uscc: str) -> int:
        """How many persons of an enterprise agreed."""
        return len({one.actor.person for one in self.consents if one.uscc == uscc})

    @property
    def waiting(self) -> tuple[Sealer, ...]:
        """The enterprises whose agreement is not complete."""
        if self.status is not VoidStatus.ASKED:
            return ()
        return tuple(one for one in self.needed if self.people(one.uscc) < self.rule.people)

    def concerns(self, uscc: str | None) -> bool:
        """Tell whether somebody acting for ``uscc`` may see it."""
        return uscc is None or any(one.uscc == uscc for one in self.sealers)


def consents_digest(consents: Sequence[Consent], uscc: str) -> str:
    """Digest (hex) what the register keeps of one enterprise's agreement: persons, credentials, times."""
    kept = sorted(
        canonical_json(
            {
                "actor": one.actor.id,
                "at": f"{one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                "credential": one.credential,
                "uscc": one.uscc,
            }
        )
        for one in consents
        if one.uscc == uscc
    )
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()
