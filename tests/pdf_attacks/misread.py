"""References that lead nowhere by the letter, and that readers follow all the same: by the number alone, or by 32 bits of it."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from tests.pdf_attacks.catalogue import EVIL, OURS, Attack, Victims, collector, stream
from tests.pdf_attacks.limits import draft_behind_final, signed_by_hand
from tests.pdf_attacks.readers import with_widget
from tests.pdf_attacks.structure import with_object_stream
from tests.verify_world import append, in_store, raw_object, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
LATE: Final = {99: stream(EVIL)}
NAMED: Final = {
    "of another generation": b"99 1 R",
    "of a generation that no object can have": b"99 65536 R",
    "with a generation of many zeros": b"99 0000000 R",
    "of more than 32 bits": b"4294967395 0 R",
}
UNREAD: Final = {
    "with a comment behind its number": b"99%\n0 R",
    "with a comment behind its generation": b"99 0%x\rR",
    "with a sign": b"99 -0 R",
    "with a fraction": b"99.0 0 R",
    "without a blank": b"99 0R",
    "with octets that PDFium takes for blanks": b"99\x800\xffR",
    "between hexadecimal strings that seem to begin others": b"]/X<(>/Annots[99%\n0 R]/Y<)>/Z[",
    "in an object with strings": b"99%(\n0 R]/X(\\)R (5 0 R)/Y[",
}
"""What our readers cannot read, on a page that nobody has to read who signs or verifies."""


def _page(reference: bytes) -> bytes:
    return raw_object(small_pdf(), 4).replace(b"/Contents 5 0 R", b"/Contents[5 0 R %s]" % reference)


def _naming(victims: Victims, reference: bytes) -> bytes:
    """Return a signed document whose first page draws something more, under a number that is not in use yet."""
    return victims.signing.sign(append(small_pdf(), {4: _page(reference)}), page=1)


def _named(reference: bytes, victims: Victims) -> bytes:
    return in_store(_naming(victims, reference), LATE)


def _unread(reference: bytes, victims: Victims) -> bytes:
    form = {9: b"<</Fields[]/SigFlags 3>>", 4: _page(reference)}
    data = append(small_pdf(catalog="/AcroForm 9 0 R"), form)
    signed = signed_by_hand(victims.signing, data, b"/F 4/Rect[50 50 100 100]", None, stamp=False)
    return in_store(signed, LATE)


for _listed, _make in ((NAMED, _named), (UNREAD, _unread)):
    for _name, _reference in _listed.items():
        attack(f"a misread reference {_name}", OURS)(partial(_make, _reference))


@attack("a misread reference in an object stream", OURS)
def _contained(victims: Victims) -> bytes:
    data = with_object_stream(small_pdf(), [(4, _page(b"99 1 R"))], [(4, 0)])
    return in_store(victims.signing.sign(data, page=1), LATE)


@attack("a misread reference to what is appended under another generation", OURS)
def _under_another(victims: Victims) -> bytes:
    data = in_store(_naming(victims, b"99 0 R"), LATE).replace(b"99 0 obj", b"99 1 obj")
    data = re.sub(rb"(99 1\n[0-9]{10}) 00000 n", rb"\1 00001 n", data)
    return data.replace(b"/Certs[99 0 R]", b"/Certs[99 1 R]")


@attack("a misread reference to a parent whose text a new field would show", OURS)
def _parent(victims: Victims) -> bytes:
    return with_widget(victims.form, b"/Parent 20 1 R")


@attack("a table that readers repair: a stream whose header lacks a letter", OURS)
def _keyword(victims: Victims) -> bytes:
    data = with_object_stream(draft_behind_final(victims.signing), [(310, b"[]")], [(310, 0)])
    start = int(re.findall(rb"startxref\n(\d+)", data)[-1])
    return data[:start] + data[start:].replace(b" obj", b" 0bj", 1)
