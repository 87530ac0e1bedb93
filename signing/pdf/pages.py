"""The pages of a PDF for placing (:class:`signing.placing.layout.Pages`), over whichever reader opened the file.

A reader gives page views, signature widgets and the file's text as PDFium finds it, all in default user space; here they
become millimetres of the page as displayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from signing.placing.errors import SearchFailed
from signing.placing.keyword_text import Hits
from signing.placing.layout import Found, Match, Rectangle, SignatureField
from signing.placing.placement import Box, PageView

HIDDEN: Final = 0b100010
"""Annotation flags Hidden and NoView (ISO 32000-2 table 167): such a widget shows nothing."""
PRINT: Final = 0b100
"""Annotation flag Print: without it a widget is seen on screen and missing on paper."""

Search = Callable[[str, Sequence[int]], Hits]
"""Finds a text on pages (numbers from 1) of the open document. :class:`SearchFailed`."""


@dataclass(frozen=True, slots=True)
class SignatureWidget:
    """A signature field by its full name; ``page`` is 0 where its widget is on none. ``rectangle`` is its /Rect, ``flags`` its /F."""

    name: str
    page: int
    rectangle: Box
    signed: bool
    flags: int = 0


class Leaves(Protocol):
    """What placing asks of a reader of PDF files."""

    @property
    def count(self) -> int:
        """How many pages there are."""

    def view(self, number: int) -> PageView:
        """How a page is displayed. :class:`signing.errors.PageMissing`."""

    def signature_widgets(self) -> Sequence[SignatureWidget]:
        """List every signature field, signed or empty."""


def no_search(text: str, pages: Sequence[int]) -> Hits:
    """Refuse to search: this place of work has no process to open foreign text in."""
    raise SearchFailed(f"no search here for {len(text)} characters on {len(pages)} pages")


class PdfPages:
    """:class:`signing.placing.layout.Pages` of one PDF."""

    def __init__(self, leaves: Leaves, search: Search = no_search) -> None:
        self._leaves = leaves
        self._search = search
        self._sizes: dict[int, tuple[float, float]] = {}

    @property
    def count(self) -> int:
        """How many pages there are."""
        return self._leaves.count

    def size_mm(self, number: int) -> tuple[float, float]:
        """Width and height of a page as displayed. :class:`signing.errors.PageMissing`."""
        known = self._sizes.get(number)
        if known is None:
            known = self._sizes[number] = self._leaves.view(number).size_mm
        return known

    def signature_fields(self) -> tuple[SignatureField, ...]:
        """List the signatures that are there, and the fields that wait for one."""
        return tuple(self._field(widget) for widget in self._leaves.signature_widgets())

    def _field(self, widget: SignatureWidget) -> SignatureField:
        if widget.page == 0 or widget.flags & HIDDEN:
            return SignatureField(widget.name, 0, (0.0, 0.0, 0.0, 0.0), widget.signed)
        box = self._leaves.view(widget.page).displayed(widget.rectangle)
        return SignatureField(widget.name, widget.page, box, widget.signed)

    def search(self, text: str, pages: Sequence[int]) -> Found:
        """Find a text; what lies outside the visible page is not found. In reading order."""
        hits = self._search(text, pages)
        matches: list[Match] = []
        for page, boxes in hits.boxes:
            view = self._leaves.view(page)
            shown = [box for box in map(view.displayed, boxes) if _visible(box, view.size_mm)]
            matches += [Match(page, box) for box in _in_reading_order(shown)]
        return Found(tuple(matches), hits.pictures)


def _visible(box: Rectangle, page_mm: tuple[float, float]) -> bool:
    middle = box[0] + box[2] / 2, box[1] + box[3] / 2
    return 0 <= middle[0] <= page_mm[0] and 0 <= middle[1] <= page_mm[1]


def _in_reading_order(boxes: Sequence[Rectangle]) -> list[Rectangle]:
    """Sort by lines from the top, then from the left; a box belongs to a line that its middle lies in."""
    lines: list[list[Rectangle]] = []
    for box in sorted(boxes, key=lambda box: box[1] + box[3] / 2):
        middle = box[1] + box[3] / 2
        if lines and middle <= lines[-1][0][1] + lines[-1][0][3]:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [box for line in lines for box in sorted(line)]
