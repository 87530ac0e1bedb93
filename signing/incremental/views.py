"""How a page is displayed, from what it says of itself (ISO 32000-2 §7.7.3.3, §14.11.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from signing.pdf.reading import LETTER, UNIT_RANGE
from signing.placing.placement import Box, PageView
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Array, Reader, Value

DISPLAYED: Final = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
"""What a page's display depends on; the last is never inherited."""
VIEWS_KEPT: Final = 256
"""Views remembered by what pages say: the pages of most documents have one of a few sizes."""

Follow = Callable[[Value], Value]
"""Follows a reference to its value."""


def view_of(values: Sequence[Value], follow: Follow) -> PageView:
    """Make a view from the values of :data:`DISPLAYED`. :class:`NotPlain`."""
    media = _box(values[0], follow) or LETTER
    visible = _intersection(_box(values[1], follow) or media, media)
    turned, unit = follow(values[2]), follow(values[3])
    turned = 0 if turned is None else turned
    if not isinstance(turned, int | float) or not isinstance(unit, int | float) or int(turned) % 90:
        raise NotPlain(Reason.PAGE, "rotation or unit")
    if not UNIT_RANGE[0] <= unit <= UNIT_RANGE[1]:
        raise NotPlain(Reason.PAGE, "unit")
    return PageView(visible, int(turned) % 360, float(unit))


def view_said(said: tuple[bytes | object | None, ...]) -> PageView | None:
    """Make, or remember, a view from the octets of a page's own entries; ``None``: a reference or a node has a say in it."""
    for raw in said:
        if raw is not None and (type(raw) is not bytes or b"R" in raw):
            return None
    return _view_said(said)


@lru_cache(maxsize=VIEWS_KEPT)
def _view_said(said: tuple[bytes | None, ...]) -> PageView:
    values = [None if raw is None else Reader(raw).value(0) for raw in said]
    return view_of([*values[:3], 1 if said[3] is None else values[3]], lambda value: value)


def _box(value: Value, follow: Follow) -> Box | None:
    """Read a rectangle (ISO 32000-2 §7.9.5): any two opposite corners."""
    listed = follow(value)
    if listed is None:
        return None
    if not isinstance(listed, Array) or len(listed) != 4:
        raise NotPlain(Reason.PAGE, "a box")
    numbers = [follow(item) for item in listed]
    if not all(isinstance(item, int | float) for item in numbers):
        raise NotPlain(Reason.PAGE, "a box")
    x1, y1, x2, y2 = (float(number) for number in numbers)
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _intersection(crop: Box, media: Box) -> Box:
    """ISO 32000-2 §14.11.2.1: what lies outside the media box is cut; a crop box wholly outside counts for nothing."""
    box = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    return box if box[0] < box[2] and box[1] < box[3] else media
