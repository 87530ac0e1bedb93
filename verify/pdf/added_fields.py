"""Signature fields that a later revision adds: what they may show, and to whom they may point (ISO 32000-2 §12.8.2.2).

A field without a signature of its own speaks for nobody, so it shows nothing; nor does a time-stamp, which anyone can buy.
What a further signature shows is its signatory's; where it lies over much of a page, or over an earlier seal, it leaves doubt.
So does an empty field that large: some readers draw a flag into it that calls for a signature.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change, RevisionKind
from verify.pdf.covering import area, boxes_of, doubt_where_it_covers
from verify.pdf.fields import FormField, readings, unmistakable
from verify.pdf.form_members import drawn_as_widget, of_one_field
from verify.pdf.looks import bounded, empty
from verify.pdf.pdf_values import Ref, Value, plain_name
from verify.pdf.permissions import NO_CHANGES
from verify.pdf.placement import rectangle
from verify.pdf.step import Step

ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})
"""Actions: a new signature field has none."""
_OF_A_FIELD: Final = frozenset({"/T", "/V", "/Kids"})
"""What a widget beside its field has not."""
TIME_STAMP: Final = "/ETSI.RFC3161"


def new_signature_field(step: Step, item: Value, *, note: bool) -> bool:
    """Tell whether a new field or widget is a signature field as may follow; it is noted if ``note``."""
    found = step.new_fields.get(item) if isinstance(item, Ref) else None
    if found is None or found.kind != "/Sig" or not _made_here(step, found):
        return False
    if not permitted_signature(step, found) or not _speaks_for_itself(step, found):
        return False
    if not _has_a_name(step, found) or (step.rules.certified and shows(step, found)):
        return False
    if note:
        step.note(*addition(step, found))
        doubt_where_it_covers(step, found)
    return True


def inert(dictionary: dict[str, Value]) -> bool:
    """Tell whether an annotation acts in no way, and every reader takes its keys for the same."""
    plain = all(plain_name(key) and " " not in key for key in dictionary)
    return plain and ACTIVE_KEYS.isdisjoint(dictionary)


def _made_here(step: Step, found: FormField) -> bool:
    """Tell whether this revision made a field, and every widget of it, and nothing else stands among these."""
    kids = step.new.entry(found.dictionary, "/Kids")
    if not isinstance(kids, list | None) or not of_one_field(step, step.new, found):
        return False
    own = found.dictionary
    if own.get("/FT") != "/Sig" or own.get("/Parent") is not None or not _is_part(step, found.ref):
        return False
    return all(
        step.hidden(kid) or (_is_part(step, kid) and _is_widget_of(step, found, kid)) for kid in kids or ()
    )


def _is_part(step: Step, item: Value) -> bool:
    """Tell whether a new object is drawn as a field or widget that does nothing, within its box where a page lists it.

    It is one itself, and no reference to one: some readers follow that, and others show nothing.
    """
    dictionary = step.new.get(item) if step.fresh(item) else None
    if not isinstance(dictionary, dict):
        return False
    if item in step.shown_on and rectangle(step.new, step.new.entry(dictionary, "/Rect")) is None:
        return False  # some readers draw it over the whole page
    return inert(dictionary) and drawn_as_widget(dictionary)


def _is_widget_of(step: Step, found: FormField, kid: Value) -> bool:
    """Tell whether a kid is a widget of its field to readers too: they climb, and take the nearest type and value for its own.

    One that names another type, or another parent, is drawn with that field's text.
    """
    dictionary = step.new.resolve(kid)
    stated = dictionary.get("/FT"), dictionary.get("/Parent")
    return (
        _OF_A_FIELD.isdisjoint(dictionary) and stated[0] in (None, "/Sig") and stated[1] in (None, found.ref)
    )


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


def _has_a_name(step: Step, found: FormField) -> bool:
    """Tell whether a field has a name of its own: to readers one with the name of an earlier field is that field.

    ISO 32000-2 §12.7.4.2; and they pass over different characters.
    """
    label = step.new.entry(found.dictionary, "/T")
    named = isinstance(label, bytes) and unmistakable(found.name)
    return named and readings(found.name).isdisjoint(step.names)


def _drawn(step: Step, widget: Value) -> bool:
    """Tell whether an unsigned field has a look: colours, a caption, an appearance, or a gap where one can be put in later."""
    if not isinstance(widget, dict):
        return widget is not None
    if "/MK" in widget and step.new.entry(widget, "/MK") != {}:
        return True
    looks = step.new.entry(widget, "/AP")
    if not isinstance(looks, dict):
        return "/AP" in widget
    return any(
        not empty(step.new.resolve(item)) or (isinstance(item, Ref) and not step.fresh(item))
        for item in looks.values()
    )


def permitted_signature(step: Step, found: FormField) -> bool:
    """With DocMDP P=1 only a document time-stamp may follow (ISO 32000-2 table 257), and no lock takes the field in."""
    signature = step.new.resolve(found.value)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return True
    return step.rules.permission != NO_CHANGES and not step.locked(found)


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
    return any(_has_box(step, item) for item in found.widgets)


def _has_box(step: Step, widget: Value) -> bool:
    """Tell whether a widget has room to show: to some readers one without a box has all of its page."""
    stated = step.new.entry(step.new.resolve(widget), "/Rect")
    box = rectangle(step.new, stated)
    if box is not None:
        return area(box) > 0
    return stated is not None or (isinstance(widget, Ref) and widget in step.shown_on)


def addition(step: Step, found: FormField) -> tuple[RevisionKind, Change]:
    """Say what was added, and on which page it shows."""
    signature = step.new.resolve(found.value)
    page = next((step.page_number(page) for page in boxes_of(step, [found])), None)
    if signature is None:
        return RevisionKind.FIELDS, Change(
            "新增签名字段", "a signature field was added", page, field=found.name
        )
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return RevisionKind.TIME_STAMP, Change(
            "追加文档时间戳", "a document time-stamp was added", page, field=found.name
        )
    return RevisionKind.SIGNATURE, Change("追加签章", "a further signature was added", page, field=found.name)
