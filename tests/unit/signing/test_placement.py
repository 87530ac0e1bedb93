"""A place is given in millimetres on the page as displayed (A5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import OutsidePage, PageMissing, PlacementError
from signing.placing.placement import POINTS_PER_MM, PageView, Placement

A4 = (0.0, 0.0, 210 * POINTS_PER_MM, 297 * POINTS_PER_MM)


def mm(*points: float) -> tuple[float, ...]:
    return tuple(round(point / POINTS_PER_MM, 6) for point in points)


def test_a_place_is_read_and_written_back():
    assert Placement.parse("2:120,200") == Placement(2, 120.0, 200.0)
    assert Placement.parse(" 12 : 0.5 , 7.25 ") == Placement(12, 0.5, 7.25)
    assert str(Placement.parse("3:1.50,2")) == "3:1.5,2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1:2",
        "0:1,1",
        "1:-1,2",
        "1:1;2",
        "1:nan,2",
        "1:1e3,2",
        "1:1,2,3",
        "页:1,2",
        "1:1,2" + " " * 100,
    ],
)
def test_what_is_not_a_place_is_refused_with_the_form_to_use(text: str):
    with pytest.raises(PlacementError) as refused:
        Placement.parse(text)
    assert "1:120,200" in refused.value.zh
    assert "1:120,200" in refused.value.en


@pytest.mark.parametrize(("x", "y"), [(float("nan"), 0.0), (0.0, float("inf"))])
def test_a_place_is_made_of_finite_numbers(x: float, y: float):
    with pytest.raises(PlacementError):
        Placement(1, x, y)


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, (20, 297 - 30 - 40, 20 + 42, 297 - 30)),
        (90, (30, 20, 30 + 40, 20 + 42)),
        (180, (210 - 20 - 42, 30, 210 - 20, 30 + 40)),
        (270, (210 - 30 - 40, 297 - 20 - 42, 210 - 30, 297 - 20)),
    ],
)
def test_the_rectangle_follows_the_rotation(rotation: int, expected: tuple[float, ...]):
    view = PageView(A4, rotation, 1.0)
    assert mm(*view.locate(Placement(1, 20, 30), (42, 40)).rectangle) == pytest.approx(expected)


def test_a_rotated_page_is_measured_as_displayed():
    assert PageView(A4, 90, 1.0).size_mm == pytest.approx((297, 210))
    assert PageView(A4, 180, 1.0).size_mm == pytest.approx((210, 297))


def test_the_crop_box_moves_the_origin_and_the_unit_scales():
    box = (100.0, 50.0, 100.0 + 100 * POINTS_PER_MM / 2, 50.0 + 80 * POINTS_PER_MM / 2)
    view = PageView(box, 0, 2.0)
    assert view.size_mm == pytest.approx((100, 80))
    rectangle = view.locate(Placement(1, 10, 5), (40, 40)).rectangle
    per_mm = POINTS_PER_MM / 2
    assert rectangle == pytest.approx(
        (100 + 10 * per_mm, 50 + 35 * per_mm, 100 + 50 * per_mm, 50 + 75 * per_mm)
    )


@pytest.mark.parametrize("place", ["1:170,10", "1:10,260", "1:300,10"])
def test_a_place_outside_the_page_names_the_sizes(place: str):
    with pytest.raises(OutsidePage) as refused:
        PageView(A4, 0, 1.0).locate(Placement.parse(place), (42, 42))
    for sentence in (refused.value.zh, refused.value.en):
        assert "210×297 mm" in sentence
        assert "42×42 mm" in sentence


def test_the_edge_itself_is_inside():
    found = PageView(A4, 0, 1.0).locate(Placement(1, 210 - 42, 297 - 42), (42, 42))
    assert mm(*found.rectangle) == pytest.approx((168, 0, 210, 42))


def test_a_missing_page_names_the_count():
    refused = PageMissing(7, 3)
    assert "3" in refused.zh
    assert "3" in refused.en


@given(
    rotation=st.sampled_from([0, 90, 180, 270]),
    x=st.floats(0, 150),
    y=st.floats(0, 150),
    unit=st.floats(0.5, 4),
)
def test_the_rectangle_has_the_seals_size_and_lies_on_the_page(
    rotation: int, x: float, y: float, unit: float
):
    side = 400 * POINTS_PER_MM / unit
    left, bottom, right, top = (
        PageView((5.0, 7.0, 5 + side, 7 + side), rotation, unit)
        .locate(Placement(1, x, y), (42, 30))
        .rectangle
    )
    sizes = sorted(((right - left) * unit, (top - bottom) * unit))
    assert sizes == pytest.approx(sorted((42 * POINTS_PER_MM, 30 * POINTS_PER_MM)))
    assert left >= 5 - 1e-6
    assert bottom >= 7 - 1e-6
    assert right <= 5 + side + 1e-6
    assert top <= 7 + side + 1e-6
