"""Catalogs, pages, tables and object streams changed behind a signature."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Final

from tests.pdf_attacks.catalogue import (
    EVIL,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    newest_table,
    stream,
)
from tests.verify_world import append, raw_object, size_of

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


def in_catalog(entry: bytes, more: dict[int, bytes] | None = None) -> Callable[[Victims], bytes]:
    return lambda victims: append(
        victims.plain, {1: raw_object(victims.plain, 1)[:-2] + entry + b">>", **(more or {})}
    )


def in_page(entry: bytes, more: dict[int, bytes] | None = None) -> Callable[[Victims], bytes]:
    return lambda victims: append(
        victims.plain, {6: raw_object(victims.plain, 6)[:-2] + entry + b">>", **(more or {})}
    )


for _entry in (
    b"/OpenAction<</S/JavaScript/JS(x)>>",
    b"/Open#41ction<</S/JavaScript/JS(x)>>",
    b"/AA<</WC<</S/JavaScript/JS(x)>>>>",
    b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
    b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.pdf)>>]>>>>",
    b"/AF[<</Type/Filespec/F(a.pdf)>>]",
    b"/PageLabels<</Nums[0<</S/r>>]>>",
    b"/OCProperties<</OCGs[]/D<<>>>>",
    b"/PageLayout/TwoColumnRight",
    b"/ViewerPreferences<</HideToolbar true>>",
    b"/Collection<</View/H>>",
    b"/Outlines<</Type/Outlines>>",
    b"/StructTreeRoot<</Type/StructTreeRoot>>",
    b"/OutputIntents[]",
    b"/URI<</Base(http://example.test)>>",
    b"/Requirements[]",
    b"/NeedsRendering true",
    b"/Lang(xx)",
):
    attack(f"added to the catalog: {_entry.decode()}", OURS)(in_catalog(_entry))
for _entry in (
    b"/Rotate 180",
    b"/R#6ftate 180",
    b"/UserUnit 10",
    b"/CropBox[0 0 9 9]",
    b"/Annots[<</Subtype/FreeText/Rect[0 0 99 99]>>]",
    b"/AA<</O<</S/JavaScript/JS(x)>>>>",
    b"/Contents 99 0 R",
    b"/Group<</S/Transparency>>",
    b"/Thumb 5 0 R",
    b"/Trans<</S/Fly>>",
    b"/TemplateInstantiated/X",
):
    attack(f"added to a page: {_entry.decode()}", OURS)(in_page(_entry))


@attack("the boxes of a page changed", OURS)
def _media_box(victims: Victims) -> bytes:
    return append(victims.plain, {6: raw_object(victims.plain, 6).replace(b"0 0 595 842", b"0 0 595 100")})


@attack("pages exchanged", OURS)
def _pages_swapped(victims: Victims) -> bytes:
    return append(victims.plain, {2: b"<</Type/Pages/Kids[6 0 R 4 0 R]/Count 2>>"})


@attack("a page taken out", OURS)
def _page_gone(victims: Victims) -> bytes:
    return append(victims.plain, {2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>"})


@attack("XFA added to the form", OURS)
def _xfa(victims: Victims) -> bytes:
    number, body = form_object(victims.plain)
    return append(victims.plain, {number: body[:-2] + b"/XFA 90 0 R>>", 90: stream(b"<xdp/>")})


@attack("a calculation order added to the form", OURS)
def _order(victims: Victims) -> bytes:
    number, body = form_object(victims.form)
    return append(victims.form, {number: body[:-2] + b"/CO[20 0 R]>>"})


@attack("another /Root in the trailer", OURS)
def _root(victims: Victims) -> bytes:
    data = append(
        victims.plain, {90: b"<</Type/Catalog/Pages 91 0 R>>", 91: b"<</Type/Pages/Kids[]/Count 0>>"}
    )
    at = data.rindex(b"/Root 1 0 R")
    return data[:at] + b"/Root 90 0 R" + data[at + 11 :]


@attack("encryption added later", OURS)
def _encrypted(victims: Victims) -> bytes:
    entry = b"/Encrypt<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"00" * 32, b"00" * 32)
    return append(victims.plain, {90: b"<<>>"}, trailer=entry)


@attack("a loop of /Prev", OURS)
def _prev_loop(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    start = int(newest_table(data))
    return re.sub(rb"/Prev \d+(?!.*/Prev)", b"/Prev %d" % start, data, flags=re.DOTALL)


@attack("a hybrid table", OURS)
def _hybrid(victims: Victims) -> bytes:
    start = len(victims.plain) + 1
    hidden = stream(b"\x01" + start.to_bytes(3, "big") + b"\x00", b"/Type/XRef/W[1 3 1]/Index[5 1]/Size 99")
    return append(victims.plain, {5: stream(EVIL), 91: hidden}, trailer=b"/XRefStm %d" % start)


@attack("the document turned round: an older table named last", OURS)
def _older_table(victims: Victims) -> bytes:
    twice = victims.signing.sign(victims.plain, field="Seal2", page=1)
    first = re.findall(rb"startxref\s+(\d+)", victims.plain)[0]
    return twice + b"startxref\n%s\n%%%%EOF\n" % first


def with_object_stream(
    data: bytes, head: list[tuple[int, bytes]], listed: list[tuple[int, int]], extra: bytes = b""
) -> bytes:
    """Append an object stream and a cross-reference stream; ``listed``: numbers with the index that the table gives."""
    new = max(size_of(data), 200)
    offsets, text = [], b""
    for number, body in head:
        offsets.append(b"%d %d" % (number, len(text)))
        text += body + b" "
    first = b" ".join(offsets) + b" "
    packed = zlib.compress(first + text)
    out = bytearray(data if data.endswith(b"\n") else data + b"\n")
    place = len(out)
    holder = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode%s/Length %d>>stream\n%s\nendstream"
    out += body_of(new, holder % (len(head), len(first), extra, len(packed), packed))
    start = len(out)
    entries = {new: (1, place, 0), new + 1: (1, start, 0), **{n: (2, new, i) for n, i in listed}}
    rows = b"".join(
        bytes([kind]) + at.to_bytes(4, "big") + index.to_bytes(2, "big")
        for _, (kind, at, index) in sorted(entries.items())
    )
    index = b" ".join(b"%d 1" % number for number in sorted(entries))
    previous = newest_table(data)
    table = b"<</Type/XRef/W[1 4 2]/Index[%s]/Size %d/Root 1 0 R/Prev %s/Length %d>>stream\n%s\nendstream"
    out += body_of(new + 1, table % (index, new + 2, previous, len(rows), rows))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


@attack("an object stream with another body under the same number", OURS)
def _twice_in_stream(victims: Victims) -> bytes:
    """Let the table point at the body that was signed; readers that go by the number show the other."""
    page = raw_object(victims.plain, 4)
    evil = page.replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, evil), (4, page)], [(4, 1)])


@attack("an object stream whose index names another number", OURS)
def _index_differs(victims: Victims) -> bytes:
    page = raw_object(victims.plain, 4)
    evil = page.replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, evil), (300, page)], [(4, 1)])


@attack("an object stream with an object that no table lists", OURS)
def _unlisted_in_stream(victims: Victims) -> bytes:
    page = raw_object(victims.plain, 4).replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, page), (310, b"<<>>")], [(310, 1)])


@attack("an object stream that extends another", OURS)
def _extends(victims: Victims) -> bytes:
    return with_object_stream(victims.plain, [(310, b"<<>>")], [(310, 0)], b"/Extends 5 0 R")
