"""Who is believed for a scheme's lists: the certificates that may sign them, and the lowest number that counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from verify.trusted_lists.errors import ListRolledBack, ListSignerUnknown
from verify.trusted_lists.model import TrustedList

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
    """A pinned source, the lowest number of its lists that counts, and the numbers of the pivots that led to its signers."""

    source: PinnedSource
    lowest: int = 0
    via: tuple[int, ...] = ()


def check_lowest(found: TrustedList, pins: Iterable[Pin]) -> None:
    """I30: a list is not below the lowest number that its keeper counts, however it came; raises ``ListRolledBack``."""
    lowest = max((pin.lowest for pin in pins if pin.source.scheme_id == found.scheme_id), default=0)
    if found.sequence < lowest:
        raise ListRolledBack(
            f"信任清单“{found.scheme_id}”的序号 {found.sequence} 低于可采信的最低序号 {lowest}（{PINS} 或过渡清单）；请更换为新的清单。",
            f"The trust list “{found.scheme_id}” has the number {found.sequence}, below {lowest}, the lowest that counts "
            f"({PINS}, or the pivots); replace it by a newer one.",
        )


def check_signer(found: TrustedList, pins: Iterable[Pin]) -> None:
    """Demand that a list of a scheme that is pinned comes from a pinned signer, however it came; raises ``ListSignerUnknown``."""
    pinned = {
        digest
        for pin in pins
        if pin.source.scheme_id == found.scheme_id
        for digest in pin.source.signer_octets()
    }
    if pinned and found.signer_sha256 not in pinned:
        raise ListSignerUnknown(
            f"信任清单“{found.scheme_id}”由别人签发，不是信任库固定的签名者；请核对来源，签名者确已更换的请更新信任库的 {PINS}。",
            f"The trust list “{found.scheme_id}” is signed by another than the signer that the trust folder pins; check where it comes "
            f"from, and if its signer was changed, change {PINS} there.",
        )
