"""Where things stand in honest files, and how they are found: the neighbours of :mod:`tests.pdf_attacks.layout`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import DRAWING, Victims, stream
from tests.pdf_attacks.layout import (
    AHEAD,
    EMPTY,
    a_page_packed,
    by_hand,
    holder_of,
    placed,
    streamed,
)
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, in_store, raw_object, size_of, small_pdf
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.packed import check_end, listed_in

CERTIFICATE = stream(b"a certificate")
HEADS = {
    "as most write it": (b"6 0 %d %d ", b" "),
    "with line ends": (b"6 0\r\n%d %d\r\n", b"\r\n"),
    "with a form feed": (b"6\x0c0 %d %d\n", b"\x0c"),
    "with zeros that lead": (b"6 000 %d %05d ", b" "),
    "with no blank behind its head": (b"6 0 %d %d", b" "),
    "with nothing between its objects": (b"6 0 %d %d ", b""),
}


@pytest.mark.parametrize("name", HEADS)
def test_an_object_stream(signing: Signing, b_b: bytes, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head, between = HEADS[name]
    data = a_page_packed(
        b_b, lambda page, new: (head % (new, len(page) + len(between)), page + between + b"[1]")
    )
    check_valid(signing, data, monkeypatch)


@pytest.mark.parametrize(
    ("head", "text"),
    [(b"51 4 50 0 ", b"[2] [1]"), (b"50 0\x0b51 4 ", b"[1] [2]"), (b"50 4 51 8 ", b"[0] [1] [2]")],
)
def test_an_odd_object_stream_that_was_signed(
    victims: Victims, head: bytes, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever readers make of it, they made it when it was signed."""
    holder = stream(head + text, b"/Type/ObjStm/N 2/First %d" % len(head))
    order = (1, 0) if head.startswith(b"51") else (0, 1)
    packed = {number: (70, order[number - 50]) for number in (50, 51)}
    made = streamed(small_pdf(catalog=EMPTY), {70: holder}, packed)
    check_valid(victims.signing, in_store(by_hand(victims, made), {90: CERTIFICATE}), monkeypatch)


def test_an_object_stream_whose_length_stands_elsewhere(
    victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = b"50 0 [1]"
    holder = holder_of(inside).replace(b"/Length %d" % len(inside), b"/Length 80 0 R")
    page = raw_object(small_pdf(), 4)[:-2] + b"/PieceInfo 50 0 R>>"
    made = streamed(small_pdf(catalog=EMPTY), {4: page, 70: holder, 80: b"%d" % len(inside)}, {50: (70, 0)})
    check_valid(victims.signing, in_store(by_hand(victims, made), {90: CERTIFICATE}), monkeypatch)


def test_validation_data_in_object_streams(
    signing: Signing, b_b: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store and a list of it stand in one, and in another when the list has grown."""
    store, certificates = size_of(b_b), size_of(b_b) + 1
    dictionary = b"<</Certs %d 0 R>>" % certificates
    head = b"%d 0 %d %d " % (store, certificates, len(dictionary))
    catalog = {1: raw_object(b_b, 1)[:-2] + b"/DSS %d 0 R>>" % store}
    data, listed = b_b, b""
    for holder in (certificates + 2, certificates + 6):
        listed += b" %d 0 R" % (holder + 1)
        packed = stream(head + dictionary + b"[" + listed + b"]", b"/Type/ObjStm/N 2/First %d" % len(head))
        objects = {holder: packed, holder + 1: CERTIFICATE, **(catalog if data == b_b else {})}
        data = streamed(data, objects, {store: (holder, 0), certificates: (holder, 1)})
    check_valid(signing, data, monkeypatch)


def test_a_place_beyond_the_end_of_the_file(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a damaged table names beyond all octets is there for nobody, before and after."""
    made = append(small_pdf(catalog=EMPTY), {50: b"null"})
    data = by_hand(victims, placed(made, 50, 9_999_999_999))
    check_valid(victims.signing, in_store(data, {90: CERTIFICATE}), monkeypatch)
    assert len(data) < AHEAD


@pytest.mark.parametrize("widths", [(1, 2, 0), (1, 8, 8), (4, 4, 2), (2, 3, 1), (0, 3, 0)])
def test_fields_of_a_cross_reference_stream(
    signing: Signing, b_b: bytes, widths: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = size_of(b_b)
    catalog = raw_object(b_b, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % new
    check_valid(signing, streamed(b_b, {1: catalog, new: CERTIFICATE}, {}, widths=widths), monkeypatch)


@pytest.mark.parametrize("name", [b"#41#20b" * 18, b"A" * 300])
def test_a_page_with_a_long_name_gains_a_field(
    signing: Signing, name: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that stays as it is written means to each reader what it meant."""
    plain = small_pdf()
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/Resources<</XObject<</%s 41 0 R>>" % name)
    data = append(plain, {4: page, 41: stream(b"", DRAWING)})
    once = signing.sign(data, page=1)
    check_valid(signing, append(once, {4: raw_object(once, 4)}), monkeypatch)


@pytest.mark.parametrize(
    ("octets", "count", "first"),
    [
        (b"1 0 2 4 [1] [2]", 2, 99),
        (b"1 0 2 4 [1] [2]", 3, 8),
        (b"1 0 2 4 [1] [2]", True, 8),
        (b"1 0 2 0 [1] [2]", 2, 8),
        (b"1 0 2 9 [1] [2]", 2, 8),
        (b"1 1 2 4 [1] [2]", 2, 8),
        (b"1 0 2 44 5", 2, 7),
        (b"1 0\x002 4 [1] [2]", 2, 8),
        (b"1 0 2 +4[1] [2]", 2, 8),
        (b"1 0\xc2\xa02 4 [1] [2]", 2, 9),
    ],
)
def test_a_head_that_readers_read_differently(octets: bytes, count: object, first: int) -> None:
    with pytest.raises(NotPlain):
        listed_in(octets, count, first)


def test_an_object_ends_before_the_next() -> None:
    (one, other) = listed_in(b"1 0 2 4 [1] [2]\r\n", 2, 8)
    assert (one.number, one.begin, one.end, other.number, other.begin, other.end) == (1, 8, 12, 2, 12, 17)
    check_end(b"1 0 2 4 [1] [2]\r\n", 11, one)
    check_end(b"1 0 2 4 [1] [2]\r\n", 15, other)
    with pytest.raises(NotPlain):
        check_end(b"1 0 2 4 [1] [2]\r\n", 15, one)
    with pytest.raises(NotPlain):
        check_end(b"1 0 2 4 [1]%[2]\r\n", 11, one)
    assert listed_in(b"", 0, 0) == []
