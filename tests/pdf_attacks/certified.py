"""Certified documents, extended beyond or within what their certification lets follow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pyhanko.sign import fields, signers

from tests.pdf_attacks.catalogue import (
    CERTIFIED,
    COVER,
    DRAWING,
    Attack,
    Victims,
    collector,
    form_pdf,
    signature_number,
    stream,
)
from tests.verify_world import append, raw_object, size_of

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


def annotated(data: bytes, entries: bytes, more: dict[int, bytes] | None = None, page: int = 6) -> bytes:
    """Append an annotation to a page; ``%d`` in its entries is the number of the next object."""
    new = size_of(data)
    note = b"<</Type/Annot/P %d 0 R%s>>" % (page, entries.replace(b"%d", b"%d" % (new + 1)))
    old = raw_object(data, page)
    listed = re.sub(rb"/Annots\s*\[", b"/Annots[%d 0 R " % new, old)
    body = old[:-2] + b"/Annots[%d 0 R]>>" % new if listed == old else listed
    return append(data, {page: body, new: note, **(more or {})})


LOOK: Final = b"/AP<</N %d 0 R>>"
for _level in (1, 2, 3):
    for _subtype in (
        b"FreeText",
        b"Redact",
        b"Stamp",
        b"Square",
        b"Highlight",
        b"Ink",
        b"FileAttachment",
        b"Watermark",
    ):
        attack(f"EAA: {_subtype.decode()} at P={_level}", CERTIFIED)(
            lambda victims, level=_level, subtype=_subtype: _with_look(  # type: ignore[misc]
                victims.certified(level), b"/Subtype/" + subtype + b"/Rect[0 0 595 842]/Contents(x)" + LOOK
            )
        )
for _entries in (
    b"/Subtype/Text/Rect[0 0 595 842]/Contents(Pay ten million)" + LOOK,
    b"/Subtype/Text/Rect[0 0 9 9]/Open true/Contents(Pay ten million)",
    b"/Subtype/Text/Rect[0 0 595 842]/Contents(Pay ten million)",
    b"/Subtype/Popup/Rect[0 0 595 842]/Open true/C[1 1 1]/Contents(Pay ten million)",
    b"/Subtype/Text/Rect[0 0 9 9]/Contents(x)/AA<</E<</S/JavaScript/JS(x)>>>>",
    b"/Subtype/Screen/Rect[0 0 9 9]/A<</S/Rendition>>",
    b"/Subtype/Link/Rect[0 0 595 842]/A<</S/URI/URI(http://example.test)>>",
    b"/Subtype/Widget/FT/Tx/T(new)/V(x)/Rect[0 0 595 842]",
):
    attack(f"EAA: {_entries[9:].split(b'/')[0].decode()} {len(_entries)} at P=3", CERTIFIED)(
        lambda victims, entries=_entries: _with_look(victims.certified(3), entries)  # type: ignore[misc]
    )


def _with_look(data: bytes, entries: bytes) -> bytes:
    new = size_of(data)
    return annotated(data, entries, {new + 1: stream(COVER, DRAWING)})


def signed_over(victims: Victims, data: bytes, box: tuple[int, int, int, int]) -> bytes:
    """Sign in a new field with a real certificate; pyHanko's own refusal is put aside."""
    kept = signers.PdfSigner._enforce_certification_constraints
    signers.PdfSigner._enforce_certification_constraints = lambda *_: None  # type: ignore[assignment]
    try:
        return victims.signing.sign(data, field="Sneaky", page=1, box=box)
    finally:
        signers.PdfSigner._enforce_certification_constraints = kept  # type: ignore[method-assign]


for _level in (1, 2, 3):
    attack(f"SSA: a signature over the page at P={_level}", CERTIFIED)(
        lambda victims, level=_level: signed_over(victims, victims.certified(level), (0, 0, 595, 842))  # type: ignore[misc]
    )


@attack("permission escalation: /P raised in a copy of the certification", CERTIFIED)
def _escalated(victims: Victims) -> bytes:
    data = victims.certified(1)
    number = signature_number(data)
    body = re.sub(rb"/P\s+1", b"/P 3", raw_object(data, number))
    filled = raw_object(data, 20).replace(b"(1.00)", b"(9.99)")
    return append(data, {number: body, 20: filled})


@attack("permission escalation: /Perms taken away", CERTIFIED)
def _perms_gone(victims: Victims) -> bytes:
    data = victims.certified(2)
    return append(data, {1: re.sub(rb"/Perms\s*<<.*?>>", b"", raw_object(data, 1), flags=re.DOTALL)})


@attack("permission escalation: /Perms written into a document that nobody certified", CERTIFIED)
def _perms_added(victims: Victims) -> bytes:
    data = victims.form
    number = signature_number(data)
    catalog = raw_object(data, 1)[:-2] + b"/Perms<</DocMDP %d 0 R>>>>" % number
    return append(data, {1: catalog, 20: raw_object(data, 20).replace(b"(1.00)", b"(9.99)")})


def with_notes(data: bytes, places: Sequence[tuple[int, int]], apart: int = 0) -> bytes:
    """Append closed notes without a look to the first page; ``apart``: each so many in a revision of their own."""
    for begun in range(0, len(places), apart or len(places)):
        part = places[begun : begun + (apart or len(places))]
        new = size_of(data)
        notes = {
            new + at: b"<</Type/Annot/Subtype/Text/F 28/Rect[%d %d %d %d]/Contents(x)>>"
            % (x, y, x + 20, y + 20)
            for at, (x, y) in enumerate(part)
        }
        listed = b"".join(b" %d 0 R" % number for number in notes)
        page = re.sub(rb"(/Annots\s*\[[^\]]*)\]", rb"\1" + listed + b"]", raw_object(data, 4))
        data = append(data, {4: page, **notes})
    return data


LINE: Final = [(60 + 20 * at, 715) for at in range(13)]
"""Notes over all of a line of text."""


@attack("EAA: closed notes at P=3 that hide a line together", CERTIFIED)
def _line_of_notes(victims: Victims) -> bytes:
    return with_notes(victims.certified(3), LINE)


@attack("EAA: closed notes at P=3 that hide a line together, from one revision to the next", CERTIFIED)
def _line_of_notes_by_and_by(victims: Victims) -> bytes:
    return with_notes(victims.certified(3), LINE, apart=3)


@attack("EAA: closed notes at P=3 in boxes of no size, whose icons hide a line", CERTIFIED)
def _line_of_points(victims: Victims) -> bytes:
    data = with_notes(victims.certified(3), LINE)
    return re.sub(
        rb"/Subtype/Text/F 28/Rect\[(\d+) (\d+) \d+ \d+", rb"/Subtype/Text/F 28/Rect[\1 \2 \1 \2", data
    )


for _frame in (
    b"/MK<</BC[1 1 1]>>/BS<</W 600/S/S>>",
    b"/BS<</W 600/S/S>>/C[1 1 1]",
    b"/Border[0 0 600]/C[1 1 1]",
    b"/Border[600 0 1]",
    b"/BS<</W 90 0 R>>",
):
    for _subtype in (b"Text", b"Popup"):

        @attack(
            f"EAA: a note at P=3 with a frame over the page, {_subtype.decode()} {_frame.decode()}", CERTIFIED
        )
        def _framed(victims: Victims, frame: bytes = _frame, subtype: bytes = _subtype) -> bytes:
            note = b"/Subtype/%s/F 28/Rect[0 842 0 842]/Contents(x)%s" % (subtype, frame)
            return annotated(victims.certified(3), note, {90: b"600"})


def with_button(victims: Victims) -> bytes:
    """Return a certified form with a button that shows a price, and lets fields be filled in."""
    entries = b"/FT/Btn/Ff 65536/MK<</CA(Price 1.00)>>/T(price)/Type/Annot/Subtype/Widget/Rect[50 50 150 70]/P 4 0 R"
    look = _button(b"1.00")
    form = append(form_pdf(), {20: b"<<%s/AP<</N 24 0 R>>>>" % entries, 24: look})
    return victims.signing.sign(form, certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)


def _button(price: bytes) -> bytes:
    drawn = b"BT /Helv 12 Tf 2 4 Td (Price %s) Tj ET" % price
    return stream(drawn, b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</Helv 3 0 R>>>>")


@attack("a push button that is filled in with another price", CERTIFIED)
def _button_filled(victims: Victims) -> bytes:
    data = with_button(victims)
    new = size_of(data)
    button = raw_object(data, 20).replace(b"24 0 R", b"%d 0 R" % new).replace(b"1.00", b"9.00")
    return append(data, {20: button[:-2] + b"/V(x)>>", new: _button(b"9.00")})


@attack("a push button whose look is exchanged while it is filled in", CERTIFIED)
def _button_redrawn(victims: Victims) -> bytes:
    data = with_button(victims)
    return append(data, {20: raw_object(data, 20)[:-2] + b"/V(x)>>", 24: _button(b"9.00")})


def titled(data: bytes, more: dict[int, bytes] | None = None) -> bytes:
    """Append another title, and what else comes with it."""
    new = size_of(data)
    title = b"<</Title(Cancelled: void since May)>>"
    return append(data, {new: title, **(more or {})}, trailer=b"/Info %d 0 R" % new)


@attack("another title of a document that takes no changes", CERTIFIED)
def _titled(victims: Victims) -> bytes:
    return titled(victims.certified(1))


@attack("another title of a document that takes no changes, in its metadata", CERTIFIED)
def _described(victims: Victims) -> bytes:
    data = victims.certified(1)
    new = size_of(data)
    catalog = raw_object(data, 1)[:-2] + b"/Metadata %d 0 R>>" % new
    packet = stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", b"/Type/Metadata/Subtype/XML")
    return append(data, {1: catalog, new: packet})
