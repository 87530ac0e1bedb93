"""What a form's default resources may gain behind a signature (ISO 32000-2 §12.7.3): names that nothing signed asks for.

Signing software names the fonts and drawings of its new field there too: Acrobat and OpenPDF fonts with a default
appearance, PDFBox and OpenPDF the drawing, under ``/FRM``. What a signed field inherits, or asks for without saying
where it is, would look otherwise with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verify.integrity import Change
from verify.pdf.document import View
from verify.pdf.fields import FormField, distinct
from verify.pdf.graph import listed_annotations
from verify.pdf.looks import empty
from verify.pdf.pdf_values import Ref, Stream, Value, plain_name, same
from verify.pdf.plain.tokens import HASH
from verify.pdf.step import Step
from verify.policy import MAX_FIELD_DEPTH

_NAME: Final = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*")
_FONT: Final = re.compile(rb"/[^\s/]+\s+[-+0-9.]+\s+Tf(?!\S)")
"""What chooses a font in a default appearance (ISO 32000-2 §12.7.4.3)."""
_KINDS: Final = frozenset({"/Font", "/XObject", "/Encoding"})
"""Kinds of resources that signing software adds to a form."""
_CATEGORIES: Final = frozenset(
    {
        "/ColorSpace",
        "/ExtGState",
        "/Font",
        "/Pattern",
        "/ProcSet",
        "/Properties",
        "/Shading",
        "/XObject",
        "/Encoding",
    }
)
"""ISO 32000-2 table 34, and what forms have besides: under any other name nobody looks for a resource."""
_TEXTS: Final = ("/FreeText", "/Redact")
"""Annotations that are drawn as text of their own (ISO 32000-2 tables 177 and 195)."""
DRAWN: Final = Change(
    "签章时表单由阅读器按域值绘制，之后其绘制方式被改动，各域显示的内容可能与签章时不同；请逐项核对各域的值",
    "when it was signed, readers drew the form by its values; that was changed, and its fields may look otherwise than they did: "
    "compare each field with its value",
)
_PLAIN_FONT: Final = frozenset({"/Type", "/Subtype", "/BaseFont", "/Encoding", "/Name"})
_TEXT_FONTS: Final = frozenset(
    {
        *("/Helvetica", "/Helvetica-Bold", "/Helvetica-Oblique", "/Helvetica-BoldOblique"),
        *("/Times-Roman", "/Times-Bold", "/Times-Italic", "/Times-BoldItalic"),
        *("/Courier", "/Courier-Bold", "/Courier-Oblique", "/Courier-BoldOblique"),
    }
)
"""The standard fonts (ISO 32000-1 §9.6.2.2) without the two of symbols."""
_ENCODINGS: Final = frozenset({"/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding"})
_PROCEDURES: Final = frozenset({"/PDF", "/Text", "/ImageB", "/ImageC", "/ImageI"})
"""ISO 32000-1 §14.2: of interest to printers of long ago."""


def grown_resources(step: Step, old: Value, new: Value) -> bool:
    """Tell whether a form's resources only gained new entries under names that nobody asks for; there may have been none."""
    before, after = step.old.resolve(old), step.new.resolve(new)
    before = {} if before is None else before
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    if drawn_by_readers(step):
        step.doubt(DRAWN)
    return all(
        _procedures(step.new.resolve(after.get(kind)))
        if kind == "/ProcSet"
        else kind in _KINDS and _grown(step, kind, before.get(kind), after.get(kind))
        for kind in before.keys() | after.keys()
        if (kind in _CATEGORIES or not plain_name(kind)) and not same(before.get(kind), after.get(kind))
    )


def are_resources(step: Step, ref: Ref, old: Value, new: Value) -> bool:
    """Tell whether an object is the form's default resources, or a kind of them, serves nothing else, and only gained entries."""
    form = step.old.entry(step.old.catalog, "/AcroForm")
    stated = form.get("/DR") if isinstance(form, dict) else None
    kinds = step.old.resolve(stated)
    kind = next((k for k in _KINDS if isinstance(kinds, dict) and kinds.get(k) == ref), None)
    if (stated != ref and kind is None) or not _serves_one(step, ref):
        return False
    return (
        grown_resources(step, old, new) if kind is None else grown_resources(step, {kind: old}, {kind: new})
    )


def _serves_one(step: Step, ref: Ref) -> bool:
    """Tell whether nothing else uses an object, when it was signed and since: a later revision may have led a page or the form to it."""
    return all(len(graph.users_of(ref)) == 1 for graph in step.graphs(ref))


def drawn_by_readers(step: Step) -> bool:
    """Tell whether readers draw something of the signed form by its values and fonts, not by its looks."""
    form = step.old.entry(step.old.catalog, "/AcroForm")
    return step.old.entry(form, "/NeedAppearances") is True and shows_text(step)


def shows_text(step: Step) -> bool:
    """Tell whether a form, or anything that the pages list, shows text that readers may draw: all but signatures."""
    fields = any(item.kind != "/Sig" for item in distinct(step.old_fields))
    return fields or any(_is_text(step, item) for item in _annotations(step))


def nobody_inherits(step: Step) -> bool:
    """Tell whether a default appearance of the form changes no text: whatever shows some has its own, or its parent's."""
    fields = any(_inherits(step.old, item) for item in distinct(step.old_fields))
    return not fields and not any(_takes_default(step, item) for item in _annotations(step))


def _inherits(view: View, item: FormField) -> bool:
    """Tell whether a field takes its default appearance from the form."""
    if item.kind == "/Sig" or (item.kind == "/Btn" and all(_has_states(view, one) for one in item.widgets)):
        return False
    return not _has_own(view, item.dictionary) and not all(_states_own(view, one) for one in item.widgets)


def _has_states(view: View, item: Value) -> bool:
    """Tell a box to tick, which shows one of its looks and no text: iText leaves it without an appearance when it fills it in."""
    looks = view.entry(view.entry(view.resolve(item), "/AP"), "/N")
    drawings = [view.resolve(one) for one in looks.values()] if isinstance(looks, dict) else []
    return bool(drawings) and all(isinstance(one, Stream) for one in drawings)


def _takes_default(step: Step, item: Value) -> bool:
    """Tell whether an annotation takes its default appearance from the form, by its own type: some readers ask no field for it."""
    annotation = step.old.resolve(item)
    if step.old.entry(annotation, "/Subtype") in _TEXTS:
        return not _states_own(step.old, annotation)
    if not _is_text(step, item) or (_kind_of(step, item) == "/Btn" and _has_states(step.old, item)):
        return False
    return not _has_own(step.old, item)


def _is_text(step: Step, item: Value) -> bool:
    """Tell free text, and a widget that is of no signature field by what it climbs to, or by the form."""
    subtype = step.old.entry(step.old.resolve(item), "/Subtype")
    return _kind_of(step, item) != "/Sig" if subtype == "/Widget" else subtype in _TEXTS


def _kind_of(step: Step, item: Value) -> Value:
    """Return the type of the field that a widget climbs to, or else of the one that the form lists it in."""
    stated = (step.old.entry(one, "/FT") for one in _climbed(step.old, item))
    found = next((kind for kind in stated if kind), None)
    if found is None and isinstance(item, Ref) and item in step.old_fields:
        return step.old_fields[item].kind
    return found


def _has_own(view: View, item: Value) -> bool:
    return any(_states_own(view, one) for one in _climbed(view, item))


def _states_own(view: View, item: Value) -> bool:
    """Tell whether a dictionary states an appearance for text: readers pass over one that is null, empty or names no font."""
    stated = view.entry(view.resolve(item), "/DA")
    return isinstance(stated, bytes) and b"%" not in stated and _FONT.search(stated) is not None


def _annotations(step: Step) -> list[Value]:
    """Return what the pages list."""
    return step.document.kept(
        (_annotations, step.old.revision), lambda: [item for _, item in listed_annotations(step.old)]
    )


def _procedures(value: Value) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one in _PROCEDURES for one in value)


def _grown(step: Step, kind: str, old: Value, new: Value) -> bool:
    before, after = step.old.resolve(old), step.new.resolve(new)
    before = {} if before is None else before
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    added = {name for name, item in after.items() if name not in before or not same(item, before[name])}
    if not before.keys() <= after.keys() or (kind != "/XObject" and not added.isdisjoint(before)):
        return False  # a further visible signature by PDFBox takes /FRM for itself
    if step.fills and kind == "/Font":
        added -= {name for name in added - _asked_by_looks(step, kind) if _is_text_font(step, after[name])}
    if not all(plain_name(name) and step.fresh(after[name]) for name in added):
        return False
    if not added or kind == "/Encoding":  # a font names its own
        return True
    return added.isdisjoint(_asked_for(step, kind))


def _is_text_font(step: Step, value: Value) -> bool:
    """Tell a standard font for text, which every reader has, and takes for one that is missing: whatever is set in it says the same.

    Software that fills a form in adds the one that its fields ask for.
    """
    font = step.new.resolve(value)
    if not isinstance(font, dict) or not font.keys() <= _PLAIN_FONT:
        return False
    if (
        font.get("/Type") != "/Font"
        or font.get("/Subtype") != "/Type1"
        or font.get("/BaseFont") not in _TEXT_FONTS
    ):
        return False
    return font.get("/Encoding", "/WinAnsiEncoding") in _ENCODINGS and isinstance(
        font.get("/Name"), str | None
    )


def _asked_for(step: Step, kind: str) -> frozenset[str]:
    """Name everything that the signed form asks for without having it: put under such a name, a resource changes how it looks."""
    found = _asked_by_looks(step, kind)
    return found | _asked_by_text(step) if kind == "/Font" else found


def _asked_by_text(step: Step) -> frozenset[str]:
    """Name what default appearances mention: those of fields, of what the pages list, and what either inherits from."""
    view = step.old
    items = [one for item in distinct(step.old_fields) for one in (item.dictionary, *item.widgets)]
    stated = [one for item in (*items, *_annotations(step)) for one in _climbed(view, item)]
    if not nobody_inherits(step):
        stated.append(view.entry(view.catalog, "/AcroForm"))
    found: set[str] = set()
    for one in stated:
        asked = view.entry(one, "/DA")
        found |= _names_in(asked) if isinstance(asked, bytes) else set()
    return frozenset(found)


def _asked_by_looks(step: Step, kind: str) -> frozenset[str]:
    """Name what looks of fields draw with that is not among their own resources: some readers then take the form's."""
    question = (_found_in_looks, step.old.revision, kind)
    return step.document.kept(question, lambda: _found_in_looks(step, kind))


def _found_in_looks(step: Step, kind: str) -> frozenset[str]:
    found: set[str] = set()
    for look in _drawings(step):
        if not empty(look):
            own = step.old.entry(step.old.entry(look.dictionary, "/Resources"), kind)
            found |= _names_in(look.decode()) - (own.keys() if isinstance(own, dict) else set())
    return frozenset(found)


def _drawings(step: Step) -> Iterator[Stream]:
    """Yield the drawings of all fields and annotations, and those that they draw in turn, each once; images among the latter draw nothing."""
    view = step.old
    fields = [one for item in distinct(step.old_fields) for one in (item.dictionary, *item.widgets)]
    widgets = list(map(view.resolve, (*fields, *_annotations(step))))
    pending = [(one.get("/AP"), True) for one in widgets if isinstance(one, dict)]
    seen: set[tuple[Value, bool]] = set()
    while pending:
        value, outer = pending.pop()
        if isinstance(value, Ref):
            if (value, outer) in seen:
                continue
            seen.add((value, outer))
            value = view.resolve(value)
        if isinstance(value, Stream):
            if outer or value.dictionary.get("/Subtype") != "/Image":
                yield value
            value, outer = view.entry(view.entry(value.dictionary, "/Resources"), "/XObject"), False
        if isinstance(value, dict):
            pending += [(item, outer) for item in value.values()]


def _climbed(view: View, item: Value) -> list[Value]:
    """Return a dictionary and those that it inherits from."""
    found = [view.resolve(item)]
    while found[-1] is not None and len(found) <= MAX_FIELD_DEPTH:
        found.append(view.entry(found[-1], "/Parent"))
    return found


def _names_in(octets: bytes) -> set[str]:
    """Read the names of a content stream, which need no blank before them (ISO 32000-2 §7.2.3, §7.3.5)."""
    return {
        HASH.sub(lambda octet: bytes((int(octet[1], 16),)), name).decode("latin-1")
        for name in _NAME.findall(octets)
    }
