"""Comparing imprints: the seal itself however it was photographed, and every seal that it could be mistaken for."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from seals.drawing.vector import SealPicture
from seals.imprint.comparison import compare
from seals.imprint.errors import ImprintError, ImprintMissing, ImprintUnreadable
from seals.imprint.outcome import Advice, ImprintComparison
from seals.imprint.raster import png
from seals.imprint.scan import read_scan
from seals.seal import SealKind
from tests.imprint_world import HARD, Paper, blank, photograph, seal, without

AT_EASE = (Advice.AGREES, Advice.GAPS)


@cache
def _compared(shown: SealPicture, paper: Paper, approved: SealPicture | None = None) -> ImprintComparison:
    return compare(read_scan(photograph(shown, paper)), approved or seal())


@pytest.mark.parametrize(
    "paper",
    [
        Paper(turn=133),
        Paper(shift=(5, -3), margin=20),
        Paper(said_dpi=False),
        HARD,
        replace(HARD, seed=3, turn=170, gaps=0.5),
        replace(HARD, grey=True),
        replace(HARD, text=True),
        replace(HARD, dpi=200),
        replace(HARD, spread=0.15),
    ],
    ids=lambda paper: f"{paper.dpi:g}-{paper.turn:g}-{paper.seed}-{paper.gaps:g}",
)
def test_a_seal_is_known_again_however_it_was_photographed(paper: Paper) -> None:
    """B2: rotation, shift, tilt, shadow, grain, missing ink, black print under it, greys, coarse and fine scans."""
    found = _compared(seal(), paper)
    assert found.overlap > 0.96
    assert not found.worst.foreign
    assert found.advice in AT_EASE
    assert abs(found.rotation_deg - paper.turn) < 0.3
    assert (found.size_mm is None) == (not paper.said_dpi)
    assert found.scale == pytest.approx(paper.dpi / 25.4, rel=0.04)
    assert found.shift_mm == pytest.approx(paper.shift, abs=0.35)


@pytest.mark.parametrize("kind", [SealKind.INVOICE, SealKind.LEGAL_REPRESENTATIVE, SealKind.FINANCE])
@pytest.mark.parametrize("turn", [17, 100])
def test_every_shape_is_known_again(kind: SealKind, turn: float) -> None:
    found = _compared(seal(kind), replace(HARD, turn=turn), seal(kind))
    assert found.overlap > 0.96
    assert found.advice in AT_EASE
    assert abs(found.rotation_deg - turn) < 0.5


OTHERS = {
    "another company": (seal(name="上海示例实业集团有限公司"), Advice.DIFFERS),
    "two characters": (seal(name="杭州某某数字技术有限公司"), Advice.DIFFERS),
    "one character": (seal(name="杭州某某数宇科技有限公司"), Advice.LOOK),
    "last digit of the code": (seal(code="3301060012346"), Advice.LOOK),
    "a 3 for an 8": (seal(code="3801060012345"), Advice.LOOK),
    "another kind": (seal(SealKind.FINANCE), Advice.DIFFERS),
    "no star": (without(seal(), "star"), None),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_seal_is_not_taken_for_this_one(name: str) -> None:
    """One character or digit in another place than the star, the star itself, the whole name: each is pointed at."""
    other, advice = OTHERS[name]
    found, same = _compared(other, HARD), _compared(seal(), HARD)
    assert found.advice not in AT_EASE or name == "no star"
    assert advice is None or found.advice is advice
    if name == "no star":
        assert found.worst.overlap < 0.05
        assert found.advice is not Advice.AGREES
    else:
        assert found.worst.foreign
        assert not same.worst.foreign
        assert found.worst.overlap < 0.95
    assert found.overlap <= same.overlap


def test_a_mirrored_imprint_is_not_the_seal() -> None:
    found = _compared(seal(), Paper(mirrored=True))
    assert found.advice is Advice.DIFFERS
    assert found.overlap < 0.92


def test_the_worst_place_is_where_the_digit_differs() -> None:
    """The code's second digit stands at the lower left of the seal."""
    left, top, width, height = _compared(seal(code="3801060012345"), Paper(dpi=400)).worst.box_mm
    middle = (left + width / 2, top + height / 2)
    assert 9 < middle[0] < 14
    assert 33 < middle[1] < 38


def test_a_smaller_engraving_of_the_same_picture_is_told_by_its_size() -> None:
    found = _compared(seal(template="round-40"), Paper())
    assert found.advice is Advice.SIZE
    assert found.size_mm is not None
    assert found.size_mm[0] == pytest.approx(40, abs=0.3)


def test_the_overlay_shows_both_and_frames_the_worst_place() -> None:
    overlay = Image.open(io.BytesIO(_compared(OTHERS["another company"][0], HARD).overlay_png)).convert("RGB")
    assert overlay.size == (672, 672)
    seen = {tuple(colour) for colour in np.asarray(overlay).reshape(-1, 3)}
    assert {(158, 158, 158), (0, 104, 214), (226, 32, 40), (255, 140, 0)} <= seen
    calm = Image.open(io.BytesIO(_compared(seal(), Paper(turn=133)).overlay_png)).convert("RGB")
    shares = {colour: count for count, colour in calm.getcolors() or []}
    assert shares.get((226, 32, 40), 0) < 20


def test_no_place_is_framed_where_nothing_differs() -> None:
    drawn = png(seal(), 300, transparent=False)
    found = compare(read_scan(drawn), seal())
    assert found.overlap == found.worst.overlap == 1
    colours = Image.open(io.BytesIO(found.overlay_png)).convert("RGB").getcolors() or []
    assert (255, 140, 0) not in {colour for _, colour in colours}


def test_paper_without_an_imprint_and_a_scan_too_coarse_are_refused() -> None:
    with pytest.raises(ImprintMissing):
        compare(read_scan(blank()), seal())
    with pytest.raises(ImprintUnreadable, match="dots to the inch"):
        _compared(seal(), Paper(dpi=110))


@pytest.mark.parametrize("seed", range(6))
def test_pictures_of_other_things_end_in_an_answer(seed: int) -> None:
    """Noise, stripes, a red sheet, a line: an error of the family or a comparison that says it differs."""
    rng = np.random.default_rng(seed)
    sheet = np.full((400, 500, 3), 255, np.uint8)
    if seed == 0:
        sheet = rng.integers(0, 255, sheet.shape, dtype=np.uint8)
    elif seed == 1:
        sheet[:, ::9] = (200, 20, 30)
    elif seed == 2:
        sheet[:] = (200, 20, 30)
    elif seed == 3:
        sheet[200:203, 40:460] = (200, 20, 30)
    elif seed == 4:
        sheet[::7, ::7] = (200, 20, 30)
    else:
        sheet[100:300, 100:300] = (200, 20, 30)
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "PNG")
    try:
        found = compare(read_scan(out.getvalue()), seal())
    except ImprintError:
        return
    assert found.advice is Advice.DIFFERS
