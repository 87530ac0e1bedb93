"""What makes one reader repair a file, or draw what nobody drew, and what it then finds.

Found with readers that the random search of :mod:`tests.fuzz.render_differ` does not ask by itself: MuPDF, Ghostscript and pdf.js.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from tests.pdf_attacks.catalogue import EVIL, OURS, Attack, Victims, body_of, collector, stream
from tests.pdf_attacks.limits import FORM, draft_behind_final, signed_by_hand
from tests.pdf_attacks.readers import with_unlisted, with_widget
from tests.verify_world import append, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
CERTIFICATE: Final = {90: stream(b"a certificate")}
HEADERS: Final = {
    "behind zeros": b"000000000005 0 obj",
    "behind more zeros than are looked at": b"0" * 5000 + b"5 0 obj",
    "with a long generation": b"5 0000000 obj",
    "its numbers apart by comments": b"5 %x\n0 %x\nobj",
    "its numbers apart by vertical tabs": b"5\x0b0\x0bobj",
    "its numbers apart by what pdf.js takes for blanks": b"5\xa00\xa0obj",
    "its numbers apart by what PDFium takes for blanks": b"5\x800\xffobj",
    "its numbers apart by a comment of many octets": b"5 0 %" + b"x" * 3000 + b"\nobj",
}
"""Of an object: Ghostscript takes most of them for one, poppler and pdf.js those with zeros, pdf.js those with a tab: it finds nothing there
then, and shows the page without it."""


@attack("blanks behind the end mark: MuPDF looks for it in the last 1,024 octets, and repairs the file", OURS)
def _blanks(victims: Victims) -> bytes:
    return draft_behind_final(victims.signing) + b" " * 1010


@attack("blanks behind the end mark of validation data", OURS)
def _blanks_behind_store(victims: Victims) -> bytes:
    return in_store(draft_behind_final(victims.signing), CERTIFICATE) + b"\n" * 1008


@attack("a table that readers repair: a number for which Ghostscript has no room", OURS)
def _number_without_room(victims: Victims) -> bytes:
    return in_store(draft_behind_final(victims.signing), {3_355_442: stream(b"a certificate")})


@attack("an empty signature field as wide as its page, in which MuPDF draws a flag", OURS)
def _flag(victims: Victims) -> bytes:
    return with_widget(victims.plain, b"", box=b"0 0 595 842")


@attack("an empty signature field over an earlier seal, in which MuPDF draws a flag", OURS)
def _flag_over_seal(victims: Victims) -> bytes:
    return with_widget(victims.plain, b"", box=b"100 600 219 719")


@attack("an empty signature field whose box is no rectangle", OURS)
def _flag_without_box(victims: Victims) -> bytes:
    return with_widget(victims.plain, b"", box=b"/a 0 1 1")


def _sizeless(victims: Victims, box: bytes, *, stamp: bool) -> bytes:
    look = stream(b"1 1 1 rg 0 0 595 842 re f", FORM + b"/BBox[0 0 595 842]")
    return signed_by_hand(victims.signing, victims.plain, b"/F 4/Rect[%s]" % box, look, stamp=stamp)


@attack("a look of a field without size: a later signature, which Ghostscript draws over the page", OURS)
def _sizeless_signature(victims: Victims) -> bytes:
    return _sizeless(victims, b"9 9 9 9", stamp=False)


@attack("a look of a field without size: a time-stamp without width", OURS)
def _sizeless_stamp(victims: Victims) -> bytes:
    return _sizeless(victims, b"100 100 100 500", stamp=True)


@attack("an empty signature field with a look that only poppler takes for one", OURS)
def _cut_name(victims: Victims) -> bytes:
    """Name it so that it ends, for poppler, at an octet of zero."""
    new = size_of(victims.plain)
    data = with_widget(victims.plain, b"/AP#00<</N %d 0 R>>" % (new + 2), box=b"0 0 0 0")
    return append(
        data, {new + 2: stream(EVIL, FORM + b"/BBox[0 0 595 842]"), new + 1: raw_object(data, new + 1)}
    )


@attack("a description that is a page: Ghostscript meets a loop, and shows the page otherwise", OURS)
def _page_for_description(victims: Victims) -> bytes:
    return append(victims.plain, {}, trailer=b"/Info 4 0 R")


@attack("a description that is not there: poppler repairs the file", OURS)
def _no_description(victims: Victims) -> bytes:
    return append(draft_behind_final(victims.signing), {}, trailer=b"/Info 99 0 R")


@attack("a description that draws", OURS)
def _drawing_for_description(victims: Victims) -> bytes:
    return append(victims.plain, {90: stream(EVIL)}, trailer=b"/Info 90 0 R")


def _always_repaired(victims: Victims) -> bytes:
    """Return a document whose end mark is out by a few octets, as many are: poppler, pdf.js and Ghostscript look for objects."""
    plain = small_pdf()
    return victims.signing.sign(
        re.sub(rb"startxref\n(\d+)", lambda one: b"startxref\n%d" % (int(one[1]) - 3), plain), page=1
    )


def _hidden(header: bytes, victims: Victims) -> bytes:
    evil = b"\nendstream\nendobj\n" + body_of(5, stream(EVIL)).replace(b"5 0 obj", header)
    return in_store(_always_repaired(victims), {90: stream(evil)})


def _unlisted(header: bytes, victims: Victims) -> bytes:
    body = body_of(5, stream(EVIL)).replace(b"5 0 obj", header)
    return in_store(with_unlisted(victims, body), CERTIFICATE)


for _kind, _make in (("raw objects in a stream", _hidden), ("an unlisted object", _unlisted)):
    for _name, _header in HEADERS.items():
        attack(f"{_kind}, {_name}", OURS)(partial(_make, _header))
