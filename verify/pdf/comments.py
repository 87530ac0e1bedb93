"""Comments made after a certification that permits them (DocMDP P=3), and which of them may hide what was certified.

ISO 32000-2 table 257 lets any annotation follow. One with a look of its own can cover page content with other content (the
evil annotation attack): it is permitted by the letter, so it does not make the certification invalid, and it leaves doubt.
"""

from __future__ import annotations

from typing import Final

from verify.pdf.pdf_values import Ref, Value
from verify.pdf.step import Step
from verify.report import Change

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
NOTES: Final = frozenset({"/Text", "/Popup"})
"""Shown as an icon beside the text, drawn by the reader."""
ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})


def comment(step: Step, item: Value) -> bool:
    """Tell whether a new annotation is a comment that the certification permits; it is noted, with doubt where it may cover."""
    if not step.rules.comments or not isinstance(item, Ref) or not step.fresh(item):
        return False
    annotation = step.new.get(item)
    if not isinstance(annotation, dict) or annotation.get("/Subtype") not in MARKUP:
        return False
    if not ACTIVE_KEYS.isdisjoint(annotation):
        return False
    page = step.page_number(annotation.get("/P"))
    harmless = annotation.get("/Subtype") in NOTES and "/AP" not in annotation
    if harmless:
        step.additions.append(Change("添加批注", "a comment was added", page, str(item)))
    else:
        step.doubts.append(
            Change(
                "添加的批注可能遮盖已签内容",
                "a comment was added that may cover what was signed",
                page,
                str(item),
            )
        )
    return True
