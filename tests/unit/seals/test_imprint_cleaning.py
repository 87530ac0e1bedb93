"""Cleaning a photographed imprint: measured against the seal that was stamped."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import pytest
from PIL import Image

from seals.drawing.vector import INK, SealPicture
from seals.imprint.cleaning import clean
from seals.imprint.comparison import compare
from seals.imprint.errors import ImprintMissing, ImprintUnreadable
from seals.imprint.outcome import Centre, CleanedImprint
from seals.imprint.scan import read_scan
from seals.seal import SealKind
from tests.imprint_world import HARD, Paper, blank, photograph, seal, with_emblem

LEVEL = replace(HARD, tilt=0.0)
"""As :data:`HARD`, but the camera stood square to the paper: sizes can be told."""


@cache
def _cleaned(kind: SealKind, paper: Paper) -> CleanedImprint:
    return clean(read_scan(photograph(seal(kind), paper)), title="测试")


@pytest.mark.parametrize(
    ("kind", "paper"),
    [
        (SealKind.LEGAL_NAME, LEVEL),
        (SealKind.LEGAL_NAME, replace(LEVEL, turn=133, grey=True)),
        (SealKind.LEGAL_NAME, replace(HARD, text=True)),
        (SealKind.FINANCE, replace(LEVEL, turn=-30)),
        (SealKind.INVOICE, replace(LEVEL, turn=40)),
        (SealKind.LEGAL_REPRESENTATIVE, replace(LEVEL, turn=-30, seed=9)),
    ],
)
def test_a_cleaned_imprint_is_the_seal_that_was_stamped(kind: SealKind, paper: Paper) -> None:
    """True size within 0.4 mm, upright within 5°, its ink where the seal's is."""
    made = _cleaned(kind, paper)
    found = compare(read_scan(made.png), seal(kind))
    assert found.overlap > 0.96
    assert not found.worst.foreign
    assert abs(found.rotation_deg) < 5
    if not paper.tilt:
        assert made.picture.size_mm == pytest.approx(seal(kind).size_mm, abs=0.4)


def test_a_seal_on_clean_paper_comes_back_as_it_was_drawn() -> None:
    made = _cleaned(SealKind.LEGAL_NAME, Paper(turn=72))
    found = compare(read_scan(made.png), seal())
    assert found.overlap > 0.998
    assert abs(found.rotation_deg) < 0.5


def test_outlines_are_vectors_with_holes_at_true_size() -> None:
    """The picture goes the way of every drawn one: SVG, PDF, kept and read back with the same digest."""
    picture = _cleaned(SealKind.LEGAL_NAME, LEVEL).picture
    assert picture.title == "测试"
    assert all(mark.part == "imprint" and mark.filled and not mark.pen for mark in picture.marks)
    assert any(mark.path.count("M") > 1 for mark in picture.marks), "letters have holes"
    assert any("C" in mark.path for mark in picture.marks), "rings are curves"
    again = SealPicture.unpack(picture.packed())
    assert again.digest == picture.digest
    assert len(picture.packed()) < 100_000
    assert picture.pdf().startswith(b"%PDF")
    assert f'width="{picture.size_mm[0]:g}mm"' in picture.svg()


def test_the_png_is_transparent_red_at_600_dpi() -> None:
    image = Image.open(io.BytesIO(_cleaned(SealKind.LEGAL_NAME, LEVEL).png))
    assert image.mode == "RGBA"
    assert image.info["dpi"][0] == pytest.approx(600, abs=0.1)
    assert image.getpixel((3, 3))[3] == 0
    middle = image.getpixel((image.width // 2, image.height // 2 + 40))
    assert middle in {(*bytes.fromhex(INK[1:]), 255), (255, 255, 255, 0), (0, 0, 0, 0)}
    alpha = image.getchannel("A").histogram()
    assert 0.15 < alpha[255] / (image.width * image.height) < 0.4


def test_what_has_no_size_no_imprint_or_too_few_pixels_is_refused() -> None:
    unsaid = read_scan(photograph(seal(), Paper(said_dpi=False)))
    with pytest.raises(ImprintUnreadable, match="resolution"):
        clean(unsaid)
    assert clean(unsaid, size_mm=(42, 42)).picture.size_mm == (42, 42)
    with pytest.raises(ImprintUnreadable, match="10 to 60 mm"):
        clean(unsaid, size_mm=(90, 90))
    with pytest.raises(ImprintMissing):
        clean(read_scan(blank()))
    with pytest.raises(ImprintUnreadable, match="coarse"):
        clean(read_scan(photograph(seal(), Paper(dpi=120))))


def test_red_things_that_are_no_imprint_are_refused() -> None:
    for box in ((100, 100, 400, 160), (60, 60, 440, 440)):
        sheet = Image.new("RGB", (500, 500), "white")
        sheet.paste((200, 20, 30), box)
        out = io.BytesIO()
        sheet.save(out, "PNG", dpi=(300, 300))
        with pytest.raises((ImprintMissing, ImprintUnreadable)):
            clean(read_scan(out.getvalue()))


@pytest.mark.parametrize(
    ("picture", "centre"),
    [
        (seal(), Centre.STAR),
        (seal(SealKind.FINANCE), Centre.EMPTY),
        (with_emblem(seal()), Centre.OTHER),
        (seal(SealKind.LEGAL_REPRESENTATIVE), Centre.EMPTY),
    ],
    ids=["star", "empty", "wheel", "square"],
)
@pytest.mark.parametrize("paper", [Paper(), LEVEL], ids=["clean", "hard"])
def test_B7_the_middle_is_told_a_star_from_anything_else(
    picture: SealPicture, centre: Centre, paper: Paper
) -> None:
    assert clean(read_scan(photograph(picture, paper))).centre is centre
