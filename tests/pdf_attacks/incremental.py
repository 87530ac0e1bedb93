"""Content appended behind a signature, and signatures wrapped around other content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.pdf_attacks.catalogue import (
    EVIL,
    STATED_RANGE,
    TRILLION,
    Attack,
    Victims,
    body_of,
    collector,
    in_gap,
    newest_table,
    signature_number,
    stream,
    written,
)
from tests.verify_world import append, raw_object

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


@attack("ISA: body, table and trailer", TRILLION)
def isa_full(victims: Victims) -> bytes:
    return append(victims.plain, {5: stream(EVIL)})


@attack("ISA: body alone", TRILLION)
def _isa_body(victims: Victims) -> bytes:
    return victims.plain + b"\n" + body_of(5, stream(EVIL))


@attack("ISA: body and trailer without a table", TRILLION)
def _isa_no_table(victims: Victims) -> bytes:
    data = victims.plain
    start = newest_table(data)
    return (
        data
        + b"\n"
        + body_of(5, stream(EVIL))
        + b"trailer\n<</Size 99/Root 1 0 R/Prev %s>>\nstartxref\n%s\n%%%%EOF\n" % (start, start)
    )


@attack("ISA: body and table without a trailer", TRILLION)
def _isa_no_trailer(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    return data[: data.rindex(b"trailer")] + data[data.rindex(b"startxref") :]


@attack("ISA: body with a second end mark", TRILLION)
def _isa_end_mark(victims: Victims) -> bytes:
    data = victims.plain
    end = data[data.rindex(b"startxref") :]
    return data + b"\n" + body_of(5, stream(EVIL)) + end


@attack("ISA: with a copy of the signature", TRILLION)
def _isa_copied(victims: Victims) -> bytes:
    number = signature_number(victims.plain)
    return append(victims.plain, {5: stream(EVIL), number: raw_object(victims.plain, number)})


@attack("ISA: with a copy of the signature and no table", TRILLION)
def _isa_copied_no_table(victims: Victims) -> bytes:
    data = _isa_copied(victims)
    return data[: data.rindex(b"xref\n0 1")]


@attack("ISA: table whose offsets point into the air", TRILLION)
def _isa_wrong_offsets(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    at = data.rindex(b"5 1\n") + 4
    return data[:at] + b"%010d" % (len(data) - 5) + data[at + 10 :]


@attack("SWA: objects in the gap", TRILLION)
def _swa_gap(victims: Victims) -> bytes:
    return in_gap(victims.plain, b">>\nendobj\n" + body_of(5, stream(EVIL)))


@attack("SWA: a second ByteRange in the gap", TRILLION)
def _swa_range(victims: Victims) -> bytes:
    stated = STATED_RANGE.search(victims.plain)
    assert stated is not None
    return in_gap(victims.plain, stated[0] + b">>\nendobj\n" + body_of(5, stream(EVIL)))


@attack("SWA: the second signed part moved to the end", TRILLION)
def _swa_moved(victims: Victims) -> bytes:
    """Let the table of the moved part point to what is now the forger's."""
    data = victims.plain
    stated = STATED_RANGE.search(data)
    assert stated is not None
    second, length = int(stated[3]), int(stated[4])
    moved = second + length
    malice = append(data, {5: stream(EVIL)})[second + length :]
    new = b"/ByteRange [0 %s %d %d]>>\nendobj\n" % (stated[2], moved + len(malice), length)
    filled = in_gap(data, new)
    return filled[:moved] + malice + data[second:]


@attack("SWA: short ByteRange before the update", TRILLION)
def _swa_short(victims: Victims) -> bytes:
    return in_range(isa_full(victims), lambda r: [r[0], r[1], r[2], r[3] - 40])


def in_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    """Rewrite the numbers of a ByteRange in place."""
    found = STATED_RANGE.search(data)
    assert found is not None
    numbers = change([int(found[i]) for i in range(1, 5)])
    return written(data, found, b"/ByteRange [" + b" ".join(b"%d" % n for n in numbers) + b"]")
