"""The form of a document: its fields, whether it is signed, and whether anything says what may still change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signing.pdf.reading import MAX_FIELDS
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf
from verify.pdf.plain.syntax import Array, Dictionary, Ref, Value

MAX_FIELD_DEPTH: Final = 32
"""Nesting of the field tree; forms in use have two or three levels."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field or a widget of one: full name, own and inherited type, own entries."""

    ref: Ref
    name: str
    kind: str
    entries: Dictionary

    @property
    def signed(self) -> bool:
        """Tell whether this is a signature field with a value."""
        return self.kind == "/Sig" and self.entries.get("/V") is not None


@dataclass(frozen=True, slots=True)
class Form:
    """The interactive form: its own object or none (it stands in the catalogue then), its entries, every field."""

    ref: Ref | None
    entries: Dictionary | None
    fields: tuple[Field, ...]

    @property
    def signed(self) -> bool:
        """Tell whether the document carries a signature."""
        return any(field.signed for field in self.fields)

    def unused(self, wanted: str) -> str:
        """Return ``wanted``, with a number behind it if a field of that name exists."""
        taken = {field.name for field in self.fields}
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        return name


def read_form(pdf: PlainPdf, *, heed_locks: bool = True) -> Form:
    """Read the form with every field. :class:`NotPlain` for whatever the general reader may refuse.

    A document time-stamp need not heed what may still change after a signature (ISO 32000-2 table 257).
    """
    stated = pdf.catalogue.get("/AcroForm")
    entries = pdf.value(stated)
    if entries is not None and not isinstance(entries, Dictionary):
        raise NotPlain(Reason.FORM, "/AcroForm")
    if (entries is not None and "/XFA" in entries) or pdf.entry(pdf.catalogue, "/NeedsRendering"):
        raise NotPlain(Reason.XFA)
    fields = () if entries is None else tuple(_walk(pdf, pdf.entry(entries, "/Fields")))
    if heed_locks:
        _check_permissions(pdf)
        for field in fields:
            if field.signed:
                _check_locks(pdf, field)
    return Form(stated if isinstance(stated, Ref) else None, entries, fields)


def _check_permissions(pdf: PlainPdf) -> None:
    permissions = pdf.entry(pdf.catalogue, "/Perms")
    if permissions is not None:
        raise NotPlain(Reason.LOCKED if pdf.entry(permissions, "/DocMDP") else Reason.RIGHTS)


def _check_locks(pdf: PlainPdf, field: Field) -> None:
    """Leave any statement of what may change after a signature to the general reader (ISO 32000-2 §12.8.2)."""
    value = pdf.entry(field.entries, "/V")
    if not isinstance(value, Dictionary):
        raise NotPlain(Reason.FORM, "a signature is no dictionary")
    if pdf.entry(field.entries, "/Lock") is not None or pdf.entry(value, "/Reference") is not None:
        raise NotPlain(Reason.LOCKED)


@dataclass(frozen=True, slots=True)
class _Waiting:
    value: Value
    name: str
    kind: str
    depth: int


def _walk(pdf: PlainPdf, roots: Value) -> Iterator[Field]:
    if roots is None:
        return
    if not isinstance(roots, Array):
        raise NotPlain(Reason.FORM, "/Fields")
    waiting = [_Waiting(item, "", "", 0) for item in reversed(roots)]
    seen: set[Ref] = set()
    while waiting:
        item = waiting.pop()
        if not isinstance(item.value, Ref) or item.value in seen or item.depth > MAX_FIELD_DEPTH:
            raise NotPlain(Reason.FORM, "a field is no object of its own, or is in a circle")
        seen.add(item.value)
        if len(seen) > MAX_FIELDS:
            raise NotPlain(Reason.LIMIT, "fields")
        entries = pdf.value(item.value)
        if not isinstance(entries, Dictionary):
            raise NotPlain(Reason.FORM, "a field is no dictionary")
        field = _field(pdf, item, item.value, entries)
        yield field
        kids = pdf.entry(entries, "/Kids")
        if kids is None:
            continue
        if not isinstance(kids, Array):
            raise NotPlain(Reason.FORM, "/Kids")
        waiting += [_Waiting(kid, field.name, field.kind, item.depth + 1) for kid in reversed(kids)]


def _field(pdf: PlainPdf, item: _Waiting, ref: Ref, entries: Dictionary) -> Field:
    own, kind = pdf.entry(entries, "/T"), pdf.entry(entries, "/FT")
    if own is not None and not isinstance(own, bytes):
        raise NotPlain(Reason.FORM, "/T")
    name = item.name if own is None else ".".join(filter(None, (item.name, text_of(own))))
    return Field(ref, name, item.kind if kind is None else str(kind), entries)


def text_of(octets: bytes) -> str:
    """Read a text string (ISO 32000-2 §7.9.2.2)."""
    if octets.startswith((b"\xfe\xff", b"\xff\xfe")):
        return octets.decode("utf-16", errors="replace")
    if octets.startswith(b"\xef\xbb\xbf"):
        return octets[3:].decode("utf-8", errors="replace")
    return octets.decode("latin-1")
