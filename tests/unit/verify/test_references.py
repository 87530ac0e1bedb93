"""The fast scan for references never misses one that a parser sees: a miss would let a shadow come to life."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.verify_world import Signing, append, small_pdf
from verify.pdf.document import open_document
from verify.pdf.graph import Graph
from verify.pdf.heads import Heads
from verify.pdf.mentions import MAX_SEARCHES, Mentions
from verify.pdf.pdf_values import Ref
from verify.pdf.reach import Reach
from verify.pdf.references import scan

SAMPLES = Path(__file__).parents[3].parent / "shared" / "samples" / "pdf"

UNPARSABLE = {
    "pdfbox-AESkeylength128.pdf",
    "pdfbox-PasswordSample-256bit.pdf",
    "pdfbox-sign_me_protected.pdf",
    "pdfbox-embedded_zip.pdf",
}
"""Three are locked; the last has a stream without /Length."""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"<</A 7 0 R/B[8 1 R 9 0\nR]>>", {Ref(7), Ref(8, 1), Ref(9)}),
        (b"<</S(7 0 R \\) endobj (8 0 R) stream)/A 9 0 R>>", {Ref(9)}),
        (b"<</S(\\\\)/A 9 0 R>>", {Ref(9)}),
        (b"<</stream/endobj/A 9 0 R>>", {Ref(9)}),
        (b"<<% stream endobj (\n/A 9 0 R>>", {Ref(9)}),
        (b"<</H<656E646F626A>/A 9 0 R>>", {Ref(9)}),
        (b"<</A/endobj#20/B 9 0 R>>", {Ref(9)}),
        (b"<</Length 9 0 R>>stream\n8 0 R\nendstream", {Ref(9)}),
    ],
)
def test_scan(body: bytes, found: set[Ref]) -> None:
    assert scan(b"5 0 obj" + body + b"\nendobj\n6 0 obj 1 0 R endobj", 0) == found


def test_scan_sees_all_that_the_parser_sees(signing: Signing, b_lta: bytes) -> None:
    documents = [b_lta, signing.sign(small_pdf(5))]
    documents += [
        path.read_bytes() for path in sorted(SAMPLES.glob("pdfbox-*.pdf")) if path.name not in UNPARSABLE
    ]
    compared = 0
    for data in documents:
        document = open_document(data)
        for revision in range(len(document.revisions)):
            reach = Reach(document, revision)
            for ref, users in Graph(document, revision).users.items():
                owners = {owner for owner, _ in users if owner is not None}
                assert not ref.number or owners <= reach.may_refer(ref)
                compared += len(owners)
    assert compared > 50


def test_reference_in_a_compressed_object_is_seen(signing: Signing) -> None:
    """A shadow prepared inside an object stream: the reference to nothing is compressed."""
    holder = b"4 0 <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents[5 0 R 40 0 R]>>"
    stream = b"<</Type/ObjStm/N 1/First 4/Length %d>>stream\n%s\nendstream" % (len(holder), holder)
    base = append(small_pdf(), {20: stream})
    table = base.rindex(b"xref\n0 1")
    rows = b"\x02\x00\x00\x14\x00" + b"\x01" + base.index(b"20 0 obj").to_bytes(3, "big") + b"\x00"
    rows += b"\x01" + table.to_bytes(3, "big") + b"\x00"
    body = (
        b"21 0 obj\n<</Type/XRef/Size 22/W[1 3 1]/Index[4 1 20 2]/Root 1 0 R/Prev %d/Length %d>>stream\n"
        % (
            small_pdf().rindex(b"xref\n0 "),
            len(rows),
        )
    )
    data = base[:table] + body + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table
    document = open_document(signing.sign(data))
    assert Reach(document, len(document.revisions) - 1).may_refer(Ref(40)) == {Ref(4)}


def test_mentions_are_the_same_searched_for_one_by_one_and_all_at_once() -> None:
    """Blanks, zeros and numbers that end alike: by search, by the table for long chains, and by the scan."""
    bodies = [
        b"<</A 7 0 R/B[17 0 R 8\n\n1\tR 0007 00 R]>>",
        b"<</K 107 0 R/S 7 0 R>>stream\n8 0 R\nendstream",
        b"<</S(7 0 R)/T 1007 0 R>>",
        b"<</Kids[17 0 R 7\x000  R]>>",
        b"<</H<07>/A 7 00000 R/B 17 01 R>>",
        b" 7 ",
        b" 0 R ",
    ]
    data, offsets = b"", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, body)
    expected: dict[Ref, set[int]] = {}
    for offset in offsets:
        for ref in scan(data, offset):
            expected.setdefault(ref, set()).add(offset)
    asked = [*expected, Ref(1), Ref(77), Ref(0)]
    mentions = Mentions(data, Heads(data), offsets)
    for _ in range(2 * MAX_SEARCHES // len(asked)):
        assert {ref: found for ref in asked if (found := mentions.of(ref))} == expected
