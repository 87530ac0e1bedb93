"""Where a seal would go, before anything is sealed: no key, no permit, no record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from signing.errors import NotAPdf
from signing.formats import DocumentKind, kind_of
from signing.incremental.errors import unforeseen
from signing.incremental.seal import open_to_seal
from signing.mark import Texts
from signing.ofd.errors import reading
from signing.ofd.format import open_subject
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.reading import Readable, open_stream
from signing.placing.errors import KeywordMissing, KeywordUnusable
from signing.placing.layout import Found, Layout, Pages, Rectangle, SignatureField, drawn, lay_out
from signing.placing.page_range import PageRange
from signing.placing.where import MAX_KEYWORD_LENGTH, InField, Where
from verify.pdf.plain.errors import NotPlain

Document = bytes | Path


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of the seal: its page, the box it fills there, and the box of the whole seal (both mm, as displayed)."""

    page: int
    box: Rectangle
    whole: Rectangle


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be drawn: every picture, and the field that would be signed if the document brings one along."""

    shown: tuple[Shown, ...]
    field: str | None
    pages: int
    """How many pages the document has."""


class Preview:
    """Answers about one document at a time; safe to call from any thread."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def outlook(
        self,
        document: Document,
        where: Where,
        seal_mm: tuple[float, float],
        *,
        may_cover: bool = False,
        password: str | None = None,
    ) -> Outlook:
        """Say where a seal of ``seal_mm`` would be drawn; raises what sealing there would raise about document and place."""
        with open_stream(document) as stream:
            if kind_of(stream) is DocumentKind.PDF:
                try:
                    with unforeseen():
                        pages = PdfPages(open_to_seal(stream).leaves, self._texts.search(stream, password))
                        return _outlook(where, pages, seal_mm, may_cover=may_cover)
                except NotPlain:  # as in sealing, the general reader decides
                    stream.seek(0)
        with self._open(document, password, where) as found:
            return _outlook(where, found, seal_mm, may_cover=may_cover)

    def find(
        self, document: Document, text: str, chosen: PageRange | None = None, *, password: str | None = None
    ) -> Found:
        """List where a text stands. :class:`KeywordMissing` names it where it stands nowhere."""
        if not 0 < len(text.strip()) <= len(text) <= MAX_KEYWORD_LENGTH:
            raise KeywordUnusable(f"{len(text)} characters")
        with self._open(document, password) as pages:
            numbers = (chosen or PageRange()).numbers(pages.count)
            found = pages.search(text, numbers)
        if not found.matches:
            raise KeywordMissing(text, len(numbers), found.pictures)
        return found

    def fields(self, document: Document, *, password: str | None = None) -> Sequence[SignatureField]:
        """List the signature fields, signed and empty."""
        with self._open(document, password) as pages:
            return pages.signature_fields()

    @contextmanager
    def _open(self, document: Document, password: str | None, where: Where | None = None) -> Iterator[Pages]:
        """Open a document's pages; ``where`` a seal is to go, if it is."""
        with open_stream(document) as stream:
            kind = kind_of(stream)
            if kind is DocumentKind.FILE:
                raise NotAPdf("neither PDF nor OFD")
            if kind is DocumentKind.OFD:
                with reading():
                    yield open_subject(stream.read()).pages
                return
            filling = where.name if isinstance(where, InField) else None
            readable = Readable(stream, password, filling=filling, looking=where is None)
            yield PdfPages(ReadableLeaves(readable), self._texts.search(stream, password))


def _outlook(where: Where, pages: Pages, seal_mm: tuple[float, float], *, may_cover: bool) -> Outlook:
    layout = lay_out(where, pages, seal_mm, may_cover=may_cover)
    return Outlook(_shown(layout, seal_mm), layout.field, pages.count)


def _shown(layout: Layout, seal_mm: tuple[float, float]) -> tuple[Shown, ...]:
    return tuple(
        Shown(
            spot.page,
            drawn(spot, seal_mm),
            (spot.x_mm, spot.y_mm, seal_mm[0] * spot.scale, seal_mm[1] * spot.scale),
        )
        for spot in layout.spots
    )
