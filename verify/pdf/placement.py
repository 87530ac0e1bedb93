"""Where a widget shows, in millimetres from the top left of its page as displayed (ISO 32000-2 §7.7.3.3, §12.5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from verify.pdf.document import Document, View
from verify.pdf.fields import FormField
from verify.pdf.graph import listed_annotations, listing_nodes
from verify.pdf.numerals import is_coordinate, whole
from verify.pdf.pdf_values import Ref, Value
from verify.policy import MAX_FIELD_DEPTH
from verify.report import Placement

MM_PER_POINT: Final = 25.4 / 72
MAX_PLACEMENTS: Final = 1000
"""Widgets reported for one signature: a seam seal has one on each page."""

Box = tuple[float, float, float, float]
Place = tuple[Box, ...]
"""Where readers draw one widget: a single box as a rule (:func:`verify.pdf.looks.drawn_boxes`)."""


class Pages:
    """Page numbers of one view, found once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._numbers: dict[Ref, int | None] = {}
        self._by_widget: dict[Ref, Ref] | None = None

    def number(self, page: Ref) -> int | None:
        """Return the number of a page object, from 1, climbing the tree; ``None`` if it is in no tree."""
        if page not in self._numbers:
            self._numbers[page] = self._climb(page)
        return self._numbers[page]

    def _climb(self, page: Ref) -> int | None:
        """Count the leaves before a page at each level; a node whose /Count is its /Kids has only leaves."""
        number, child = 1, page
        for _ in range(MAX_FIELD_DEPTH):
            parent = self._view.entry(self._view.get(child), "/Parent")
            kids = self._view.entry(parent, "/Kids")
            if not isinstance(kids, list) or child not in kids:
                return number if child == self._view.catalog.get("/Pages") else None
            before = kids[: kids.index(child)]
            flat = self._view.entry(parent, "/Count") == len(kids)
            number += len(before) if flat else sum(self._leaves(kid) for kid in before)
            child = cast("dict[str, Value]", self._view.get(child))["/Parent"]
            if not isinstance(child, Ref):
                return None
        return None

    def _leaves(self, kid: Value) -> int:
        count = self._view.entry(self._view.resolve(kid), "/Count")
        return count if isinstance(count, int) and count >= 0 else 1

    def page_of(self, widget: Value) -> Ref | None:
        """Return the page that lists a widget, which is where it shows; what its /P says is only asked first."""
        dictionary = self._view.resolve(widget)
        page = dictionary.get("/P") if isinstance(dictionary, dict) else None
        if isinstance(page, Ref) and self.number(page) is not None and widget in self._listed(page):
            return page
        if self._by_widget is None:
            self._by_widget = {}
            for ref, item in listed_annotations(self._view):
                if isinstance(item, Ref):
                    self._by_widget.setdefault(item, ref)
        return self._by_widget.get(widget) if isinstance(widget, Ref) else None

    def _listed(self, page: Ref) -> list[Value]:
        found = self._view.entry(self._view.get(page), "/Annots")
        return found if isinstance(found, list) else []


def placements(view: View, pages: Pages, field: FormField) -> tuple[Placement, ...]:
    """Return where a field shows; an invisible one (empty box, hidden, or on no page) shows nowhere."""
    found = [_placement(view, pages, widget) for widget in field.widgets[:MAX_PLACEMENTS]]
    return tuple(item for item in found if item is not None)


def _placement(view: View, pages: Pages, widget: Value) -> Placement | None:
    dictionary = view.resolve(widget)
    box = rectangle(view, view.entry(dictionary, "/Rect"))
    flags = whole(view.entry(dictionary, "/F")) or 0
    hidden = bool(flags & 0b100010)  # Hidden, NoView (ISO 32000-2 table 167), to every reader
    if box is None or hidden or box[0] == box[2] or box[1] == box[3]:
        return None
    page = pages.page_of(widget)
    number = None if page is None else pages.number(page)
    return None if page is None or number is None else _displayed(view, page, number, box)


def _displayed(view: View, page: Ref, number: int, box: Box) -> Placement | None:
    shown = rectangle(view, inherited(view, page, "/CropBox")) or rectangle(
        view, inherited(view, page, "/MediaBox")
    )
    if shown is None:
        return None
    left, bottom, right, top = shown
    turn = inherited(view, page, "/Rotate")
    turn = int(turn) % 360 if isinstance(turn, int | float) else 0
    unit = view.entry(view.get(page), "/UserUnit")
    scale = MM_PER_POINT * (float(unit) if isinstance(unit, int | float) and unit > 0 else 1.0)
    width, height = box[2] - box[0], box[3] - box[1]
    x, y = {
        0: (box[0] - left, top - box[3]),
        90: (box[1] - bottom, box[0] - left),
        180: (right - box[2], box[1] - bottom),
        270: (top - box[3], right - box[2]),
    }.get(turn, (box[0] - left, top - box[3]))
    if turn in {90, 270}:
        width, height = height, width
    return Placement(number, x * scale, y * scale, width * scale, height * scale)


def inherited(view: View, page: Ref, key: str) -> Value:
    """Return an inheritable page attribute (ISO 32000-2 §7.7.3.4)."""
    return view.resolve(stated(view, page, key))


def stated(view: View, page: Ref, key: str) -> Value:
    """Return an inheritable page attribute as it stands there, which may be a reference.

    Null, or what is not there, is as if it were not stated (ISO 32000-2 §7.3.7, §7.3.10).
    """
    return next(_each_stated(view, page, key), None)


def stated_box(view: View, page: Ref, key: str) -> Box | None:
    """Return the nearest box that is one: readers pass over what is none."""
    boxes = (rectangle(view, view.resolve(value)) for value in _each_stated(view, page, key))
    return next((box for box in boxes if box is not None), None)


def _each_stated(view: View, page: Ref, key: str) -> Iterator[Value]:
    """Yield what stands under a key in an object and in those above it, the nearest first, however far above."""
    holder, seen = _stating(view, page, key), set[int]()
    while holder is not None and id(holder) not in seen:
        seen.add(id(holder))
        yield holder[key]
        holder = _stating(view, holder.get("/Parent"), key)


def _stating(view: View, node: Value, key: str) -> dict[str, Value] | None:
    """Return the nearest dictionary at or above a node that states a key, found once for all nodes on the way."""
    climbed: dict[tuple[Ref, str], dict[str, Value] | None] = {}
    found = None
    while True:
        if isinstance(node, Ref):
            if (node, key) in view.stating or (node, key) in climbed:
                found = view.stating.get((node, key))
                break
            climbed[node, key] = None
        dictionary = view.resolve(node)
        if not isinstance(dictionary, dict):
            break
        if view.entry(dictionary, key) is not None:
            found = dictionary
            break
        node = dictionary.get("/Parent")
    view.stating.update(dict.fromkeys(climbed, found))
    return found


def inherits_surely(document: Document, view: View, page: Ref) -> bool:
    """Tell whether a page and the nodes above it name as their parent the one node that lists them: readers climb, or come down."""
    listed = document.kept((listing_nodes, view.revision), lambda: listing_nodes(view))
    node, root = page, view.catalog.get("/Pages")
    for _ in range(MAX_FIELD_DEPTH):
        if node == root:
            return not listed.get(node)
        parent = view.get(node).get("/Parent")
        if not isinstance(parent, Ref) or listed.get(node) != [parent]:
            return False
        node = parent
    return False


def sized_surely(document: Document, view: View, page: Ref) -> bool:
    """Tell whether all readers know the size of a page: where it is inherited surely, or the page states its boxes itself.

    Of four values that make no box some take what they can read, others the next box, or a size of their own.
    """
    nearest = (inherited(view, page, key) for key in ("/CropBox", "/MediaBox"))
    if any(isinstance(box, list) and len(box) == 4 and rectangle(view, box) is None for box in nearest):
        return False
    return inherits_surely(document, view, page) or _states_its_boxes(document, view, page)


def _states_its_boxes(document: Document, view: View, page: Ref) -> bool:
    """Tell whether a page has a media box of its own, and a crop box or none that it could inherit from whatever stands above it."""
    own = view.get(page)
    if rectangle(view, view.entry(own, "/MediaBox")) is None:
        return False
    if view.entry(own, "/CropBox") is not None:
        return rectangle(view, view.entry(own, "/CropBox")) is not None
    listed = document.kept((listing_nodes, view.revision), lambda: listing_nodes(view))
    above = {node for nodes in listed.values() for node in nodes}
    return stated(view, page, "/CropBox") is None and not any(
        "/CropBox" in found for node in above if isinstance(found := view.get(node), dict)
    )


def rectangle(view: View, value: Value) -> Box | None:
    """Read a rectangle with its corners in order (ISO 32000-2 §7.9.5); ``None`` where readers would take its numbers differently."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    numbers = [view.resolve(item) if isinstance(item, Ref) else item for item in value]
    if not all(map(is_coordinate, numbers)):
        return None
    x0, y0, x1, y1 = map(float, numbers)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
