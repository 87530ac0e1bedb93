"""The page tree, walked over its nodes only: pages are loaded when they are asked for (ISO 32000-2 §7.7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from signing.errors import PageMissing
from signing.incremental.casts import Cast, marked, references_in, split_at_references
from signing.incremental.views import DISPLAYED, view_of, view_said
from signing.pdf.reading import MAX_PAGES, MAX_TREE_DEPTH
from signing.placing.placement import PageView
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.octets import InMemory
from verify.pdf.plain.syntax import Array, Dictionary, Ref, Value

INHERITED: Final = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
FEWEST_ALIKE: Final = 3
"""Pages of a document from which on looking for pages that are alike pays."""
CASTS_KEPT: Final = 64
"""Kinds of pages noted in one document; where there are more, hardly two are alike."""


@dataclass(frozen=True, slots=True)
class Passed:
    """An attribute that pages inherit, and the node that states it."""

    holder: Ref
    value: Value


class Page:
    """A page: its object, what stands in it, what it inherits; ``alike`` where it is written as other pages are."""

    __slots__ = ("_entries", "_pdf", "alike", "inherited", "ref", "references")

    def __init__(self, pdf: PlainPdf, ref: Ref, inherited: dict[str, Passed]) -> None:
        self.ref, self.inherited = ref, inherited
        self.alike: Alike | None = None
        self.references: list[bytes] = []
        """What the references of the cast name here, as it is written."""
        self._pdf = pdf
        self._entries: Dictionary | None = None

    @property
    def entries(self) -> Dictionary:
        """What stands in the page, read when it is asked for."""
        if self._entries is None:
            entries = self._pdf.value(self.ref)
            if isinstance(entries, Dictionary) and "/Kids" in entries:
                raise NotPlain(Reason.PAGES, "/Count of a node")
            if not isinstance(entries, Dictionary) or entries.get("/Type", "/Page") != "/Page":
                raise NotPlain(Reason.PAGE, "a page is no dictionary")
            self._entries = entries
        return self._entries

    def attribute(self, key: str) -> Value:
        """Return an attribute, its own or inherited."""
        if key in self.entries:
            return self.entries[key]
        passed = self.inherited.get(key)
        return None if passed is None else passed.value

    def said(self, keys: Sequence[str]) -> tuple[bytes | Ref | None, ...]:
        """Return of each attribute the octets of its own, or the node that it inherits it from."""
        entries, inherited = self.entries, self.inherited
        return tuple([
            entries.raw_value(key) if key in entries else inherited[key].holder if key in inherited else None
            for key in keys
        ])  # fmt: skip


@dataclass(slots=True, eq=False)
class Alike:
    """Pages of one cast that inherit the same, and how all of them are displayed, once that was asked."""

    cast: Cast
    view: PageView | None = None


@dataclass(slots=True)
class _Leaf:
    ref: Ref
    inherited: dict[str, Passed]
    certain: bool
    """It was looked at and has no kids; otherwise its node counts as many pages as it has kids."""


class PageTree:
    """The pages of a document in order; what is odd about the tree is :class:`NotPlain`."""

    def __init__(self, pdf: PlainPdf) -> None:
        self._pdf = pdf
        self._leaves: list[_Leaf] = []
        self._nodes: set[Ref] = set()
        self._pages: dict[int, Page] = {}
        self._views: dict[int, PageView] = {}
        self._alike: dict[tuple[bytes | Ref | None, ...], PageView] = {}
        """Views by what the page says of itself: most pages of a document say the same."""
        self._casts: dict[tuple[tuple[bytes, ...], int], Alike | bool | None] = {}
        """What was found about casts, by their texts and what their pages inherit; ``None``: one page was met."""
        self._certain = 0
        """Leaves up to here are known to have no kids."""
        root = pdf.catalogue.get("/Pages")
        if not isinstance(root, Ref):
            raise NotPlain(Reason.PAGES, "/Pages is no object of its own")
        self._walk(root)
        refs = {leaf.ref for leaf in self._leaves}
        if len(refs) != len(self._leaves) or not refs.isdisjoint(self._nodes) or not self._leaves:
            raise NotPlain(Reason.PAGES, "a page stands twice in the tree, or there is none")
        if pdf.entry(pdf.value(root), "/Count") != len(self._leaves):
            raise NotPlain(Reason.PAGES, "/Count")

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._leaves)

    def page(self, number: int) -> Page:
        """Load page ``number`` (from 1). :class:`signing.errors.PageMissing`."""
        known = self._pages.get(number)
        if known is None:
            if not 1 <= number <= self.count:
                raise PageMissing(number, self.count)
            for before in self._leaves[self._certain : number - 1]:
                if not before.certain and not self._is_leaf(before.ref):
                    raise NotPlain(Reason.PAGES, "/Count of a node")
            leaf = self._leaves[number - 1]
            known = Page(self._pdf, leaf.ref, leaf.inherited)
            self._find_alike(known)
            if known.alike is None:
                known.entries  # noqa: B018 - read now, so that a page is refused here
            self._certain = max(self._certain, number)
            self._pages[number] = known
        return known

    def _find_alike(self, page: Page) -> None:
        """Know a page by its cast: the first of a cast is only noted, the second read for all that follow."""
        number, generation = page.ref
        if generation or len(self._leaves) < FEWEST_ALIKE:
            return
        parts = split_at_references(self._pdf, number)
        if parts is None:
            return
        texts = tuple(parts[::2])
        key = texts, id(page.inherited)
        if key not in self._casts:
            if len(self._casts) < CASTS_KEPT:
                self._casts[key] = None
            return
        alike = self._casts[key]
        if alike is None:
            alike = self._casts[key] = _alike_of(texts)
        if isinstance(alike, Alike):
            page.alike, page.references = alike, parts[1::2]

    def number(self, ref: Ref) -> int:
        """Return the number of a page's object; 0 if it is none."""
        return next((at for at, leaf in enumerate(self._leaves, start=1) if leaf.ref == ref), 0)

    def showing(self, widget: Ref) -> int:
        """Return the first page that lists an annotation; 0 if none does."""
        for number in range(1, self.count + 1):
            listed = self._pdf.entry(self.page(number).entries, "/Annots")
            if isinstance(listed, Array) and widget in listed:
                return number
        return 0

    def view(self, number: int) -> PageView:
        """Tell how a page is displayed."""
        known = self._views.get(number)
        if known is None:
            page = self.page(number)
            alike = page.alike
            known = (alike and alike.view) or self._view_of(page)
            if alike is not None:
                alike.view = known
            self._views[number] = known
        return known

    def _view_of(self, page: Page) -> PageView:
        said = page.said(DISPLAYED)
        known = self._alike.get(said)
        if known is None:
            known = view_said(said)
            if known is None:
                stated = [page.attribute(key) for key in DISPLAYED[:3]]
                known = view_of([*stated, page.entries.get("/UserUnit", 1)], self._pdf.value)
            self._alike[said] = known
        return known

    def _walk(self, root: Ref) -> None:
        waiting: list[tuple[Value, dict[str, Passed], int]] = [(root, {}, 0)]
        while waiting:
            ref, inherited, depth = waiting.pop()
            if not isinstance(ref, Ref) or ref in self._nodes or depth > MAX_TREE_DEPTH:
                raise NotPlain(Reason.PAGES, "direct, circular or too deep")
            node = self._pdf.value(ref)
            if not isinstance(node, Dictionary):
                raise NotPlain(Reason.PAGES, "a page is missing")
            if "/Kids" not in node:
                self._leaves.append(_Leaf(ref, inherited, certain=True))
                continue
            self._nodes.add(ref)
            kids = self._pdf.entry(node, "/Kids")
            if not isinstance(kids, Array) or len(self._leaves) + len(kids) > MAX_PAGES:
                raise NotPlain(Reason.PAGES, "/Kids")
            own = {key: Passed(ref, node[key]) for key in INHERITED if key in node}
            passed = inherited | own if own else inherited
            if self._pdf.entry(node, "/Count") == len(kids) and all(type(kid) is Ref for kid in kids):
                self._leaves += [_Leaf(kid, passed, certain=False) for kid in kids]
            else:
                waiting += [(kid, passed, depth + 1) for kid in reversed(kids)]

    def _is_leaf(self, ref: Ref) -> bool:
        """Tell whether an object has no kids, from its octets where that is certain."""
        octets, place = self._pdf.octets, self._pdf.place(ref.number)
        if isinstance(octets, InMemory) and place.offset:
            end = octets.data.find(b"endobj", place.offset)
            raw = octets.data[place.offset : end]
            if b"/Kids" not in raw and b"#" not in raw:
                return True
        node = self._pdf.value(ref)
        return isinstance(node, Dictionary) and "/Kids" not in node


def _alike_of(texts: tuple[bytes, ...]) -> Alike | bool:
    """Read a cast as a page; false: none, or what decides how it is displayed stands behind its references."""
    cast = Cast.of(texts)
    if cast is None or "/Kids" in cast.entries or cast.entries.get("/Type", "/Page") != "/Page":
        return False
    if any(marked(ref) is not None for key in DISPLAYED for ref in references_in(cast.entries.get(key))):
        return False
    return Alike(cast)
