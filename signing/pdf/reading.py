"""Open a document that is to be sealed, and say in plain words why it cannot be.

The document is appended to, never rewritten: whatever cannot be read for certain is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.crypt.permissions import StandardPermissions
from pyhanko.pdf_utils.generic import Dereferenceable
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import (
    ChangesForbidden,
    DocumentDamaged,
    DocumentTooLarge,
    EncryptionUnsupported,
    NewFieldForbidden,
    OwnerPasswordRequired,
    PageMissing,
    PasswordRequired,
    PasswordWrong,
    SigningError,
    XfaForm,
)
from signing.placing.placement import Box, PageView
from verify.pdf.library_limits import bounded

MAX_DOCUMENT_OCTETS: Final = 512 * 1024 * 1024
"""Largest document sealed; what our own verifier reads, and far above any contract with scanned annexes."""
HEADER_WINDOW: Final = 1024
"""The header stands in the first kilobyte (ISO 32000-1 annex H.3, implementation note 13)."""
MAX_PAGES: Final = 100_000
"""Page objects walked; the largest real files have some ten thousand."""
MAX_TREE_DEPTH: Final = 64
"""Nesting of the page tree; a balanced tree of 100,000 pages needs five levels."""
MAX_FIELDS: Final = 20_000
"""Form fields walked; real forms have hundreds."""
MAX_FIELD_DEPTH: Final = 32
"""Nesting of form fields; full names in use have up to six parts."""
MAX_PASSWORD_LENGTH: Final = 127
"""Octets of a password that AES-256 encryption takes (ISO 32000-2 §7.6.4.3.3)."""
LETTER: Final[Box] = (0.0, 0.0, 612.0, 792.0)
"""What viewers show for a page without /MediaBox, which is required but sometimes missing."""
UNIT_RANGE: Final = (0.01, 75_000.0)
"""UserUnit taken seriously (ISO 32000-2 table 31; Acrobat's largest page is 15,000,000 inches)."""


@contextmanager
def foreign_bytes() -> Iterator[None]:
    """Turn whatever a reader of foreign bytes raises into :class:`DocumentDamaged`."""
    try:
        yield
    except (SigningError, MemoryError):
        raise
    except OSError as wrong:
        if wrong.errno is not None:
            raise
        raise DocumentDamaged(type(wrong).__name__) from wrong
    except Exception as wrong:
        raise DocumentDamaged(f"{type(wrong).__name__}: {wrong}"[:200]) from wrong


def open_stream(document: bytes | Path) -> IO[bytes]:
    """Open octets or a file for reading, after the limit of size. :class:`DocumentTooLarge`, ``OSError``."""
    stream: IO[bytes] = io.BytesIO(document) if isinstance(document, bytes) else document.open("rb")
    size = stream.seek(0, io.SEEK_END)
    if size > MAX_DOCUMENT_OCTETS:
        stream.close()
        raise DocumentTooLarge(size, MAX_DOCUMENT_OCTETS)
    stream.seek(0)
    return stream


@dataclass(frozen=True, slots=True)
class Page:
    """A page found in the tree: its reference, and how it is displayed."""

    reference: generic.IndirectObject
    view: PageView


class Readable:
    """A document that was opened and may be sealed: every refusal that can be told in advance has been told.

    Raises on construction: :class:`DocumentDamaged`, :class:`PasswordRequired`, :class:`PasswordWrong`,
    :class:`OwnerPasswordRequired`, :class:`EncryptionUnsupported`, :class:`XfaForm`, :class:`ChangesForbidden`. ``filling``
    is the full name of a field that is there and is to be signed: a certified document may still allow that. Whoever is
    only ``looking`` is not refused for what may not be changed.
    """

    def __init__(
        self,
        stream: IO[bytes],
        password: str | None = None,
        *,
        filling: str | None = None,
        looking: bool = False,
    ) -> None:
        self.reader = _open_reader(stream)
        self._pages: tuple[Page, ...] | None = None
        with foreign_bytes():
            _decrypt(self.reader, password)
            self.root = dictionary(self.reader.trailer["/Root"])
            if "/Pages" not in self.root:
                raise DocumentDamaged("no document catalogue with pages")
            self.form = dictionary(self.root.get("/AcroForm"))
            _refuse_xfa(self.root, self.form)
            self.fields = tuple(_fields(self.form))
            self.signed = any(_is_filled_signature(field) for field in self.fields)
            if not looking:
                _refuse_locked(self.root, self.fields, filling)

    def page(self, number: int) -> Page:
        """Find page ``number`` (from 1) in the page tree (ISO 32000-2 §7.7.3). :class:`PageMissing`."""
        if self._pages is not None:
            if not 1 <= number <= len(self._pages):
                raise PageMissing(number, len(self._pages))
            return self._pages[number - 1]
        walk = self._walk(number)
        if not walk.found:
            raise PageMissing(number, walk.count)
        return walk.found[0]

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages in order, found in one walk and kept."""
        if self._pages is None:
            self._pages = tuple(self._walk(None).found)
        return self._pages

    def _walk(self, wanted: int | None) -> _PageWalk:
        with foreign_bytes():
            walk = _PageWalk(wanted)
            walk.over(self.root.raw_get("/Pages"))
            if not walk.count:
                raise DocumentDamaged("no page in the document")
            return walk


def open_to_extend(stream: IO[bytes], password: str | None = None) -> PdfFileReader:
    """Open a document that is to get a time-stamp over all of it and no other change.

    ISO 32000-2 table 257: validation data and document time-stamps are permitted whatever a certification allows, so
    certified and locked documents are not refused here. Raises what :class:`Readable` raises about damage and passwords.
    """
    reader = _open_reader(stream)
    with foreign_bytes():
        _decrypt(reader, password)
    return reader


def _open_reader(stream: IO[bytes]) -> PdfFileReader:
    """Read strictly first; hybrid and slightly wrong files only open leniently."""
    octets = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        with bounded(octets):
            return PdfFileReader(stream, strict=True)
    except Exception:  # noqa: BLE001 - whatever it was, the lenient reading decides
        with foreign_bytes(), bounded(octets):
            stream.seek(0)
            return PdfFileReader(stream, strict=False)


def _decrypt(reader: PdfFileReader, password: str | None) -> None:
    handler: Any = reader.security_handler
    if handler is None:
        return
    if not isinstance(handler, StandardSecurityHandler) or handler.pdf_mac_enabled:
        raise EncryptionUnsupported(type(handler).__name__)
    try:
        result = reader.decrypt((password or "")[:MAX_PASSWORD_LENGTH])
    except PdfReadError as wrong:
        raise EncryptionUnsupported(str(wrong)[:200]) from wrong
    if result.status is AuthStatus.FAILED:
        raise PasswordWrong("the password opens nothing") if password else PasswordRequired("encrypted")
    if result.status is not AuthStatus.OWNER and not _may_sign(result.permission_flags):
        raise OwnerPasswordRequired("signing is not among the permissions")


def _may_sign(flags: Any) -> bool:
    """ISO 32000-2 table 22: creating a signature field takes bits 4 and 6."""
    if flags is None:
        return True
    needed = StandardPermissions.ALLOW_MODIFICATION_GENERIC | StandardPermissions.ALLOW_ANNOTS_FORM_FILLING
    return needed in flags


def _refuse_xfa(root: generic.DictionaryObject, form: generic.DictionaryObject) -> None:
    if "/XFA" in form or root.get("/NeedsRendering"):
        raise XfaForm("the document carries an XFA form")


def _refuse_locked(
    root: generic.DictionaryObject, fields: tuple[generic.DictionaryObject, ...], filling: str | None
) -> None:
    """ISO 32000-2 §12.8.2.2: a certified document takes no new field on a page, whatever its /P allows to fill.

    A field lock may forbid all changes too (table 236: /P 1), or lock all fields, ours to come included (§12.8.2.4).
    """
    if filling is None and "/DocMDP" in dictionary(root.get("/Perms")):
        raise _certified(root, fields)
    for entry in fields:
        if _is_filled_signature(entry) and any(_locks_out(lock, filling) for lock in _locks(entry)):
            raise ChangesForbidden("a signature field locks the document")


def _certified(
    root: generic.DictionaryObject, fields: tuple[generic.DictionaryObject, ...]
) -> ChangesForbidden:
    """Say what a certified document still takes: its own empty signature fields, unless it forbids every change."""
    certified = dictionary(dictionary(root.get("/Perms")).get("/DocMDP"))
    references = (dictionary(item) for item in array(certified.get("/Reference")))
    levels = {dictionary(item.get("/TransformParams")).get("/P", 2) for item in references}
    empty = [entry for entry in fields if entry.get("/FT") == "/Sig" and entry.get("/V") is None]
    if not empty or 1 in levels:
        return ChangesForbidden("certified (DocMDP)")
    return NewFieldForbidden(tuple(full_name(entry) for entry in empty))


def full_name(entry: generic.DictionaryObject) -> str:
    """Climb from a field to the root of its tree and join the names on the way (ISO 32000-2 §12.7.4.2)."""
    parts: list[str] = []
    for _ in range(MAX_FIELD_DEPTH):
        if entry.get("/T") is not None:
            parts.insert(0, str(entry.get("/T")))
        entry = dictionary(entry.get("/Parent"))
        if not entry:
            break
    return ".".join(parts)


def _locks(entry: generic.DictionaryObject) -> Iterator[generic.DictionaryObject]:
    """Yield the lock that a signature field announces and those that its signature states (FieldMDP)."""
    yield dictionary(entry.get("/Lock"))
    for reference in array(dictionary(entry.get("/V")).get("/Reference")):
        yield dictionary(dictionary(reference).get("/TransformParams"))


def _locks_out(lock: generic.DictionaryObject, filling: str | None) -> bool:
    """Tell whether a lock (or certification) forbids a new field, or to fill the one that is there."""
    if lock.get("/P") == 1 or lock.get("/Action") == "/All":
        return True
    if filling is None:
        return lock.get("/Action") == "/Exclude"
    named = {str(resolve(name)) for name in array(lock.get("/Fields"))}
    listed = any(filling == name or filling.startswith(f"{name}.") for name in named)
    return {"/Include": listed, "/Exclude": not listed}.get(str(lock.get("/Action")), False)


def _is_filled_signature(entry: generic.DictionaryObject) -> bool:
    return entry.get("/FT") == "/Sig" and entry.get("/V") is not None


def _fields(form: generic.DictionaryObject) -> Iterator[generic.DictionaryObject]:
    """Walk the field tree with limits; a field met twice means a circle, which no judge reads."""
    waiting = list(array(form.get("/Fields")))
    seen: set[object] = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, generic.IndirectObject):
            if item.reference in seen:
                raise DocumentDamaged("the form's field tree is circular")
            seen.add(item.reference)
        if len(seen) > MAX_FIELDS:
            raise DocumentDamaged(f"more than {MAX_FIELDS} form fields")
        entry = resolve(item)
        if isinstance(entry, generic.DictionaryObject):
            yield entry
            waiting.extend(array(entry.get("/Kids")))


_DICTIONARY: Any = generic.DictionaryObject
_EMPTY: Final[generic.DictionaryObject] = _DICTIONARY()
_INHERITED: Final = ("/MediaBox", "/CropBox", "/Rotate")


class _PageWalk:
    """One walk over the page tree in order; circles, depth and size are refused, before and after the page wanted.

    ``wanted`` is a number, or ``None`` for every page. Behind a page wanted alone, kids of a node that counts as many pages
    as it has kids can only be pages: they are not loaded.
    """

    def __init__(self, wanted: int | None) -> None:
        self.wanted = wanted
        self.count = 0
        self.found: list[Page] = []
        self._visited = 0

    def over(self, pages: Any) -> None:
        """Walk the tree below ``pages``."""
        stack: list[tuple[Any, dict[str, Any], frozenset[object], bool]] = [(pages, {}, frozenset(), False)]
        while stack:
            item, inherited, above, surely_page = stack.pop()
            self._visited += 1
            if self._visited > MAX_PAGES:
                raise DocumentDamaged(f"more than {MAX_PAGES} nodes in the page tree")
            if surely_page and self.found and self.wanted is not None:
                self.count += 1
                continue
            key = item.reference if isinstance(item, generic.IndirectObject) else id(item)
            if key in above or len(above) > MAX_TREE_DEPTH:
                raise DocumentDamaged("the page tree is circular or too deep")
            node = resolve(item)
            if not isinstance(node, generic.DictionaryObject):
                raise DocumentDamaged("a page is missing from the page tree")
            if "/Kids" not in node:
                self._page(item, node, inherited)
                continue
            passed_on = inherited | {name: node[name] for name in _INHERITED if name in node}
            kids = array(node["/Kids"])
            only_pages = node.get("/Count") == len(kids)
            below = above | {key}
            stack.extend((kid, passed_on, below, only_pages) for kid in reversed(kids))

    def _page(self, item: Any, node: generic.DictionaryObject, inherited: dict[str, Any]) -> None:
        self.count += 1
        if self.wanted not in (None, self.count):
            return
        if not isinstance(item, generic.IndirectObject):
            raise DocumentDamaged("the page is not an object of its own (ISO 32000-2 §7.7.3.2)")
        self.found.append(Page(item, _view(node, inherited)))


def _view(page: generic.DictionaryObject, inherited: dict[str, Any]) -> PageView:
    def attribute(name: str) -> Any:
        return page[name] if name in page else inherited.get(name)

    media = box_of(attribute("/MediaBox")) or LETTER
    visible = _intersection(box_of(attribute("/CropBox")) or media, media)
    turned = attribute("/Rotate")
    rotation = int(turned) % 360 if turned is not None else 0
    unit = float(page.get("/UserUnit", 1))
    if rotation % 90 or not UNIT_RANGE[0] <= unit <= UNIT_RANGE[1]:
        raise DocumentDamaged(f"rotation {rotation}, unit {unit}")
    return PageView(visible, rotation, unit)


def box_of(value: Any) -> Box | None:
    """Read a rectangle (ISO 32000-2 §7.9.5): any two opposite corners."""
    if not isinstance(value, generic.ArrayObject) or len(value) != 4:
        return None
    x1, y1, x2, y2 = (float(resolve(number)) for number in value)
    box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _intersection(crop: Box, media: Box) -> Box:
    """ISO 32000-2 §14.11.2.1: what lies outside the media box is cut; a crop box wholly outside counts for nothing."""
    box = max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3])
    return box if box[0] < box[2] and box[1] < box[3] else media


def resolve(item: Any) -> Any:
    """Follow a reference; give anything else back."""
    return item.get_object() if isinstance(item, Dereferenceable) else item


def dictionary(item: Any) -> generic.DictionaryObject:
    """Follow a reference to a dictionary; an empty one for anything else."""
    found = resolve(item)
    return found if isinstance(found, generic.DictionaryObject) else _EMPTY


def array(item: Any) -> list[Any]:
    """List an array's raw items (references are kept)."""
    found = resolve(item)
    if not isinstance(found, generic.ArrayObject):
        return []
    return [found.raw_get(at) for at in range(len(found))]
