"""How much of a page later signature fields, and fields filled in, cover, and whether they lie over earlier seals (ISO 32000-2 §12.5.3, §14.11.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from verify.integrity import Change
from verify.pdf.document import View
from verify.pdf.fields import FormField, distinct, indexed
from verify.pdf.looks import drawn_boxes
from verify.pdf.numerals import is_number
from verify.pdf.pdf_values import Ref, same
from verify.pdf.placement import Box, Place, sized_surely, stated_box
from verify.pdf.step import Step

MAX_SHARE: Final = 1 / 8
"""Of a page that one further signature may cover: a seal of 42 mm takes a thirty-fifth of A4, a wide signature line a fifteenth."""
MAX_SHARE_OF_ALL: Final = 1 / 3
"""Of a page that all signatures behind one may cover together: a dozen seals of 42 mm on A4."""
MAX_FILLED: Final = 1 / 2
"""Of a page that one field may cover that is filled in: remarks have a third of a page, nearly half of it."""
MAX_FILLED_OF_ALL: Final = 3 / 4
"""Of a page that all fields may cover that were filled in behind a signature: tables in which every cell is a field have two thirds."""
MAX_ROOM: Final = 842.0 * 1191.0
"""Of which shares are taken for signatures, A3: on a larger page nobody knows which part is looked at, and seals are as large as on any."""
MAX_UNIT: Final = 75_000
"""Points that a unit of a page may have to readers."""
LETTER: Final = 612.0 * 792.0
"""What readers take for the size of a page that states none."""
MAX_OVERLAP: Final = 1 / 2
"""Of an earlier seal that a further one may lie over: seals cross each other, they do not hide each other."""


def doubt_where_it_covers(step: Step, found: FormField) -> None:
    """Doubt a further signature, or a field for one, that lies over much of a page or over a seal, alone or with others.

    What one signature shows in several fields counts together.
    """
    together = [item for item in _signed(step.new_fields) if item.value == found.value] or [found]
    later = boxes_of(step, [item for item in _places(step.new_fields) if not _was_there(step, item)])
    zh, en = (
        ("追加的签章", "a further signature")
        if found.signed
        else ("新增的空签名域", "an empty signature field")
    )
    for page, boxes in boxes_of(step, [found]).items():
        same = boxes_of(step, together).get(page, boxes)
        every = later.get(page, boxes)
        room, number = min(_room(step, page), _most(step, page)), step.page_number(page)
        if _covered(same) > MAX_SHARE * room or _covered(every) > MAX_SHARE_OF_ALL * room:
            step.doubt(
                Change(
                    f"{zh}占据大片页面，可能遮盖已签内容",
                    f"{en} lies over much of the page and may cover what was signed",
                    number,
                    field=found.name,
                )
            )
        if _hides_earlier(step, page, same, every):
            step.doubt(
                Change(
                    f"{zh}盖住先前的签章",
                    f"{en} lies over an earlier one",
                    number,
                    field=found.name,
                )
            )


def doubt_where_filled_in_covers(step: Step) -> None:
    """Doubt values filled in whose fields lie over most of a page, or over a seal: what their looks paint hides what was signed there."""
    since = boxes_of(step, _filled(step, step.signed.view))
    now = _filled(step, step.old)
    places = [(MAX_FILLED, one.name, *place) for one in now for place in boxes_of(step, [one]).items()]
    places += [(MAX_FILLED_OF_ALL, "", page, list(set(boxes))) for page, boxes in since.items()]
    hidden = {
        page
        for page, boxes in boxes_of(step, now).items()
        if _hides_earlier(step, page, boxes, since.get(page, boxes))
    }
    for share, name, page, boxes in places:
        if page in hidden or _covered(boxes) > share * _room(step, page):
            step.doubt(
                Change(
                    "填写的表单域占据大片页面或盖住签章，可能遮盖已签内容",
                    "a field that was filled in lies over much of the page or over a seal and may cover what was signed",
                    step.page_number(page),
                    field=name,
                )
            )


def _filled(step: Step, before: View) -> list[FormField]:
    """Return the fields, of no signature, that have another value than in an earlier revision."""
    known = indexed(step.document, before)
    return [
        item
        for ref, item in step.new_fields.items()
        if ref == item.ref
        and item.kind != "/Sig"
        and not (ref in known and same(before.resolve(known[ref].value), step.new.resolve(item.value)))
    ]


def _places(listed: dict[Ref, FormField]) -> list[FormField]:
    """Return the fields for signatures, with one or empty."""
    return [item for item in distinct(listed) if item.kind == "/Sig"]


def _signed(listed: dict[Ref, FormField]) -> list[FormField]:
    return [item for item in _places(listed) if item.signed]


def _was_there(step: Step, item: FormField) -> bool:
    """Tell whether a signature, or an empty field, stands in the revision that is judged, not behind it."""
    holder = item.value if isinstance(item.value, Ref) else item.ref
    return holder is not None and step.signed.view.exists(holder)


def _room(step: Step, page: Ref) -> float:
    """Return the area of a page as it is shown: what is outside of its crop box, or its media box, is not; none where nobody knows."""
    if not sized_surely(step.document, step.new, page):
        return 0.0
    boxes = [stated_box(step.new, page, key) for key in ("/CropBox", "/MediaBox")]
    found = [box for box in boxes if box is not None]
    shown = overlap(found[0], found[-1]) if found else LETTER
    return shown or min(map(area, found))


def _covered(widgets: Iterable[Place]) -> float:
    """Return the area that widgets take together: turned or not, each has the same."""
    return sum(area(boxes[0]) for boxes in widgets)


def _most(step: Step, page: Ref) -> float:
    """Return how much of a page counts for a signature, in its own units, of which one may be larger than a point (ISO 32000-2 table 31)."""
    unit = step.new.entry(step.new.get(page), "/UserUnit")
    unit = min(max(1, unit), MAX_UNIT) if is_number(unit) else 1
    return MAX_ROOM / (unit * unit)


def _hides_earlier(step: Step, page: Ref, boxes: list[Place], every: list[Place]) -> bool:
    """Tell whether a signature lies over an earlier one, or those behind the one judged lie together over one before them."""
    if step.earlier is None:
        before = _signed(step.old_fields)
        step.earlier = boxes_of(step, before)
        step.judged = boxes_of(step, [item for item in before if _was_there(step, item)])
    judged = (step.judged or {}).get(page, ())
    return any(_hidden(one, boxes) for one in step.earlier.get(page, ())) or any(
        _hidden(one, every) for one in judged
    )


def boxes_of(step: Step, items: Iterable[FormField]) -> dict[Ref, list[Place]]:
    """Return the boxes of fields on each page that shows them, whatever page they say they are on."""
    found: dict[Ref, list[Place]] = {}
    for widget in (widget for item in items for widget in item.widgets if isinstance(widget, Ref)):
        for page in step.shown_on.get(widget, ()):
            boxes = drawn_boxes(step.new, page, step.new.resolve(widget))
            if boxes and area(boxes[0]) > 0:
                found.setdefault(page, []).append(boxes)
    return found


def _hidden(earlier: Place, later: list[Place]) -> bool:
    """Tell whether widgets lie over one before them, wherever a reader draws that, and each where it hides the most."""
    return any(
        sum(max(overlap(one, box) for box in boxes) for boxes in later) >= MAX_OVERLAP * area(one)
        for one in earlier
    )


def overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share, in square points."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def area(box: Box) -> float:
    """Return the area of a box in square points."""
    return (box[2] - box[0]) * (box[3] - box[1])
