"""What judging needs to know of a document's octets, whoever reads them: our own strict reader, or pyHanko's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from verify.pdf.pdf_values import Ref, Value

ABOUT_ITSELF: Final = frozenset(
    {
        *("/Type", "/Size", "/Index", "/Prev", "/W", "/XRefStm"),
        *("/Length", "/Filter", "/DecodeParms", "/F", "/FFilter", "/FDecodeParms"),
    }
)
"""Entries of a cross-reference stream that say how it is read (ISO 32000-2 tables 5 and 17); the others are a trailer's."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One cross-reference section: where it stands, what kind it is, and by which offset it was found (``declared``).

    ``stream``: the object that it is, or whose begin (``hidden``) a hybrid table points to (ISO 32000-2 §7.5.8.4).
    """

    index: int
    start: int
    end: int
    declared: int
    stream: Ref | None
    hidden: int | None = None

    @property
    def hybrid(self) -> bool:
        """Tell a table that points to a stream besides."""
        return self.hidden is not None

    def is_exact(self, data: bytes) -> bool:
        """Tell whether it stands where it is said to stand, but for blanks before it: elsewhere readers do not find it."""
        return self.declared <= self.start and not data[self.declared : self.start].strip(b"\x00\t\n\x0c\r ")

    @property
    def stream_start(self) -> int:
        """Where its stream begins."""
        return self.start if self.hidden is None else self.hidden


class Contained(NamedTuple):
    """Where an object is that stands in an object stream."""

    container: Ref
    at: int


class Source(Protocol):
    """The sections of a document and its objects at each of them; 0 is the oldest revision."""

    data: bytes
    encrypted: bool
    revisions: tuple[Revision, ...]

    @property
    def refused(self) -> Exception | None:
        """Why what is found by this source does not count: the document has to be judged by another."""

    @property
    def strict(self) -> bool:
        """Nothing was overlooked when the document was opened."""

    def trailer(self, revision: int) -> dict[str, Value]:
        """Return the entries of all trailers up to a revision, the newer before the older."""

    def stated(self, revision: int) -> frozenset[str]:
        """Return the keys that a revision's own trailer states."""

    def place(self, ref: Ref, revision: int) -> int | Contained | None:
        """Return where an object stands at a revision: an offset, or in an object stream; ``None``: it is not defined."""

    def last_changed(self, ref: Ref) -> int:
        """Return the revision that last defined or freed an object (``KeyError``: none did)."""

    def introduced(self, ref: Ref) -> int:
        """Return the revision that first defined an object (``KeyError``: none did)."""

    def read(self, ref: Ref, revision: int | None, *, spared: bool) -> Value:
        """Read a defined object at a revision, ``None`` for the newest; ``spared``: encryption does not reach it."""

    def explicit(self, revision: int) -> set[Ref]:
        """Return every object that a revision defines or frees."""

    def listed(self, revision: int) -> Iterable[tuple[Ref, int | Contained]]:
        """Yield each object that a revision defines, and where it stands then."""

    def places(self, revision: int) -> tuple[list[int], set[Ref]]:
        """Return the offsets of the objects that a revision defines, and the object streams that hold the others."""

    def higher(self) -> dict[int, set[Ref]]:
        """Return the object numbers that some revision gives another generation than 0, with these."""

    def parse(self, octets: bytes) -> tuple[Ref, Value]:
        """Parse ``NUMBER GENERATION obj VALUE`` apart from the file; raises what the reader raises."""

    def trailer_end(self, revision: Revision) -> int:
        """Return the offset behind the trailer dictionary of a table."""

    def object_end(self, offset: int, ref: Ref) -> int:
        """Return the offset behind ``endobj`` of the object at ``offset``; ``offset`` itself if it does not end cleanly."""

    def check_contained(self, revision: int) -> None:
        """Parse every object in the object streams of a revision; raises on what is not one object after the other."""

    def structure(self, revision: int) -> dict[str, Value]:
        """Return what the cross-reference stream of a revision says about itself (:data:`ABOUT_ITSELF`); of a table nothing."""

    def check_section(self, revision: Revision) -> None:
        """Raise on a section that readers take differently: one that lists an object twice, or as none can be (:mod:`verify.pdf.plain_section`)."""
