"""Who refers to whom in one revision: to find dangling references, an object's roles, and the page it shows on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from verify.pdf.document import Document, View
from verify.pdf.pdf_values import Ref, Value
from verify.pdf.reach import HOLDS, Reach, keyed_references, structure_of, too_many
from verify.policy import MAX_GRAPH_OBJECTS, MAX_PAGES

MAX_CLIMB = 12
"""Steps from an object up to its page: content, resource, form inside a form."""


class Graph:
    """Every object that can be reached from the trailer of one revision, with its users; walked when first asked.

    ``users[ref]`` holds (referring object or ``None`` for the trailer, key under which the reference stands). Raises
    INDETERMINATE/LIMIT_REACHED beyond MAX_GRAPH_OBJECTS.
    """

    def __init__(self, document: Document, revision: int) -> None:
        self.view = document.view(revision)
        self._document = document
        self._pages: dict[Ref, int] | None = None
        self._reach = Reach(document, revision)

    @cached_property
    def users(self) -> dict[Ref, set[tuple[Ref | None, str]]]:
        """Who refers to each object."""
        self._found: dict[Ref, set[tuple[Ref | None, str]]] = defaultdict(set)
        self._walk()
        return dict(self._found)

    def _walk(self) -> None:
        pending: list[Ref] = []
        seen: set[Ref] = set()
        for top in (self.view.trailer, *structure_of(self._document, self.view.revision)):
            self._note(None, top, pending)
        while pending:
            ref = pending.pop()
            if ref in seen:
                continue
            seen.add(ref)
            if len(seen) > MAX_GRAPH_OBJECTS:
                raise too_many()
            holder = self._document.container(ref, self.view.revision)
            if holder is not None:
                self._found[holder].add((None, HOLDS))
                pending.append(holder)
            self._note(ref, self.view.get(ref), pending)

    def _note(self, owner: Ref | None, value: Value, pending: list[Ref]) -> None:
        for key, ref in keyed_references(value):
            self._found[ref].add((owner, key))
            pending.append(ref)

    def refers_to(self, ref: Ref) -> bool:
        """Tell whether anything in this revision refers to ``ref``, defined or not."""
        return self._reach.reached(ref)

    def keys_of(self, ref: Ref) -> set[str]:
        """Return the keys under which ``ref`` is used: its roles."""
        return {key for _, key in self.users_of(ref)}

    def users_of(self, ref: Ref) -> set[tuple[Ref | None, str]]:
        """Return who refers to ``ref``, as :attr:`users` has it, without walking the whole revision."""
        return set(self._reach.users(ref))

    def only_below(self, ref: Ref, key: str, *, trailer: bool = False) -> bool:
        """Tell whether every way to ``ref`` leads through one entry of the catalog, or of the trailer.

        The key beside a reference says nothing: a font may be called /Cert.
        """
        return self._reach.reached(ref) and not self._reach.reached(ref, key, trailer=trailer)

    @property
    def pages(self) -> dict[Ref, int]:
        """Page objects by number, from 1."""
        if self._pages is None:
            self._pages = {ref: number for number, ref in enumerate(page_refs(self.view), start=1)}
        return self._pages

    def page_of(self, ref: Ref) -> int | None:
        """Return the first page that shows an object, climbing from user to user."""
        level = {ref}
        seen: set[Ref] = set()
        for _ in range(MAX_CLIMB):
            on = [self.pages[item] for item in level if item in self.pages]
            if on:
                return min(on)
            seen |= level
            users = {user for item in level for user, key in self.users.get(item, ()) if key != "/Parent"}
            level = {user for user in users if user is not None} - seen
        return None


def graph_of(document: Document, revision: int) -> Graph:
    """Return the graph of a revision, one for all signatures of a document."""
    return document.kept((Graph, revision), lambda: Graph(document, revision))


def page_refs(view: View) -> Iterator[Ref]:
    """Yield the page objects in order (ISO 32000-2 §7.7.3), each node once, at most MAX_PAGES.

    A node that says it is a page, or has no kids, is one: readers go by either.
    """
    return (node for node, leaf, _ in _nodes(view) if leaf)


def listed_annotations(view: View) -> Iterator[tuple[Ref, Value]]:
    """Yield what the pages list in their /Annots, each with its page (ISO 32000-2 §12.5.2)."""
    return annotations_on(view, page_refs(view))


def annotations_on(view: View, pages: Iterable[Ref]) -> Iterator[tuple[Ref, Value]]:
    """Yield what these pages list in their /Annots, each with its page."""
    for page in pages:
        if not view.lacks(page, b"/Annots"):
            listed = view.entry(view.get(page), "/Annots")
            for item in listed if isinstance(listed, list) else ():
                yield page, item


def listing_nodes(view: View) -> dict[Ref, list[Ref]]:
    """Return the nodes that list each page or node of the page tree: readers inherit from where they came (§7.7.3.4)."""
    found: dict[Ref, list[Ref]] = defaultdict(list)
    for node, _, kids in _nodes(view):
        for kid in kids or ():
            if isinstance(kid, Ref):
                found[kid].append(node)
    return found


def misses_pages(document: Document) -> bool:
    """Tell whether some reader may find pages that are not walked here.

    Each node of the page tree is an object (ISO 32000-2 tables 29 and 30), no reference to one, and they are at most MAX_PAGES.
    """
    view, count = document.last, 0
    if not isinstance(view.catalog.get("/Pages"), Ref):
        return True
    for _, _, kids in _nodes(view):
        count += 1
        if kids is None or not all(type(kid) is Ref or kid is None for kid in kids):
            return True
    return count > MAX_PAGES


def _nodes(view: View) -> Iterator[tuple[Ref, bool, list[Value] | None]]:
    """Yield the nodes of the page tree in order: whether each is a page, and what it lists; ``None``: it is no dictionary."""
    pending: list[Value] = [view.catalog.get("/Pages")]
    seen: set[Ref] = set()
    while pending and len(seen) <= MAX_PAGES:
        node = pending.pop()
        if not isinstance(node, Ref) or node in seen:
            continue
        seen.add(node)
        if view.lacks(node, b"/Kids"):
            yield node, True, []
            continue
        value = view.get(node)
        if isinstance(value, dict):
            stated = view.entry(value, "/Kids")
            kids = stated if isinstance(stated, list) else []
            yield node, not kids or view.entry(value, "/Type") == "/Page", kids
            pending.extend(reversed(kids))
        else:
            yield node, False, [] if value is None else None
