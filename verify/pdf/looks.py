"""How a field is drawn: whether its looks keep within its box, and whether there is anything in them (ISO 32000-2 §8.10, §12.5.5)."""

from __future__ import annotations

from typing import Final

from verify.pdf.document import View
from verify.pdf.numerals import MAX_COORDINATE, may_be_set, whole
from verify.pdf.pdf_values import Ref, Stream, Value
from verify.pdf.placement import Box, inherited, rectangle

NO_ROTATE: Final = 1 << 4
"""ISO 32000-2 table 167."""
ANYWHERE: Final[Box] = (-MAX_COORDINATE, -MAX_COORDINATE, MAX_COORDINATE, MAX_COORDINATE)
"""Where a widget is whose box readers take differently: to some it has all of its page."""
_ELSEWHERE: Final = frozenset({"/Filter", "/F", "/FFilter"})


def bounded(view: View, widget: Value) -> bool:
    """Tell whether a widget's box is one and every look of it is limited by a /BBox, which ISO 32000-2 table 93 requires.

    Readers draw a look without one wherever it likes, over the whole page if it likes, however small the widget's own box is.
    """
    if not isinstance(widget, dict):
        return True
    if widget.keys().isdisjoint({"/Rect", "/AP"}):
        return True
    if rectangle(view, view.entry(widget, "/Rect")) is None:
        return False  # readers take what is no number for zero, and what is no box for the page
    if "/AP" not in widget:
        return True
    looks = view.entry(widget, "/AP")
    return isinstance(looks, dict) and limited(view, looks)


def drawn_boxes(view: View, page: Ref, widget: Value) -> tuple[Box, ...]:
    """Return where readers draw a widget: in its box, and where it may not turn with its page, turned about its upper left corner.

    ISO 32000-2 §12.5.3, NoRotate; on a turned page it then lies outside of its /Rect. There are readers that do not know it.
    """
    stated = view.entry(widget, "/Rect")
    box = rectangle(view, stated)
    if box is None:
        return () if stated is None else (ANYWHERE,)
    turn = inherited(view, page, "/Rotate")
    if turn is None or not may_be_set(view.entry(widget, "/F"), NO_ROTATE):
        return (box,)
    left, top, width, height = box[0], box[3], box[2] - box[0], box[3] - box[1]
    turned = {
        0: box,
        90: (left, top, left + height, top + width),
        180: (left - width, top, left, top + height),
        270: (left - height, top - width, left, top),
    }
    number = whole(turn)
    known = None if number is None else turned.get(number % 360)
    return tuple(dict.fromkeys((box, *(turned.values() if known is None else (known,)))))


def limited(view: View, look: Value, depth: int = 0) -> bool:
    """Tell whether a drawing has limits, or every one of a dictionary of them has; what is not there has none, it may still come."""
    if isinstance(look, Stream):
        return rectangle(view, view.entry(look.dictionary, "/BBox")) is not None or empty(look)
    if isinstance(look, dict) and depth < 2:  # /AP, and the states below /N, /R and /D
        return all(limited(view, view.resolve(item), depth + 1) for item in look.values())
    return False


def empty(look: Value) -> bool:
    """Tell a drawing of nothing: no octets of its own, none packed, none in another file."""
    if not isinstance(look, Stream) or look.encoded.strip(b"\x00\t\n\x0c\r "):
        return False
    return look.dictionary.keys().isdisjoint(_ELSEWHERE)
