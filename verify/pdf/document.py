"""A PDF opened for judging: its revisions, and a view of the objects at each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, NamedTuple

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefSectionType

from verify.errors import Unreadable
from verify.pdf.pdf_values import Ref, Value, plain
from verify.policy import MAX_DOCUMENT_OCTETS

HEADER_WINDOW: Final = 1024
"""Readers look for ``%PDF-`` in the first kilobyte (ISO 32000-1 annex H.3 note 13)."""

XREF_WINDOW: Final = 16
"""Octets before a cross-reference table in which its keyword stands."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One cross-reference section: where it stands and what kind it is."""

    index: int
    start: int
    end: int
    size: int
    hybrid: bool
    stream: Ref | None


class Extent(NamedTuple):
    """The octets of one object: from its number to its end, or to that of its stream."""

    start: int
    end: int
    stream: bool


class View:
    """The objects of a document as they were at one revision."""

    def __init__(self, reader: PdfFileReader, revision: int, values: dict[tuple[Ref, int], Value]) -> None:
        self._reader = reader
        self._cache: dict[Ref, Value] = {}
        self._values = values
        self.revision = revision
        self.trailer: dict[str, Value] = plain(reader.trailer.flatten(revision))

    def get(self, ref: Ref) -> Value:
        """Return the value of an object; a missing one is ``None`` (ISO 32000-2 §7.3.10)."""
        if ref not in self._cache:
            self._cache[ref] = self._read(ref)
        return self._cache[ref]

    def _read(self, ref: Ref) -> Value:
        pointer = generic.Reference(ref.number, ref.generation, self._reader)
        xrefs = self._reader.xrefs
        if xrefs.get_historical_ref(pointer, self.revision) is None:
            return None
        last_change = xrefs.get_last_change(pointer)
        if last_change > self.revision:
            return plain(self._fetch(pointer, self.revision))
        if (ref, last_change) not in self._values:
            self._values[ref, last_change] = plain(self._fetch(pointer))
        return self._values[ref, last_change]

    def _fetch(self, pointer: generic.Reference, revision: int | None = None) -> object:
        fetch: Any = self._reader.get_object
        spared = Ref(pointer.idnum, pointer.generation) == self.trailer.get("/Encrypt")
        found: object = fetch(pointer, revision, never_decrypt=spared, transparent_decrypt=False)
        return found

    def exists(self, ref: Ref) -> bool:
        """Tell whether the object is defined at this revision."""
        pointer = generic.Reference(ref.number, ref.generation, self._reader)
        return self._reader.xrefs.get_historical_ref(pointer, self.revision) is not None

    def resolve(self, value: Value) -> Value:
        """Follow references until a value stands there (at most eight in a row)."""
        for _ in range(8):
            if not isinstance(value, Ref):
                return value
            value = self.get(value)
        return None

    def entry(self, dictionary: Value, key: str) -> Value:
        """Resolve ``dictionary[key]``; anything that is not a dictionary has no entries."""
        return self.resolve(dictionary.get(key)) if isinstance(dictionary, dict) else None

    @property
    def catalog(self) -> dict[str, Value]:
        """The document catalog; damaged files have an empty one."""
        found = self.resolve(self.trailer.get("/Root"))
        return found if isinstance(found, dict) else {}


class Document:
    """The octets of a PDF with its parsed revisions."""

    def __init__(self, data: bytes, reader: PdfFileReader) -> None:
        self.data = data
        self.reader = reader
        self._views: dict[int, View] = {}
        self._values: dict[tuple[Ref, int], Value] = {}
        self._scans: dict[int, frozenset[Ref]] = {}
        self._higher: dict[int, set[Ref]] | None = None
        self._extents: list[Extent] | None = None
        self.revisions = tuple(self._sections())

    def _sections(self) -> list[Revision]:
        found = []
        for index in range(self.reader.xrefs.total_revisions):
            info = self.reader.xrefs.get_xref_container_info(index)
            stream = info.stream_ref
            ref = None if stream is None else Ref(stream.idnum, stream.generation)
            hybrid = info.xref_section_type is XRefSectionType.HYBRID_MAIN
            start = info.start_location
            if (
                info.xref_section_type is not XRefSectionType.STREAM
            ):  # the library's start is behind the keyword
                start = self.data.rfind(b"xref", max(0, start - XREF_WINDOW), start)
            found.append(Revision(index, start, info.end_location, info.size, hybrid, ref))
        return found

    @property
    def last(self) -> View:
        """The document as a reader shows it now."""
        return self.view(len(self.revisions) - 1)

    def view(self, revision: int) -> View:
        """Return the view at one revision (0 is the oldest)."""
        if revision not in self._views:
            self._views[revision] = View(self.reader, revision, self._values)
        return self._views[revision]

    def location(self, ref: Ref, revision: int | None = None) -> int | None:
        """Return the octet offset of an object at a revision; ``None``: in an object stream, or nowhere."""
        pointer = generic.Reference(ref.number, ref.generation, self.reader)
        index = len(self.revisions) - 1 if revision is None else revision
        found = self.reader.xrefs.get_historical_ref(pointer, index)
        return found if isinstance(found, int) else None

    def remember(self, ref: Ref, value: Value) -> None:
        """Keep a value that was read from the octets of an object's newest definition (plain documents only)."""
        if not self.reader.encrypted:
            self._values[ref, self.last_changed(ref)] = value

    def introduced(self, ref: Ref) -> int:
        """Return the revision that first defined an object (``KeyError``: none did)."""
        return int(self.reader.xrefs.get_introducing_revision(self._pointer(ref)))

    def last_changed(self, ref: Ref) -> int:
        """Return the revision that last defined or freed an object (``KeyError``: none did)."""
        return int(self.reader.xrefs.get_last_change(self._pointer(ref)))

    def explicit(self, revision: int) -> set[Ref]:
        """Return every object that a revision defines or frees."""
        found = self.reader.xrefs.explicit_refs_in_revision(revision)
        return {Ref(pointer.idnum, pointer.generation) for pointer in found}

    def container(self, ref: Ref, revision: int) -> Ref | None:
        """Return the object stream that holds an object at a revision, if one does."""
        found = self.reader.xrefs.get_historical_ref(self._pointer(ref), revision)
        return Ref(found.obj_stream_id) if isinstance(found, ObjStreamRef) else None

    def generations(self, number: int) -> list[Ref]:
        """Return an object number with every generation that any revision gives it, and with 0."""
        if self._higher is None:
            self._higher = {}
            for index in range(len(self.revisions)):
                section: Any = self.reader.xrefs.get_xref_data(index)
                for known, generation in section.higher_generation_refs():
                    self._higher.setdefault(known, set()).add(Ref(known, generation))
        return [Ref(number), *self._higher.get(number, ())]

    def places(self, revision: int) -> tuple[list[int], set[Ref]]:
        """Return the offsets of the objects that a revision defines, and the object streams that hold the others."""
        sections = [self.reader.xrefs.get_xref_data(revision)]
        if sections[0].hybrid is not None:
            sections.append(sections[0].hybrid.xref_data)
        offsets = [offset for section in sections for _, offset in section.standard_xrefs.values()]
        return offsets, {Ref(number) for section in sections for number in section.obj_streams_used}

    def scanned(self, offset: int, scan: Callable[[int], frozenset[Ref]]) -> frozenset[Ref]:
        """Return what ``scan`` finds at an offset, scanning each offset once."""
        if offset not in self._scans:
            self._scans[offset] = scan(offset)
        return self._scans[offset]

    def extents(self, measure: Callable[[], list[Extent]]) -> list[Extent]:
        """Return what ``measure`` finds, the reach of every object, measuring once."""
        if self._extents is None:
            self._extents = measure()
        return self._extents

    def _pointer(self, ref: Ref) -> generic.Reference:
        return generic.Reference(ref.number, ref.generation, self.reader)


def open_document(data: bytes, password: str | None = None) -> Document:
    """Parse ``data``; raises :class:`Unreadable` with the reason when it is no PDF, damaged, or locked."""
    if len(data) > MAX_DOCUMENT_OCTETS:
        limit = MAX_DOCUMENT_OCTETS // 1024 // 1024
        raise Unreadable(
            f"文件超过 {limit} MB 的核验上限，请拆分后再核验。",
            f"The file is larger than the limit of {limit} MB; split it and verify the parts.",
        )
    if b"%PDF-" not in data[:HEADER_WINDOW]:
        raise Unreadable(
            "该文件不是 PDF 文件，请选择盖章后的 PDF 原件。",
            "This is not a PDF file; choose the sealed PDF itself.",
        )
    document = Document(data, _unlock(_parse(data), password))
    if not document.last.catalog:
        raise _damaged("no document catalog")
    return document


def _damaged(detail: str) -> Unreadable:
    return Unreadable(
        "PDF 文件已损坏或不完整，无法读取；请向发送方索取完整的原件。",
        f"The PDF file is damaged or incomplete; ask its sender for the complete file ({detail}).",
    )


def _parse(data: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(BytesIO(data), strict=True)
    except Exception:  # noqa: BLE001 - the library's parser raises anything; a second, lenient try decides
        try:
            return PdfFileReader(BytesIO(data), strict=False)
        except Exception as error:
            raise _damaged("its cross-reference table cannot be read") from error


def opens_strictly(data: bytes) -> bool:
    """Tell whether the library opens a file without overlooking anything."""
    try:
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
        raise _damaged("its encryption dictionary cannot be read") from error
    if not isinstance(handler, StandardSecurityHandler):
        raise Unreadable(
            "该 PDF 以接收人公钥加密，请先解密再核验。",
            "This PDF is encrypted to a recipient's public key; decrypt it first, then verify.",
        )
    try:
        result = reader.decrypt(password or "")
    except (PdfReadError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise _damaged("its encryption cannot be read") from error
    if result.status is AuthStatus.FAILED:
        raise Unreadable(
            "该 PDF 已加密，密码缺失或不正确；请提供打开密码后再核验。",
            "This PDF is encrypted and the password is missing or wrong; give the password and verify again.",
        )
    return reader
