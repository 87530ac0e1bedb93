"""The small readers under seal data: times in every form that was met, pixels from the head of a picture alone, members by name."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from ca import der
from seals.ses.cursor import Cursor
from seals.ses.errors import SealDataInvalid
from seals.ses.parts import SesVersion
from seals.ses.pixels import look
from seals.ses.structure import read_seal
from seals.ses.times import read_time, text_time
from seals.ses.writer import PictureContent, assemble, encode_info
from tests.ses_world import sealing

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(octets: bytes, *, utc_time: bool = False) -> tuple[datetime, int]:
    cursor = Cursor.over(octets, "property")
    return read_time(cursor, "createDate", utc_time=utc_time), len(cursor.notes)


def generalized(text: str) -> bytes:
    return der.tlv(der.GENERALIZED_TIME, text.encode())


def test_generalized_time() -> None:
    assert at(generalized("20260301120000Z")) == (NOON, 0)
    assert at(generalized("20260301200000+0800")) == (NOON, 1)
    assert at(generalized("20260301063000-0530")) == (NOON, 1)
    assert at(generalized("20260301120000.5Z")) == (NOON.replace(microsecond=500_000), 1)


def test_utc_time_is_for_v1() -> None:
    octets = der.tlv(der.UTC_TIME, b"260301120000Z")
    assert at(octets, utc_time=True) == (NOON, 0)
    assert at(der.tlv(der.UTC_TIME, b"2603011200Z"), utc_time=True) == (NOON, 0)
    assert at(der.tlv(der.UTC_TIME, b"500301120000Z"), utc_time=True)[0].year == 1950
    assert at(generalized("20260301120000Z"), utc_time=True) == (NOON, 0)
    with pytest.raises(SealDataInvalid):
        at(octets)


@pytest.mark.parametrize(
    "text",
    ["20260301120000", "20261301120000Z", "00010101000000+2359", "99991231235959-2359", "2026", "", "x" * 15],
)
def test_no_time(text: str) -> None:
    with pytest.raises(SealDataInvalid) as refused:
        at(generalized(text))
    assert refused.value.member == "property.createDate"


def test_times_as_text() -> None:
    assert text_time(b"2026-03-01T12:00:00.377Z") == NOON
    assert text_time(b"2026-03-01 20:00:00") == NOON
    assert text_time(b"2026-03-01T13:00:00+01:00") == NOON
    assert (
        text_time(b"20260301120000Z") == text_time(b"20260301200000") == text_time(b"260301120000Z") == NOON
    )
    assert text_time(b"\x17\x0d260301120000Z") == text_time(b"\x18\x0f20260301120000Z") == NOON
    for wrong in (b"\x17\x0d260301120000Zx", b"\x17\x0e260301120000Z", b"\x18\x0d260301120000Z"):
        assert text_time(wrong) is None
    for wrong in (b"2026-02-30 00:00:00", b"0001-01-01 00:00:00", b"noon", b"\xff" * 20, b""):
        assert text_time(wrong) is None


@pytest.mark.parametrize(("form", "kind"), [("PNG", "PNG"), ("GIF", "GIF"), ("BMP", "BMP"), ("JPEG", "JPG")])
def test_pixels_are_read_from_the_head(form: str, kind: str) -> None:
    made = io.BytesIO()
    Image.new("RGB", (37, 21), "white").save(made, form)
    assert (look(made.getvalue()).kind, look(made.getvalue()).pixels) == (kind, (37, 21))
    for size in range(len(made.getvalue())):
        cut = look(made.getvalue()[:size])
        assert cut.pixels in (None, (37, 21))


def test_vectors_have_no_pixels() -> None:
    assert look(b"<?xml version='1.0'?><svg/>").kind == "SVG"
    assert look(b"PK\x03\x04rest").kind == "OFD"
    assert look(b"anything").kind == ""
    assert look(b"").pixels is None
    assert look(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 2000).pixels is None


def test_a_picture_that_is_not_what_it_says_is_told() -> None:
    world = sealing()
    svg = PictureContent(b"<svg xmlns='http://www.w3.org/2000/svg'/>", 30, 20)
    seal = read_seal(world.esl(picture=svg))
    assert any("SVG" in note.en for note in seal.deviations)


def test_only_known_layouts_are_read() -> None:
    world = sealing()
    whole = world.esl(SesVersion.V5, stamped=True)
    members = der.Reader(whole).contents(der.SEQUENCE)
    with pytest.raises(SealDataInvalid, match="members"):
        read_seal(der.sequence(members, der.null()))
    five = der.Reader(world.esl(SesVersion.V4)).contents(der.SEQUENCE)
    with pytest.raises(SealDataInvalid, match="version"):
        read_seal(der.sequence(five, der.explicit(0, der.bit_string(b"stamp"))))


def test_an_implicit_time_stamp_is_read_and_told() -> None:
    world = sealing()
    members = der.Reader(world.esl(SesVersion.V5)).contents(der.SEQUENCE)
    seal = read_seal(der.sequence(members, der.tlv(0x80, b"\x00stamp")))
    assert seal.time_stamp == b"stamp"
    assert any("implicit" in note.en for note in seal.deviations)


def test_the_writer_refuses_what_is_no_seal() -> None:
    good = sealing().content()
    from dataclasses import replace

    for wrong in (
        {"version": SesVersion.V1},
        {"code": "123"},
        {"vendor": "印信"},
        {"vendor": ""},
        {"signers": ()},
    ):
        with pytest.raises(ValueError, match=r"\w"):
            replace(good, **wrong)
    with pytest.raises(ValueError, match="time-stamp"):
        assemble(good, encode_info(good), b"c", b"s", b"stamp")
