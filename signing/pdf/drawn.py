"""Draw a laid-out seal with pyHanko's writer: one form XObject, the widget's look, and the further spots (ISO 32000-2 §8.10, §12.5.5).

An unsigned document shows further spots in its page content, so they print wherever the page does. Content of a signed
document may not change any more: there each further spot is a signature field of its own that shares the one /V, which
ISO 32000-2 §12.7.5.5 counts as filling in a form.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SignatureFormField

from signing.mark import Picture
from signing.pdf.pages import PRINT
from signing.pdf.reading import Page, array, box_of, dictionary, resolve
from signing.placing.drawing import Look, look, look_in, strokes
from signing.placing.layout import Layout, Spot
from signing.placing.placement import POINTS_PER_MM

_pdf: Any = generic
"""pyHanko's object classes; their constructors carry no types."""

COMPRESSED_PICTURES: Final = 256
"""Pictures remembered compressed, some 10 kB each: every document of a seal has the same."""
NAME: Final = "YinxinSeal"
"""The XObject's name in pages and wrappers; a number follows where a page has one already."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What is drawn with what: the writer, how it finds a page by number, the picture and its places."""

    writer: IncrementalPdfFileWriter
    page: Callable[[int], Page]
    picture: Picture
    layout: Layout


class Drawing:
    """One seal in one update. The picture is stored once, however often it shows."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._writer: Any = seat.writer
        self._size = seat.picture.size_mm
        self._whole: Any = None

    def widget_box(self, spot: Spot) -> tuple[float, float, float, float]:
        """/Rect of a new field's widget."""
        return look(self._seat.page(spot.page).view, spot, self._size).rectangle

    def dress(self, widget: Any, *, signed: bool) -> None:
        """Give the widget of the signed field its look; a field of the document's own keeps its box.

        It prints from now on, unless the document is ``signed`` already and may not change so far.
        """
        if not self._seat.layout.spots:
            return
        spot = self._seat.layout.spots[0]
        view = self._seat.page(spot.page).view
        own = None if self._seat.layout.field is None else box_of(resolve(widget["/Rect"]))
        shown = look(view, spot, self._size) if own is None else look_in(view, own, spot, self._size)
        widget["/AP"] = _pdf.DictionaryObject({pdf_name("/N"): self._appearance(shown)})
        if self._seat.layout.field is not None:
            if not signed:
                widget[pdf_name("/F")] = _pdf.NumberObject(int(widget.get("/F", 0)) | PRINT)
            self._writer.update_container(widget)

    def strokes_on_pages(self) -> None:
        """Draw the further spots into the pages' content."""
        for number, spots in self._further():
            page = self._seat.page(number)
            found: Any = _pdf.IndirectObject(page.reference.idnum, page.reference.generation, self._writer)
            entry = found.get_object()
            name = self._add_resource(entry)
            drawn = b"".join(strokes(page.view, spot, self._size, name) for spot in spots)
            self._add_content(entry, drawn)
            self._writer.mark_update(found)

    def fields_beside(self, names: Iterator[str], value: Any) -> None:
        """Draw the further spots as signature fields, called by the next of ``names``, that share the signature ``value``."""
        form: Any = self._writer.root["/AcroForm"]
        fields = form["/Fields"]
        for page_number, spots in self._further():
            page = self._seat.page(page_number)
            reference: Any = _pdf.IndirectObject(
                page.reference.idnum, page.reference.generation, self._writer
            )
            for spot in spots:
                shown = look(page.view, spot, self._size)
                entry: Any = SignatureFormField(next(names), box=shown.rectangle, include_on_page=reference)
                entry["/V"] = value
                entry["/AP"] = _pdf.DictionaryObject({pdf_name("/N"): self._appearance(shown)})
                added = self._writer.add_object(entry)
                fields.append(added)
                self._writer.register_annotation(reference, added)
        self._writer.update_container(fields)

    def _further(self) -> Iterator[tuple[int, Iterator[Spot]]]:
        return groupby(
            sorted(self._seat.layout.spots[1:], key=lambda spot: spot.page), lambda spot: spot.page
        )

    def _appearance(self, shown: Look) -> Any:
        """Add a form XObject with the look: the seal itself where it stands alone, else a frame that shows a part of it."""
        alone = len(self._seat.layout.spots) == 1
        content, resources = self._seat.picture.content, _pdf.DictionaryObject()
        if not alone:
            named = _pdf.DictionaryObject({pdf_name(f"/{NAME}"): self._seal()})
            content, resources = (
                b"/%s Do" % NAME.encode(),
                _pdf.DictionaryObject({pdf_name("/XObject"): named}),
            )
        return self._form(content, shown.bbox, resources, shown.matrix)

    def _seal(self) -> Any:
        if self._whole is None:
            width, height = (side * POINTS_PER_MM for side in self._size)
            content = self._seat.picture.content
            self._whole = self._form(content, (0, 0, width, height), _pdf.DictionaryObject())
        return self._whole

    def _form(
        self, content: bytes, bbox: tuple[float, ...], resources: Any, matrix: tuple[float, ...] | None = None
    ) -> Any:
        """Add a form XObject (§8.10): paths only, no font, no image."""
        entries = {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): _numbers(bbox),
            pdf_name("/Resources"): resources,
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        }
        if matrix is not None:
            entries[pdf_name("/Matrix")] = _numbers(matrix)
        return self._writer.add_object(_pdf.StreamObject(entries, encoded_data=_compressed(content)))

    def _add_resource(self, page: Any) -> str:
        """Name the seal in the page's resources. What several pages share is copied, never changed for the others."""
        resources = _copy(_inherited_resources(page))
        named = _copy(dictionary(resources.get("/XObject")))
        name, number = NAME, 1
        while f"/{name}" in named:
            number += 1
            name = f"{NAME}{number}"
        named[pdf_name(f"/{name}")] = self._seal()
        resources[pdf_name("/XObject")] = named
        page[pdf_name("/Resources")] = resources
        return name

    def _add_content(self, page: Any, drawn: bytes) -> None:
        """Draw last, in the graphics state that the page began with: what stands there is put between q and Q (§8.4.2)."""
        listed = page.raw_get("/Contents") if "/Contents" in page else None
        present = array(listed) if isinstance(resolve(listed), generic.ArrayObject) else [listed]
        present = [item for item in present if isinstance(resolve(item), generic.StreamObject)]
        after = self._stream(b"\nQ\n" + drawn if present else drawn)
        before = [self._stream(b"q\n")] if present else []
        page[pdf_name("/Contents")] = _pdf.ArrayObject([*before, *present, after])

    def _stream(self, octets: bytes) -> Any:
        return self._writer.add_object(_pdf.StreamObject(stream_data=octets))


MAX_PARENTS: Final = 64
"""Steps up a page tree (the reader refuses deeper ones)."""


def _inherited_resources(page: Any) -> Any:
    """Find the page's /Resources, its own or handed down (ISO 32000-2 §7.7.3.4)."""
    node = page
    for _ in range(MAX_PARENTS):
        if "/Resources" in node:
            return dictionary(node["/Resources"])
        node = dictionary(node.get("/Parent"))
        if not node:
            break
    return dictionary(None)


def _copy(entry: Any) -> Any:
    """Copy one level of a dictionary; references stay references."""
    return _pdf.DictionaryObject({name: entry.raw_get(name) for name in entry})


@lru_cache(maxsize=COMPRESSED_PICTURES)
def _compressed(content: bytes) -> bytes:
    return zlib.compress(content)


def _numbers(values: tuple[float, ...]) -> Any:
    return _pdf.ArrayObject([_pdf.FloatObject(round(value, 4)) for value in values])
