"""The white list: which changed objects later signatures, time-stamps and validation data explain (ISO 32000-2 §12.8.2.2)."""

from __future__ import annotations

from typing import Final

from verify.comments import comment
from verify.fields import FormField
from verify.pdf_values import Ref, Stream, Value, same
from verify.permissions import NO_CHANGES
from verify.placement import rectangle
from verify.report import Change
from verify.step import Step, describe

CATALOG_KEYS: Final = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version"})
FORM_KEYS: Final = frozenset({"/Fields", "/SigFlags"})
FILLED_FORM_KEYS: Final = FORM_KEYS | {"/NeedAppearances"}
SIGNED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/F", "/Ff", "/M", "/Type", "/DA", "/MK"})
FILLED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/M", "/DA"})
DSS_KEYS: Final = frozenset({"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"})
DSS_ROLES: Final = frozenset({"/Certs", "/CRLs", "/OCSPs", "/VRI", "/Cert", "/CRL", "/OCSP", "/DSS"})
ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})
"""Actions: a new signature field has none."""


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


def _changed_keys(old: dict[str, Value], new: dict[str, Value]) -> frozenset[str]:
    keys = old.keys() | new.keys()
    return frozenset(k for k in keys if k not in old or k not in new or not same(old[k], new[k]))


def _dictionary(step: Step, ref: Ref, old: dict[str, Value], new: dict[str, Value]) -> bool:
    keys = _changed_keys(old, new)
    known = step.old_fields.get(ref)
    catalog = step.old.catalog
    if ref == step.old.trailer.get("/Root"):
        allowed = _catalog(step, keys, old, new)
    elif keys == {"/Annots"}:
        allowed = _grown(step, old.get("/Annots"), new.get("/Annots"), fields=False)
    elif known is not None:
        allowed = _field(step, known, ref, keys, new)
    elif ref == catalog.get("/AcroForm"):
        allowed = _form(step, old, new)
    elif ref == catalog.get("/DSS"):
        allowed = _dss(step, keys)
    else:
        allowed = _by_role(step, ref, keys, new)
    return allowed


def _by_role(step: Step, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    """Judge a dictionary by every place that refers to it, so that nothing shared with a page slips through."""
    roles = step.roles(ref)
    if roles and roles <= DSS_ROLES:
        return _dss(step, frozenset())
    if roles == {"/AP"}:
        return _appearance(step, ref)
    if roles == {"/Info"} and ref == step.old.trailer.get("/Info"):
        return all(isinstance(new.get(key), bytes | str | None) for key in keys)
    return roles == {"/Extensions"}


def _catalog(step: Step, keys: frozenset[str], old: dict[str, Value], new: dict[str, Value]) -> bool:
    if not keys <= CATALOG_KEYS:
        return False
    if "/AcroForm" in keys and not _form(
        step, step.old.entry(old, "/AcroForm"), step.new.entry(new, "/AcroForm")
    ):
        return False
    if "/DSS" in keys:
        before, after = step.old.entry(old, "/DSS"), step.new.entry(new, "/DSS")
        if not isinstance(after, dict) or not _dss(step, _changed_keys(before or {}, after)):
            return False
    if "/Metadata" in keys:
        stream = step.new.entry(new, "/Metadata")
        return isinstance(stream, Stream) and stream.dictionary.get("/Type") == "/Metadata"
    return True


def _form(step: Step, old: Value, new: Value) -> bool:
    """Let a form gain signature fields and its SigFlags; without one before, it may be new with only these."""
    if not isinstance(new, dict) or not (old is None or isinstance(old, dict)):
        return False
    before = old or {}
    keys = _changed_keys(before, new)
    if not before:
        keys -= {"/DA", "/DR"}
    if "/DR" in keys and _more_fonts(step, before.get("/DR"), new.get("/DR")):
        keys -= {"/DR"}
    if not keys <= (FILLED_FORM_KEYS if step.fills else FORM_KEYS):
        return False
    return "/Fields" not in keys or _grown(step, before.get("/Fields", []), new.get("/Fields"), fields=True)


def _more_fonts(step: Step, old: Value, new: Value) -> bool:
    """Let the form's default resources gain new fonts under new names, as Acrobat adds one for a new field."""
    before, after = step.old.resolve(old), step.new.resolve(new)
    if (
        not isinstance(before, dict)
        or not isinstance(after, dict)
        or _changed_keys(before, after) != {"/Font"}
    ):
        return False
    fonts, more = step.old.entry(before, "/Font"), step.new.entry(after, "/Font")
    if not isinstance(fonts, dict) or not isinstance(more, dict):
        return False
    added = _changed_keys(fonts, more)
    return added.isdisjoint(fonts) and all(step.fresh(more[key]) for key in added)


def _grown(step: Step, old: Value, new: Value, *, fields: bool) -> bool:
    """Let a list gain new signature fields (or their widgets); what stood there stays, in its order."""
    before, after = step.old.resolve(old), step.new.resolve(new)
    before = [] if before is None else before
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    kept = iter(after)
    if not all(any(same(item, other) for other in kept) for item in before):
        return False
    added = [item for item in after if not any(same(item, other) for other in before)]
    if len(after) - len(before) != len(added):
        return False
    return all(
        _new_signature_field(step, item, note=fields) or (not fields and comment(step, item))
        for item in added
    )


def _new_signature_field(step: Step, item: Value, *, note: bool) -> bool:
    found = step.new_fields.get(item) if isinstance(item, Ref) else None
    if found is None or not step.fresh(item) or found.kind != "/Sig":
        return False
    dictionary = step.new.get(item)
    if not isinstance(dictionary, dict) or not ACTIVE_KEYS.isdisjoint(dictionary):
        return False
    if not _permitted_signature(step, found) or (step.rules.certified and _shows(step, found)):
        return False
    if note:
        step.additions.append(_addition(step, found))
    return True


def _permitted_signature(step: Step, found: FormField) -> bool:
    """With DocMDP P=1 only a document time-stamp may follow (ISO 32000-2 table 257), and no lock takes the field in."""
    signature = step.new.resolve(found.value)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return True
    return step.rules.permission != NO_CHANGES and not step.rules.locked(found.name)


def _shows(step: Step, found: FormField) -> bool:
    """Tell whether a new field covers anything: a certified document was signed as it looks, and takes none that does.

    ISO 32000-2 table 257 lets forms be filled and signed, not extended; a field without a box, as time-stamps have, is
    harmless. One that overlaps what was certified is known as the sneaky signature attack.
    """
    boxes = [rectangle(step.new, step.new.entry(step.new.resolve(item), "/Rect")) for item in found.widgets]
    return any(box is not None and box[0] != box[2] and box[1] != box[3] for box in boxes)


def _addition(step: Step, found: FormField) -> Change:
    signature = step.new.resolve(found.value)
    if signature is None:
        return Change("新增签名字段", "a signature field was added", field=found.name)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return Change("追加文档时间戳", "a document time-stamp was added", field=found.name)
    return Change("追加签章", "a further signature was added", field=found.name)


def _array(step: Step, ref: Ref, old: list[Value], new: list[Value]) -> bool:
    roles = step.roles(ref)
    if roles == {"/Annots"}:
        return _grown(step, old, new, fields=False)
    if roles == {"/Fields"}:
        return _grown(step, old, new, fields=True)
    return bool(roles) and roles <= DSS_ROLES and _dss(step, frozenset())


def _field(step: Step, known: FormField, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    if known.kind == "/Sig":
        after = step.new_fields.get(ref)
        if known.signed or after is None or not keys <= SIGNED_FIELD_KEYS:
            return False
        if "/V" in keys and not step.fresh(new.get("/V")):
            return False
        if not _permitted_signature(step, after):
            return False
        if after.signed:
            step.additions.append(_addition(step, after))
        return True
    if not step.fills or step.rules.locked(known.name) or not keys <= FILLED_FIELD_KEYS:
        return False
    step.additions.append(describe(step, ref, "被填写", "was filled in"))
    return True


def _dss(step: Step, keys: frozenset[str]) -> bool:
    if keys <= DSS_KEYS:
        step.additions.append(Change("追加验证信息（DSS）", "validation data (DSS) were added"))
        return True
    return False


def _metadata(step: Step, ref: Ref, old: Stream, new: Stream) -> bool:
    """Let a metadata stream replace another: it is never shown as content (ISO 32000-2 §14.3.2)."""
    kinds = (old.dictionary.get("/Type"), new.dictionary.get("/Type"))
    return step.roles(ref) == {"/Metadata"} and kinds == ("/Metadata", "/Metadata")


def _appearance(step: Step, ref: Ref) -> bool:
    """Let the appearance of a field change when it is signed or filled in as permitted, if nothing else uses it."""
    users = step.signed.users.get(ref, set())
    owners = {owner for owner, key in users if owner is not None and key in {"/AP", "/N"}}
    if not users or len(owners) != len(users):
        return False
    return all(
        _signed_here(step, owner)
        or _filled_here(step, owner)
        or (step.roles(owner) == {"/AP"} and _appearance(step, owner))
        for owner in owners
    )


def _signed_here(step: Step, ref: Ref) -> bool:
    before, after = step.old_fields.get(ref), step.new_fields.get(ref)
    if before is None or after is None:
        return False
    return before.kind == "/Sig" and not before.signed and after.signed and _permitted_signature(step, after)


def _filled_here(step: Step, ref: Ref) -> bool:
    before, after = step.old_fields.get(ref), step.new_fields.get(ref)
    if before is None or after is None or before.kind == "/Sig":
        return False
    return step.fills and not step.rules.locked(before.name)
