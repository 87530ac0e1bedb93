"""The white list: which changed objects later signatures, time-stamps and validation data explain (ISO 32000-2 §12.8.2.2)."""

from __future__ import annotations

from typing import Final

from verify.integrity import Change, RevisionKind
from verify.pdf.added_fields import (
    addition,
    is_time_stamp,
    permitted_signature,
    shows,
)
from verify.pdf.covering import doubt_where_it_covers
from verify.pdf.fields import FormField
from verify.pdf.form_members import is_set, may_be_written, serves_form_alone
from verify.pdf.form_resources import (
    DRAWN,
    are_resources,
    drawn_by_readers,
    grown_resources,
    nobody_inherits,
)
from verify.pdf.grown_lists import grown, grown_for_pages, grown_on_page
from verify.pdf.looks import bounded, limited
from verify.pdf.numerals import may_be_set
from verify.pdf.pdf_values import Ref, Stream, Value, references, same
from verify.pdf.placement import inherited
from verify.pdf.same_meaning import changed_keys, filled_alike, restated
from verify.pdf.step import Step, describe
from verify.pdf.structure_tree import grown_structure, in_structure

CATALOG_KEYS: Final = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version"})
FORM_KEYS: Final = frozenset({"/Fields", "/SigFlags"})
FILLED_FORM_KEYS: Final = FORM_KEYS | {"/NeedAppearances"}
SIGNED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/F", "/Ff", "/M", "/Type", "/DA", "/MK"})
OWN_KEYS: Final = frozenset({"/V", "/Ff"})
"""What a field states and its widgets do not, where these are objects of their own."""
LOOK_KEYS: Final = frozenset({"/AP", "/AS", "/F", "/MK"})
FILLED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/M", "/DA", "/MK", "/BS", "/Border"})
CHOSEN_KEYS: Final = frozenset({"/I", "/TI"})
"""What is chosen in a list, and what of it shows (ISO 32000-2 table 234)."""
PUSH_BUTTON: Final = 1 << 16
"""ISO 32000-2 table 229."""
SIGNATURE_FLAGS: Final = 0b11
"""ISO 32000-2 table 225: SignaturesExist, AppendOnly."""
PROPERTY_KEYS: Final = frozenset({"/Metadata", "/Version", "/Extensions"})
DSS_KEYS: Final = frozenset({"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"})


def allowed(step: Step, ref: Ref) -> bool:
    """Tell whether the change of an object that existed before is explained; its addition is noted in the step."""
    old, new = step.old.get(ref), step.new.get(ref)
    if isinstance(old, Stream) and isinstance(new, Stream):
        return _metadata(step, ref, old, new) or _appearance(step, ref)
    if isinstance(old, list) and isinstance(new, list):
        return _array(step, ref, old, new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    return _dictionary(step, ref, old, new)


def _dictionary(step: Step, ref: Ref, old: dict[str, Value], new: dict[str, Value]) -> bool:
    keys = changed_keys(old, new) - restated(step, ref, old, new)
    keys -= {key for key in keys - old.keys() if step.hidden(new[key])}
    known = step.old_fields.get(ref)
    catalog = step.old.catalog
    if not keys:
        allowed = True
    elif ref == step.old.trailer.get("/Root"):
        allowed = _catalog(step, keys, old, new)
    elif keys == {"/Annots"}:
        allowed = grown_on_page(step, ref, old.get("/Annots"), new.get("/Annots"))
    elif known is not None and _now_called_annotation(step, ref, keys, new):
        allowed = True
    elif known is not None:
        allowed = _field(step, known, ref, keys, new)
    elif ref == catalog.get("/AcroForm"):
        allowed = _form(step, old, new)
    elif ref == catalog.get("/DSS"):
        allowed = _in_store(step, ref) and _dss(step, keys)
    else:
        allowed = _by_role(step, ref, keys, new)
    return allowed


def moved_catalog(step: Step) -> bool:
    """Tell whether a trailer names a new object for its catalogue, as PDFHummus and its kin do, which gained what it may gain.

    The one before stays where it was, and nothing leads to it.
    """
    before, after = step.old.trailer.get("/Root"), step.new.trailer.get("/Root")
    old, new = step.old.resolve(before), step.new.resolve(after)
    if not isinstance(before, Ref) or not step.fresh(after):
        return False
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return _catalog(step, changed_keys(old, new), old, new)


def _by_role(step: Step, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    """Judge a dictionary by every way that leads to it, so that nothing shared with a page slips through."""
    if _in_store(step, ref):
        return _dss(step, frozenset())
    if step.roles(ref) == {"/AP"}:
        return _appearance(step, ref)
    if in_structure(step, ref):
        return grown_structure(step, ref, step.old.get(ref), new)
    if are_resources(step, ref, step.old.get(ref), new):
        return True
    if ref == step.old.trailer.get("/Info") and step.only_below(ref, "/Info", trailer=True):
        return _properties(step, all(isinstance(new.get(key), bytes | str | None) for key in keys))
    return _properties(step, step.only_below(ref, "/Extensions") and _extensions(step, step.new.catalog))


def _properties(step: Step, fits: bool) -> bool:
    """Note that the document's description changed, which is never shown as content; passes on whether it may."""
    if fits:
        step.note(
            RevisionKind.PROPERTIES,
            Change("更新文档属性", "the document's description was brought up to date"),
        )
    return fits


def is_description(step: Step) -> bool:
    """Tell whether the trailer's /Info is a description: plain entries, in an object that serves nothing else.

    A reader that is told to take a page for it fails and then shows the page otherwise; one that finds none repairs the file.
    """
    stated = step.new.trailer.get("/Info")
    found = step.new.resolve(stated)
    if not isinstance(stated, Ref) or not isinstance(found, dict):
        return False
    if any(isinstance(step.new.resolve(item), dict | list | Stream) for item in found.values()):
        return False
    if not step.old.exists(stated):
        return True
    return step.only_below(stated, "/Info", trailer=True)


def _in_store(step: Step, ref: Ref) -> bool:
    """Tell whether an object serves the validation data alone: nothing else leads to it, and the store has no other entries."""
    store = step.old.entry(step.old.catalog, "/DSS")
    return step.only_below(ref, "/DSS") and isinstance(store, dict) and store.keys() <= DSS_KEYS


def _extensions(step: Step, catalog: Value) -> bool:
    """Tell whether the catalog's extensions are just these (ISO 32000-2 §7.12): names of developers with what they extend."""
    found = step.new.entry(catalog, "/Extensions")
    listed = (
        [step.new.resolve(v) for k, v in found.items() if k != "/Type"] if isinstance(found, dict) else []
    )
    each = [
        step.new.resolve(item) for value in listed for item in (value if isinstance(value, list) else [value])
    ]
    return isinstance(found, dict) and all(isinstance(one, dict) and "/BaseVersion" in one for one in each)


def _catalog(step: Step, keys: frozenset[str], old: dict[str, Value], new: dict[str, Value]) -> bool:
    if not keys <= CATALOG_KEYS or not all(step.kept(old.get(key), new.get(key)) for key in keys):
        return False
    if "/AcroForm" in keys and not _form(
        step, step.old.entry(old, "/AcroForm"), step.new.entry(new, "/AcroForm")
    ):
        return False
    if "/DSS" in keys:
        before, after = step.old.entry(old, "/DSS"), step.new.entry(new, "/DSS")
        if not isinstance(after, dict) or not _dss(step, changed_keys(before or {}, after)):
            return False
    if "/Extensions" in keys and not _extensions(step, new):
        return False
    fits = "/Metadata" not in keys or _is_metadata(step.new.entry(new, "/Metadata"))
    return _properties(step, fits) if not keys.isdisjoint(PROPERTY_KEYS) else fits


def _form(step: Step, old: Value, new: Value) -> bool:
    """Let a form gain signature fields and its SigFlags; without one before, it may be new with only these."""
    if not isinstance(new, dict) or not (old is None or isinstance(old, dict)):
        return False
    before = old or {}
    keys = changed_keys(before, new)
    if not keys <= FORM_KEYS and not _is_form_alone(step):
        return False
    if "/DR" in keys and grown_resources(step, before.get("/DR"), new.get("/DR")):
        keys -= {"/DR"}
    if "/DA" in keys and "/DA" not in before and nobody_inherits(step):
        keys -= {"/DA"}
    if "/NeedAppearances" in keys and _draws_alike(step, new):
        keys -= {"/NeedAppearances"}
    if not keys <= (FILLED_FORM_KEYS if step.fills else FORM_KEYS):
        return False
    if "/NeedAppearances" in keys:
        step.doubt(
            Change(
                "表单改由阅读器按域值重绘，显示内容可能与签章时不同；请逐项核对各域的值",
                "readers are told to draw the form anew, and it may not look as it was signed: compare each field with its value",
            )
        )
    if "/SigFlags" in keys and not _flags_set(step, before, new):
        return False
    return "/Fields" not in keys or grown(step, before.get("/Fields", []), new.get("/Fields"), fields=True)


def _flags_set(step: Step, old: dict[str, Value], new: dict[str, Value]) -> bool:
    """Tell whether a form says now what it has: signatures, and that it is extended alone (ISO 32000-2 table 225); no signature takes that back."""
    before, after = step.old.entry(old, "/SigFlags"), step.new.entry(new, "/SigFlags")
    if type(after) is not int:
        return False
    kept = before if type(before) is int else 0
    return after & kept == kept and after | SIGNATURE_FLAGS == kept | SIGNATURE_FLAGS


def _draws_alike(step: Step, form: dict[str, Value]) -> bool:
    """Tell whether it is of no matter who draws a form, or leave doubt where from now on its looks are shown, not its values.

    Whoever signs next turns /NeedAppearances off, as pyHanko and OpenPDF do: what fields of signatures show is in their looks.
    """
    asked = step.new.entry(form, "/NeedAppearances")
    if not (asked is None or asked is False):  # to Python 0 is False, too
        return False
    if drawn_by_readers(step):
        step.doubt(DRAWN)
    return True


def _is_form_alone(step: Step) -> bool:
    """Tell whether a form that is an object of its own is nothing else: no annotation, nothing that a field inherits from."""
    form = step.old.catalog.get("/AcroForm")
    if not isinstance(form, Ref):
        return True
    return all(
        graph.users_of(form) <= {(graph.view.trailer.get("/Root"), "/AcroForm")}
        for graph in step.graphs(form)
    )


def _array(step: Step, ref: Ref, old: list[Value], new: list[Value]) -> bool:
    roles = step.roles(ref)
    if roles == {"/Annots"}:
        return grown_for_pages(step, ref, old, new)
    if roles == {"/Fields"}:
        return grown(step, old, new, fields=True)
    if in_structure(step, ref):
        return grown_structure(step, ref, old, new)
    return _in_store(step, ref) and _dss(step, frozenset())


def _field(step: Step, known: FormField, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    if not _stays_a_widget(step, ref, keys, new) or not may_be_written(step, known, ref):
        return False
    if not keys.isdisjoint(LOOK_KEYS) and not bounded(step.new, new):
        return False
    if known.kind == "/Sig":
        return _signature_field(step, known, ref, keys, new)
    fillable = FILLED_FIELD_KEYS | (CHOSEN_KEYS if known.kind == "/Ch" else frozenset())
    if not step.fills or step.locked(known) or not keys - filled_alike(step, ref, keys, new) <= fillable:
        return False
    after = step.new_fields.get(ref)
    if not _filled(step, known, after):
        step.doubt(
            describe(step, ref, "的显示被改而值未改", "was made to look otherwise without a new value")
        )
    elif is_set(step, known):
        step.doubt(describe(step, ref, "是只读的而值被改", "was given another value though it is read-only"))
    else:
        step.note(RevisionKind.FORM_FILLING, describe(step, ref, "被填写", "was filled in"))
    return True


def _now_called_annotation(step: Step, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    """Tell whether a widget now says what it is (ISO 32000-2 table 166: optional), as PDFBox writes into all that it reads."""
    return keys == {"/Type"} and _stays_a_widget(step, ref, keys, new) and serves_form_alone(step, ref)


def _stays_a_widget(step: Step, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    """Tell whether /AS says what it says in a widget, and /Type only what went without saying: elsewhere they decide what shows."""
    if "/AS" in keys and not isinstance(step.new.entry(new, "/AS"), str | None):
        return False
    return "/Type" not in keys or ("/Type" not in step.old.get(ref) and new.get("/Type") == "/Annot")


def _filled(step: Step, before: FormField, after: FormField | None) -> bool:
    """Tell whether a field has another value: a look that changes alone says something that no value does.

    A push button keeps none (ISO 32000-2 §12.7.5.2.2): whatever stands there, only its look is another.
    """
    if after is None or _is_push_button(step, before):
        return False
    return not same(step.old.resolve(before.value), step.new.resolve(after.value))


def _is_push_button(step: Step, known: FormField) -> bool:
    flags = None if known.ref is None else inherited(step.old, known.ref, "/Ff")
    return known.kind == "/Btn" and may_be_set(flags, PUSH_BUTTON)


def _signature_field(
    step: Step, known: FormField, ref: Ref, keys: frozenset[str], new: dict[str, Value]
) -> bool:
    """Let an empty field be signed, and change in no other way: its look is its signatory's, and a time-stamp's is nobody's."""
    after = step.new_fields.get(ref)
    if known.signed or after is None or not after.signed or after.ref != known.ref:
        return False
    if not keys <= (SIGNED_FIELD_KEYS if ref == known.ref else SIGNED_FIELD_KEYS - OWN_KEYS):
        return False
    if ("/V" in keys and not step.fresh(new.get("/V"))) or not permitted_signature(step, after):
        return False
    if is_time_stamp(step, after) and (
        "/DA" in keys or (not keys.isdisjoint(LOOK_KEYS) and shows(step, after))
    ):
        return False
    step.note(*addition(step, after))
    doubt_where_it_covers(
        step, after
    )  # also where its box was signed: an empty field shows nobody how large it is
    return True


def _dss(step: Step, keys: frozenset[str]) -> bool:
    if keys <= DSS_KEYS:
        step.note(
            RevisionKind.VALIDATION_DATA, Change("追加验证信息（DSS）", "validation data (DSS) were added")
        )
        return True
    return False


def _metadata(step: Step, ref: Ref, old: Stream, new: Stream) -> bool:
    """Let the document's metadata stream replace another: it is never shown as content (ISO 32000-2 §14.3.2)."""
    fits = _is_metadata(old) and _is_metadata(new) and step.only_below(ref, "/Metadata")
    return _properties(step, fits)


def _is_metadata(value: Value) -> bool:
    """Tell metadata from a drawing that calls itself so: what can be drawn has another subtype."""
    if not isinstance(value, Stream):
        return False
    return (value.dictionary.get("/Type"), value.dictionary.get("/Subtype")) == ("/Metadata", "/XML")


def _appearance(step: Step, ref: Ref) -> bool:
    """Let the appearance of a field change when it is signed or filled in as permitted, if nothing else uses it."""
    if not limited(step.new, step.new.get(ref)):
        return False
    users = step.users_of(ref) if step.signed.users_of(ref) else set()
    owners = {owner for owner, key in users if owner is not None and key in {"/AP", "/N"}}
    if not users or len(owners) != len(users):
        return False
    if any(_used_elsewhere(step, owner, ref) for owner in owners):
        return False
    return all(
        _signed_here(step, owner)
        or _filled_here(step, owner)
        or (step.roles(owner) == {"/AP"} and _appearance(step, owner))
        for owner in owners
    )


def _used_elsewhere(step: Step, owner: Ref, ref: Ref) -> bool:
    """Tell whether a field refers to an object outside of its /AP: one that is a page too may draw anything called /N."""
    value = step.old.get(owner)
    if owner not in step.old_fields or not isinstance(value, dict):
        return False
    return ref in references({key: item for key, item in value.items() if key != "/AP"})


def _signed_here(step: Step, ref: Ref) -> bool:
    before, after = step.old_fields.get(ref), step.new_fields.get(ref)
    if before is None or after is None or before.kind != "/Sig" or before.signed or not after.signed:
        return False
    return (
        may_be_written(step, before, ref)
        and permitted_signature(step, after)
        and not is_time_stamp(step, after)
    )


def _filled_here(step: Step, ref: Ref) -> bool:
    before, after = step.old_fields.get(ref), step.new_fields.get(ref)
    if before is None or after is None or before.kind == "/Sig":
        return False
    if not step.fills or step.locked(before) or not may_be_written(step, before, ref):
        return False
    if not _filled(step, before, after):
        step.doubt(
            describe(step, ref, "的显示被改而值未改", "was made to look otherwise without a new value")
        )
    return True
