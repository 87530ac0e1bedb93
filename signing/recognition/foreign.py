"""A foreign list as this installation keeps it: who brought it in, the newest octets that were taken, what it points to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ca.actor import Actor
from signing.recognition.errors import FingerprintInvalid
from signing.recognition.states import IN_FORCE, ForeignStatus, Trouble
from verify.trusted_lists.model import ListForm, Seen
from verify.trusted_lists.source import PinnedSource

_SEPARATORS: Final = re.compile(r"[\s:]+")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class PieceKind(StrEnum):
    """What a list in force points to and we keep a copy of."""

    CRL = "crl"
    SEALS = "seals"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Taken:
    """The newest list that was taken: which it is, from when, until when, its octets."""

    form: ListForm
    sequence: int
    issued_at: datetime
    next_update: datetime
    sha256: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """How fetching stands: when it was tried last, when it succeeded last, what was wrong then, the server's mark."""

    tried_at: datetime | None = None
    fetched_at: datetime | None = None
    trouble: Trouble = Trouble.NONE
    etag: str = ""

    def due(self, now: datetime, every: timedelta) -> bool:
        """Tell whether it is time to try again."""
        return self.tried_at is None or now - self.tried_at >= every or now < self.tried_at


@dataclass(frozen=True, slots=True)
class ForeignList:
    """A foreign list. ``signer_sha256`` is the fingerprint that two people compared; ``url`` is empty for a file."""

    id: str
    status: ForeignStatus
    moves: int
    scheme_id: str
    operator: str
    territory: str
    url: str
    signer_sha256: str
    proposed_by: Actor
    proposed_at: datetime
    taken: Taken
    attempt: Attempt
    confirmed_by: Actor | None = None
    confirmed_at: datetime | None = None
    removal_by: Actor | None = None
    reason: str = ""

    @property
    def pinned(self) -> PinnedSource:
        """What the verifier pins."""
        return PinnedSource(self.scheme_id, (self.signer_sha256,))

    @property
    def seen(self) -> Seen:
        """The newest number that was taken, with its octets' digest."""
        return Seen(self.taken.sequence, self.taken.sha256)

    @property
    def in_force(self) -> bool:
        """Tell whether two people trust it."""
        return self.status in IN_FORCE

    def expired_at(self, now: datetime) -> bool:
        """Tell whether its next update has passed: then nothing is trusted by it (I30)."""
        return now > self.taken.next_update


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a list in force points to: its address, the newest octets taken (empty before the first)."""

    url: str
    kind: PieceKind
    octets: bytes
    number: int
    issued_at: datetime | None
    attempt: Attempt


def read_fingerprint(text: str) -> str:
    """Return a SHA-256 in lower-case hexadecimal, however it is written; :class:`FingerprintInvalid`."""
    found = _SEPARATORS.sub("", text.strip().lower().removeprefix("sha256"))
    if _DIGEST.fullmatch(found) is None:
        raise FingerprintInvalid
    return found


def grouped(fingerprint: str) -> str:
    """Write a fingerprint for reading aloud: sixteen groups of four."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
