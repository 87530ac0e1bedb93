"""Comments made after a certification that permits them (DocMDP P=3), and which of them may hide what was certified.

ISO 32000-2 table 257 lets any annotation follow. One with a look of its own can cover page content with other content (the
evil annotation attack): it is permitted by the letter, so it does not make the certification invalid, and it leaves doubt.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change, RevisionKind
from verify.pdf.added_fields import inert
from verify.pdf.pdf_values import Ref, Value
from verify.pdf.placement import Box, rectangle
from verify.pdf.step import Step

MARKUP: Final = frozenset(
    {
        "/Text",
        "/Popup",
        "/FreeText",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
        "/Highlight",
        "/Underline",
        "/Squiggly",
        "/StrikeOut",
        "/Caret",
        "/Stamp",
        "/Ink",
    }
)
"""Annotations that comment on a page (ISO 32000-2 table 171); links, widgets, media, redactions and files are none."""
ICON: Final = 24.0
"""Points that the icon of a note takes at least, however small its box is."""
GAP: Final = 4.0
"""Points between icons that leave nothing to read."""
MAX_TOGETHER: Final = 5
"""Notes that may stand side by side; with more somebody hides a line."""
MAX_NOTES: Final = 64
"""Notes on one page; with more it is not looked at how they stand."""
MAX_FRAME: Final = 4.0
"""Points of the frame of a note; the usual one is a single point (ISO 32000-2 table 168)."""
MAX_ICON: Final = 40.0
"""Points in which the icon of a note is drawn; readers show it in some 20 by 20 (ISO 32000-2 §12.5.6.4)."""


def comment(step: Step, item: Value) -> bool:
    """Tell whether a new annotation is a comment that the certification permits; it is noted, with doubt where it may cover."""
    if not step.rules.comments or not isinstance(item, Ref) or not step.fresh(item):
        return False
    annotation = step.new.get(item)
    if not isinstance(annotation, dict) or annotation.get("/Subtype") not in MARKUP:
        return False
    if not inert(annotation):
        return False
    shown = step.shown_on.get(item, ())  # whatever its /P says
    page = next(map(step.page_number, shown), None)
    if _harmless(step, annotation) and not any(item in crowded(step, one) for one in shown):
        step.note(RevisionKind.COMMENTS, Change("添加批注", "a comment was added", page, str(item)))
    else:
        step.doubt(
            Change(
                "添加的批注可能遮盖已签内容",
                "a comment was added that may cover what was signed",
                page,
                str(item),
            )
        )
    return True


def _harmless(step: Step, annotation: dict[str, Value]) -> bool:
    """Tell a closed note from what shows: an icon drawn by the reader, and its closed window.

    An open window stands over the page with text of the commenter's choice; some readers draw it in the given box.
    """
    opened = step.new.entry(annotation, "/Open")
    if "/AP" in annotation or not (opened is None or opened is False):  # to Python 0 is False, too
        return False
    if not _thinly_framed(step, annotation):
        return False
    if annotation.get("/Subtype") == "/Popup":
        return True
    box = rectangle(step.new, step.new.entry(annotation, "/Rect"))
    small = box is not None and box[2] - box[0] <= MAX_ICON and box[3] - box[1] <= MAX_ICON
    return annotation.get("/Subtype") == "/Text" and small


def _thinly_framed(step: Step, annotation: dict[str, Value]) -> bool:
    """Tell whether what is drawn around a note is no wider than a line: pdf.js frames any annotation, however small its box is.

    Colours and captions of fields (/MK) are no note's (ISO 32000-2 table 192).
    """
    style, border = step.new.entry(annotation, "/BS"), step.new.entry(annotation, "/Border")
    if step.new.entry(annotation, "/MK") not in (None, {}):
        return False
    widths = [step.new.entry(style, "/W")] if isinstance(style, dict) and "/W" in style else []
    widths += [step.new.resolve(one) for one in border[:3]] if isinstance(border, list) else []
    known = isinstance(style, dict | None) and isinstance(border, list | None)
    return known and all(type(one) in {int, float} and 0 <= one <= MAX_FRAME for one in widths)


def crowded(step: Step, page: Ref) -> frozenset[Ref]:
    """Return the notes on a page that hide what is under them together: icons are opaque, and stand in a row as well as alone."""
    question = (crowded, page, step.new.revision, step.signed.view.revision)
    return step.document.kept(question, lambda: _crowded(step, page))


def _crowded(step: Step, page: Ref) -> frozenset[Ref]:
    left = {item: box for item in _later(step, page) if (box := _icon(step, item)) is not None}
    if len(left) > MAX_NOTES:
        return frozenset(left)
    found: set[Ref] = set()
    while left:
        row = dict([left.popitem()])
        pending = list(row.values())
        while pending:
            box = pending.pop()
            near = {item: other for item, other in left.items() if _touch(box, other)}
            left = {item: other for item, other in left.items() if item not in near}
            row |= near
            pending += near.values()
        if len(row) > MAX_TOGETHER:
            found |= row.keys()
    return frozenset(found)


def _later(step: Step, page: Ref) -> list[Ref]:
    """Return the annotations that came to a page behind the signature."""
    listed = step.new.entry(step.new.get(page), "/Annots")
    items = listed if isinstance(listed, list) else []
    return [item for item in items if isinstance(item, Ref) and not step.signed.view.exists(item)]


def _icon(step: Step, item: Ref) -> Box | None:
    """Return where a note's icon stands, from the upper left of its box; ``None``: it is no note."""
    annotation = step.new.get(item)
    box = rectangle(step.new, step.new.entry(annotation, "/Rect"))
    if box is None or annotation.get("/Subtype") != "/Text":
        return None
    return box[0], min(box[1], box[3] - ICON), max(box[2], box[0] + ICON), box[3]


def _touch(one: Box, other: Box) -> bool:
    return all(one[low] <= other[low + 2] + GAP and other[low] <= one[low + 2] + GAP for low in (0, 1))
