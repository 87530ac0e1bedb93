"""Outlines from the installed fonts: right units, read once, from any thread."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from seals.drawing.fonts import ASCENT, DESCENT, EM, Face, FontShelf
from seals.drawing.picture import PictureSpec, draw
from seals.drawing.plane import Oval, clearance, distance, upright
from seals.errors import FontMissing, GlyphMissing
from seals.seal import SealKind

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def fonts() -> FontShelf:
    return FontShelf()


@pytest.mark.parametrize("character", "印信国龘一")
def test_a_chinese_glyph_fills_its_em_box(fonts: FontShelf, character: str) -> None:
    glyph = fonts.glyph(Face.SONG, character)
    left, bottom, right, top = glyph.box
    assert glyph.advance == EM
    assert -20 <= left < right <= EM + 20
    assert DESCENT - 20 <= bottom < top <= ASCENT + 20
    assert {operator for operator, _ in glyph.segments} <= {"M", "L", "C", "Z"}
    assert glyph.segments[-1][0] == "Z"


def test_a_glyph_is_read_once(fonts: FontShelf) -> None:
    assert fonts.glyph(Face.HEI, "7") is fonts.glyph(Face.HEI, "7")
    assert fonts.glyph(Face.HEI, "7") != fonts.glyph(Face.SONG, "7")


def test_a_missing_glyph_is_named(fonts: FontShelf) -> None:
    with pytest.raises(GlyphMissing, match="U\\+1F600"):
        fonts.glyph(Face.SONG, "😀")


def test_a_missing_font_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pylopdf_fonts_zh_cn.serif_path", lambda: tmp_path / "gone.otf")
    with pytest.raises(FontMissing) as missing:
        FontShelf().glyph(Face.SONG, "印")
    assert "pylopdf-fonts-zh-cn" in missing.value.zh


def test_threads_read_the_same_outlines() -> None:
    shelf, found = FontShelf(), []
    spec = PictureSpec(SealKind.LEGAL_NAME, "浙江印信数字科技有限公司", "3301060012345")
    threads = [
        threading.Thread(target=lambda: found.append(draw(spec, fonts=shelf).digest)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [draw(spec).digest] * 4


def test_importing_the_room_opens_no_font_and_reading_statements_no_database() -> None:
    """Verify reads statements: nothing of the database, the web or the fonts may come along."""
    code = (
        "import sys, seals.statement\n"
        "bad = [name for name in sys.modules if name.split('.')[0] in "
        "('sqlalchemy', 'fastapi', 'pkcs11', 'fontTools', 'pydantic')]\n"
        "assert not bad, bad\n"
        "import seals.drawing.fonts, seals.drawing.picture\n"
        "assert seals.drawing.fonts.shelf.cache_info().currsize == 0\n"
    )
    import sys

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_oval_is_walked_by_its_length() -> None:
    circle = Oval(10, 10)
    assert circle.length_at(3.14159265) == pytest.approx(31.4159, abs=2e-3)
    assert circle.outside(circle.length_at(1.5707963)).foot == pytest.approx((10, 0), abs=1e-3)
    assert circle.outside(-circle.length_at(1.5707963)).foot == pytest.approx((-10, 0), abs=1e-3)
    assert circle.outside(0).up == pytest.approx((0, -1))
    assert circle.inside(0).foot == pytest.approx((0, 10))
    assert circle.inside(0).up == pytest.approx((0, -1))
    left = circle.inside(-3)
    assert left.foot[0] < 0, "the lower arc is read from left to right"
    assert left.up[0] > 0, "heads inwards"
    assert circle.length_at(circle.turn_at(7.7)) == pytest.approx(7.7, abs=1e-6)


def test_distances_between_boxes() -> None:
    box = upright(0, 0).box(-1, 1, 0, 2)
    assert distance(box, upright(5, 0).box(-1, 1, 0, 2)) == pytest.approx(3)
    assert distance(box, upright(4, 6).box(-1, 1, 0, 2)) == pytest.approx((2**2 + 4**2) ** 0.5)
    assert distance(box, upright(0, -0.5).box(-0.1, 0.1, 0, 0.2)) == 0, "one inside the other"
    assert distance(box, upright(0, -1).box(-9, 9, 0, 0.1)) == 0, "crossing, with no corner inside"
    assert clearance([box], []) == float("inf")
