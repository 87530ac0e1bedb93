"""What is drawn where: a wish (:mod:`signing.placing.where`) and one document's pages → the spots of its seal.

Format-neutral: PDF and OFD give their pages as :class:`Pages` and draw the same :class:`Layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from signing.errors import OutsidePage
from signing.placing.errors import (
    CoversSignature,
    FieldMissing,
    FieldSigned,
    FieldTooSmall,
    KeywordMissing,
    KeywordTooSeldom,
    TooManySpots,
)
from signing.placing.seam import Leaf, seam_pieces
from signing.placing.where import (
    AtKeyword,
    Fit,
    InField,
    OnPages,
    Placement,
    Seam,
    Where,
    Which,
)

TOLERANCE_MM: Final = 0.05
"""A box may pass an edge by this much: page sizes in points are rounded (A4 is 595.28 × 841.89)."""
MAX_SPOTS: Final = 20_000
"""Pictures of one seal in one document; a long report across all its seams has some thousand."""
Rectangle = tuple[float, float, float, float]
"""Left, top, width, height in mm, from the top left of the page as displayed."""


class Spot(NamedTuple):
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
class Found:
    """Where a keyword stands, in reading order; ``pictures`` are the pages searched that hold no text at all."""

    matches: tuple[Match, ...]
    pictures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A signature field: its full name, the page and box of its widget (nothing of both if it is on no page)."""

    name: str
    page: int
    box: Rectangle
    signed: bool

    @property
    def visible(self) -> bool:
        """Whether anything of it shows."""
        return self.page > 0 and self.box[2] > 0 and self.box[3] > 0


class Pages(Protocol):
    """The pages of one document, as far as placing needs them; lengths in mm, as displayed."""

    @property
    def count(self) -> int:
        """How many pages there are."""

    def size_mm(self, number: int) -> tuple[float, float]:
        """Width and height of a page as displayed. :class:`signing.errors.PageMissing`."""

    def signature_fields(self) -> Sequence[SignatureField]:
        """List the signatures and seals that are there, and the fields that wait for one."""

    def search(self, text: str, pages: Sequence[int]) -> Found:
        """Find a text on these pages; spaces and full or half width are made alike (:mod:`signing.placing.keyword_text`)."""


def lay_out(where: Where, pages: Pages, seal_mm: tuple[float, float], *, may_cover: bool = False) -> Layout:
    """Turn a wish into the spots of a seal of ``seal_mm`` (width, height) on these pages.

    Every spot lies on its page and, unless ``may_cover``, on no signature that is there already. :class:`PlacementError`
    says in words what is wrong; then there is no layout.
    """
    layout = _spots(where, pages, seal_mm)
    if len(layout.spots) > MAX_SPOTS:
        raise TooManySpots(len(layout.spots), MAX_SPOTS)
    for spot in layout.spots:
        _check_on_page(spot, pages.size_mm(spot.page), seal_mm)
    if not may_cover and layout.spots:
        _check_uncovered(layout, pages.signature_fields(), seal_mm)
    return layout


def drawn(spot: Spot, seal_mm: tuple[float, float]) -> Rectangle:
    """Give the box that a spot really fills on its page."""
    left, top, width, height = spot.clip_mm or (0.0, 0.0, *seal_mm)
    scale = spot.scale
    return spot.x_mm + left * scale, spot.y_mm + top * scale, width * scale, height * scale


def _spots(where: Where, pages: Pages, seal_mm: tuple[float, float]) -> Layout:
    if isinstance(where, Placement):
        return Layout((Spot(where.page, where.x_mm, where.y_mm),))
    if isinstance(where, OnPages):
        chosen = where.pages.numbers(pages.count)
        return Layout(tuple(Spot(number, where.x_mm, where.y_mm) for number in chosen))
    if isinstance(where, AtKeyword):
        return Layout(_at_keyword(where, pages, seal_mm))
    if isinstance(where, InField):
        return _in_field(where, pages, seal_mm)
    if isinstance(where, Seam):
        numbers = where.pages.numbers(pages.count)
        leaves = [Leaf(number, *pages.size_mm(number)) for number in numbers]
        return Layout(tuple([Spot(*piece) for piece in seam_pieces(where, leaves, seal_mm)]))
    return Layout(())


def _at_keyword(where: AtKeyword, pages: Pages, seal_mm: tuple[float, float]) -> tuple[Spot, ...]:
    """Take the matches asked for and put the seal's centre on each one's, moved by the offset."""
    numbers = where.pages.numbers(pages.count)
    found = pages.search(where.text, numbers)
    if not found.matches:
        raise KeywordMissing(where.text, len(numbers), found.pictures)
    return tuple(
        Spot(
            match.page,
            match.box[0] + match.box[2] / 2 - seal_mm[0] / 2 + where.dx_mm,
            match.box[1] + match.box[3] / 2 - seal_mm[1] / 2 + where.dy_mm,
        )
        for match in _wanted(where, found.matches)
    )


def _wanted(where: AtKeyword, matches: Sequence[Match]) -> Sequence[Match]:
    if where.which is Which.ALL:
        return matches
    if isinstance(where.which, Which):
        return matches[:1] if where.which is Which.FIRST else matches[-1:]
    if where.which > len(matches):
        raise KeywordTooSeldom(where.text, where.which, len(matches))
    return (matches[where.which - 1],)


def _in_field(where: InField, pages: Pages, seal_mm: tuple[float, float]) -> Layout:
    """Put the seal into the middle of a field that is there and empty; in its proportions, never larger than it is."""
    fields = pages.signature_fields()
    named = [field for field in fields if field.name == where.name]
    if not named:
        raise FieldMissing(where.name, [field.name for field in fields if not field.signed])
    field = named[0]
    if field.signed:
        raise FieldSigned(where.name, [other.name for other in fields if not other.signed])
    if not field.visible:
        return Layout((), field.name)
    left, top, width, height = field.box
    scale = min(1.0, width / seal_mm[0], height / seal_mm[1])
    if scale < 1 and where.fit is Fit.TRUE:
        raise FieldTooSmall(where.name, (width, height), seal_mm)
    x, y = left + (width - seal_mm[0] * scale) / 2, top + (height - seal_mm[1] * scale) / 2
    return Layout((Spot(field.page, x, y, scale=scale),), field.name)


def _check_on_page(spot: Spot, page_mm: tuple[float, float], seal_mm: tuple[float, float]) -> None:
    left, top, width, height = drawn(spot, seal_mm)
    if max(-left, -top, left + width - page_mm[0], top + height - page_mm[1]) > TOLERANCE_MM:
        raise OutsidePage(page_mm, (width, height), spot.page)


def _check_uncovered(layout: Layout, fields: Sequence[SignatureField], seal_mm: tuple[float, float]) -> None:
    there: dict[int, list[SignatureField]] = {}
    for field in fields:
        if field.signed and field.visible:
            there.setdefault(field.page, []).append(field)
    for spot in layout.spots if there else ():
        for field in there.get(spot.page, ()):
            if overlap(drawn(spot, seal_mm), field.box):
                raise CoversSignature(spot.page, field.name)


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Tell whether two boxes share more than an edge."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > TOLERANCE_MM and down > TOLERANCE_MM
