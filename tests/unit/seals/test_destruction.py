"""The picture that proves a destruction: foreign bytes, bounded before they are decoded and looked at to their end."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from ca.enrolment.evidence_files import EvidenceFiles
from seals.destruction import MAX_PICTURE, KeptPicture, Method, keep
from seals.errors import DestructionInvalid
from tests.seal_world import photograph


@pytest.fixture
def files(tmp_path: Path) -> EvidenceFiles:
    return EvidenceFiles(tmp_path)


def _bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few hundred octets that claims to have this many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_a_picture_is_kept_as_it_was_handed_in(files: EvidenceFiles, form: str, media_type: str) -> None:
    octets = photograph(form=form)
    kept = keep(files, octets)
    assert kept.media_type == media_type
    assert files.get(kept.sha256) == octets


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<svg/>",
        photograph(form="GIF"),
        photograph()[:-2000],
        photograph(form="PNG")[:3000],
        photograph(199, 400),
        _bomb(100_000, 100_000),
        _bomb(30_000, 30_000),
        _bomb(400, 400),
        bytes(MAX_PICTURE + 1),
    ],
    ids=["empty", "svg", "gif", "cut", "cut png", "small", "bomb", "lesser bomb", "lacking", "long"],
)
def test_what_is_no_picture_is_refused_and_not_kept(
    files: EvidenceFiles, tmp_path: Path, octets: bytes
) -> None:
    with pytest.raises(DestructionInvalid) as refused:
        keep(files, octets)
    assert refused.value.zh
    assert "JPEG" in refused.value.en or "pixels" in refused.value.en or "MB" in refused.value.en
    assert not list(tmp_path.rglob("*"))


def test_a_kept_picture_cannot_be_constructed() -> None:
    with pytest.raises(TypeError, match="kept"):
        KeptPicture("0" * 64, "image/jpeg")


def test_a_method_that_there_is_not_names_those_there_are() -> None:
    with pytest.raises(DestructionInvalid, match="crushed"):
        Method.of("eaten")
    assert Method.of("melted").zh == "熔毁"
