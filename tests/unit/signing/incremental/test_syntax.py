"""PDF syntax: what is read, what is refused, and that an exchange of one entry leaves every other octet."""

from __future__ import annotations

import zlib

import pytest

from tests.incremental_world import _png
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.filters import unpack
from verify.pdf.plain.syntax import Array, Dictionary, Reader, Ref, Short


def read(raw: bytes):
    return Reader(raw).value(0)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"null ", None),
        (b" true", True),
        (b"%words\n 17", 17),
        (b"-0017.50", -17.5),
        (b".5", 0.5),
        (b"12 0 R", Ref(12, 0)),
        (b"[1 2 3 0 R 4]", [1, 2, Ref(3, 0), 4]),
        (b"/A#20B", "/A B"),
        (b"/", "/"),
        (b"<41 4 2>", b"AB"),
        (b"<4>", b"@"),
        (b"(a(b)c\\)\\(d)", b"a(b)c)(d"),
        (b"(\\101\\7\\n\\\r\nx\\z)", b"A\x07\nxz"),
        (b"(a\rb\r\nc)", b"a\nb\nc"),
        (b"<</K[<</L(x)>>]>>", {"/K": [{"/L": b"x"}]}),
    ],
)
def test_a_value_is_read(raw: bytes, value: object):
    assert read(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"--5",
        b"1.2.3",
        b"tru",
        b"<</A 1 /A 2>>",
        b"<</A>>",
        b"<<1 2>>",
        b"[1 2",
        b"(a",
        b"<4x>",
        b">>",
        b"endobj",
        b"[" * 40,
    ],
)
def test_what_readers_might_take_differently_is_not_plain(raw: bytes):
    with pytest.raises(NotPlain) as refused:
        read(raw)
    assert refused.value.reason is Reason.SYNTAX


@pytest.mark.parametrize("length", range(1, 40))
def test_a_window_that_ends_too_early_asks_for_more(length: int):
    """A large file is read by windows; no value is taken for whole that is not."""
    whole = b"1 0 obj <</A 12 0 R /B [1 2]>> endobj"
    reader = Reader(whole[:length], whole=False)
    with pytest.raises(Short):
        _object(reader)


def _object(reader: Reader) -> None:
    reader.header(0)
    reader.value(reader.end)
    reader.close()


def test_an_exchange_leaves_the_other_octets():
    raw = b"<< /A  1 %why\n /B[ (x\\)) 2 0 R] /C /D >>"
    found = read(raw)
    assert isinstance(found, Dictionary)
    assert found.changed({"/C": b"/E"}) == b"<< /A  1 %why\n /B[ (x\\)) 2 0 R] /C /E \n>>"
    assert found.changed({"/N": b"7"}) == raw[:-2] + b"\n/N 7\n>>"
    assert read(found.changed({"/A": b""})) == {"/B": [b"x)", Ref(2, 0)], "/C": "/D"}
    assert found.changed({}) == raw[:-2] + b"\n>>"


def test_items_are_added_at_the_end():
    found = read(b"[ 1 0 R %x\n]")
    assert isinstance(found, Array)
    assert read(found.extended(b"2 0 R", b"3 0 R")) == [Ref(1, 0), Ref(2, 0), Ref(3, 0)]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_predictors(kind: int):
    rows = [bytes((1, 2, 250)), bytes((3, 2, 255)), bytes((0, 0, 0))]
    entries = read(b"<</Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 3>>>>")
    assert unpack(entries, zlib.compress(_png(rows, kind))) == b"".join(rows)


@pytest.mark.parametrize(
    "entries",
    [
        b"<</Filter /LZWDecode>>",
        b"<</Filter [/ASCII85Decode /FlateDecode]>>",
        b"<</Filter /FlateDecode /DecodeParms <</Predictor 2>>>>",
        b"<</Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 99>>>>",
        b"<</Filter /FlateDecode>>",
    ],
)
def test_other_filters_and_damage_are_not_plain(entries: bytes):
    with pytest.raises(NotPlain) as refused:
        unpack(read(entries), b"no deflate at all")
    assert refused.value.reason is Reason.FILTER


def test_a_stream_that_unpacks_to_too_much_is_not_plain(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("verify.pdf.plain.filters.MAX_UNPACKED", 1000)
    with pytest.raises(NotPlain, match="too much"):
        unpack(read(b"<</Filter /FlateDecode>>"), zlib.compress(bytes(2000)))
