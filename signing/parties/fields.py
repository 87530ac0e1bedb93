"""Keep an empty signature field for each party before anybody seals (ISO 32000-2 §12.7.5.5).

Later seals then fill fields that are there already, which a certified document allows (§12.8.2.2, /P 2) where it allows no
new ones. A party whose place is not one spot (none agreed, a seam, several pages) has no field kept.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from seals.drawing.geometry import template
from seals.seal import SealKind
from signing.parties.errors import FieldsNotReserved
from signing.parties.round import PartyWish
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.reading import Readable, foreign_bytes, open_stream
from signing.placing.layout import lay_out
from signing.placing.placement import Placement
from signing.placing.where import parse_where

PREFIX: Final = "Party"
"""Fields are called ``Party-1``, ``Party-2``, … by the number of their party."""


class _FieldWriter(IncrementalPdfFileWriter):
    """pyHanko's incremental writer that leaves the document's own words alone: producer, dates, metadata."""

    def _update_meta(self) -> None:
        """Write no producer and no modification date."""


def reserve(document: bytes, parties: Sequence[PartyWish]) -> tuple[bytes, dict[int, str]]:
    """Return the document with an empty field for each party that has one spot, and their names by party number.

    Raises :class:`FieldsNotReserved` for a document that is signed already, :class:`signing.errors.DocumentError` for one
    that cannot be sealed, :class:`signing.errors.PlacementError` for a place that is not on it.
    """
    with open_stream(document) as stream:
        found = Readable(stream)
        wheres = {number: parse_where(one.where) for number, one in enumerate(parties, 1) if one.where}
        spots = {number: where for number, where in wheres.items() if isinstance(where, Placement)}
        if not spots:
            return document, {}
        if found.signed:
            raise FieldsNotReserved
        boxes = {number: _box(found, where, parties[number - 1].kind) for number, where in spots.items()}
        taken = {widget.name for widget in ReadableLeaves(found).signature_widgets()}
    names = {number: _unused(f"{PREFIX}-{number}", taken) for number in boxes}
    out = io.BytesIO()
    with foreign_bytes():
        writer = _FieldWriter(io.BytesIO(document), strict=False)
        for number, (page, box) in boxes.items():
            spec = SigFieldSpec(names[number], on_page=page - 1, box=box)  # type: ignore[arg-type]  # floats are taken
            append_signature_field(writer, spec)
        writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue(), names


def _box(document: Readable, where: Placement, kind: str) -> tuple[int, tuple[float, float, float, float]]:
    """Find page and rectangle (default user space) of a seal of this kind at a place."""
    look = template(SealKind.of(kind))
    size = float(look.width), float(look.height)
    lay_out(where, PdfPages(ReadableLeaves(document)), size)
    return where.page, document.page(where.page).view.locate(where, size).rectangle


def _unused(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name
