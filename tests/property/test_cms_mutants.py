"""A signature's container lies outside of what it signs: whoever rewrites it changes nothing of what the verifier says, or fails.

Mutants of its tree of elements (other lengths, forms, tags, orders, copies, integers and identifiers written otherwise) in the place of
the container of a signed PDF; what is still valid names the same signatory, digest and time, and asn1crypto reads the same from it.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from asn1crypto import cms, parser

from tests.pdf_attacks.catalogue import STATED_VALUE
from tests.verify_world import Signing
from verify.report import SignatureReport, TimeSource
from verify.verdict import Verdict

MUTANTS: Final = 250
CONSTRUCTED: Final = 0x20
INTEGER, OCTETS, IDENTIFIER = 0x02, 0x04, 0x06


@dataclass
class Element:
    """One element of the tree: its tag, its octets or its parts, and how its length is written."""

    tag: int
    octets: bytes
    parts: list[Element] | None
    length: str = "shortest"

    def written(self) -> bytes:
        body = self.octets if self.parts is None else b"".join(part.written() for part in self.parts)
        if self.length == "indefinite" and self.parts is not None:
            return bytes((self.tag, 0x80)) + body + b"\0\0"
        if self.length == "long" or len(body) >= 0x80:
            size = 4 if self.length == "long" else (len(body).bit_length() + 7) // 8
            return bytes((self.tag, 0x80 | size)) + len(body).to_bytes(size, "big") + body
        return bytes((self.tag, len(body))) + body


def read(octets: bytes) -> list[Element]:
    found = []
    while octets:
        tag, head, body = octets[0], *_parts(octets)
        found.append(Element(tag, body, read(body) if tag & CONSTRUCTED else None))
        octets = octets[head + len(body) :]
    return found


def _parts(octets: bytes) -> tuple[int, bytes]:
    whole = parser.peek(octets)
    _, _, _, header, body, _ = parser.parse(octets[:whole])
    return len(header), body


def walked(elements: list[Element]) -> Iterator[tuple[list[Element], int]]:
    for index, element in enumerate(elements):
        yield elements, index
        if element.parts is not None:
            yield from walked(element.parts)


def mutated(octets: bytes, chance: random.Random) -> bytes:
    tree = read(octets)
    every = list(walked(tree))
    around, at = chance.choice(every)
    element = around[at]
    elsewhere, index = chance.choice(every)
    other = copy.deepcopy(elsewhere[index])
    way = chance.randrange(9)
    if way == 0:
        element.length = chance.choice(("indefinite", "long"))
    elif way == 1:
        around.insert(at, copy.deepcopy(element))
    elif way == 2:
        del around[at]
    elif way == 3:
        chance.shuffle(around)
    elif way == 4:
        element.tag ^= chance.choice((0x20, 0x40, 0x80, 0xC0))
    elif way == 5:
        around.insert(at, other)
    elif way == 6:
        around[at] = other
    elif way == 7 and element.tag in (INTEGER, IDENTIFIER):
        element.octets = (b"\0" if element.tag == INTEGER else b"\x80") + element.octets
    elif element.tag == OCTETS:
        element.tag, element.parts = OCTETS | CONSTRUCTED, [Element(OCTETS, element.octets, None)]
    return b"".join(one.written() for one in tree)


def told(one: SignatureReport) -> tuple[object, ...]:
    """Return what is said of the signatory; a time-stamp may be lost, which is told, and none is won."""
    return one.field, one.signer, one.algorithm, one.integrity, one.certificate_then


def signer_of(octets: bytes) -> tuple[object, ...]:
    """Return what asn1crypto reads: who signed, and what was signed."""
    (signer,) = cms.ContentInfo.load(octets)["content"]["signer_infos"]
    attributes = {one["type"].native: one["values"].native for one in signer["signed_attrs"]}
    return (
        signer["sid"].native,
        signer["digest_algorithm"]["algorithm"].native,
        attributes,
        signer["signature"].native,
    )


@pytest.mark.parametrize("stamped", [False, True])
def test_a_rewritten_container_says_the_same_or_fails(*, stamped: bool) -> None:
    signing, chance, valid = Signing(), random.Random(7), 0
    document = signing.sign(stamp=stamped)
    place = STATED_VALUE.search(document)
    assert place is not None
    start, end = place.span(1)
    padded = bytes.fromhex(document[start + 1 : end - 1].decode())
    container = padded[: parser.peek(padded)]
    (honest,) = signing.verify(document).signatures
    for _ in range(MUTANTS):
        octets = mutated(container, chance)
        digits = octets.hex().encode().ljust(2 * len(padded), b"0")
        if octets == container or len(digits) > 2 * len(padded):
            continue
        report = signing.verify(document[: start + 1] + digits + document[end - 1 :])
        if report.verdict is Verdict.PASSED:
            valid += 1
            (found,) = report.signatures
            assert told(found) == told(honest)
            assert signer_of(octets) == signer_of(container)
            assert found.time == honest.time or (stamped and found.time.source is not TimeSource.TSA)
    assert valid
