"""Whether an object can be reached in one revision, asked from the object upwards: who refers to it, who to those, to the trailer.

Going down from the trailer reads the whole document; what later signatures and evidence change has few ancestors. The scan for
references (:mod:`verify.pdf.references`) tells who may refer to an object, over-reporting rather than missing; each of those is read, and counts
only if it does.

Some ways lead through no reference. An object that stands in an object stream is read through it, and so through the stream's length, filters
and parameters; a cross-reference stream is read through its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Final

from pyhanko.pdf_utils.decode_limits import DecodePurpose

from verify.errors import unsure
from verify.pdf.document import Document
from verify.pdf.pdf_values import Ref, Stream, Value, references
from verify.pdf.references import scan_all
from verify.pdf.source import Contained
from verify.policy import MAX_GRAPH_OBJECTS
from verify.verdict import SubIndication

FEW: Final = 16
"""References of an object that are looked through anew each time."""
HOLDS: Final = "/ObjStm"
"""The key under which the file itself, as it were, refers to an object stream that is needed."""


class Reach:
    """The ways to the objects of one revision."""

    def __init__(self, document: Document, revision: int) -> None:
        self._document = document
        self._view = document.view(revision)
        self._unpacked: set[Ref] = set()
        self._inside: dict[Ref, set[Ref]] = defaultdict(set)
        self._below: dict[tuple[Ref, str], frozenset[Ref]] = {}
        self._tops: dict[str, set[Ref]] = {}
        """What the trailer without one entry, and the structure of the file, refer to."""
        self._answers: dict[tuple[Ref, str, bool], bool] = {}
        self._named: dict[Ref, dict[Ref, set[str]]] = {}
        """What objects refer to that refer to many: forms and pages, which are asked about for each of their fields."""

    def reached(self, ref: Ref, without: str = "", *, trailer: bool = False) -> bool:
        """Tell whether any way leads to ``ref``, defined or not, that avoids one entry of the catalog, or of the trailer.

        Raises INDETERMINATE/LIMIT_REACHED beyond MAX_GRAPH_OBJECTS.
        """
        question = (ref, without, trailer)
        if question not in self._answers:
            self._answers[question] = self._climb({ref}, without, trailer=trailer)
        return self._answers[question]

    def users(self, ref: Ref) -> set[tuple[Ref | None, str]]:
        """Return who refers to ``ref``, ``None`` for the trailer and the file's structure, and the key under which the reference stands.

        Only what can itself be reached counts.
        """
        found: set[tuple[Ref | None, str]] = {
            (None, key) for key, named in self._named_at_top if named == ref
        }
        held = self.held(ref)
        if held and self._climb(held, "", trailer=False):
            found.add((None, HOLDS))
        for owner in self.may_refer(ref):
            keys = self._keys(owner, ref)
            if keys and self.reached(owner):
                found |= {(owner, key) for key in keys}
        return found

    def _keys(self, owner: Ref, ref: Ref) -> AbstractSet[str]:
        """Return the keys under which an object refers to another; long lists are gone through once."""
        named = self._named.get(owner)
        if named is None:
            named = defaultdict(set)
            for key, one in keyed_references(self._view.get(owner)):
                named[one].add(key)
            if len(named) > FEW:
                self._named[owner] = named
        return named.get(ref, frozenset())

    def _climb(self, begin: set[Ref], without: str, *, trailer: bool) -> bool:
        """Tell whether any way from the top leads to one of these, and keep what the ways tell of other objects."""
        top = self._top(without if trailer else "")
        came: dict[Ref, Ref | None] = dict.fromkeys(begin)
        pending = list(begin)
        while pending:
            below = pending.pop()
            known = True if below in top else self._answers.get((below, without, trailer))
            if known:
                self._keep(_down(below, came), without, trailer=trailer, answer=True)
                return True
            if known is None:
                for owner in self._leading(below, "" if trailer else without, came):
                    came[owner] = below
                    pending.append(owner)
            if len(came) > MAX_GRAPH_OBJECTS:
                raise too_many()
        self._keep(came, without, trailer=trailer, answer=False)
        return False

    def _keep(self, refs: Iterable[Ref], without: str, *, trailer: bool, answer: bool) -> None:
        self._answers.update(((ref, without, trailer), answer) for ref in refs)

    def _leading(self, below: Ref, without: str, seen: Container[Ref]) -> Iterator[Ref]:
        """Yield what leads to an object and was not seen: what stands in it, and what refers to it."""
        root = self._view.trailer.get("/Root")
        yield from (ref for ref in self.held(below) if ref not in seen)
        for owner in self.may_refer(below):
            if owner not in seen and below in self._referred(owner, without if owner == root else ""):
                yield owner

    def _referred(self, owner: Ref, without: str) -> frozenset[Ref]:
        if (owner, without) not in self._below:
            self._below[owner, without] = frozenset(references(less(self._view.get(owner), without)))
        return self._below[owner, without]

    def held(self, container: Ref) -> set[Ref]:
        """Return the objects that stand in an object stream at this revision, whether it is there or not."""
        listed = self._contents.get(container, ())
        return {ref for ref in listed if self._document.container(ref, self._view.revision) == container}

    def may_refer(self, ref: Ref) -> set[Ref]:
        """Return every object that may refer to ``ref``, by its octets: none of those that do is missing."""
        for container in self._containers.get(ref, set()) - self._unpacked:
            self._unpacked.add(container)
            for inside in self._contents[container]:
                for named in self._referred(inside, ""):
                    self._inside[named].add(inside)
        found = set(self._inside.get(ref, ()))
        for revision in range(self._view.revision + 1):
            found |= self._document.mentioning(ref, revision)
        return found

    @cached_property
    def _named_at_top(self) -> list[tuple[str, Ref]]:
        """The references of the trailer, and of what the cross-reference streams say about themselves."""
        top = (self._view.trailer, *structure_of(self._document, self._view.revision))
        return [named for value in top for named in keyed_references(value)]

    def _top(self, without: str) -> set[Ref]:
        if without not in self._tops:
            above = less(self._view.trailer, without), *structure_of(self._document, self._view.revision)
            self._tops[without] = set(references(list(above)))
        return self._tops[without]

    @cached_property
    def _contents(self) -> dict[Ref, set[Ref]]:
        """The objects that stand in each object stream."""
        found: dict[Ref, set[Ref]] = defaultdict(set)
        for index in range(self._view.revision + 1):
            if not self._document.places(index)[1]:
                continue
            for ref, place in self._document.source.listed(index):
                if isinstance(place, Contained):
                    found[place.container].add(ref)
        return found

    @cached_property
    def _containers(self) -> dict[Ref, set[Ref]]:
        """Which object streams mention an object."""
        containers: dict[Ref, set[Ref]] = defaultdict(set)
        for container in self._contents:
            holder = self._view.get(container)
            if isinstance(holder, Stream):
                for ref in scan_all(holder.decode(DecodePurpose.OBJECT_STREAM)):
                    containers[ref].add(container)
        return containers


def _down(ref: Ref, came: dict[Ref, Ref | None]) -> Iterator[Ref]:
    """Yield the objects on a way, from its upper end to where it was begun."""
    step: Ref | None = ref
    while step is not None:
        yield step
        step = came[step]


def structure_of(document: Document, revision: int) -> list[dict[str, Value]]:
    """Return what the cross-reference streams up to a revision say about themselves."""
    return [found for index in range(revision + 1) if (found := document.structure(index))]


def keyed_references(value: Value) -> Iterator[tuple[str, Ref]]:
    """Yield each reference in a value with the nearest dictionary key above it (empty in a bare array)."""
    pending: list[tuple[str, Value]] = [("", value)]
    while pending:
        key, item = pending.pop()
        if isinstance(item, Ref):
            yield key, item
        elif isinstance(item, list):
            pending.extend((key, element) for element in item)
        elif isinstance(item, Stream):
            pending.extend(item.dictionary.items())
        elif isinstance(item, dict):
            pending.extend(item.items())


def less(value: Value, key: str) -> Value:
    """Return a dictionary without one entry; any other value as it is."""
    return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value


def too_many() -> Exception:
    """Make the finding for a document that cannot be walked."""
    return unsure(
        SubIndication.LIMIT_REACHED,
        f"文件对象超过 {MAX_GRAPH_OBJECTS} 个的上限，无法判断签章后是否改动。",
        f"The file has more than {MAX_GRAPH_OBJECTS} objects, the limit; later changes cannot be judged.",
    )
