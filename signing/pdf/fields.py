"""The signature fields of a document opened by pyHanko: full names, pages, boxes, and which are signed (ISO 32000-2 §12.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic

from signing.errors import DocumentDamaged
from signing.pdf.pages import SignatureWidget
from signing.pdf.reading import (
    MAX_FIELD_DEPTH,
    MAX_FIELDS,
    Readable,
    array,
    box_of,
    dictionary,
    foreign_bytes,
    resolve,
)
from signing.placing.placement import Box, PageView


@dataclass(frozen=True, slots=True)
class _Node:
    item: Any
    name: str
    inherited: tuple[Any, Any]
    """/FT and /V as handed down (§12.7.4.1)."""
    depth: int


class ReadableLeaves:
    """:class:`signing.pdf.pages.Leaves` of a :class:`Readable`."""

    def __init__(self, document: Readable) -> None:
        self._document = document

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._document.pages)

    def view(self, number: int) -> PageView:
        """How a page is displayed."""
        return self._document.page(number).view

    def signature_widgets(self) -> tuple[SignatureWidget, ...]:
        """List every signature field with its widget; one with several widgets, as older files have, appears with each."""
        if not any(_may_be_signature(entry) for entry in self._document.fields):
            return ()
        with foreign_bytes():
            found = _signature_fields(self._document.form)
            pages = _PagesOfWidgets(self._document)
            return tuple(
                SignatureWidget(name, pages.number(widget), _rectangle(widget), signed, _flags(widget))
                for name, widget, signed in found
            )


def _may_be_signature(entry: generic.DictionaryObject) -> bool:
    return entry.get("/FT") == "/Sig"


def _signature_fields(form: generic.DictionaryObject) -> list[tuple[str, Any, bool]]:
    """Walk the tree of fields: name, raw widget, signed. Its circles were refused when the document was opened."""
    waiting = [_Node(item, "", (None, None), 0) for item in reversed(array(form.get("/Fields")))]
    found: list[tuple[str, Any, bool]] = []
    visited = 0
    while waiting:
        node = waiting.pop()
        visited += 1
        if visited > MAX_FIELDS or node.depth > MAX_FIELD_DEPTH:
            raise DocumentDamaged("too many or too deeply nested form fields")
        entry = dictionary(node.item)
        part = entry.get("/T")
        name = node.name if part is None else f"{node.name}.{part}".removeprefix(".")
        kind, value = entry.get("/FT", node.inherited[0]), entry.get("/V", node.inherited[1])
        kids = array(entry.get("/Kids"))
        if kids:
            waiting += [_Node(kid, name, (kind, value), node.depth + 1) for kid in reversed(kids)]
        elif kind == "/Sig":
            found.append((name, node.item, value is not None))
    return found


class _PagesOfWidgets:
    """Which page a widget is on: its /P, else the page that lists it."""

    def __init__(self, document: Readable) -> None:
        self._document = document
        self._numbers = {page.reference.reference: at for at, page in enumerate(document.pages, 1)}
        self._listed: dict[Any, int] | None = None

    def number(self, widget: Any) -> int:
        entry = dictionary(widget)
        page = entry.raw_get("/P") if "/P" in entry else None
        if isinstance(page, generic.IndirectObject) and page.reference in self._numbers:
            return self._numbers[page.reference]
        if not isinstance(widget, generic.IndirectObject):
            return 0
        if self._listed is None:
            self._listed = self._annotations()
        return self._listed.get(widget.reference, 0)

    def _annotations(self) -> dict[Any, int]:
        listed: dict[Any, int] = {}
        for number, page in enumerate(self._document.pages, 1):
            for item in array(dictionary(page.reference).get("/Annots")):
                if isinstance(item, generic.IndirectObject):
                    listed.setdefault(item.reference, number)
        return listed


def _flags(widget: Any) -> int:
    found = dictionary(widget).get("/F")
    return int(found) if isinstance(found, int) else 0


def _rectangle(widget: Any) -> Box:
    return box_of(resolve(dictionary(widget).get("/Rect"))) or (0.0, 0.0, 0.0, 0.0)
