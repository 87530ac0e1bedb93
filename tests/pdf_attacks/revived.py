"""What comes back when a reader repairs a file, and what makes it do so; and a package that grows behind a signature."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Final

from tests.pdf_attacks.catalogue import EVIL, OURS, Attack, Victims, body_of, collector, newest_table, stream
from tests.pdf_attacks.layout import streamed
from tests.pdf_attacks.limits import draft_behind_final
from tests.pdf_attacks.readers import with_widget
from tests.pdf_attacks.sections import FINAL, draft, in_table, packed
from tests.pdf_attacks.structure import with_object_stream
from tests.verify_world import Signing, append, in_store, raw_object, small_pdf
from tests.zip_parts import Entry, directory

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
CERTIFICATE: Final = {290: stream(b"a certificate")}


def freed(signing: Signing) -> bytes:
    """Return a document from which a note was taken out as some software does: its object is free, and the page still lists it."""
    note = b"<</Type/Annot/Subtype/FreeText/Rect[60 500 500 600]/DA(/F1 30 Tf 0 g)/Contents(Draft)>>"
    data = append(draft(), {6: raw_object(draft(), 6)[:-2] + b"/Annots[30 0 R]>>", 30: note})
    table = b"xref\n0 1\n0000000030 65535 f \n30 1\n0000000000 00001 f \ntrailer\n<</Size 31/Root 1 0 R/Prev %s>>\n"
    return signing.sign(data + table % newest_table(data) + b"startxref\n%d\n%%%%EOF\n" % len(data), page=0)


def misplaced(signing: Signing) -> bytes:
    """Return one whose newer page is packed, and in which a number that nobody uses is listed where another object stands."""
    page = raw_object(draft(), 6).replace(b"/Contents 7 0 R", b"/Contents 9 0 R")
    newer = append(append(draft(), {9: FINAL}), {8: b"null"})
    newer = newer.replace(b"\n" + body_of(8, b"null"), b"\n" + b" " * (len(body_of(8, b"null")) - 1) + b"\n")
    place = newer.index(b"3 0 obj")
    newer = re.sub(rb"(\n8 1\n)\d{10}", rb"\g<1>%010d" % place, newer)
    return signing.sign(with_object_stream(newer, [(6, page)], [(6, 0)]), page=0)


def _widget(made: Callable[[Signing], bytes], entries: bytes, victims: Victims) -> bytes:
    return with_widget(made(victims.signing), entries)


def misindexed(signing: Signing) -> bytes:
    """Return one in which a number that nobody uses is listed at a place that its object stream has not."""
    page = raw_object(draft(), 6).replace(b"/Contents 7 0 R", b"/Contents 9 0 R")
    newer = with_object_stream(append(draft(), {9: FINAL}), [(6, page)], [(6, 0), (8, 77)])
    return signing.sign(newer, page=0)


for _name, _made, _entries in (
    ("a packed page", packed, b"/BS 999 0 R"),
    ("a packed page, by its colour", packed, b"/C 999 0 R"),
    ("a note taken out", freed, b"/BS 999 0 R"),
    ("a packed page, by what is listed elsewhere", misplaced, b"/BS 8 0 R"),
    ("a packed page, by what its object stream has not", misindexed, b"/BS 8 0 R"),
):
    attack(f"a reference to nothing that brings back {_name}", OURS)(partial(_widget, _made, _entries))


@attack("a reference to nothing in a description", OURS)
def _description(victims: Victims) -> bytes:
    return append(packed(victims.signing), {290: b"<</Title 999 0 R/Producer(x)>>"}, trailer=b"/Info 290 0 R")


@attack("a reference to nothing where the catalogue was another", OURS)
def _catalogue(victims: Victims) -> bytes:
    moved = append(draft(), {20: raw_object(draft(), 1)}).replace(b"/Root 1 0 R/Prev", b"/Root 20 0 R/Prev")
    signed = victims.signing.sign(moved, page=0)
    return append(signed, {290: b"<</Title 999 0 R/Producer(x)>>"}, trailer=b"/Info 290 0 R")


@attack("a reference to nothing in a trailer", OURS)
def _trailer(victims: Victims) -> bytes:
    return in_store(packed(victims.signing), CERTIFICATE).replace(b"/Size 291", b"/Size 291/ID 999 0 R")


@attack("older content behind the newer: whatever makes a reader repair the file", OURS)
def _older_behind(victims: Victims) -> bytes:
    return in_store(draft_behind_final(victims.signing), CERTIFICATE)


def package(*, listed: bool = True) -> bytes:
    """Return a package of one file; ``listed``: with its central directory."""
    octets = BytesIO()
    with zipfile.ZipFile(octets, "w") as packing:
        packing.writestr("OFD.xml", "<ofd:OFD/>")
    written = octets.getvalue()
    return written if listed else written[: written.index(b"PK\x01\x02")]


@attack("a package in a certificate that is appended", OURS)
def _package(victims: Victims) -> bytes:
    return in_store(victims.plain, {90: stream(package())})


@attack("a package with the end of ZIP64 alone, in a certificate that is appended", OURS)
def _package_of_zip64(victims: Victims) -> bytes:
    """Minizip seeks the locator of ZIP64 before any end record."""
    entry = [Entry("OFD.xml", b"<ofd:OFD/>")]
    at = in_store(victims.plain, {90: stream(directory(entry, 0, wide=True))}).rindex(b"PK\x03\x04")
    return in_store(victims.plain, {90: stream(directory(entry, at, wide=True))})


@attack("a package whose end stands in another revision", OURS)
def _package_in_parts(victims: Victims) -> bytes:
    begun = in_store(victims.plain, {90: stream(package(listed=False))})
    rest = package()[len(package(listed=False)) :]
    return append(begun, {1: raw_object(begun, 1).replace(b"90 0 R", b"90 0 R 91 0 R"), 91: stream(rest)})


def always_repaired(signing: Signing) -> bytes:
    """Return a document whose end mark is out by a few octets, as many are: whoever opens it has to look for its objects."""
    return signing.sign(
        re.sub(rb"startxref\n(\d+)", lambda one: b"startxref\n%d" % (int(one[1]) - 3), draft()), page=1
    )


def _page(content: int, parent: int = 2) -> bytes:
    entries = (
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
    )
    return entries % (parent, content)


PACKED: Final = b"4 0 " + _page(291)
TREE: Final = {
    294: b"<</Type/Pages/Kids[295 0 R]/Count 1>>",
    295: _page(291, 294),
    291: stream(EVIL),
}
"""Pages, a page and what it draws."""
MISUSED: Final[dict[str, dict[int, bytes]]] = {
    "an object stream with another page": {
        290: stream(PACKED, b"/Type/ObjStm/N 1/First 4"),
        291: stream(EVIL),
    },
    "an object stream that says so elsewhere": {
        290: stream(PACKED, b"/Type 292 0 R/N 1/First 4"),
        291: stream(EVIL),
        292: b"/ObjStm",
    },
    "a table": {290: stream(b"", b"/Type/XRef/W[1 2 1]/Index[0 0]/Size 9/Root 1 0 R")},
    "a table of another kind": {290: stream(b"", b"/Subtype/XRef/W[1 2 1]/Index[0 0]/Size 9/Root 1 0 R")},
    "a trailer": {290: b"<</Root 1 0 R/Size 9>>"},
    "a catalogue": {290: b"<</Type/Catalog/Pages 2 0 R>>"},
    "a catalogue without a kind": {290: b"<</Pages 2 0 R>>"},
    "pages": TREE,
}
for _name, _objects in MISUSED.items():
    attack(f"a certificate that is {_name}", OURS)(
        partial(lambda objects, victims: in_store(always_repaired(victims.signing), objects), _objects)
    )


@attack("a certificate that becomes a catalogue", OURS)
def _becomes(victims: Victims) -> bytes:
    """Make an object of the store, which may change as it likes, into another kind."""
    begun = in_store(always_repaired(victims.signing), {290: b"<<>>", 291: stream(EVIL)})
    return append(begun, {290: b"<</Type/Catalog/Pages 2 0 R>>"})


def conditional(signing: Signing) -> bytes:
    """Return a document that is repaired, and whose second page has its condition in another stream."""
    bodies = {number: raw_object(small_pdf(), number) for number in range(1, 8)}
    bodies[6] = bodies[6].replace(b"/Contents 7 0 R", b"/Contents[7 0 R 8 0 R]")
    bodies[8] = stream(b"BT /F1 24 Tf 72 520 Td (Void unless paid) Tj ET")
    out, lines = bytearray(b"%PDF-1.7\n"), b""
    for number, body in bodies.items():
        lines += b"%010d 00000 n \n" % len(out)
        out += body_of(number, body)
    table = b"xref\n0 9\n0000000000 65535 f \n%strailer\n<</Size 9/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return signing.sign(bytes(out + table % (lines, len(out) - 3)), page=0)


LEFT: Final = (2, 3, 4, 5, 6, 7)
"""All that its pages consist of, but for the condition."""


@attack("pages brought anew without the condition, in a table: pdf.js shows what they bring", OURS)
def _without_condition(victims: Victims) -> bytes:
    data = conditional(victims.signing)
    return in_table(data, more={number: raw_object(data, number) for number in LEFT})


@attack(
    "pages brought anew without the condition, in a stream: poppler and pdf.js show what they bring", OURS
)
def _without_condition_in_stream(victims: Victims) -> bytes:
    data = conditional(victims.signing)
    return streamed(data, {number: raw_object(data, number) for number in (1, *LEFT)}, {})
