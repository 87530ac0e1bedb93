"""PDF syntax by hypothesis: what is written is read back, an exchange leaves the rest, and pyHanko reads the same."""

from __future__ import annotations

import io
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic

from signing.incremental.words import number, text
from verify.pdf.pdf_values import plain
from verify.pdf.pdf_values import text as read_text
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Array, Dictionary, Reader, Ref, Short

NAMES = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=8)
SPACES = st.sampled_from([b" ", b"\n", b"\r\n", b" %c\n", b"\t "])
SCALARS = st.one_of(
    st.just(b"null"),
    st.booleans().map(lambda value: b"true" if value else b"false"),
    st.integers(-(10**9), 10**9).map(lambda value: b"%d" % value),
    st.floats(-1e6, 1e6, allow_nan=False).map(number),
    NAMES.map(lambda name: b"/" + name.encode()),
    st.tuples(st.integers(1, 9999), st.integers(0, 9)).map(lambda pair: b"%d %d R" % pair),
    st.text(max_size=12).filter(lambda value: value.isprintable()).map(text),
    st.binary(max_size=8).map(lambda value: b"<%s>" % value.hex().encode()),
)


def _array(items: list[bytes]) -> bytes:
    return b"[" + b" ".join(items) + b"]"


def _dictionary(pairs: dict[str, bytes], space: bytes) -> bytes:
    return (
        b"<<"
        + b"".join(space + b"/" + key.encode() + b" " + raw for key, raw in pairs.items())
        + space
        + b">>"
    )


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(_array),
        st.builds(_dictionary, st.dictionaries(NAMES, inner, max_size=4), SPACES),
    ),
    max_leaves=12,
)
DICTIONARIES = st.builds(_dictionary, st.dictionaries(NAMES, VALUES, max_size=5), SPACES)


def ours(value: object) -> object:
    """Bring a value into the form of the verifier's reader, nulls left out of dictionaries."""
    if isinstance(value, Ref):
        return ("R", value.number, value.generation)
    if isinstance(value, Dictionary):
        return {key: ours(item) for key, item in value.items() if item is not None}
    if isinstance(value, Array):
        return [ours(item) for item in value]
    return str(value) if isinstance(value, str) else value


def theirs(value: Any) -> object:
    if type(value).__name__ == "Ref":
        return ("R", value.number, value.generation)
    if isinstance(value, dict):
        return {key: theirs(item) for key, item in value.items() if item is not None}
    return [theirs(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=150, deadline=None)
@given(DICTIONARIES)
def test_pyhanko_reads_the_same(raw: bytes):
    read = generic.read_object(io.BytesIO(raw + b" "), generic.TrailerReference(None))
    assert ours(Reader(raw).value(0)) == theirs(plain(read))


@settings(max_examples=150, deadline=None)
@given(DICTIONARIES, NAMES, VALUES)
def test_an_exchange_changes_one_entry(raw: bytes, key: str, value: bytes):
    before = Reader(raw).value(0)
    after = Reader(before.changed({f"/{key}": value})).value(0)
    wanted = ours(before) | {f"/{key}": ours(Reader(value + b" ").value(0))}
    assert ours(after) == {name: item for name, item in wanted.items() if item is not None}


@settings(max_examples=150, deadline=None)
@given(VALUES, st.integers(0, 400))
def test_a_window_never_gives_another_value(raw: bytes, length: int):
    """What is cut off asks for more or reads as the whole does."""
    whole = b"1 0 obj " + raw + b" endobj"
    reader = Reader(whole[:length], whole=False)
    try:
        reader.header(0)
        found = reader.value(reader.end)
        reader.close()
    except Short:
        return
    assert ours(found) == ours(Reader(whole).value(8))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_octets_are_read_or_not_plain(raw: bytes):
    """What is read stands in the octets read, whatever comes behind them; all else is refused by its reason."""
    reader, reason = Reader(raw), None
    try:
        found = ours(reader.value(0))
    except NotPlain as refused:
        reason = refused.reason
    if reason is None:
        assert 0 < reader.end <= len(raw)
        assert ours(Reader(raw[: reader.end]).value(0)) == found
    else:
        assert reason in {Reason.SYNTAX, Reason.LIMIT}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20).filter(lambda value: not any(0xD800 <= ord(letter) < 0xE000 for letter in value)))
def test_words_are_read_back(value: str):
    assert read_text(Reader(text(value) + b" ").value(0)) == value
