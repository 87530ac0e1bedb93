"""Looks of widgets that have no size: nothing shows of them (ISO 32000-2 §12.5.5), but Ghostscript draws each as large as it is.

Invisible signatures have looks of no size, too, or such as draw nothing.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final, TypeGuard

from verify.integrity import Change
from verify.pdf.document import View
from verify.pdf.pdf_values import Ref, Stream, Value, references
from verify.pdf.placement import Box, rectangle
from verify.pdf.step import Step

_COMMENT: Final = re.compile(rb"%[^\r\n]*+")
_NOTHING: Final = re.compile(rb"q|Q|n|cm|Do|[-+]?[0-9.]{1,16}+")
"""Operators that draw nothing by themselves, and the numbers before them."""
_WORD: Final = re.compile(rb"[^\x00\t\n\x0c\r ]++")
"""What stands between the blanks of a content stream (ISO 32000-2 §7.2.3), among which a vertical tab is not."""
_STATES: Final = 2
"""Levels of dictionaries below /AP: the looks, and the states of each."""
_LAYERS: Final = 4
"""Forms within forms that are looked into: Acrobat's looks have two, a frame and what is in it."""


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
    widget = view.resolve(ref)
    box = rectangle(view, view.entry(widget, "/Rect"))
    if not isinstance(widget, dict) or "/AP" not in widget or (box is not None and _area(box) > 0):
        return False
    looks = view.entry(widget, "/AP")
    named = {ref, *references(widget["/AP"]), *references(looks)}
    return not named.isdisjoint(refs) and _draws(view, looks, 0)


def _draws(view: View, look: Value, depth: int) -> bool:
    if isinstance(look, dict) and depth <= _STATES:
        return any(_draws(view, view.resolve(item), depth + 1) for item in look.values())
    return isinstance(look, Stream) and _paints(view, look, _LAYERS)


def _paints(view: View, form: Stream, layers: int) -> bool:
    """Tell whether anything is drawn by a form, or by the forms that it draws: an empty look has layers, too."""
    box = rectangle(view, view.entry(form.dictionary, "/BBox"))
    if box is not None and _area(box) <= 0:
        return False
    words = [word for word in _WORD.findall(_COMMENT.sub(b"", form.decode())) if not _NOTHING.fullmatch(word)]
    if not words:
        return False
    listed = view.entry(view.entry(form.dictionary, "/Resources"), "/XObject")
    if not layers or not isinstance(listed, dict):
        return True
    layer = [view.resolve(listed.get(word.decode("latin-1"))) for word in words]
    return not all(_is_form(one) and not _paints(view, one, layers - 1) for one in layer)


def _is_form(value: Value) -> TypeGuard[Stream]:
    return isinstance(value, Stream) and value.dictionary.get("/Subtype") == "/Form"


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
