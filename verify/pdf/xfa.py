"""Forms that are drawn from their XFA (ISO 32000-1 §12.7.8, no longer in ISO 32000-2), and what may change whether they are.

The catalogue's /NeedsRendering asks for it. Some readers do so only while the form has nothing but invisible signatures, of which its /SigFlags
tell: a field that shows, or another flag, and they show the pages instead, which may say something else.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change
from verify.pdf.document import View
from verify.pdf.fields import FormField, distinct
from verify.pdf.numerals import is_number
from verify.pdf.pdf_values import Stream, same
from verify.pdf.step import Step

_OTHERWISE: Final = Change(
    "该表单由 XFA 绘制，追加的域或标志使部分阅读器改为显示页面",
    "the form is drawn from its XFA; what was appended to its fields or flags makes some readers show the pages instead",
)


def check_xfa(step: Step) -> None:
    """Doubt a revision that changes by what readers tell whether to draw a form from its XFA."""
    if not _is_drawn(step.old):
        return
    flags = [view.entry(view.entry(view.catalog, "/AcroForm"), "/SigFlags") for view in (step.old, step.new)]
    added = [item for item in distinct(step.new_fields) if item.ref not in step.old_fields]
    if not same(*flags) or not all(_is_unseen(step.new, item) for item in added):
        step.doubt(_OTHERWISE)


def _is_drawn(view: View) -> bool:
    stated = view.entry(view.entry(view.catalog, "/AcroForm"), "/XFA")
    return view.entry(view.catalog, "/NeedsRendering") is True and isinstance(stated, list | Stream)


def _is_unseen(view: View, item: FormField) -> bool:
    """Tell whether a new field is an invisible signature to whoever looks at it alone, as that of a time-stamp is."""
    box = view.entry(item.dictionary, "/Rect")
    if "/Kids" in item.dictionary or not isinstance(box, list) or len(box) != 4:
        return False
    return all(is_number(one) and one == 0 for one in box)
