"""骑缝章: the slices of a seal (C3, GB/T 33190 Clip geometry as OFD and PDF share it)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import OutsidePage
from signing.placing.errors import SeamNeedsPages
from signing.placing.page_range import PageRange
from signing.placing.seam import Leaf, SeamPiece, seam_groups, seam_pieces
from signing.placing.where import Edge, Seam

A4 = (210.0, 297.0)


def leaves(count: int, size: tuple[float, float] = A4) -> list[Leaf]:
    return [Leaf(number, *size) for number in range(1, count + 1)]


def test_five_pages_as_the_sample_of_others_has_them():
    """The public OFD sample V4RideRight.ofd: 210 mm wide, five pages, a seal of 40 mm."""
    pieces = seam_pieces(Seam(), leaves(5), (40, 40))
    assert [piece.x_mm for piece in pieces] == pytest.approx([202, 194, 186, 178, 170])
    assert [piece.clip_mm[0] for piece in pieces] == pytest.approx([0, 8, 16, 24, 32])
    assert [piece.clip_mm[2:] for piece in pieces] == [pytest.approx((8, 40))] * 5
    assert {piece.y_mm for piece in pieces} == {128.5}


def test_the_left_edge_reads_the_other_way_round():
    pieces = seam_pieces(Seam(Edge.LEFT), leaves(5), (40, 40))
    assert [piece.x_mm for piece in pieces] == pytest.approx([-32, -24, -16, -8, 0])
    assert [piece.clip_mm[0] for piece in pieces] == pytest.approx([32, 24, 16, 8, 0])


@pytest.mark.parametrize(
    ("count", "every", "sizes"),
    [
        (5, 0, [5]),
        (6, 2, [2, 2, 2]),
        (5, 2, [2, 3]),
        (7, 3, [3, 4]),
        (8, 3, [3, 3, 2]),
        (3, 2, [3]),
        (2, 20, [2]),
        (41, 20, [20, 21]),
    ],
)
def test_a_rest_of_one_page_joins_the_group_before_it(count: int, every: int, sizes: list[int]):
    groups = seam_groups(leaves(count), every)
    assert [len(group) for group in groups] == sizes
    assert [leaf.number for group in groups for leaf in group] == list(range(1, count + 1))


def shown(piece: SeamPiece) -> tuple[float, float, float, float]:
    left, top, width, height = piece.clip_mm
    return piece.x_mm + left, piece.y_mm + top, width, height


@given(
    st.sampled_from(Edge),
    st.lists(st.tuples(st.floats(60, 500), st.floats(60, 500)), min_size=2, max_size=60),
    st.sampled_from([0, 2, 3, 7]),
    st.booleans(),
    st.sampled_from([0.0, 3.0]),
)
def test_every_group_shows_the_whole_seal_once(edge, sizes, every, facing, inset):
    """Mixed sizes too: clips cover the seal without gap or overlap, touch their edge, and share one height."""
    pages = [Leaf(number, *size) for number, size in enumerate(sizes, 1)]
    seam = Seam(edge, every, inset_mm=inset, facing=facing)
    seal = (42.0, 30.0)
    upright = edge in (Edge.LEFT, Edge.RIGHT)
    axis, across = (0, seal[0]) if upright else (1, seal[1])
    pieces = seam_pieces(seam, pages, seal)
    for group in seam_groups(pages, every):
        numbers = {leaf.number for leaf in group}
        mine = [piece for piece in pieces if piece.page in numbers]
        assert len({piece.y_mm if upright else piece.x_mm for piece in mine}) == 1
        wholes = len(group) - 1 if facing else 1
        assert sum(piece.clip_mm[2 + axis] for piece in mine) == pytest.approx(wholes * across)
        if not facing:
            spans = sorted(
                (piece.clip_mm[axis], piece.clip_mm[axis] + piece.clip_mm[2 + axis]) for piece in mine
            )
            assert spans[0][0] == pytest.approx(0)
            assert spans[-1][1] == pytest.approx(across)
            assert all(one[1] == pytest.approx(two[0]) for one, two in pairwise(spans))
    for piece in pieces:
        page = pages[piece.page - 1]
        room = (page.width_mm, page.height_mm)[axis]
        box = shown(piece)
        touching = min(abs(box[axis] - inset), abs(room - inset - box[axis] - box[2 + axis]))
        assert touching == pytest.approx(0, abs=1e-6)


def test_facing_pages_share_a_seal_at_every_joint():
    """对开: the left half at the right of one page, the right half at the left of the next."""
    pieces = seam_pieces(Seam(facing=True), leaves(3), (40, 40))
    told = [(piece.page, shown(piece)[0], piece.clip_mm[0]) for piece in pieces]
    assert told == [(1, 190, 0), (2, 0, 20), (2, 190, 0), (3, 0, 20)]


def test_an_offset_counts_from_the_top_or_the_left():
    assert {piece.y_mm for piece in seam_pieces(Seam(offset_mm=15), leaves(3), (40, 40))} == {15}
    assert {piece.x_mm for piece in seam_pieces(Seam(Edge.TOP, offset_mm=15), leaves(3), (40, 40))} == {15}


def test_one_page_is_refused_with_help():
    """C3: a one-page file gets a helpful refusal."""
    with pytest.raises(SeamNeedsPages) as refused:
        seam_pieces(Seam(), leaves(1), (40, 40))
    assert "单页" in refused.value.zh
    assert "single page" in refused.value.en


def test_the_smallest_page_must_hold_the_seal():
    mixed = [Leaf(1, *A4), Leaf(2, 100, 39), Leaf(3, *A4)]
    with pytest.raises(OutsidePage) as refused:
        seam_pieces(Seam(), mixed, (40, 40))
    assert refused.value.page == 2
    with pytest.raises(OutsidePage):
        seam_pieces(Seam(offset_mm=260), leaves(3), (40, 40))


def test_chosen_pages_alone_carry_slices():
    seam = Seam(pages=PageRange("odd"))
    chosen = [leaf for leaf in leaves(7) if leaf.number in seam.pages.numbers(7)]
    assert [piece.page for piece in seam_pieces(seam, chosen, (40, 40))] == [1, 3, 5, 7]
