"""The invoice seal as 国家税务总局公告2011年第7号 fixes it, measured on the drawing."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from seals.drawing.geometry import template
from seals.drawing.picture import PictureSpec, draw
from seals.drawing.vector import SealPicture
from seals.errors import TextUnfit
from seals.imprint import raster
from seals.seal import SealKind
from tests.imprint_world import CODE, NAME, USCC

GRID = 40.0


def _spec(line: str = "", name: str = NAME) -> PictureSpec:
    return PictureSpec(SealKind.INVOICE, name, CODE, line=line, uscc=USCC, approved=True)


def _box(picture: SealPicture, part: str, nth: int | None = None) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a group's ink (mm from the centre)."""
    marks = tuple(mark for mark in picture.marks if mark.part == part)
    only = replace(picture, marks=marks if nth is None else marks[nth : nth + 1])
    rows, columns = np.nonzero(raster.ink(only, GRID) > 0.5)
    x, y = picture.size_mm[0] / 2, picture.size_mm[1] / 2
    return (
        columns.min() / GRID - x,
        rows.min() / GRID - y,
        (columns.max() + 1) / GRID - x,
        (rows.max() + 1) / GRID - y,
    )


@pytest.fixture(scope="module")
def drawn() -> SealPicture:
    return draw(_spec("(1)"))


def test_the_oval_is_40_by_30_with_an_edge_of_1(drawn: SealPicture) -> None:
    assert drawn.size_mm == (40, 30)
    assert _box(drawn, "ring") == pytest.approx((-20, -15, 20, 15), abs=0.05)
    ink = raster.ink(replace(drawn, marks=drawn.marks[:1]), GRID)
    assert ink[round(15 * GRID), : round(5 * GRID)].sum() / GRID == pytest.approx(1.0, abs=0.05)


def test_the_tax_number_is_26_wide_and_3_7_high_in_the_middle(drawn: SealPicture) -> None:
    left, _, right, _ = _box(drawn, "centre")
    assert right - left == pytest.approx(26, abs=0.5)
    _, top, _, bottom = _box(drawn, "centre", 1)  # a 1: it has neither curve nor tail
    assert bottom - top == pytest.approx(3.7, abs=0.1)
    assert (left + right) / 2 == pytest.approx(0, abs=0.2)
    assert (top + bottom) / 2 == pytest.approx(0, abs=0.15)


def test_a_digit_of_the_tax_number_is_1_3_wide(drawn: SealPicture) -> None:
    only = replace(drawn, marks=tuple(mark for mark in drawn.marks if mark.part == "centre"))
    count, _, stats, _ = cv2.connectedComponentsWithStats((raster.ink(only, GRID) > 0.5).astype(np.uint8))
    widths = sorted(stats[1:, cv2.CC_STAT_WIDTH] / GRID)
    assert count >= 14
    assert widths[len(widths) // 2] == pytest.approx(1.3, abs=0.2)


def test_the_inscription_stands_4_2_under_the_centre(drawn: SealPicture) -> None:
    left, top, right, bottom = _box(drawn, "line")
    assert top == pytest.approx(4.2, abs=0.35)
    assert bottom - top == pytest.approx(4.6, abs=0.5)
    assert (right - left) == pytest.approx(5 * 3.0, abs=0.5)


def test_the_name_is_4_2_high_and_half_a_millimetre_from_the_edge(drawn: SealPicture) -> None:
    found = template(SealKind.INVOICE).name
    assert found is not None
    assert (found.inset, found.tallest) == (0.5, 4.2)
    _, top, _, _ = _box(drawn, "name")
    assert top == pytest.approx(-15 + 1 + 0.5, abs=0.35)
    assert 210 <= found.span <= 260


def test_a_further_seal_has_its_number_10_under_the_centre(drawn: SealPicture) -> None:
    left, _, right, _ = _box(drawn, "serial")
    _, top, _, bottom = _box(drawn, "serial", 1)
    assert top == pytest.approx(10, abs=0.1)
    assert bottom - top == pytest.approx(2.2, abs=0.1)
    assert right - left == pytest.approx(3 * 1.7, abs=1.2)
    assert drawn.title.endswith("发票专用章(1)")
    assert not [mark for mark in draw(_spec()).marks if mark.part == "serial"]


@pytest.mark.parametrize("line", ["1", "(0)", "(100)", "（1）", "(a)", "财务", "(1) "])
def test_a_number_is_written_in_parentheses(line: str) -> None:
    with pytest.raises(TextUnfit, match=r"\(1\) to \(99\)"):
        draw(_spec(line))
