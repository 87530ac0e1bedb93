"""What is drawn where: a wish (:mod:`signing.where`) and one document's pages → the spots of its seal.

Format-neutral: PDF and OFD give their pages as :class:`Pages` and draw the same :class:`Layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height in mm, from the top left of the page as displayed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one picture of the seal is drawn.

    ``x_mm``, ``y_mm``: top left of the WHOLE seal on the page as displayed; it may lie off the page where ``clip_mm`` cuts
    that part off. ``clip_mm``: left, top, width, height of the part that is drawn, in the seal's own millimetres from its
    top left. ``scale`` shrinks the whole seal (a small form field); clips never come with a scale.
    """

    page: int
    x_mm: float
    y_mm: float
    clip_mm: Rectangle | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """All spots of one seal; none is an invisible signature.

    The first carries the signature's widget. ``field`` names the empty signature field that is signed; without it the
    writer makes a new one.
    """

    spots: tuple[Spot, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a keyword stands."""

    page: int
    box: Rectangle


@dataclass(frozen=True, slots=True)
class SeenField:
    """A signature field with a widget on a page; ``name`` is the full name."""

    name: str
    page: int
    box: Rectangle


class Pages(Protocol):
    """The pages of one document, as far as placing needs them; every length as displayed, in mm."""

    @property
    def count(self) -> int:
        """How many pages there are."""

    def size_mm(self, number: int) -> tuple[float, float]:
        """Width and height of a page as displayed. :class:`signing.errors.PageMissing`."""

    def signatures(self) -> Sequence[SeenField]:
        """Signatures and seals that are already there and can be seen."""

    def empty_fields(self) -> Sequence[SeenField]:
        """Signature fields that wait to be signed."""

    def matches(self, text: str, pages: Sequence[int]) -> Sequence[Match]:
        """Find a text on these pages, in reading order, spaces and full or half width made alike.

        Raises :class:`signing.placement_errors.KeywordMissing` (and says so when the pages hold only pictures).
        """
