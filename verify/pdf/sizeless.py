"""Looks of widgets that have no size: nothing shows of them (ISO 32000-2 §12.5.5), but Ghostscript draws each as large as it is.

Invisible signatures have looks of no size, too, or such as draw nothing.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final

from verify.integrity import Change
from verify.pdf.document import View
from verify.pdf.pdf_values import Ref, Stream, Value, references
from verify.pdf.placement import Box, rectangle
from verify.pdf.step import Step

_COMMENT: Final = re.compile(rb"%[^\r\n]*+")
_NOTHING: Final = frozenset({b"q", b"Q", b"n"})
"""Operators that draw nothing."""
_STATES: Final = 2
"""Levels of dictionaries below /AP: the looks, and the states of each."""


def check_sizes(step: Step, refs: AbstractSet[Ref]) -> None:
    """Doubt a look that a revision brings to a widget of no width or no height."""
    for widget in {widget for item in step.new_fields.values() for widget in item.widgets}:
        if isinstance(widget, Ref) and _spills(step.new, widget, refs):
            step.doubt(
                Change(
                    "没有大小的签名域或表单域带有外观，部分阅读器会把它画在页面上",
                    "a field without a size has a look, and some readers draw it over the page",
                    next(map(step.page_number, step.shown_on.get(widget, ())), None),
                    str(widget),
                )
            )


def _spills(view: View, ref: Ref, refs: AbstractSet[Ref]) -> bool:
    widget = view.get(ref)
    box = rectangle(view, view.entry(widget, "/Rect"))
    if not isinstance(widget, dict) or "/AP" not in widget or box is None or _area(box) > 0:
        return False
    looks = view.entry(widget, "/AP")
    named = {ref, *references(widget["/AP"]), *references(looks)}
    return not named.isdisjoint(refs) and _draws(view, looks, 0)


def _draws(view: View, look: Value, depth: int) -> bool:
    if isinstance(look, dict) and depth <= _STATES:
        return any(_draws(view, view.resolve(item), depth + 1) for item in look.values())
    if not isinstance(look, Stream):
        return False
    box = rectangle(view, view.entry(look.dictionary, "/BBox"))
    return (box is None or _area(box) > 0) and not _NOTHING.issuperset(
        _COMMENT.sub(b"", look.decode()).split()
    )


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
