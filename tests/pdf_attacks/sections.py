"""A cross-reference section that readers follow differently: some pass over an entry, some go elsewhere, some repair the file.

What they then show is what an earlier revision said: the draft of a document that was changed before it was sealed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from tests.pdf_attacks.catalogue import OURS, Attack, Victims, body_of, collector, newest_table, stream
from tests.pdf_attacks.limits import draft_behind_final, signed_by_hand
from tests.pdf_attacks.structure import with_object_stream
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
Row = tuple[int, int, int]
FREE: Final = b"0 1\n0000000000 65535 f \n"
FINAL: Final = stream(b"BT /F1 24 Tf 72 720 Td (Final) Tj ET")


def draft() -> bytes:
    """Return a document that was never signed."""
    return small_pdf(text="Draft of")


def changed(signing: Signing) -> bytes:
    """Return a document that was changed, as its author's software does, and sealed: nothing in it was prepared."""
    return signing.sign(append(draft(), {5: FINAL}), page=1)


def packed(signing: Signing) -> bytes:
    """Return one whose newer page stands in an object stream: who repairs it finds the older alone."""
    page = raw_object(draft(), 6).replace(b"/Contents 7 0 R", b"/Contents 9 0 R")
    newer = append(draft(), {9: FINAL})
    return signing.sign(with_object_stream(newer, [(6, page)], [(6, 0)]), page=0)


def _stored(data: bytes) -> dict[int, bytes]:
    """Return validation data as objects."""
    new = size_of(data)
    catalog = raw_object(data, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % new
    return {1: catalog, new: stream(b"a certificate")}


def _written(data: bytes, objects: Mapping[int, bytes]) -> tuple[bytearray, dict[int, int]]:
    out, places = bytearray(data), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += body_of(number, body)
    return out, places


def in_table(
    data: bytes,
    runs: bytes = b"",
    *,
    first: bytes = FREE,
    more: Mapping[int, bytes] | None = None,
    out_by: int = 0,
) -> bytes:
    """Append validation data with a table that has more runs; ``out_by``: the section before is named so many octets too far."""
    out, places = _written(data, {**_stored(data), **(more or {})})
    start = len(out)
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    previous = int(newest_table(data)) + out_by
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    top = max(size_of(data), max(places) + 1)
    return bytes(out + b"xref\n" + first + lines + runs + trailer % (top, previous, start))


def in_stream(
    data: bytes, rows: Mapping[int, Row], *, index: bytes = b"", entries: bytes = b"", width: int = 2
) -> bytes:
    """Append validation data with a cross-reference stream that has more rows and entries."""
    out, places = _written(data, _stored(data))
    own, start = max(places) + 1, len(out)
    listed = {number: (1, place, 0) for number, place in {**places, own: start}.items()} | dict(rows)
    octets = b"".join(
        bytes([kind]) + where.to_bytes(4, "big") + which.to_bytes(width, "big")
        for _, (kind, where, which) in sorted(listed.items())
    )
    runs = b" ".join(b"%d 1" % number for number in sorted(listed)) + index
    head = b"/Type/XRef/W[1 4 %d]/Index[%s]/Size %d/Root 1 0 R/Prev %s%s"
    body = stream(octets, head % (width, runs, own + 1, newest_table(data), entries))
    return bytes(out + body_of(own, body) + b"startxref\n%d\n%%%%EOF\n" % start)


def hybrid(data: bytes, previous: bytes) -> bytes:
    """Append validation data with a table and the stream that it hides, which names the section before it."""
    out, places = _written(data, _stored(data))
    own = max(places) + 1
    places[own] = len(out)
    row = b"\x01" + places[own].to_bytes(4, "big") + b"\0"
    head = b"/Type/XRef/W[1 4 1]/Index[%d 1]/Size %d/Root 1 0 R%s" % (own, own + 1, previous)
    out += body_of(own, stream(row, head))
    start = len(out)
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    trailer = b"trailer\n<</Size %d/Root 1 0 R/Prev %s/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out + b"xref\n" + FREE + lines + trailer % (own + 1, newest_table(data), places[own], start))


for _name, _row in {
    "of an unknown kind for an object": {5: (3, 0, 0)},
    "of an unknown kind for a number that is not in use": {900: (255, 0, 0)},
    "for object 0, as if it were in use": {0: (1, 123, 0)},
}.items():
    for _kind, _made in (("honest", changed), ("packed", packed), ("prepared", draft_behind_final)):
        attack(f"a section that has an entry {_name} of {_kind} documents", OURS)(
            partial(lambda made, row, victims: in_stream(made(victims.signing), row), _made, _row)
        )


@attack("a section that lists object 0 as in use, in a table", OURS)
def _object_0(victims: Victims) -> bytes:
    return in_table(packed(victims.signing), first=b"0 1\n0000000123 00000 n \n")


@attack("a section that has an empty run beyond all numbers", OURS)
def _beyond(victims: Victims) -> bytes:
    return in_table(packed(victims.signing), b"9999999999 0\n")


@attack("a section that has an empty run beyond the numbers of 32 bits", OURS)
def _beyond_32_bits(victims: Victims) -> bytes:
    return in_table(packed(victims.signing), b"2147483648 0\n")


@attack("a section that has an empty run beyond all numbers, in a stream", OURS)
def _beyond_in_stream(victims: Victims) -> bytes:
    return in_stream(packed(victims.signing), {}, index=b" 9999999999 0")


def _without_object_1(signing: Signing) -> bytes:
    """Return a document, its older content behind the newer, whose catalogue has another number than 1."""
    data = re.sub(
        rb"(?<![0-9])1 0 (obj|R)", rb"8 0 \1", small_pdf(catalog="/AcroForm<</Fields[]/SigFlags 3>>")
    )
    place = data.index(b"8 0 obj")
    data = data.replace(b"%010d 00000 n" % place, b"0000000000 00000 f")
    data = data.replace(b"/Size 8", b"/Size 9").replace(b"trailer", b"8 1\n%010d 00000 n \ntrailer" % place)
    return signing.sign(data, page=1)


def _run_from_1(generation: int, victims: Victims) -> bytes:
    data = _without_object_1(victims.signing)
    numbers = (2, 3, 4)
    out, places = _written(data, {number: raw_object(data, number) for number in numbers})
    start = len(out)
    lines = b"".join(b"%010d 00000 n \n" % places[number] for number in numbers)
    trailer = b"trailer\n<</Size %d/Root 8 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(
        out
        + b"xref\n1 4\n0000000000 %05d f \n" % generation
        + lines
        + trailer % (size_of(data), newest_table(data), start)
    )


for _generation in (0, 1, 65_535):
    attack(f"a section that some take to begin with object 0, free under generation {_generation}", OURS)(
        partial(_run_from_1, _generation)
    )


def not_strict(signing: Signing, *, made: bytes | None = None) -> bytes:
    """Return a document in which a free number has a generation beyond all: our readers overlook it, or open nothing at all."""
    plain = small_pdf(catalog="/AcroForm<</Fields[]/SigFlags 3>>") if made is None else made
    data = plain.replace(b"0000000000 65535 f", b"0000000000 99999 f", 1)
    return signed_by_hand(signing, data, b"/F 4/Rect[50 50 100 100]", None, stamp=False)


@attack("a section that leads an object elsewhere under a generation beyond all", OURS)
def _generation_beyond(victims: Victims) -> bytes:
    data = not_strict(victims.signing)
    return in_table(data, b"5 1\n%010d 99999 n \n" % data.index(b"7 0 obj"))


@attack("a section that frees an object under a generation beyond all", OURS)
def _freed_beyond(victims: Victims) -> bytes:
    return in_table(not_strict(victims.signing), b"5 1\n0000000000 99999 f \n")


@attack("a section that leads an object elsewhere under a generation beyond all, in a stream", OURS)
def _generation_beyond_in_stream(victims: Victims) -> bytes:
    data = not_strict(victims.signing)
    return in_stream(data, {5: (1, data.index(b"7 0 obj"), 99_999)}, width=3)


@attack("a section that is a stream and names another, the draft's: MuPDF goes there", OURS)
def _stream_to_draft(victims: Victims) -> bytes:
    return in_stream(changed(victims.signing), {}, entries=b"/XRefStm " + newest_table(draft()))


@attack("a section that hides a stream which follows the draft's: pdf.js goes there first", OURS)
def _hidden_to_draft(victims: Victims) -> bytes:
    return hybrid(changed(victims.signing), b"/Prev " + newest_table(draft()))


def lenient_draft(signing: Signing) -> bytes:
    """Return such a document whose first page was changed, and packed, before it was sealed."""
    plain = small_pdf(text="Draft of", catalog="/AcroForm<</Fields[]/SigFlags 3>>")
    page = raw_object(plain, 4).replace(b"/Contents 5 0 R", b"/Contents 9 0 R")
    newer = append(plain, {9: FINAL})
    return not_strict(signing, made=with_object_stream(newer, [(4, page)], [(4, 0)]))


for _octets in (-3, 2):
    attack(f"a section that names the one before by a place that is out by {_octets} octets", OURS)(
        partial(lambda octets, victims: in_table(lenient_draft(victims.signing), out_by=octets), _octets)
    )


@attack("a section that is not where its end mark says", OURS)
def _end_mark_out(victims: Victims) -> bytes:
    head, mark, tail = in_table(lenient_draft(victims.signing)).rpartition(b"startxref\n")
    return head + mark + b"%d\n%%%%EOF\n" % (int(tail.split()[0]) - 3)
