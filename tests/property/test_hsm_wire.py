"""The pipe between service and worker: frames come back as they were sent, and anything else is refused."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hsm import errors
from hsm.errors import HsmError, TokenRefused
from hsm.worker.wire import (
    ERRORS,
    HEADER,
    MAX_BLOB,
    MAX_JSON,
    Frame,
    WireBroken,
    error_fields,
    error_from,
    receive,
    send,
)

VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
FIELDS = st.dictionaries(st.text(), VALUES | st.lists(VALUES, max_size=3), max_size=5)


@given(st.lists(st.tuples(FIELDS, st.binary(max_size=200)), max_size=4))
def test_frames_come_back(frames: list[tuple[dict[str, object], bytes]]) -> None:
    pipe = io.BytesIO()
    for fields, blob in frames:
        send(pipe, Frame(fields, blob))
    pipe.seek(0)
    for fields, blob in frames:
        assert receive(pipe) == Frame(fields, blob)
    with pytest.raises(WireBroken):
        receive(pipe)


@given(st.binary(max_size=300))
@example(HEADER.pack(2, 0) + b"[]")
@example(HEADER.pack(2, 5) + b"{}abc")
@example(HEADER.pack(20_000, 0) + b"[" * 20_000)
@example(HEADER.pack(MAX_JSON + 1, 0))
@example(HEADER.pack(0, MAX_BLOB + 1))
@example(HEADER.pack(1, 0) + b"\xff")
def test_any_octets_are_a_frame_or_refused(octets: bytes) -> None:
    try:
        frame = receive(io.BytesIO(octets))
    except WireBroken:
        return
    lengths = struct.unpack("!II", octets[:8])
    assert len(octets) >= 8 + sum(lengths)
    assert isinstance(frame.fields, dict)


def test_too_long_a_frame_is_the_callers_mistake() -> None:
    for frame in (Frame({}, b"x" * (MAX_BLOB + 1)), Frame({"a": "x" * MAX_JSON})):
        with pytest.raises(ValueError, match="longer"):
            send(io.BytesIO(), frame)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_errors_cross_the_pipe(name: str) -> None:
    back = error_from(error_fields(ERRORS[name]("why")))
    assert type(back) is ERRORS[name]
    assert back.detail == "why"


def test_an_unknown_error_shows_its_class_and_none_of_its_words() -> None:
    fields = error_fields(RuntimeError("the PIN is 1234"))
    assert "1234" not in str(fields)
    back = error_from(fields)
    assert isinstance(back, TokenRefused)
    assert back.detail == "RuntimeError"
    assert isinstance(error_from({"error": "SystemExit"}), TokenRefused)


def test_a_frame_does_not_print_its_content() -> None:
    assert "1234" not in repr(Frame({"pin": "1234"}, b"1234"))


def test_every_error_of_the_room_has_two_sentences() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, HsmError):
            made = kind(3) if name == "PinIncorrect" else kind()
            assert made.zh.endswith("。"), name
            assert made.en.endswith("."), name
            assert "{" not in made.zh + made.en, name
