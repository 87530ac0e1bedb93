"""Forged PDFs, built from what was published about forging them and from our own malice (D1, D2).

Each attack takes documents that were signed rightly (:class:`Victims`) and returns one that shows something else. Whoever reads
it must not call it valid: ``docs/attacks.md`` lists them with their papers and what the verifier says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pyhanko.sign import fields

from tests.verify_world import Signing, append, raw_object, small_pdf

EVIL: Final = b"BT /F1 24 Tf 72 720 Td (Pay ten million) Tj ET"
COVER: Final = b"1 1 1 rg 0 0 595 842 re f " + EVIL
DRAWING: Final = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
STATED_RANGE: Final = re.compile(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+) *\]")
STATED_VALUE: Final = re.compile(rb"/Contents ?(<[0-9a-fA-F]+>)")

FORM: Final = b"/AcroForm<</Fields[20 0 R 22 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 3 0 R>>>>>>"
FIELDS: Final = {
    20: b"<</FT/Tx/T(amount)/V(1.00)/DA(/Fx 12 Tf 0 g)/Type/Annot/Subtype/Widget/Rect[50 50 150 70]/P 4 0 R/AP<</N 24 0 R>>>>",
    22: b"<</FT/Sig/T(PartyB)/Type/Annot/Subtype/Widget/F 4/Rect[300 300 440 440]/P 4 0 R>>",
}


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Write the body of a stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


@dataclass
class Victims:
    """Documents that were signed rightly, each made once."""

    signing: Signing
    _kept: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def plain(self) -> bytes:
        """Return a document of two pages with one visible signature."""
        return self.signing.sign()

    @cached_property
    def layered(self) -> bytes:
        """Return a document whose second page has a layer that is not shown."""
        layers = "/OCProperties<</OCGs[30 0 R]/D<</OFF[30 0 R]>>>>"
        plain = small_pdf(catalog=layers)
        page = raw_object(plain, 6).replace(b"/Resources<<", b"/Resources<</Properties<</L 30 0 R>>")
        return self.signing.sign(append(plain, {30: b"<</Type/OCG/Name(L)>>", 6: page}))

    @cached_property
    def form(self) -> bytes:
        """Return a signed form that nobody certified."""
        return self.signing.sign(form_pdf())

    def certified(self, level: int) -> bytes:
        """Return a certified form."""
        key = f"certified {level}"
        if key not in self._kept:
            self._kept[key] = self.signing.sign(
                form_pdf(), certify=True, docmdp_permissions=fields.MDPPerm(level)
            )
        return self._kept[key]


def form_pdf() -> bytes:
    """Return a form with an amount, its look, and an empty signature field."""
    plain = small_pdf(catalog=FORM.decode())
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R 22 0 R]>>"
    look = stream(b"BT /Helv 12 Tf (1.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]")
    return append(plain, {**FIELDS, 4: page, 24: look})


@dataclass(frozen=True)
class Attack:
    """One forged file: what it is called, who published it, and how it is made."""

    name: str
    paper: str
    make: Callable[[Victims], bytes]

    def __str__(self) -> str:
        return self.name


TRILLION: Final = "Mladenov, Mainka, Meyer zu Selhausen, Grothe, Schwenk: 1 Trillion Dollar Refund, CCS 2019"
SHADOW: Final = "Mainka, Mladenov, Rohlmann: Shadow Attacks, NDSS 2021"
CERTIFIED: Final = "Rohlmann, Mladenov, Mainka, Schwenk: Breaking the Specification, IEEE S&P 2021"
OURS: Final = "-"


Make = Callable[[Victims], bytes]


def collector(into: list[Attack]) -> Callable[[str, str], Callable[[Make], Make]]:
    """Return a decorator that adds builders to a list of attacks, by name and paper."""

    def attack(name: str, paper: str) -> Callable[[Make], Make]:
        def add(make: Make) -> Make:
            into.append(Attack(name, paper, make))
            return make

        return add

    return attack


def body_of(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


def newest_table(data: bytes) -> bytes:
    """Return the offset of the newest table, in digits as the end mark has it."""
    found: bytes = re.findall(rb"startxref\s+(\d+)", data)[-1]
    return found


def signature_number(data: bytes) -> int:
    """Return the number of the object that holds the newest signature."""
    headers = list(re.finditer(rb"(\d+) 0 obj", data[: data.rindex(b"/ByteRange")]))
    return int(headers[-1][1])


def in_gap(data: bytes, filling: bytes) -> bytes:
    """Cut the padding of a signature's value and put something in its place: the digest stays right."""
    found = STATED_VALUE.search(data)
    assert found is not None
    digits = found[1][1:-1].rstrip(b"0")
    digits += b"0" * (len(digits) % 2)
    room = len(found[1]) - len(digits) - 2
    return data[: found.start(1)] + b"<" + digits + b">" + filling.ljust(room) + data[found.end(1) :]


def form_object(data: bytes) -> tuple[int, bytes]:
    """Return the number and octets of the object that holds the form."""
    found = re.search(rb"/AcroForm\s+(\d+) 0 R", raw_object(data, 1))
    number = 1 if found is None else int(found[1])
    return number, raw_object(data, number)


def written(data: bytes, found: re.Match[bytes], text: bytes) -> bytes:
    room = found.end() - found.start()
    if len(text) > room:
        text = text.replace(b"/ByteRange [", b"/ByteRange[")
    assert len(text) <= room, (text, room)
    return data[: found.start()] + text.ljust(room) + data[found.end() :]
