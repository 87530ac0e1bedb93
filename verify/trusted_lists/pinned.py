"""Which lists are believed: pinned signers, a number that only rises, and an age (I30)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.trusted_lists.model import Seen, TrustedList


@dataclass(frozen=True, slots=True)
class PinnedSource:
    """A scheme and the SHA-256 (lower-case hex) of each certificate that may sign its lists.

    An empty ``scheme_id`` pins signers alone: whichever scheme they sign. ``certificates`` (DER) help with lists that
    name their signer by digest only.
    """

    scheme_id: str
    signers: tuple[str, ...]
    certificates: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, scheme_id: str, certificates: Iterable[bytes]) -> PinnedSource:
        """Pin certificates (DER)."""
        found = tuple(certificates)
        return cls(scheme_id, tuple(hashlib.sha256(der).hexdigest() for der in found), found)


def read_list(octets: bytes, pinned: Sequence[PinnedSource]) -> TrustedList:
    """Read a list of either form and check its signature against the pinned signers; its age and number are not judged.

    Raises ``ListUnreadable``, ``ListSignatureInvalid``, ``ListSignerUnknown``.
    """
    raise NotImplementedError


def judge_list(octets: bytes, pinned: PinnedSource, seen: Seen | None, at: datetime) -> TrustedList:
    """Read a list as :func:`read_list` does and judge it as of ``at`` (aware) after what was ``seen`` before.

    Remember ``.seen`` of the result. Raises also ``ListExpired``, ``ListRolledBack``, ``ListFromTheFuture`` (I30).
    """
    raise NotImplementedError
