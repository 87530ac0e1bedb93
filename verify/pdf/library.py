"""Documents read by pyHanko: whatever it can open, encrypted and damaged ones too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import (
    ObjStreamRef,
    XRefEntry,
    XRefSectionType,
    parse_xref_stream,
    parse_xref_table,
    read_object_header,
)

from verify.errors import Unreadable
from verify.pdf.library_limits import bounded
from verify.pdf.pdf_values import Ref, Stream, Value, plain
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.packed import check_end, listed_in
from verify.pdf.plain_section import check_packing, check_stream, check_table, once
from verify.pdf.source import ABOUT_ITSELF, Contained, Revision

XREF_WINDOW: Final = 16
"""Octets before a cross-reference table in which its keyword stands."""
_HEX: Final = re.compile(rb"<([0-9A-Fa-f]{64,})>")
_HEADER: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*+([0-9]++)[\x00\t\n\x0c\r ]++([0-9]++)[\x00\t\n\x0c\r ]*+obj(?=[\x00\t\n\x0c\r ()<>\[/%0-9+.\-])"
)
_TAIL: Final = re.compile(rb"[\x00\t\n\x0c\r ]*endobj")


class LibrarySource:
    """The library's reader behind the questions of :class:`verify.pdf.source.Source`."""

    refused: Exception | None = None

    def __init__(self, data: bytes, reader: PdfFileReader) -> None:
        self.data = data
        self.reader = reader
        self.encrypted = bool(reader.encrypted)
        self.revisions = tuple(self._sections())

    @property
    def strict(self) -> bool:
        """Nothing was overlooked when the document was opened."""
        return bool(self.reader.strict)

    def _sections(self) -> Iterator[Revision]:
        for index in range(self.reader.xrefs.total_revisions):
            info = self.reader.xrefs.get_xref_container_info(index)
            stream = info.stream_ref
            ref = None if stream is None else Ref(stream.idnum, stream.generation)
            kind, start = info.xref_section_type, info.start_location
            if kind is not XRefSectionType.STREAM:  # the library's start is behind the keyword
                start = self.data.rfind(b"xref", max(0, start - XREF_WINDOW), start)
            hidden = self.reader.xrefs.get_xref_data(index).hybrid
            begin = None if hidden is None else hidden.meta_info.start_location
            yield Revision(index, start, info.end_location, info.declared_startxref, ref, begin)

    def trailer(self, revision: int) -> dict[str, Value]:
        """Return the entries of all trailers up to a revision, the newer before the older."""
        found: dict[str, Value] = plain(self.reader.trailer.flatten(revision))
        return found

    def stated(self, revision: int) -> frozenset[str]:
        """Return the keys that a revision's own trailer states."""
        return frozenset(self._own_trailer(revision))

    def _own_trailer(self, revision: int) -> Any:
        newest_first = self.reader.trailer._trailer_revisions  # noqa: SLF001 - the library only gives them merged
        return newest_first[len(newest_first) - 1 - revision]

    def place(self, ref: Ref, revision: int) -> int | Contained | None:
        """Return where an object stands at a revision."""
        found = self.reader.xrefs.get_historical_ref(self._pointer(ref), revision)
        if isinstance(found, ObjStreamRef):
            return Contained(Ref(found.obj_stream_id), found.ix_in_stream)
        return found

    def last_changed(self, ref: Ref) -> int:
        """Return the revision that last defined or freed an object (``KeyError``: none did)."""
        return int(self.reader.xrefs.get_last_change(self._pointer(ref)))

    def introduced(self, ref: Ref) -> int:
        """Return the revision that first defined an object (``KeyError``: none did)."""
        return int(self.reader.xrefs.get_introducing_revision(self._pointer(ref)))

    def read(self, ref: Ref, revision: int | None, *, spared: bool) -> Value:
        """Read a defined object, decrypted unless ``spared``."""
        fetch: Any = self.reader.get_object
        return plain(fetch(self._pointer(ref), revision, never_decrypt=spared, transparent_decrypt=False))

    def explicit(self, revision: int) -> set[Ref]:
        """Return every object that a revision defines or frees."""
        found = self.reader.xrefs.explicit_refs_in_revision(revision)
        return {Ref(pointer.idnum, pointer.generation) for pointer in found}

    def listed(self, revision: int) -> Iterable[tuple[Ref, int | Contained]]:
        """Yield each object that a revision defines, and where it stands then."""
        for ref in self.explicit(revision):
            place = self.place(ref, revision)
            if place is not None:
                yield ref, place

    def places(self, revision: int) -> tuple[list[int], set[Ref]]:
        """Return the offsets of the objects that a revision defines, and the object streams that hold the others."""
        sections = [self.reader.xrefs.get_xref_data(revision)]
        if sections[0].hybrid is not None:
            sections.append(sections[0].hybrid.xref_data)
        offsets = [offset for section in sections for _, offset in section.standard_xrefs.values()]
        return offsets, {Ref(number) for section in sections for number in section.obj_streams_used}

    def higher(self) -> dict[int, set[Ref]]:
        """Return the object numbers that some revision gives another generation than 0, with these."""
        found: dict[int, set[Ref]] = {}
        for index in range(len(self.revisions)):
            section: Any = self.reader.xrefs.get_xref_data(index)
            for known, generation in section.higher_generation_refs():
                found.setdefault(known, set()).add(Ref(known, generation))
        return found

    def parse(self, octets: bytes) -> tuple[Ref, Value]:
        """Parse an object apart from the file."""
        stream = BytesIO(octets + b"endobj\n")
        number, generation = read_object_header(stream, False)  # type: ignore[no-untyped-call]
        holder = Ref(number, generation)
        return holder, plain(generic.read_object(stream, self._pointer(holder)))

    def trailer_end(self, revision: Revision) -> int:
        """Return the offset behind the trailer dictionary of a table."""
        with self._strictly():
            stream: Any = self.reader.stream
            stream.seek(revision.end)
            make: Any = generic.TrailerReference
            generic.DictionaryObject.read_from_stream(stream, make(self.reader))
            return int(stream.tell())

    def object_end(self, offset: int, ref: Ref) -> int:
        """Return the offset behind ``endobj`` of the object at ``offset``; ``offset`` itself if it does not end cleanly."""
        if not _begins(self.data, offset, ref):
            return offset
        stop = self.data.find(b"endobj", offset)
        body = self.data[offset:stop] if stop >= 0 else b""
        with self._strictly():
            if stop >= 0 and b"stream" not in body:
                return stop + 6 if self._parses_whole(body, ref) else offset
            stream: Any = self.reader.stream
            stream.seek(offset)
            read_header: Any = read_object_header
            if read_header(stream, strict=False) != (ref.number, ref.generation):
                return offset
            generic.read_object(stream, self._pointer(ref))
            tail = _TAIL.match(self.data, int(stream.tell()))
            return offset if tail is None else tail.end()

    def _parses_whole(self, body: bytes, ref: Ref) -> bool:
        """Parse a body without its long hexadecimal strings; nothing may stand between the value and ``endobj``.

        A header with another number is what a reader finds that repairs the file.
        """
        stream = BytesIO(_HEX.sub(b"<>", body) + b"endobj")
        read_header: Any = read_object_header
        if read_header(stream, strict=False) != (ref.number, ref.generation):
            return False
        generic.read_object(stream, self._pointer(ref))
        return stream.read().strip(b"\x00\t\n\x0c\r ") == b"endobj"

    def check_contained(self, revision: int) -> None:
        """Parse every object in the object streams of a revision; raises on what is not one object after the other."""
        with self._strictly():
            for container in self.places(revision)[1]:
                holder = self._at(container, revision)
                if not isinstance(holder, Stream):
                    raise PdfReadError("an object stream is missing")
                check_packing(holder.dictionary)
                self._check_packed(holder)

    def _check_packed(self, holder: Stream) -> None:
        """Parse every object in an object stream; raises unless each ends before the next begins."""
        text, entries = holder.decode(DecodePurpose.OBJECT_STREAM), holder.dictionary
        stream = BytesIO(text)
        try:
            for inside in listed_in(text, entries.get("/N"), entries.get("/First")):
                stream.seek(inside.begin)
                generic.read_object(stream, self._pointer(Ref(inside.number)))
                check_end(text, stream.tell(), inside)
        except NotPlain as odd:
            raise PdfReadError("an object stream does not hold one object after the other") from odd

    def structure(self, revision: int) -> dict[str, Value]:
        """Return what the cross-reference stream of a revision says about itself."""
        found = self.revisions[revision]
        if found.stream is None:
            return {}
        entries = plain(self._section_at(found.stream_start, found.stream)).dictionary
        return {key: item for key, item in entries.items() if key in ABOUT_ITSELF}

    def check_section(self, revision: Revision) -> None:
        """Raise if a section lists an object twice, readers take the first or the last; in a hybrid one, in two ways."""
        with self._strictly():
            listed: dict[int, XRefEntry] = {}
            previous = self._previous(revision)
            if revision.stream is None or revision.hybrid:
                check_table(self.data, revision.start)
                stream: Any = self.reader.stream
                stream.seek(revision.start + len(b"xref"))
                listed = once(parse_xref_table(stream, strict=True))
            if revision.stream is None:
                return
            packed = self._section_at(revision.stream_start, revision.stream)
            stated = check_stream(plain(packed).dictionary, previous)
            for number, entry in once(parse_xref_stream(packed, strict=True), stated).items():
                if listed.get(number, entry) != entry:
                    raise PdfReadError(f"object {number} is listed in two ways")

    def _previous(self, revision: Revision) -> Value:
        """Return the /Prev of a section's own trailer."""
        return plain(self._own_trailer(revision.index).get("/Prev"))

    def _section_at(self, start: int, ref: Ref) -> Any:
        """Read a cross-reference stream where it stands: it need not list itself, or may list itself elsewhere."""
        stream: Any = self.reader.stream
        stream.seek(start)
        read_header: Any = read_object_header
        if read_header(stream, strict=False) != (ref.number, ref.generation):
            raise PdfReadError("a cross-reference stream has another number")
        return generic.read_object(stream, self._pointer(ref))

    def _at(self, ref: Ref, revision: int) -> Value:
        if self.place(ref, revision) is None:
            return None
        return self.read(ref, revision if self.last_changed(ref) > revision else None, spared=False)

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        """Let the library raise on what readers take differently, as a key that stands twice, however damaged the rest may be."""
        before, self.reader.strict = self.reader.strict, True
        try:
            yield
        finally:
            self.reader.strict = before

    def _pointer(self, ref: Ref) -> generic.Reference:
        return generic.Reference(ref.number, ref.generation, self.reader)


def _begins(data: bytes, offset: int, ref: Ref) -> bool:
    """Tell whether the header of an object stands at an offset; the library takes no notice of the keyword, and readers repair."""
    found = _HEADER.match(data, offset)
    return found is not None and [digits.lstrip(b"0") for digits in found.groups()] == [
        b"%d" % part if part else b"" for part in ref
    ]


def open_by_library(data: bytes, password: str | None = None) -> LibrarySource:
    """Open a document; raises :class:`Unreadable` when it is damaged or locked."""
    return LibrarySource(data, _unlock(_parse(data), password))


def damaged(detail: str) -> Unreadable:
    """Make the word for a file that cannot be read."""
    return Unreadable(
        "PDF 文件已损坏或不完整，无法读取；请向发送方索取完整的原件。",
        f"The PDF file is damaged or incomplete; ask its sender for the complete file ({detail}).",
    )


def _parse(data: bytes) -> PdfFileReader:
    try:
        with bounded(len(data)):
            return PdfFileReader(BytesIO(data), strict=True)
    except Exception:  # noqa: BLE001 - the library's parser raises anything; a second, lenient try decides
        try:
            with bounded(len(data)):
                return PdfFileReader(BytesIO(data), strict=False)
        except Exception as error:
            raise damaged("its cross-reference table cannot be read") from error


def opens_strictly(data: bytes) -> bool:
    """Tell whether the library opens a file without overlooking anything."""
    try:
        with bounded(len(data)):
            PdfFileReader(BytesIO(data), strict=True)
    except Exception:  # noqa: BLE001 - the library's parser raises anything
        return False
    return True


def _unlock(reader: PdfFileReader, password: str | None) -> PdfFileReader:
    try:
        if not reader.encrypted:
            return reader
        handler = reader.security_handler
    except Exception as error:
        raise damaged("its encryption dictionary cannot be read") from error
    if not isinstance(handler, StandardSecurityHandler):
        raise Unreadable(
            "该 PDF 以接收人公钥加密，请先解密再核验。",
            "This PDF is encrypted to a recipient's public key; decrypt it first, then verify.",
        )
    try:
        result = reader.decrypt(password or "")
    except (PdfReadError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise damaged("its encryption cannot be read") from error
    if result.status is AuthStatus.FAILED:
        raise Unreadable(
            "该 PDF 已加密，密码缺失或不正确；请提供打开密码后再核验。",
            "This PDF is encrypted and the password is missing or wrong; give the password and verify again.",
        )
    return reader
