"""Signature fields that a later revision adds: what they may show, and to whom they may point (ISO 32000-2 §12.8.2.2).

A field without a signature of its own speaks for nobody, so it shows nothing; nor does a time-stamp, which anyone can buy.
"""

from __future__ import annotations

from typing import Final

from verify.pdf.fields import FormField
from verify.pdf.pdf_values import Ref, Stream, Value
from verify.pdf.permissions import NO_CHANGES
from verify.pdf.placement import rectangle
from verify.pdf.step import Step
from verify.report import Change

ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})
"""Actions: a new signature field has none."""
TIME_STAMP: Final = "/ETSI.RFC3161"


def new_signature_field(step: Step, item: Value, *, note: bool) -> bool:
    """Tell whether a new field or widget is a signature field as may follow; it is noted if ``note``."""
    found = step.new_fields.get(item) if isinstance(item, Ref) else None
    if found is None or not step.fresh(item) or found.kind != "/Sig":
        return False
    dictionary = step.new.get(item)
    if not isinstance(dictionary, dict) or not ACTIVE_KEYS.isdisjoint(dictionary):
        return False
    if not permitted_signature(step, found) or not _speaks_for_itself(step, found):
        return False
    if step.rules.certified and shows(step, found):
        return False
    if note:
        step.additions.append(addition(step, found))
    return True


def _speaks_for_itself(step: Step, found: FormField) -> bool:
    """Tell whether a new field shows nothing, or is signed anew: one that borrows an earlier signature is a forgery."""
    if found.signed:
        if isinstance(found.value, Ref) and not step.fresh(found.value):
            return False
        return not (is_time_stamp(step, found) and shows(step, found))
    return not any(_drawn(step, step.new.resolve(item)) for item in (found.ref, *found.widgets))


def _drawn(step: Step, widget: Value) -> bool:
    """Tell whether an unsigned field has a look: colours, a caption, an appearance, or a gap where one can be put in later."""
    if not isinstance(widget, dict):
        return widget is not None
    if "/MK" in widget and step.new.entry(widget, "/MK") != {}:
        return True
    looks = step.new.entry(widget, "/AP")
    if not isinstance(looks, dict):
        return "/AP" in widget
    return any(not _empty(step.new.resolve(item)) for item in looks.values())


def _empty(look: Value) -> bool:
    """Tell a drawing of nothing: no octets of its own, none packed, none in another file."""
    if not isinstance(look, Stream) or look.encoded.strip():
        return False
    return look.dictionary.keys().isdisjoint({"/Filter", "/F", "/FFilter"})


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
    return stated is not None if box is None else box[0] != box[2] and box[1] != box[3]


def addition(step: Step, found: FormField) -> Change:
    """Say what was added."""
    signature = step.new.resolve(found.value)
    if signature is None:
        return Change("新增签名字段", "a signature field was added", field=found.name)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return Change("追加文档时间戳", "a document time-stamp was added", field=found.name)
    return Change("追加签章", "a further signature was added", field=found.name)
