"""Signature fields that a later revision adds: what they may show, and to whom they may point (ISO 32000-2 §12.8.2.2).

A field without a signature of its own speaks for nobody, so it shows nothing; nor does a time-stamp, which anyone can buy.
What a further signature shows is its signatory's; where it lies over much of a page, or over an earlier seal, it leaves doubt.
So does an empty field that large: some readers draw a flag into it that calls for a signature.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from verify.integrity import Change, RevisionKind
from verify.pdf.fields import FormField, distinct
from verify.pdf.looks import bounded, drawn_box, empty
from verify.pdf.pdf_values import Ref, Value
from verify.pdf.permissions import NO_CHANGES
from verify.pdf.placement import Box, inherited, inherits_surely, rectangle
from verify.pdf.step import Step

ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})
"""Actions: a new signature field has none."""
TIME_STAMP: Final = "/ETSI.RFC3161"
MAX_SHARE: Final = 1 / 8
"""Of a page that one further signature may cover: a seal of 42 mm takes a thirty-fifth of A4, a wide signature line a fifteenth."""
MAX_SHARE_OF_ALL: Final = 1 / 3
"""Of a page that all signatures behind one may cover together: a dozen seals of 42 mm on A4."""
LETTER: Final = 612.0 * 792.0
"""What readers take for the size of a page that states none."""
MAX_OVERLAP: Final = 1 / 2
"""Of an earlier seal that a further one may lie over: seals cross each other, they do not hide each other."""


def new_signature_field(step: Step, item: Value, *, note: bool) -> bool:
    """Tell whether a new field or widget is a signature field as may follow; it is noted if ``note``."""
    found = step.new_fields.get(item) if isinstance(item, Ref) else None
    if found is None or not step.fresh(item) or found.kind != "/Sig":
        return False
    dictionary = step.new.get(item)
    if not isinstance(dictionary, dict) or not inert(dictionary):
        return False
    if not permitted_signature(step, found) or not _speaks_for_itself(step, found):
        return False
    if (
        not _drawn_as_widget(dictionary)
        or _takes_a_name(step, found)
        or not _is_drawn_as_signature(step, item)
    ):
        return False
    if step.rules.certified and shows(step, found):
        return False
    if note:
        step.note(*addition(step, found))
        doubt_where_it_covers(step, found)
    return True


def inert(dictionary: dict[str, Value]) -> bool:
    """Tell whether an annotation acts in no way, and every reader takes its keys for the same.

    To poppler ``/AP#00`` is ``/AP``, for a name ends at such an octet.
    """
    plain = all(key.isascii() and key.isprintable() and " " not in key for key in dictionary)
    return plain and ACTIVE_KEYS.isdisjoint(dictionary)


def _speaks_for_itself(step: Step, found: FormField) -> bool:
    """Tell whether a new field shows nothing, or is signed anew: one that borrows an earlier signature is a forgery."""
    if not _keeps_to_its_box(step, found):
        return False
    if found.signed:
        if isinstance(found.value, Ref) and not step.fresh(found.value):
            return False
        return not (is_time_stamp(step, found) and shows(step, found) and _has_look(step, found))
    return not _has_look(step, found)


def _has_look(step: Step, found: FormField) -> bool:
    return any(_drawn(step, step.new.resolve(item)) for item in (found.ref, *found.widgets))


def _keeps_to_its_box(step: Step, found: FormField) -> bool:
    return all(bounded(step.new, step.new.resolve(item)) for item in (found.ref, *found.widgets))


def _drawn_as_widget(dictionary: dict[str, Value]) -> bool:
    """Tell a widget, or a field that is no annotation, from what readers draw by other rules: free text, a filled square."""
    if "/Subtype" in dictionary:
        return bool(dictionary["/Subtype"] == "/Widget")
    return dictionary.keys().isdisjoint({"/Rect", "/AP"})


def _is_drawn_as_signature(step: Step, item: Value) -> bool:
    """Tell a widget that is of a signature field to readers too: they climb, and take the nearest type for its own.

    One that names another type, or another parent, is drawn with that field's text.
    """
    return inherited(step.new, item, "/FT") in {None, "/Sig"}


def _takes_a_name(step: Step, found: FormField) -> bool:
    """Tell whether a field has the name of an earlier one: to readers both are one field (ISO 32000-2 §12.7.4.2)."""
    return bool(found.name) and found.name in step.names


def _drawn(step: Step, widget: Value) -> bool:
    """Tell whether an unsigned field has a look: colours, a caption, an appearance, or a gap where one can be put in later."""
    if not isinstance(widget, dict):
        return widget is not None
    if "/MK" in widget and step.new.entry(widget, "/MK") != {}:
        return True
    looks = step.new.entry(widget, "/AP")
    if not isinstance(looks, dict):
        return "/AP" in widget
    return any(not empty(step.new.resolve(item)) for item in looks.values())


def permitted_signature(step: Step, found: FormField) -> bool:
    """With DocMDP P=1 only a document time-stamp may follow (ISO 32000-2 table 257), and no lock takes the field in."""
    signature = step.new.resolve(found.value)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return True
    return step.rules.permission != NO_CHANGES and not step.rules.locked(found.name)


def is_time_stamp(step: Step, found: FormField) -> bool:
    """Tell whether a field holds a document time-stamp, by either of its names."""
    signature = step.new.resolve(found.value)
    names = (step.new.entry(signature, "/Type"), step.new.entry(signature, "/SubFilter"))
    return bool(names[0] == "/DocTimeStamp" or names[1] == TIME_STAMP)


def shows(step: Step, found: FormField) -> bool:
    """Tell whether a field covers anything: a certified document was signed as it looks, and takes none that does.

    ISO 32000-2 table 257 lets forms be filled and signed, not extended; a field without a box, as time-stamps have, is
    harmless. One that overlaps what was certified is known as the sneaky signature attack.
    """
    return any(_has_box(step, step.new.resolve(item)) for item in found.widgets)


def _has_box(step: Step, widget: Value) -> bool:
    stated = step.new.entry(widget, "/Rect")
    box = rectangle(step.new, stated)
    return stated is not None if box is None else _area(box) > 0


def doubt_where_it_covers(step: Step, found: FormField) -> None:
    """Doubt a further signature, or a field for one, that lies over much of a page or over a seal, alone or with others.

    What one signature shows in several fields counts together.
    """
    together = [item for item in _signed(step.new_fields) if item.value == found.value] or [found]
    later = _boxes(step, [item for item in _places(step.new_fields) if not _was_there(step, item)])
    zh, en = (
        ("追加的签章", "a further signature")
        if found.signed
        else ("新增的空签名域", "an empty signature field")
    )
    for page, boxes in _boxes(step, [found]).items():
        same = _boxes(step, together).get(page, boxes)
        every = later.get(page, boxes)
        room, number = _room(step, page), step.page_number(page)
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
    """Return the area of a page as it is shown: what is outside of its crop box is not (ISO 32000-2 §14.11.2); none where nobody knows."""
    if not inherits_surely(step.document, step.new, page):
        return 0.0
    boxes = [rectangle(step.new, inherited(step.new, page, key)) for key in ("/CropBox", "/MediaBox")]
    return min((_area(box) for box in boxes if box is not None), default=LETTER)


def _covered(boxes: Iterable[Box]) -> float:
    return sum(map(_area, boxes))


def _hides_earlier(step: Step, page: Ref, boxes: list[Box], every: list[Box]) -> bool:
    """Tell whether a signature lies over an earlier one, or those behind the one judged lie together over one before them."""
    if step.earlier is None:
        before = _signed(step.old_fields)
        step.earlier = _boxes(step, before)
        step.judged = _boxes(step, [item for item in before if _was_there(step, item)])
    judged = (step.judged or {}).get(page, ())
    return any(_hidden(one, boxes) for one in step.earlier.get(page, ())) or any(
        _hidden(one, every) for one in judged
    )


def _boxes(step: Step, items: Iterable[FormField]) -> dict[Ref, list[Box]]:
    """Return the boxes of fields on each page that shows them, whatever page they say they are on."""
    found: dict[Ref, list[Box]] = {}
    for widget in (widget for item in items for widget in item.widgets if isinstance(widget, Ref)):
        for page in step.shown_on.get(widget, ()):
            box = drawn_box(step.new, page, step.new.get(widget))
            if box is not None and _area(box) > 0:
                found.setdefault(page, []).append(box)
    return found


def _hidden(earlier: Box, boxes: list[Box]) -> bool:
    return sum(_overlap(earlier, box) for box in boxes) >= MAX_OVERLAP * _area(earlier)


def _overlap(a: Box, b: Box) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def addition(step: Step, found: FormField) -> tuple[RevisionKind, Change]:
    """Say what was added, and on which page it shows."""
    signature = step.new.resolve(found.value)
    page = next((step.page_number(page) for page in _boxes(step, [found])), None)
    if signature is None:
        return RevisionKind.FIELDS, Change(
            "新增签名字段", "a signature field was added", page, field=found.name
        )
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return RevisionKind.TIME_STAMP, Change(
            "追加文档时间戳", "a document time-stamp was added", page, field=found.name
        )
    return RevisionKind.SIGNATURE, Change("追加签章", "a further signature was added", page, field=found.name)
