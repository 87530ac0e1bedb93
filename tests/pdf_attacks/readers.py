"""What readers take differently: end marks, trailers and objects of a file that one repairs, fields that another draws by their parents."""

from __future__ import annotations

import re
from typing import Final

from tests.pdf_attacks.catalogue import (
    EVIL,
    FIELDS,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    form_pdf,
    stream,
)
from tests.verify_world import append, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


def _after_a_draft(victims: Victims) -> tuple[bytes, bytes]:
    """Return a document that was a draft before it was signed, with validation data, and where the draft's table stands."""
    final = append(small_pdf(), {5: stream(b"BT /F1 24 Tf 72 720 Td (Pay one) Tj ET")})
    data = victims.signing.sign(final)
    found = re.search(rb"startxref\n(\d+)", data)
    assert found is not None
    return in_store(data, {90: stream(b"a certificate")}), found[1]


@attack("an end mark that leads back to the draft, without its last word", OURS)
def _mark_to_draft(victims: Victims) -> bytes:
    data, table = _after_a_draft(victims)
    return data + b"startxref\n" + table + b"\n"


@attack("an end mark that leads back to the draft, before the last", OURS)
def _mark_between(victims: Victims) -> bytes:
    data, table = _after_a_draft(victims)
    place = data.rindex(b"startxref")
    return data[:place] + b"startxref\n" + table + b"\n%%EOF\n" + data[place:]


@attack("an end mark behind an object, which leads back to the draft", OURS)
def _mark_inside(victims: Victims) -> bytes:
    data, table = _after_a_draft(victims)
    draft = b"startxref\n" + table.rjust(len(data), b"0")[-12:] + b"\n%%EOF\n"
    return append(data + draft, {5000: b"<<>>"})


def with_unlisted(victims: Victims, body: bytes) -> bytes:
    """Return a signed document in which a second body of the first page's content stands, and no table lists it."""
    data = small_pdf()
    place = data.index(b"xref\n0 ")
    prepared = data[:place] + body + data[place:]
    prepared = re.sub(rb"startxref\n\d+", b"startxref\n%d" % (place + len(body)), prepared)
    return victims.signing.sign(prepared)


def _without(data: bytes, entry: bytes) -> bytes:
    place = data.rindex(entry)
    return data[:place] + b" " * len(entry) + data[place + len(entry) :]


@attack("a trailer without /Root, so that a reader repairs the file", OURS)
def _no_root(victims: Victims) -> bytes:
    return _without(in_store(victims.plain, {90: stream(b"a certificate")}), b"/Root 1 0 R")


@attack("an unlisted object shown by a repairing reader", OURS)
def _unlisted(victims: Victims) -> bytes:
    return in_store(with_unlisted(victims, body_of(5, stream(EVIL))), {90: stream(b"a certificate")})


@attack("an unlisted object shown by a repairing reader, its numbers apart by a comment", OURS)
def _unlisted_with_comment(victims: Victims) -> bytes:
    body = body_of(5, stream(EVIL)).replace(b"5 0 obj", b"5%\n0 %\nobj")
    return in_store(with_unlisted(victims, body), {90: stream(b"a certificate")})


def with_widget(signed: bytes, entries: bytes, box: bytes = b"50 400 500 450") -> bytes:
    """Append an empty signature field with one widget, which says more of itself."""
    number, form = form_object(signed)
    first = size_of(signed)
    page = re.sub(rb"(/Annots ?\[[^\]]*)\]", rb"\1 %d 0 R]" % (first + 1), raw_object(signed, 4))
    form = re.sub(rb"(/Fields ?\[[^\]]*)\]", rb"\1 %d 0 R]" % first, form)
    widget = b"<</Type/Annot/Subtype/Widget/P 4 0 R/F 4/DA(/F1 20 Tf 0 g)/Rect[%s]%s>>" % (box, entries)
    field = b"<</FT/Sig/T(Prepared)/Kids[%d 0 R]>>" % (first + 1)
    return append(signed, {number: form, 4: page, first: field, first + 1: widget})


@attack("a new field whose widget is of another type", OURS)
def _widget_of_text(victims: Victims) -> bytes:
    return with_widget(victims.plain, b"/Parent %d 0 R/FT/Tx/V(Pay ten million)" % size_of(victims.plain))


@attack("a new field whose widget names another parent", OURS)
def _widget_of_another(victims: Victims) -> bytes:
    return with_widget(victims.form, b"/Parent 20 0 R")


def _signed_asking(victims: Victims, look: bytes, fields: bytes = b"20 0 R 22 0 R") -> bytes:
    """Return a signed form whose amount is drawn by the reader, with an appearance that asks for a font that there is not."""
    form = form_pdf()
    amount = re.sub(rb"/AP<<.*?>>", b"", FIELDS[20]).replace(b"/DA(/Fx 12 Tf 0 g)", look)
    catalog = re.sub(rb"/Fields\[[^\]]*\]", b"/Fields[" + fields + b"]", raw_object(form, 1))
    above = b"<</FT/Tx/T(sum)/Kids[20 0 R]/DA(/Fx 12 Tf 0 g)>>"
    return victims.signing.sign(append(form, {1: catalog, 20: amount, 60: above}))


def _with_font(data: bytes) -> bytes:
    number, body = form_object(data)
    new = size_of(data)
    wider = re.sub(rb"(/Helv 3 0 R|/Helv\s+3 0 R)", rb"\1/Fx %d 0 R" % new, body)
    assert wider != body
    return append(data, {number: wider, new: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


@attack("a font that an appearance asks for without a blank before it", OURS)
def _font_without_blank(victims: Victims) -> bytes:
    return _with_font(_signed_asking(victims, b"/DA(0 g/Fx 12 Tf)"))


@attack("a font that an appearance asks for by an escaped name", OURS)
def _font_escaped(victims: Victims) -> bytes:
    return _with_font(_signed_asking(victims, b"/DA(/F#78 12 Tf 0 g)"))


@attack("a font that a field asks for by inheritance", OURS)
def _font_inherited(victims: Victims) -> bytes:
    return _with_font(_signed_asking(victims, b"/Parent 60 0 R", b"60 0 R 22 0 R"))


@attack("a later signature among others that cover the page together", OURS)
def _covering_together(victims: Victims) -> bytes:
    data = victims.plain
    for row in range(4):
        data = victims.signing.sign(
            data, field=f"Strip{row}", page=1, box=(0, 100 * row, 595, 100 * row + 100)
        )
    return data


@attack("a later signature and another that hide a seal half each", OURS)
def _covering_halves(victims: Victims) -> bytes:
    data = victims.signing.sign(victims.plain, field="Left", box=(100, 600, 156, 719))
    return victims.signing.sign(data, field="Right", box=(163, 600, 219, 719))


@attack("a later signature over all that a crop box leaves of the page", OURS)
def _covering_crop(victims: Victims) -> bytes:
    cropped = victims.signing.sign(small_pdf(page="/CropBox[0 0 200 200]"))
    return victims.signing.sign(cropped, field="More", page=1, box=(0, 0, 200, 200))


def sheet(size: bytes) -> bytes:
    """Return a document whose first page is larger than what stands on it."""
    page, found = re.subn(rb"/MediaBox ?\[[^\]]*\]", b"/MediaBox" + size, raw_object(small_pdf(), 4))
    assert found
    return append(small_pdf(), {4: page})


for _size, _box in {
    b"[0 0 4000 4000]": (0, 0, 595, 842),
    b"[0 0 14400 14400]": (0, 0, 595, 842),
    b"[0 0 1190 1684]/UserUnit 10": (0, 0, 60, 85),
}.items():

    @attack(f"a later signature over all that stands on a large page of {_size.decode()}", OURS)
    def _covering_corner(
        victims: Victims, size: bytes = _size, box: tuple[int, int, int, int] = _box
    ) -> bytes:
        sealed = victims.signing.sign(sheet(size), page=1)
        return victims.signing.sign(sealed, field="More", page=0, box=box)


@attack("a later signature in a field over the page that was there, empty, before", OURS)
def _covering_kept(victims: Victims) -> bytes:
    field = b"<</FT/Sig/T(Kept)/Type/Annot/Subtype/Widget/F 4/Rect[0 0 595 842]/P 4 0 R>>"
    kept = victims.signing.sign(append(form_pdf(), {22: field}))
    return victims.signing.sign(kept, field="Kept", box=None)
