"""Which kind of document is sealed, told by its first octets, and who prepares that kind."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import IO, Final, Protocol, cast, runtime_checkable

from hsm.algorithms import Digest
from signing.archive_stamp import ArchiveStamp, append_archive_stamp
from signing.containers.envelope import Envelope
from signing.detached.format import prepare as prepare_detached
from signing.errors import DocumentDamaged, LevelUnavailable, NotAPdf, PromiseForPdfOnly
from signing.mark import SealMark, Work
from signing.ofd.format import prepare as prepare_ofd
from signing.order import SealOrder, digest_of_start
from signing.pdf.general import prepare
from signing.pdf.read_once import ReadOnce
from signing.pdf.reading import HEADER_WINDOW, open_stream
from signing.prepared import Prepared

ZIP_MAGIC: Final = b"PK\x03\x04"
"""A package begins with the local header of its first entry (PKWARE APPNOTE 4.3.7)."""


ENTRANCE: Final = b"ofd.xml"
"""The entry that every OFD package begins to be read at (GB/T 33190 §7)."""
MAX_DIRECTORY: Final = 8 * 1024 * 1024
"""Octets from the end looked through for it: a directory of 100,000 entries takes seven million."""


class DocumentKind(StrEnum):
    """What is sealed."""

    PDF = "pdf"
    OFD = "ofd"
    FILE = "file"
    """Any file; its signature stands in a file beside it."""


class Format(Protocol):
    """Prepares one kind of document."""

    def prepare(self, work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> Prepared:
        """Write everything but the signature. Raises :class:`signing.errors.SigningError`, ``OSError`` of the output."""

    @property
    def kind(self) -> DocumentKind:
        """Which kind it is."""

    @property
    def appends(self) -> bool:
        """Whether the output begins with the source's own octets, so that these can be checked there afterwards."""


@runtime_checkable
class LongTermFormat(Format, Protocol):
    """A kind of document that can carry a time-stamp over everything in it (level B-LTA)."""

    def archive_stamp(self, stream: IO[bytes], stamp: ArchiveStamp, *, password: str | None = None) -> None:
        """Append evidence and a time-stamp to the finished document in ``stream``, in place."""


class PdfFormat:
    """PDF: the seal is appended, the document's own octets stay in front of it."""

    kind = DocumentKind.PDF
    appends = True

    def prepare(self, work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> Prepared:
        """Append the seal (:mod:`signing.pdf.general`)."""
        return prepare(work, mark, envelope, stamped=stamped)

    def archive_stamp(self, stream: IO[bytes], stamp: ArchiveStamp, *, password: str | None = None) -> None:
        """Append a document time-stamp (:mod:`signing.archive_stamp`)."""
        append_archive_stamp(stream, stamp, password=password)


class DetachedFormat:
    """Any file: the signature stands alone in the output, the file is read once and not written again."""

    kind = DocumentKind.FILE
    appends = False

    def prepare(self, work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> Prepared:
        """Digest the source (:mod:`signing.detached.format`); nothing of the mark can be shown."""
        del mark, stamped
        return prepare_detached(work, envelope)


class OfdFormat:
    """OFD packages: what was in the package keeps its octets, the directory at its end does not."""

    kind = DocumentKind.OFD
    appends = False

    def prepare(self, work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> Prepared:
        """Write the package anew around its entries (:mod:`signing.ofd.format`)."""
        del stamped
        return prepare_ofd(work, mark, envelope)


class Formats:
    """The formats of an installation; what is in no table is refused in words."""

    def __init__(self, formats: Mapping[DocumentKind, Format] | None = None) -> None:
        usual: dict[DocumentKind, Format] = {
            DocumentKind.PDF: PdfFormat(),
            DocumentKind.OFD: OfdFormat(),
            DocumentKind.FILE: DetachedFormat(),
        }
        self._formats = usual if formats is None else formats

    def of(self, order: SealOrder, source: IO[bytes]) -> Format:
        """Choose by content; ``source`` is left at its beginning. :class:`NotAPdf` for what cannot be sealed here."""
        kind = DocumentKind.FILE if order.detached else kind_of(source)
        found = self._formats.get(kind)
        if found is None or (kind is DocumentKind.FILE and not order.detached):
            raise NotAPdf(f"no format for {kind.value} here")
        if kind is DocumentKind.FILE and (order.certify is not None or order.lock is not None):
            raise PromiseForPdfOnly(kind.value)
        if order.level.archived and not isinstance(found, LongTermFormat):
            raise LevelUnavailable(order.level.value, kind.value)
        return found


def kind_of(source: IO[bytes]) -> DocumentKind:
    """Tell a PDF by its first octets and an OFD package by a directory that names ``OFD.xml``; all else is a mere file.

    A word processor's document is a package too, and no OFD.
    """
    source.seek(0)
    start = source.read(HEADER_WINDOW)
    found = DocumentKind.PDF if b"%PDF-" in start else DocumentKind.FILE
    if found is DocumentKind.FILE and start.startswith(ZIP_MAGIC):
        size = source.seek(0, io.SEEK_END)
        source.seek(max(0, size - MAX_DIRECTORY))
        if ENTRANCE in source.read().lower():
            found = DocumentKind.OFD
    source.seek(0)
    return found


def written(
    form: Format, order: SealOrder, document: Digest, fill: Callable[[IO[bytes]], Prepared], output: IO[bytes]
) -> Prepared:
    """Let ``fill`` write the output from the very octets that were permitted (``document``, SHA-256), however long it takes.

    :class:`DocumentDamaged` if the file was changed meanwhile.
    """
    changed = DocumentDamaged("the file was changed while it was being sealed")
    with open_stream(order.document) as source:
        if isinstance(order.document, bytes):
            return fill(source)
        if form.kind is DocumentKind.FILE:
            watched = ReadOnce(source)
            prepared = fill(cast("IO[bytes]", watched))
            if watched.digest() != document:
                raise changed
            return prepared
        if not form.appends:
            octets = source.read()
            if document.algorithm.digest(octets) != document:
                raise changed
            return fill(io.BytesIO(octets))
        prepared = fill(source)
        if digest_of_start(output, source.seek(0, io.SEEK_END)) != document:
            raise changed
    return prepared
