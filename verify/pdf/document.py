"""A PDF opened for judging: its revisions, and a view of the objects at each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple, TypeVar, cast

from verify.errors import Unreadable
from verify.pdf.heads import Heads
from verify.pdf.library import damaged, open_by_library
from verify.pdf.mentions import Mentions
from verify.pdf.pdf_values import Ref, Value
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.source import PlainSource
from verify.pdf.source import Contained, Source
from verify.policy import MAX_DOCUMENT_OCTETS
from verify.signatures.containers import has_pdf_header

Fact = TypeVar("Fact")

MAX_REFERENCES: Final = 32
"""References that refer to references, followed in a row: two are the most that was met, and MuPDF follows nine."""


class Extent(NamedTuple):
    """The octets of one object: from its number to its end, or to that of its stream.

    ``head`` is where its dictionary ends; ``outside`` tells a stream whose content is in another file.
    """

    start: int
    end: int
    stream: bool
    head: int
    outside: bool = False


class View:
    """The objects of a document as they were at one revision."""

    def __init__(
        self, source: Source, revision: int, values: dict[tuple[Ref, int], Value], heads: Heads
    ) -> None:
        self._source = source
        self._heads = heads
        self._cache: dict[Ref, Value] = {}
        self._values = values
        self._catalog: dict[str, Value] | None = None
        self.stating: dict[tuple[Ref, str], dict[str, Value] | None] = {}
        """For an object and a key, the nearest dictionary at or above it that states the key (:mod:`verify.pdf.placement`)."""
        self.revision = revision
        self.trailer: dict[str, Value] = source.trailer(revision)

    def get(self, ref: Ref) -> Value:
        """Return the value of an object; a missing one is ``None`` (ISO 32000-2 §7.3.10)."""
        if ref not in self._cache:
            self._cache[ref] = self._read(ref)
        return self._cache[ref]

    def _read(self, ref: Ref) -> Value:
        if not self.exists(ref):
            return None
        spared = ref == self.trailer.get("/Encrypt")
        last_change = self._source.last_changed(ref)
        if last_change > self.revision:
            return self._source.read(ref, self.revision, spared=spared)
        if (ref, last_change) not in self._values:
            self._values[ref, last_change] = self._source.read(ref, None, spared=spared)
        return self._values[ref, last_change]

    def exists(self, ref: Ref) -> bool:
        """Tell whether the object is defined at this revision."""
        return self._source.place(ref, self.revision) is not None

    def lacks(self, ref: Ref, key: bytes) -> bool:
        """Tell, without reading it, whether an object is certainly a dictionary in which ``key`` stands nowhere."""
        place = self._source.place(ref, self.revision)
        return isinstance(place, int) and self._heads.lacks(place, ref, key)

    def resolve(self, value: Value) -> Value:
        """Follow references until a value stands there; ``None`` where more than MAX_REFERENCES follow each other."""
        for _ in range(MAX_REFERENCES + 1):
            if not isinstance(value, Ref):
                return value
            value = self._cache[value] if value in self._cache else self.get(value)
        return None

    def entry(self, dictionary: Value, key: str) -> Value:
        """Resolve ``dictionary[key]``; anything that is not a dictionary has no entries."""
        value = dictionary.get(key) if isinstance(dictionary, dict) else None
        return self.resolve(value) if isinstance(value, Ref) else value

    @property
    def catalog(self) -> dict[str, Value]:
        """The document catalog; damaged files have an empty one."""
        if self._catalog is None:
            found = self.resolve(self.trailer.get("/Root"))
            self._catalog = found if isinstance(found, dict) else {}
        return self._catalog


class Document:
    """The octets of a PDF with its parsed revisions."""

    def __init__(self, source: Source) -> None:
        self.data = source.data
        self.source = source
        self.revisions = source.revisions
        self._views: dict[int, View] = {}
        self._values: dict[tuple[Ref, int], Value] = {}
        self.heads = Heads(source.data)
        self._mentions: dict[int, Mentions] = {}
        self._begun: dict[int, dict[int, list[Ref]]] = {}
        self._higher: dict[int, set[Ref]] | None = None
        self._facts: dict[Hashable, object] = {}

    @property
    def last(self) -> View:
        """The document as a reader shows it now."""
        newest = len(self.revisions) - 1
        return self._views[newest] if newest in self._views else self.view(newest)

    def view(self, revision: int) -> View:
        """Return the view at one revision (0 is the oldest)."""
        if revision not in self._views:
            self._views[revision] = View(self.source, revision, self._values, self.heads)
        return self._views[revision]

    def location(self, ref: Ref, revision: int | None = None) -> int | None:
        """Return the octet offset of an object at a revision; ``None``: in an object stream, or nowhere."""
        found = self.source.place(ref, len(self.revisions) - 1 if revision is None else revision)
        return None if isinstance(found, Contained) else found

    def remember(self, ref: Ref, value: Value) -> None:
        """Keep a value that was read from the octets of an object's newest definition (plain documents only)."""
        if not self.source.encrypted:
            self._values[ref, self.source.last_changed(ref)] = value

    def introduced(self, ref: Ref) -> int:
        """Return the revision that first defined an object (``KeyError``: none did)."""
        return self.source.introduced(ref)

    def last_changed(self, ref: Ref) -> int:
        """Return the revision that last defined or freed an object (``KeyError``: none did)."""
        return self.source.last_changed(ref)

    def explicit(self, revision: int) -> set[Ref]:
        """Return every object that a revision defines or frees."""
        return self.source.explicit(revision)

    def container(self, ref: Ref, revision: int) -> Ref | None:
        """Return the object stream that holds an object at a revision, if one does."""
        found = self.source.place(ref, revision)
        return found.container if isinstance(found, Contained) else None

    def generations(self, number: int) -> list[Ref]:
        """Return an object number with every generation that any revision gives it, and with 0."""
        if self._higher is None:
            self._higher = self.source.higher()
        return [Ref(number), *self._higher.get(number, ())]

    def places(self, revision: int) -> tuple[list[int], set[Ref]]:
        """Return the offsets of the objects that a revision defines, and the object streams that hold the others."""
        return self.source.places(revision)

    def structure(self, revision: int) -> dict[str, Value]:
        """Return what the cross-reference stream of a revision says about itself; of a table nothing."""
        return self.kept(("/XRef", revision), lambda: self.source.structure(revision))

    def mentioning(self, ref: Ref, revision: int) -> set[Ref]:
        """Return the objects of their own, among those that a revision defines, whose octets mention an object."""
        mentions = self._mentions.get(revision)
        if mentions is None:
            mentions = Mentions(self.data, self.heads, self.places(revision)[0])
            self._mentions[revision] = mentions
        places = mentions.of(ref)
        return {owner for place in places for owner in self._owners(revision).get(place, ())}

    def _owners(self, revision: int) -> dict[int, list[Ref]]:
        """Return which objects begin at an octet: of a damaged document, several may."""
        if revision not in self._begun:
            found = self._begun[revision] = defaultdict(list)
            for ref, place in self.source.listed(revision):
                if isinstance(place, int):
                    found[place].append(ref)
        return self._begun[revision]

    def beginnings(self) -> list[int]:
        """Return where every object begins that a table lists, cross-reference streams among them, in the order of the file."""
        found = {revision.stream_start for revision in self.revisions if revision.stream is not None}
        for revision in self.revisions:
            found.update(self.places(revision.index)[0])
        return sorted(found)

    def fact(self, find: Callable[[Document], Fact]) -> Fact:
        """Return what ``find`` finds in the whole document, looking once for all its signatures."""
        return self.kept(find, lambda: find(self))

    def kept(self, question: Hashable, find: Callable[[], Fact]) -> Fact:
        """Return the answer to a question about the document, found once for all its signatures; what ``find`` raises is not kept."""
        if question not in self._facts:
            self._facts[question] = find()
        return cast("Fact", self._facts[question])


def open_plainly(data: bytes) -> Document | None:
    """Open a document by our own strict reader; ``None``: it is not plain, or too large, or has no catalogue."""
    if len(data) > MAX_DOCUMENT_OCTETS:
        return None
    try:
        document = Document(PlainSource(data))
        found = document.last.catalog
    except (NotPlain, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return None
    return document if found else None


def open_document(data: bytes, password: str | None = None) -> Document:
    """Parse ``data``; raises :class:`Unreadable` with the reason when it is no PDF, damaged, or locked."""
    if len(data) > MAX_DOCUMENT_OCTETS:
        limit = MAX_DOCUMENT_OCTETS // 1024 // 1024
        raise Unreadable(
            f"文件超过 {limit} MB 的核验上限，请拆分后再核验。",
            f"The file is larger than the limit of {limit} MB; split it and verify the parts.",
        )
    if not has_pdf_header(data):
        raise Unreadable(
            "该文件不是 PDF 文件，请选择盖章后的 PDF 原件。",
            "This is not a PDF file; choose the sealed PDF itself.",
        )
    document = Document(open_by_library(data, password))
    if not document.last.catalog:
        raise damaged("no document catalog")
    return document
