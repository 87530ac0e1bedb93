"""Who is believed for a scheme's lists: the certificates that may sign them, and the lowest number that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PINS: Final = "pinned.json"
"""The file of a folder that says whose lists are believed (:mod:`verify.trusted_lists.files`)."""


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

    def signer_octets(self) -> dict[str, bytes | None]:
        """Return the digest of each signer and, where it is at hand, its certificate."""
        at_hand = {hashlib.sha256(der).hexdigest(): der for der in self.certificates}
        return {digest.lower(): at_hand.get(digest.lower()) for digest in (*self.signers, *at_hand)}


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned source, and the lowest number of its lists that counts."""

    source: PinnedSource
    lowest: int = 0
