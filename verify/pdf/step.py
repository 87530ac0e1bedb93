"""One later revision beside the one before it, and words for what was found to differ: where, and what kind of thing."""

from __future__ import annotations

from dataclasses import dataclass, field

from verify.integrity import Change, RevisionKind
from verify.pdf.document import Document, View
from verify.pdf.fields import FormField, indexed, readings
from verify.pdf.graph import Graph, graph_of, listed_annotations
from verify.pdf.pdf_values import Ref, Stream, Value, text
from verify.pdf.permissions import NO_CHANGES, Rules
from verify.pdf.placement import Place
from verify.policy import Policy


@dataclass(slots=True)
class Step:
    """One later revision compared with the one before it."""

    document: Document
    old: View
    new: View
    signed: Graph
    policy: Policy
    rules: Rules
    old_fields: dict[Ref, FormField] = field(default_factory=dict)
    new_fields: dict[Ref, FormField] = field(default_factory=dict)
    partial: frozenset[Ref] | None = None
    """Where this is the view of a reader from whom hybrid tables hide something (:mod:`verify.pdf.hybrid`): the fields that others
    saw before this revision."""
    changes: list[Change] = field(default_factory=list)
    additions: list[Change] = field(default_factory=list)
    doubts: list[Change] = field(default_factory=list)
    described: list[Change] = field(default_factory=list)
    """What changed in the document's description alone."""
    kinds: set[RevisionKind] = field(default_factory=set)
    listed: dict[Ref, list[Ref]] | None = None
    taken: frozenset[str] | None = None
    earlier: dict[Ref, list[Place]] | None = None
    """Where the signatures that were there before stand, by page; found when first asked."""
    judged: dict[Ref, list[Place]] | None = None
    """Where those of them stand that the signed revision holds."""

    @property
    def fills(self) -> bool:
        """Tell whether form fields may be filled in: a certification says so, or this verification's policy does."""
        return self.rules.fills or (self.policy.allow_form_filling and self.rules.permission != NO_CHANGES)

    def note(self, kind: RevisionKind, change: Change) -> None:
        """Keep what may follow: it is permitted, and told."""
        self.kinds.add(kind)
        (self.described if kind is RevisionKind.PROPERTIES else self.additions).append(change)

    def doubt(self, change: Change) -> None:
        """Keep what is permitted by the letter and may all the same hide what was signed."""
        self.doubts.append(change)

    @property
    def kind(self) -> RevisionKind:
        """Return the one word for the revision: the gravest of what it brings."""
        found = set(self.kinds)
        if self.changes:
            found.add(RevisionKind.MODIFICATION)
        if self.doubts:
            found.add(RevisionKind.DOUBT)
        return next((kind for kind in RevisionKind if kind in found), RevisionKind.NOTHING)

    def graphs(self, ref: Ref) -> tuple[Graph, ...]:
        """Return who uses what in the revisions by which a use is judged: the signed one, if it has the object, the one before, and this.

        What may follow may have put an old object to a new use, or does so now.
        """
        signed = (self.signed.view.revision,) if self.signed.view.exists(ref) else ()
        asked = dict.fromkeys((*signed, self.old.revision, self.new.revision))
        return tuple(graph_of(self.document, revision) for revision in asked)

    @property
    def previous(self) -> Graph:
        """Who uses what in the revision before this one."""
        return graph_of(self.document, self.old.revision)

    def only_below(self, ref: Ref, key: str, *, trailer: bool = False) -> bool:
        """Tell whether something leads to an object, and whatever does leads through one entry of the catalog, or of the trailer."""
        found = [graph for graph in self.graphs(ref) if graph.refers_to(ref)]
        return bool(found) and all(graph.only_below(ref, key, trailer=trailer) for graph in found)

    def users_of(self, ref: Ref) -> set[tuple[Ref | None, str]]:
        """Return who refers to an object in any of these revisions, and under which key."""
        return {user for graph in self.graphs(ref) for user in graph.users_of(ref)}

    def roles(self, ref: Ref) -> set[str]:
        """Return the keys under which an object is used in any of these revisions."""
        return {key for _, key in self.users_of(ref)}

    def kept(self, before: Value, after: Value) -> bool:
        """Tell whether an entry leads where it led, or to what this revision made: an old object has a use of its own."""
        return not isinstance(after, Ref) or after == before or not self.old.exists(after)

    @property
    def names(self) -> frozenset[str]:
        """The full names of the fields that were there before, as any reader takes them."""
        if self.taken is None:
            self.taken = frozenset(one for item in self.old_fields.values() for one in readings(item.name))
        return self.taken

    def locked(self, item: FormField) -> bool:
        """Tell whether a lock takes a field in, by its name now or by that which it had when it was signed."""
        signed = indexed(self.document, self.signed.view)
        known = (signed.get(ref) for ref in (item.ref, *item.widgets) if isinstance(ref, Ref))
        names = {item.name, *(one.name for one in known if one is not None)}
        return any(self.rules.locked(one) for name in names for one in {name, *readings(name)})

    @property
    def shown_on(self) -> dict[Ref, list[Ref]]:
        """The pages that list an annotation now."""
        if self.listed is None:
            self.listed = {}
            for page, item in listed_annotations(self.new):
                if isinstance(item, Ref):
                    self.listed.setdefault(item, []).append(page)
        return self.listed

    def page_number(self, page: Value) -> int | None:
        """Return the number of a page that the signed revision has already."""
        return self.signed.pages.get(page) if isinstance(page, Ref) else None

    def hidden(self, value: Value) -> bool:
        """Tell whether a value leads to what this view of the revision lacks, or lacked while others saw it."""
        if self.partial is None or not isinstance(value, Ref):
            return False
        return value in self.partial or not (self.new.exists(value) or self.old.exists(value))

    def fresh(self, value: Value) -> bool:
        """Tell whether a value is a reference to an object that this revision made."""
        return isinstance(value, Ref) and self.new.exists(value) and not self.old.exists(value)


def describe(step: Step, ref: Ref, zh: str, en: str) -> Change:
    """Say where: the page if one shows the object, the field if it is one, and what kind of thing it is."""
    page = step.signed.page_of(ref)
    known = step.old_fields.get(ref) or step.new_fields.get(ref)
    value = step.old.get(ref) if step.old.exists(ref) else step.new.get(ref)
    what_zh, what_en = _kind(step, ref, value)
    name = known.name if known is not None else ""
    if not name and isinstance(value, dict) and "/T" in value:
        name = text(step.old.resolve(value["/T"]))
    return Change(f"{what_zh}{zh}", f"{what_en} {en}", page, str(ref), name)


def _kind(step: Step, ref: Ref, value: Value) -> tuple[str, str]:
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
        (kind in {"/StructElem", "/StructTreeRoot"}, "文档结构", "the document's structure"),
        (subtype == "/Image", "图像", "an image"),
        (kind == "/Font" or "/FontFile2" in roles, "字体", "a font"),
        (kind == "/Annot" or "/Annots" in roles, "批注", "an annotation"),
        (subtype == "/Form", "外观图形", "an appearance"),
    ):
        if test:
            return zh, en
    return "对象", "an object"
