"""What changed after a signature (ISO 32000-2 §12.8.2.2): a white list per later revision, everything else is change.

Permitted are later signatures and their new fields, document time-stamps and validation data (DSS, metadata). A later
revision is compared object by object with the one before; only objects that its cross-reference section lists are
looked at. A new object number that the signed revision already refers to would bring something to life, so it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from verify.appended import signed_start, stray_octets
from verify.document import Document, Revision, View
from verify.errors import Finding
from verify.fields import FormField, form_fields
from verify.graph import Graph
from verify.pdf_values import Ref, Stream, Value, same, text
from verify.policy import MAX_CHANGED_OBJECTS, MAX_REVISIONS, Policy
from verify.report import Change, Integrity
from verify.signature_value import SignatureValue

CATALOG_KEYS: Final = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version"})
FORM_KEYS: Final = frozenset({"/Fields", "/SigFlags"})
SIGNED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/F", "/Ff", "/M", "/Type", "/DA", "/MK"})
FILLED_FIELD_KEYS: Final = frozenset({"/V", "/AP", "/AS", "/M", "/DA"})
DSS_KEYS: Final = frozenset({"/Type", "/Certs", "/CRLs", "/OCSPs", "/VRI"})
DSS_ROLES: Final = frozenset({"/Certs", "/CRLs", "/OCSPs", "/VRI", "/Cert", "/CRL", "/OCSP", "/DSS"})
ACTIVE_KEYS: Final = frozenset({"/A", "/AA"})
"""Actions: a new signature field has none."""
NO_CHANGES: Final = 1
"""DocMDP P=1 (ISO 32000-2 table 257): only validation data and document time-stamps may follow."""


@dataclass(slots=True)
class _Step:
    """One later revision compared with the one before it."""

    document: Document
    old: View
    new: View
    signed: Graph
    policy: Policy
    permission: int
    old_fields: dict[Ref, FormField] = field(default_factory=dict)
    new_fields: dict[Ref, FormField] = field(default_factory=dict)
    before: Graph | None = None
    changes: list[Change] = field(default_factory=list)
    additions: list[Change] = field(default_factory=list)

    def roles(self, ref: Ref) -> set[str]:
        """Return the keys under which the signed revision uses an object, or the one before this, if it is newer."""
        if self.signed.view.exists(ref):
            return self.signed.keys_of(ref)
        if self.before is None:
            self.before = Graph(self.old)
        return self.before.keys_of(ref)

    def fresh(self, value: Value) -> bool:
        """Tell whether a value is a reference to an object that this revision made."""
        return isinstance(value, Ref) and self.new.exists(value) and not self.old.exists(value)


def assess(document: Document, value: SignatureValue, policy: Policy) -> Integrity:
    """Judge everything behind the octets that a signature covers; never raises on a strange file."""
    rest = document.data[value.covered :]
    if not rest.strip(b"\x00\t\n\x0c\r "):
        return Integrity(covers_whole_document=True, modified=False)
    try:
        return _assess(document, value, policy)
    except Finding:
        raise
    except Exception:  # noqa: BLE001 - what cannot be followed counts as a change, never as a crash
        return _modified("签章后追加的内容无法解析", "what was appended after signing cannot be parsed")


def _modified(zh: str, en: str, where: str = "") -> Integrity:
    return Integrity(covers_whole_document=False, modified=True, where=(Change(zh, en, object=where),))


def _assess(document: Document, value: SignatureValue, policy: Policy) -> Integrity:
    earlier = [r for r in document.revisions if max(r.start, r.end) <= value.covered]
    later = [r for r in document.revisions if r.start >= value.covered]
    if not earlier or [*earlier, *later] != list(document.revisions) or len(later) > MAX_REVISIONS:
        return _modified(
            "文件的交叉引用结构在签章后被改写",
            "the file's cross-reference structure was rewritten after signing",
        )
    start = signed_start(document.data, value.covered)
    declared = document.reader.xrefs.get_startxref_for_revision(earlier[-1].index)
    if start is None or start not in {earlier[-1].start, declared}:
        return _modified("签名没有覆盖一个完整的版本", "the signature does not cover a complete revision")
    stray = stray_octets(document, value.covered, later)
    if stray is not None:
        return _modified(
            f"签章后有 {stray[1]} 字节不属于任何对象的内容",
            f"{stray[1]} octets after the signature belong to no object",
            f"offset {stray[0]}",
        )
    return _compare(document, value, policy, later)


def _compare(document: Document, value: SignatureValue, policy: Policy, later: list[Revision]) -> Integrity:
    signed = Graph(document.view(later[0].index - 1))
    permission = _permission(document, value)
    changes: list[Change] = []
    additions: list[Change] = []
    for revision in later:
        old, new = document.view(revision.index - 1), document.view(revision.index)
        step = _Step(document, old, new, signed, policy, permission, _fields(old), _fields(new))
        _compare_revision(step, revision, value.covered)
        changes += step.changes
        additions += step.additions
    return Integrity(
        covers_whole_document=False,
        modified=bool(changes),
        where=tuple(dict.fromkeys(changes)),
        additions=tuple(dict.fromkeys(additions)),
    )


def _fields(view: View) -> dict[Ref, FormField]:
    """Index terminal fields by their own object and by each of their widgets."""
    found: dict[Ref, FormField] = {}
    for item in form_fields(view):
        for ref in (item.ref, *item.widgets):
            if isinstance(ref, Ref):
                found[ref] = item
    return found


def _permission(document: Document, value: SignatureValue) -> int:
    """Read the DocMDP level that a certifying signature sets (ISO 32000-2 §12.8.2.2.2): 1, 2 or 3; 3 without one."""
    view = document.last
    references = view.resolve(value.dictionary.get("/Reference"))
    for item in references if isinstance(references, list) else ():
        reference = view.resolve(item)
        if view.entry(reference, "/TransformMethod") == "/DocMDP":
            level = view.entry(view.entry(reference, "/TransformParams"), "/P")
            return level if type(level) is int and level in {1, 2, 3} else 2
    return 3


def _compare_revision(step: _Step, revision: Revision, covered: int) -> None:
    if revision.hybrid:
        step.changes.append(Change("签章后追加了混合式交叉引用", "a hybrid cross-reference was appended"))
    _compare_trailers(step)
    refs = step.document.explicit(revision.index)
    if len(refs) > MAX_CHANGED_OBJECTS:
        step.changes.append(Change("签章后改动的对象过多", "too many objects were changed after signing"))
        return
    for ref in sorted(refs, key=lambda item: (item.number, item.generation)):
        _compare_object(step, revision, ref, covered)


def _compare_trailers(step: _Step) -> None:
    for key in ("/Root", "/Encrypt"):
        if not same(step.old.trailer.get(key), step.new.trailer.get(key)):
            step.changes.append(Change(f"文件尾的 {key} 被改写", f"the trailer's {key} was replaced"))


def _compare_object(step: _Step, revision: Revision, ref: Ref, covered: int) -> None:
    before = step.old.exists(ref)
    if not step.new.exists(ref):
        if before:
            step.changes.append(_describe(step, ref, "被删除", "was removed"))
        return
    if not _stands_behind(step.document, revision, ref, covered):
        step.changes.append(_describe(step, ref, "指回已签内容", "was pointed back into the signed part"))
    elif not before:
        if step.signed.refers_to(ref) or _replaces_generation(step, ref):
            step.changes.append(_describe(step, ref, "被补入已签内容", "was filled into the signed part"))
    elif not same(step.old.get(ref), step.new.get(ref)) and not _allowed(step, ref):
        step.changes.append(_describe(step, ref, "被改动", "was changed"))


def _replaces_generation(step: _Step, ref: Ref) -> bool:
    """Tell whether another generation of the same object number is in use: readers differ about which one they show."""
    return any(step.old.exists(Ref(ref.number, older)) for older in range(min(ref.generation, 64)))


def _stands_behind(document: Document, revision: Revision, ref: Ref, covered: int) -> bool:
    offset = document.location(ref, revision.index)
    if offset is not None:
        return offset >= covered
    container = document.container(ref, revision.index)
    inner = None if container is None else document.location(container, revision.index)
    return inner is not None and inner >= covered


def _allowed(step: _Step, ref: Ref) -> bool:
    old, new = step.old.get(ref), step.new.get(ref)
    if isinstance(old, Stream) and isinstance(new, Stream):
        return _metadata(step, ref, old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _array(step, ref, old, new)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False
    return _dictionary(step, ref, old, new)


def _changed_keys(old: dict[str, Value], new: dict[str, Value]) -> frozenset[str]:
    keys = old.keys() | new.keys()
    return frozenset(k for k in keys if k not in old or k not in new or not same(old[k], new[k]))


def _dictionary(step: _Step, ref: Ref, old: dict[str, Value], new: dict[str, Value]) -> bool:
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


def _by_role(step: _Step, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
    """Judge a dictionary by every place that refers to it, so that nothing shared with a page slips through."""
    roles = step.roles(ref)
    if roles and roles <= DSS_ROLES:
        return _dss(step, frozenset())
    if roles == {"/Info"} and ref == step.old.trailer.get("/Info"):
        return all(isinstance(new.get(key), bytes | str | None) for key in keys)
    return roles == {"/Extensions"}


def _catalog(step: _Step, keys: frozenset[str], old: dict[str, Value], new: dict[str, Value]) -> bool:
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


def _form(step: _Step, old: Value, new: Value) -> bool:
    """Let a form gain signature fields and its SigFlags; without one before, it may be new with only these."""
    if not isinstance(new, dict) or not (old is None or isinstance(old, dict)):
        return False
    before = old or {}
    keys = _changed_keys(before, new)
    if not before:
        keys -= {"/DA", "/DR"}
    if not keys <= FORM_KEYS:
        return False
    return "/Fields" not in keys or _grown(step, before.get("/Fields", []), new.get("/Fields"), fields=True)


def _grown(step: _Step, old: Value, new: Value, *, fields: bool) -> bool:
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
    return all(_new_signature_field(step, item, note=fields) for item in added)


def _new_signature_field(step: _Step, item: Value, *, note: bool) -> bool:
    found = step.new_fields.get(item) if isinstance(item, Ref) else None
    if found is None or not step.fresh(item) or found.kind != "/Sig":
        return False
    dictionary = step.new.get(item)
    if not isinstance(dictionary, dict) or not ACTIVE_KEYS.isdisjoint(dictionary):
        return False
    if not _permitted_signature(step, found):
        return False
    if note:
        step.additions.append(_addition(step, found))
    return True


def _permitted_signature(step: _Step, found: FormField) -> bool:
    """With DocMDP P=1 only a document time-stamp may follow (ISO 32000-2 table 257)."""
    if step.permission != NO_CHANGES:
        return True
    signature = step.new.resolve(found.value)
    return isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp"


def _addition(step: _Step, found: FormField) -> Change:
    signature = step.new.resolve(found.value)
    if signature is None:
        return Change("新增签名字段", "a signature field was added", field=found.name)
    if isinstance(signature, dict) and signature.get("/Type") == "/DocTimeStamp":
        return Change("追加文档时间戳", "a document time-stamp was added", field=found.name)
    return Change("追加签章", "a further signature was added", field=found.name)


def _array(step: _Step, ref: Ref, old: list[Value], new: list[Value]) -> bool:
    roles = step.roles(ref)
    if roles == {"/Annots"}:
        return _grown(step, old, new, fields=False)
    if roles == {"/Fields"}:
        return _grown(step, old, new, fields=True)
    return bool(roles) and roles <= DSS_ROLES and _dss(step, frozenset())


def _field(step: _Step, known: FormField, ref: Ref, keys: frozenset[str], new: dict[str, Value]) -> bool:
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
    return step.policy.allow_form_filling and step.permission != NO_CHANGES and keys <= FILLED_FIELD_KEYS


def _dss(step: _Step, keys: frozenset[str]) -> bool:
    if keys <= DSS_KEYS:
        step.additions.append(Change("追加验证信息（DSS）", "validation data (DSS) were added"))
        return True
    return False


def _metadata(step: _Step, ref: Ref, old: Stream, new: Stream) -> bool:
    """Let a metadata stream replace another: it is never shown as content (ISO 32000-2 §14.3.2)."""
    kinds = (old.dictionary.get("/Type"), new.dictionary.get("/Type"))
    return step.roles(ref) == {"/Metadata"} and kinds == ("/Metadata", "/Metadata")


def _describe(step: _Step, ref: Ref, zh: str, en: str) -> Change:
    """Say where: the page if one shows the object, the field if it is one, and what kind of thing it is."""
    page = step.signed.page_of(ref)
    known = step.old_fields.get(ref) or step.new_fields.get(ref)
    value = step.old.get(ref) if step.old.exists(ref) else step.new.get(ref)
    what_zh, what_en = _kind(step, ref, value)
    name = known.name if known is not None else ""
    if not name and isinstance(value, dict) and "/T" in value:
        name = text(step.old.resolve(value["/T"]))
    return Change(f"{what_zh}{zh}", f"{what_en} {en}", page, str(ref), name)


def _kind(step: _Step, ref: Ref, value: Value) -> tuple[str, str]:
    roles = step.signed.keys_of(ref)
    dictionary = value.dictionary if isinstance(value, Stream) else value if isinstance(value, dict) else {}
    kind, subtype = dictionary.get("/Type"), dictionary.get("/Subtype")
    for test, zh, en in (
        ("/Contents" in roles, "页面内容", "page content"),
        (
            ref in step.old_fields or "/FT" in dictionary,
            "表单域的值或外观",
            "a form field's value or appearance",
        ),
        (kind == "/Page", "页面", "a page"),
        (kind == "/Catalog", "文档目录", "the document catalog"),
        (kind == "/Pages", "页面树", "the page tree"),
        (subtype == "/Image", "图像", "an image"),
        (kind == "/Font" or "/FontFile2" in roles, "字体", "a font"),
        (kind == "/Annot" or "/Annots" in roles, "批注", "an annotation"),
        (subtype == "/Form", "外观图形", "an appearance"),
    ):
        if test:
            return zh, en
    return "对象", "an object"
