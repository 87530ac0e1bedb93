"""What one signature protects, whatever holds it: the byte range of a PDF, or a file beside the signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.report import Change
from verify.trusted_lists.decision import TrustDecision

CONTENT_DIFFERS: Final = Change("签章所覆盖的内容", "the octets under the signature")
"""What a failed digest tells: something the signature covers is not as it was, not where."""


@dataclass(frozen=True, slots=True)
class ProofOfExistence:
    """A trusted document time-stamp: everything below ``covered`` existed at ``time``."""

    covered: int
    time: datetime
    authority: str
    trust: TrustDecision | None = None
    """Which list vouched for its authority, or an operator's own anchor."""

    @property
    def trusted(self) -> bool:
        """Always: only a trusted one becomes a proof."""
        return True


@dataclass(frozen=True, slots=True)
class Protected:
    """One container and the octets that it is said to be over.

    ``digest`` gives their digest by ``hashlib`` name or ``sm3``, ``content`` the octets themselves (asked for only where a
    container signs them without attributes). ``handed_in`` tells whether they have, or come from, the document of this
    SHA-256 (hexadecimal). ``claimed`` is a time stated outside the container. ``bound``: the container must name the
    signer's certificate. ``ranges`` are the four numbers of a /ByteRange, where there is one. ``proof``: the oldest
    trusted time-stamp over the whole.
    """

    container: bytes
    digest: Callable[[str], bytes]
    content: Callable[[], bytes]
    handed_in: Callable[[str], bool]
    claimed: datetime | None = None
    bound: bool = True
    may_attach: bool = False
    """The container may hold the octets themselves, or what ``digest`` and ``content`` answer for."""
    ranges: tuple[int, ...] | None = None
    described: bool = False
    """A description stands beside the container and says what is protected, as in a package."""
    proof: ProofOfExistence | None = None
    imprint: str = ""
    """The digest that stands for the ranges in what is signed, where it is another than the container's."""
    signer: int | None = None
    """Which of several that signed side by side, from 0; ``None``: there must be one."""
