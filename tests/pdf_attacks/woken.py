"""Linearization that comes true: a document with a draft that readers show as soon as the figures of its first object fit its length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.pdf_attacks.catalogue import OURS, Attack, Victims, body_of, collector, stream
from tests.pdf_attacks.limits import FORM, signed_by_hand, with_place
from tests.verify_world import Signing, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
MARK: Final = b"startxref\n%010d\n%%%%EOF\n"
LENGTH: Final = 60_000
"""Octets that a document may be made to have."""


def _table(places: dict[int, int], entries: bytes = b"") -> bytes:
    rows = b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    return b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\n" % (
        len(places) + 1, rows, len(places) + 1, entries,
    )  # fmt: skip


def _written(start: int, objects: dict[int, bytes], places: dict[int, int]) -> bytes:
    out = bytearray()
    for number, body in objects.items():
        places[number] = start + len(out)
        out += body_of(number, body)
    return bytes(out)


def drawn(text: str) -> dict[int, bytes]:
    made = small_pdf(text=text, catalog="/AcroForm<</Fields[]/SigFlags 3>>")
    return {number: raw_object(made, number) for number in range(1, 8)}


def parameters(length: int) -> bytes:
    return b"<</Linearized 1/N 2/O 4/E 000000050/T 20/L %010d/H[600 9]>>" % length


def led(
    head: bytes, begin: int, objects: dict[int, bytes], *, entries: bytes = b""
) -> tuple[bytes, dict[int, int]]:
    """Write objects behind their table, which stands behind the linearization parameters, object 8."""
    size = len(_table(dict.fromkeys([*objects, 8], 0), entries) + MARK % 0)
    places = {8: begin}
    body = _written(len(head) + size, objects, places)
    return head + _table(places, entries) + MARK % len(head) + body, places


def sleeping(length: int, first: Callable[[int], bytes] = parameters) -> bytes:
    """Return a document that shows its final text, and its draft to those who go by the table behind its first object."""
    begin = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    return _asleep(begin + body_of(8, first(length)), len(begin))


def _asleep(head: bytes, begin: int) -> bytes:
    out, _ = led(head, begin, drawn("Pay ten million"))
    places = {8: begin}
    out += _written(len(out), drawn("Pay one hundred"), places)
    return out + _table(places, b"/Prev %d" % len(head)) + MARK % len(out)


def stored_up_to(data: bytes, length: int) -> bytes:
    """Append validation data with so much padding that the file is this long."""
    number = size_of(data)
    short = length - len(in_store(data, {number: stream(b"")}))
    digits = len(b"%d" % short) - 1  # of the stream's length
    made = in_store(data, {number: stream(b"x" * (short - digits))})
    assert len(made) == length
    return made


@attack("linearization that comes true: by blanks alone", OURS)
def _blanks(victims: Victims) -> bytes:
    length = len(victims.signing.sign(sleeping(0), page=1)) + 30
    return victims.signing.sign(sleeping(length), page=1).ljust(length)


@attack("linearization that comes true: with the signature itself", OURS)
def _sealed_at_its_length(victims: Victims) -> bytes:
    return sealed_at_its_length(victims.signing)


def sealed_at_its_length(signing: Signing) -> bytes:
    """Sign a document so that it is as long as it says."""
    seal = (b"/F 4/Rect[100 600 219 719]", stream(b"1 0 0 rg 0 0 119 119 re f", FORM + b"/BBox[0 0 119 119]"))
    length = len(with_place(signing, sleeping(0), *seal, stamp=False))
    data = signed_by_hand(signing, sleeping(length), *seal, stamp=False)
    assert len(data) == length
    return data


@attack(
    "linearization that comes true: with the signature itself, and no longer when something follows", OURS
)
def _sealed_and_put_to_sleep(victims: Victims) -> bytes:
    return in_store(sealed_at_its_length(victims.signing), {90: stream(b"a certificate")})


def _long(length: int) -> bytes:
    return parameters(length).replace(b"<<", b"<</Own(endobj %s)" % (b"x" * 1100), 1)


def _spelled(length: int) -> bytes:
    return parameters(length).replace(b"/Linearized", b"/#4cinearize#64")


for _name, _first in (("behind a long string", _long), ("by a name that is spelled otherwise", _spelled)):

    @attack(f"linearization that comes true: {_name}", OURS)
    def _hidden(victims: Victims, first: Callable[[int], bytes] = _first) -> bytes:
        return stored_up_to(victims.signing.sign(sleeping(LENGTH, first), page=1), LENGTH)


@attack("linearization that comes true: in the first line, which is a comment to all but one reader", OURS)
def _in_a_comment(victims: Victims) -> bytes:
    head = b"%PDF-1.7 8 0 obj" + parameters(LENGTH) + b"endobj\n"
    return stored_up_to(victims.signing.sign(_asleep(head, len(b"%PDF-1.7 ")), page=1), LENGTH)
