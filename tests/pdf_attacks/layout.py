"""Where things stand and how they are found: object streams that readers cut up differently, and what is still to come.

A table may name a place, and an object stream be read through an object, that only what is appended brings.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    EVIL,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    form_pdf,
    newest_table,
    stream,
)
from tests.pdf_attacks.limits import (
    FORM,
    draft_behind_final,
    signed_by_hand,
    signed_in_place,
    with_place,
)
from tests.verify_world import append, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)

LOOK: Final = stream(b"q " + COVER + b" Q", DRAWING + b"/Resources<</Font<</F1 3 0 R>>>>")
STAMP: Final = b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/P 4 0 R/AP<</N 61 0 R>>>>"
"""An annotation over the whole first page, drawn by object 61."""
INSIDE: Final = b"50 0 " + STAMP
"""The annotation as the one object, 50, of an object stream."""
AHEAD: Final = 90_000
"""A place behind the end of every document that is signed here."""


def streamed(
    data: bytes,
    objects: Mapping[int, bytes],
    contained: Mapping[int, tuple[int, int]],
    *,
    widths: tuple[int, int, int] = (1, 4, 1),
    entries: bytes = b"",
) -> bytes:
    """Append objects with a cross-reference stream that lists others in object streams besides."""
    out, rows = bytearray(data if data.endswith(b"\n") else data + b"\n"), {}
    own = max([size_of(data), *(number + 1 for number in (*objects, *contained))])
    for number, body in {**objects, own: b""}.items():
        rows[number] = (1, len(out), 0)
        out += body_of(number, body) if body else b""
    rows |= {number: (2, *place) for number, place in contained.items()}
    listed = sorted(rows)
    packed = b"".join(
        value.to_bytes(width, "big")
        for number in listed
        for value, width in zip(rows[number], widths, strict=True)
        if width
    )
    index = b" ".join(b"%d 1" % number for number in listed)
    head = b"/Type/XRef/W[%d %d %d]/Index[%s]/Size %d/Root 1 0 R/Prev %s%s"
    table = stream(packed, head % (*widths, index, own + 1, newest_table(data), entries))
    return bytes(out + body_of(own, table) + b"startxref\n%d\n%%%%EOF\n" % rows[own][1])


def packed_behind(data: bytes, inside: list[int], head: bytes, text: bytes) -> bytes:
    """Append an object stream of our own writing, and validation data that refer to the last object in it."""
    new = max(size_of(data), *(number + 1 for number in inside))
    catalog = raw_object(data, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % inside[-1]
    holder = stream(head + text, b"/Type/ObjStm/N %d/First %d" % (len(inside), len(head)))
    return streamed(data, {1: catalog, new: holder}, {n: (new, at) for at, n in enumerate(inside)})


def a_page_packed(data: bytes, write: Callable[[bytes, int], tuple[bytes, bytes]]) -> bytes:
    """Append the second page as it was, and a certificate, in an object stream whose head and text ``write`` makes."""
    new = size_of(data)
    return packed_behind(data, [6, new], *write(raw_object(data, 6), new))


def _inside_of(page: bytes, new: int) -> tuple[bytes, bytes]:
    return b"6 0 %d %d " % (new, page.index(b"[")), page


CUT: Final[dict[str, Callable[[bytes, int], tuple[bytes, bytes]]]] = {
    "whose objects overlap: the next begins inside a page": _inside_of,
    "whose objects run backwards": lambda page, new: (b"6 4 %d 0 " % new, b"[1] " + page),
    "with a vertical tab in its head": lambda page, new: (
        b"6 0\x0b%d %d " % (new, len(page) + 1),
        page + b" [1]",
    ),
    "with digits in its head that Python reads further": lambda page, new: (
        b"6 0 %d %s " % (new, re.sub(rb"\d", rb"\g<0>_", b"%d" % (len(page) + 1), count=1)),
        page + b" [1]",
    ),
    "whose first object does not begin behind its head": lambda page, new: (
        b"6 4 %d %d " % (new, len(page) + 5),
        b"[7] " + page + b" [1]",
    ),
    "with something between two objects": lambda page, new: (
        b"6 0 %d %d " % (new, len(page) + 6),
        page + b" 7 >> [1]",
    ),
}

for _name, _write in CUT.items():

    @attack(f"an object stream {_name}", OURS)
    def _cut(victims: Victims, write: Callable[[bytes, int], tuple[bytes, bytes]] = _write) -> bytes:
        return a_page_packed(victims.plain, write)


@attack("an object stream whose objects overlap: in a document that takes no changes", OURS)
def _cut_certified(victims: Victims) -> bytes:
    return a_page_packed(victims.certified(1), _inside_of)


@attack("an object stream whose objects overlap: what says which layer is off", OURS)
def _layer_cut(victims: Victims) -> bytes:
    plain = small_pdf(catalog="/OCProperties<</OCGs[30 0 R]/D 31 0 R>>")
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/Resources<</Properties<</L 30 0 R>>")
    layers = b"<</Order[30 0 R]/OFF[30 0 R]>>"
    content = stream(b"/OC/L BDC " + EVIL + b" EMC")
    made = append(plain, {30: b"<</Type/OCG/Name(L)>>", 31: layers, 4: page, 5: content})
    data = victims.signing.sign(made)
    new = size_of(data)
    return packed_behind(data, [31, new], b"31 0 %d %d " % (new, layers.index(b"[")), layers)


def annotated(more: bytes = b"50 0 R") -> dict[int, bytes]:
    """Return the first page with an annotation 50 that is not there, and what would draw it."""
    return {4: raw_object(small_pdf(), 4)[:-2] + b"/Annots[%s]>>" % more, 61: LOOK}


WIDGET: Final = b"/F 4/Rect[100 600 219 719]"
SEAL: Final = stream(b"1 0 0 rg 0 0 119 119 re f", FORM + b"/BBox[0 0 119 119]")
EMPTY: Final = "/AcroForm<</Fields[]/SigFlags 3>>"


def by_hand(victims: Victims, data: bytes) -> bytes:
    """Sign what a library would stumble over: what is awaited is not there."""
    return signed_by_hand(victims.signing, data, WIDGET, SEAL, stamp=False)


def filled_up(make: Callable[[int], tuple[bytes, int]]) -> bytes:
    """Append with so much padding that what ``make`` tells the place of stands at :data:`AHEAD`."""
    _, place = make(10_000)
    made, place = make(10_000 + AHEAD - place)
    assert place == AHEAD
    return made


def with_table(out: bytearray, places: dict[int, int], before: bytes) -> bytes:
    """Write a table of these objects behind them."""
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    tail = b"trailer\n<</Size 10000/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (before, len(out))
    return bytes(out + b"xref\n0 1\n0000000000 65535 f \n" + lines + tail)


def placed(made: bytes, number: int, offset: int) -> bytes:
    """List an object elsewhere than it stands, and blank what stands there."""
    listed = re.sub(rb"(\n%d 1\n)\d{10}" % number, rb"\g<1>%010d" % offset, made)
    blanked = re.sub(rb"\n%d 0 obj\n.*?\nendobj" % number, lambda one: b"\n".ljust(len(one[0])), listed)
    assert blanked != listed != made
    return blanked


@attack("a table that names what is still to come: an object behind the signature", OURS)
def _ahead(victims: Victims) -> bytes:
    """Let the signed table say that object 50 stands where the file has ended long since."""
    made = append(small_pdf(catalog=EMPTY), {**annotated(), 50: b"null"})
    data = by_hand(victims, placed(made, 50, AHEAD))

    def grown(padding: int) -> tuple[bytes, int]:
        out = in_store(data, {89: stream(b"x" * padding), 50: STAMP})
        return out, out.rindex(b"50 0 obj\n<</Type/Annot")

    return filled_up(grown)


@attack("a table that names what is still to come: an object behind the line end of the signed part", OURS)
def _ahead_of_a_line(victims: Victims) -> bytes:
    made = append(small_pdf(catalog=EMPTY), {**annotated(), 50: b"null"})
    length = len(by_hand(victims, placed(made, 50, AHEAD)))
    data = by_hand(victims, placed(made, 50, length - 1))
    assert len(data) == length
    catalog = raw_object(data, 1)[:-2] + b"/DSS<</Certs[50 0 R]>>>>"
    return append(data, {50: STAMP, 1: catalog})


@attack("a table that names what is still to come: a cross-reference stream behind the signature", OURS)
def _stream_ahead(victims: Victims) -> bytes:
    made = append(small_pdf(catalog=EMPTY), annotated(), size=70)
    room = with_place(victims.signing, made, WIDGET, SEAL, stamp=False)
    end = room.rindex(b">>\nstartxref")
    pointing = room[:end] + b"/XRefStm %d" % AHEAD + room[end:]
    data = signed_in_place(victims.signing, pointing, stamp=False)
    catalog = re.findall(rb"\n1 0 obj\n(.*?)\nendobj", data, re.DOTALL)[-1]

    def grown(padding: int) -> tuple[bytes, int]:
        out, places = bytearray(data), {}
        bodies = {
            50: STAMP,
            1: catalog[:-2] + b"/DSS<</Certs[290 0 R 300 0 R]>>>>",
            290: stream(b"x" * padding),
        }
        for number, body in bodies.items():
            places[number] = len(out)
            out += body_of(number, body)
        places[300] = len(out)
        row = b"\x01" + places[50].to_bytes(4, "big") + b"\x00"
        out += body_of(300, stream(row, b"/Type/XRef/W[1 4 1]/Index[50 1]/Size 301"))
        return with_table(out, places, newest_table(data)), places[300]

    return filled_up(grown)


@attack(
    "a table that names what is still to come: a row of a cross-reference stream that runs out of the signed part",
    OURS,
)
def _row_ahead(victims: Victims) -> bytes:
    """Let the stream that the signed trailer points to end in an appended one, whose octets are its last row."""
    made = append(small_pdf(catalog=EMPTY), {**annotated(b"9000 0 R"), 9000: STAMP})
    made = re.sub(rb"(?<=\n)9000 1\n\d{10} 00000 n \n", b"", made)
    room = with_place(victims.signing, made, WIDGET, SEAL, stamp=False)
    table, end = room.rindex(b"xref\n0 1\n"), room.rindex(b">>\nstartxref")
    head = b"300 0 obj\n<</Type/XRef/W[1 4 1]/Index[1000 %05d 9000 1]/Size 99999/Length %05d>>stream\n"
    begin, pointer = len(head % (0, 0)), b"/XRefStm %d" % table
    rest = room[table:end] + pointer + room[end:].replace(b"%d" % table, b"%d" % (table + begin))
    opened = b"400 0 obj\n<</Length 6%s>>stream\n"
    padding = b" " * (-(len(rest) + len(opened % b"")) % 6)
    length = len(rest) + len(opened % padding) + 6
    data = signed_in_place(
        victims.signing, room[:table] + head % (length // 6 - 1, length) + rest, stamp=False
    )
    out, places = bytearray(data), {400: len(data)}
    row = b"\x01" + data.index(b"9000 0 obj\n<</Type/Annot").to_bytes(4, "big") + b"\x00"
    out += opened % padding + row + b"\nendstream\nendobj\n"
    places[1] = len(out)
    catalog = re.findall(rb"\n1 0 obj\n(.*?)\nendobj", data, re.DOTALL)[-1]
    out += body_of(1, catalog[:-2] + b"/DSS<</Certs[400 0 R]>>>>")
    return with_table(out, places, newest_table(data))


def through(victims: Victims, holder: bytes, *, more: Mapping[int, bytes], catalog: str = "") -> bytes:
    """Sign a document whose annotation 50 stands in the object stream 70, if that is there."""
    made = small_pdf(catalog=EMPTY + catalog)
    objects = {**annotated(), **({70: holder} if holder else {}), **more}
    return by_hand(victims, streamed(made, objects, {50: (70, 0)}))


def holder_of(octets: bytes, entries: bytes = b"/First 5") -> bytes:
    return stream(octets, b"/Type/ObjStm/N 1" + entries)


PACKED: Final = zlib.compress(INSIDE)
AWAITED: Final[dict[str, tuple[bytes, dict[int, bytes]]]] = {
    "itself": (b"", {70: holder_of(INSIDE)}),
    "where its objects begin": (holder_of(INSIDE, b"/First 80 0 R"), {80: b"5"}),
    "how many they are": (stream(INSIDE, b"/Type/ObjStm/N 80 0 R/First 5"), {80: b"1"}),
    "its filter": (holder_of(PACKED, b"/First 5/Filter 80 0 R"), {80: b"/FlateDecode"}),
    "one of its filters": (holder_of(PACKED, b"/First 5/Filter[80 0 R]"), {80: b"/FlateDecode"}),
    "its parameters": (
        holder_of(zlib.compress(b"\x00" + INSIDE), b"/First 5/Filter/FlateDecode/DecodeParms 80 0 R"),
        {80: b"<</Predictor 12/Columns %d>>" % len(INSIDE)},
    ),
    "a predictor": (
        holder_of(
            zlib.compress(b"\x00" + INSIDE),
            b"/First 5/Filter/FlateDecode/DecodeParms<</Predictor 80 0 R/Columns %d>>" % len(INSIDE),
        ),
        {80: b"12"},
    ),
}
"""An object stream that lacks something, and what comes as a certificate."""

for _name, (_holder, _coming) in AWAITED.items():

    @attack(f"an object stream that lacks something: {_name}", OURS)
    def _awaiting(victims: Victims, holder: bytes = _holder, coming: dict[int, bytes] = _coming) -> bytes:
        return in_store(through(victims, holder, more={}), coming)


@attack("an object stream that lacks something: the length of it", OURS)
def _length_to_come(victims: Victims) -> bytes:
    holder = holder_of(INSIDE).replace(b"/Length %d" % len(INSIDE), b"/Length 80 0 R")
    return in_store(through(victims, holder, more={}), {80: b"%d" % len(INSIDE)})


@attack("an object stream that is read through the validation data: its parameters", OURS)
def _parameters_change(victims: Victims) -> bytes:
    packed = zlib.compress(b"\x02" + INSIDE)
    holder = holder_of(packed, b"/First 5/Filter/FlateDecode/DecodeParms 80 0 R")
    data = through(victims, holder, more={80: b"<<>>"}, catalog="/DSS<</VRI 80 0 R>>")
    return append(data, {80: b"<</Predictor 12/Columns %d>>" % len(INSIDE)})


@attack("an object stream that is read through the validation data: its filters", OURS)
def _filters_change(victims: Victims) -> bytes:
    holder = holder_of(PACKED, b"/First 5/Filter 80 0 R")
    data = through(victims, holder, more={80: b"[]"}, catalog="/DSS<</Certs 80 0 R>>")
    return append(data, {80: b"[/FlateDecode]"})


@attack("a cross-reference stream that lacks its parameters", OURS)
def _table_lacks(victims: Victims) -> bytes:
    made = streamed(small_pdf(catalog=EMPTY), annotated(), {}, entries=b"/DecodeParms 80 0 R")
    return in_store(by_hand(victims, made), {80: b"<</Predictor 1>>"})


@attack("a rewritten page with a name that one reader cuts off", OURS)
def _name_cut_off(victims: Victims) -> bytes:
    """PDFium keeps 255 octets of a word as it is written; the content asks for all ninety letters."""
    name, plain = b"A" * 90, small_pdf()
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/Resources<</XObject<</%s 41 0 R>>" % name)
    data = victims.signing.sign(append(plain, {4: page, 5: stream(b"/%s Do" % name), 41: LOOK}), page=1)
    return append(data, {4: raw_object(data, 4).replace(name, b"#41" * len(name))})


@attack("a font that a field asks for by a name of which one reader keeps the begin", OURS)
def _font_cut_off(victims: Victims) -> bytes:
    asked = b"A" * 127
    made = form_pdf()
    data = victims.signing.sign(
        append(made, {20: raw_object(made, 20).replace(b"/Fx 12", b"/%s 12" % asked)})
    )
    number, form = form_object(data)
    new = size_of(data)
    grown = re.sub(rb"(/Helv\s+3 0 R)", rb"\1/%sB %d 0 R" % (asked, new), form)
    assert grown != form
    return append(data, {number: grown, new: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


for _widths in ((5, 4, 1), (8, 4, 2), (1, 9, 1), (1, 4, 9)):

    @attack(f"a table that readers repair: fields of {_widths} octets", OURS)
    def _wide(victims: Victims, widths: tuple[int, int, int] = _widths) -> bytes:
        data = draft_behind_final(victims.signing)
        catalog = raw_object(data, 1)[:-2] + b"/DSS<</Certs[90 0 R]>>>>"
        return streamed(data, {1: catalog, 90: stream(b"a certificate")}, {}, widths=widths)


@attack("a table that readers repair: wide fields, which were signed", OURS)
def _wide_signed(victims: Victims) -> bytes:
    made = streamed(small_pdf(catalog=EMPTY), {5: stream(EVIL)}, {}, widths=(5, 4, 1))
    return in_store(by_hand(victims, made), {90: stream(b"a certificate")})


@attack("a look of a field without size, in which a vertical tab is no blank", OURS)
def _tab_in_a_name(victims: Victims) -> bytes:
    """Draw by two forms: one is empty, and the name of the other goes on behind the tab."""
    made = append(small_pdf(), {401: stream(b"", DRAWING), 402: stream(EVIL, DRAWING)})
    entries = FORM + b"/BBox[0 0 595 842]/Resources<</XObject<</L 401 0 R/L#0b1 402 0 R>>>>"
    look = stream(b"/L\x0b1 Do", entries)
    data = victims.signing.sign(made)
    return signed_by_hand(victims.signing, data, b"/F 4/Rect[9 9 9 9]", look, stamp=False)
