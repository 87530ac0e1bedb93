"""骑缝章: which slice of a seal stands where on which page, so that the pages laid side by side show it whole.

Pure geometry in millimetres, for any format. A slice keeps the whole seal's box and a clip of it (GB/T 33190 §18.2.3 speaks
so: Boundary and Clip). Slices lie on the same height (or the same distance from the left) on every page of a group,
whatever the pages' sizes, as paper is knocked up at its top left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from signing.errors import OutsidePage
from signing.placing.errors import SeamNeedsPages
from signing.placing.where import Edge, Seam


class Leaf(NamedTuple):
    """A page as displayed: its number (from 1), width and height in mm."""

    number: int
    width_mm: float
    height_mm: float


class SeamPiece(NamedTuple):
    """A slice: top left of the whole seal on the page, and left, top, width, height of the part that shows, in mm."""

    page: int
    x_mm: float
    y_mm: float
    clip_mm: tuple[float, float, float, float]


def seam_groups(leaves: Sequence[Leaf], every: int) -> list[Sequence[Leaf]]:
    """Divide the pages into groups that share one seal (``every`` 0: one group); a rest of one page joins the last group."""
    size = every or len(leaves)
    groups = [leaves[at : at + size] for at in range(0, len(leaves), size)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [leaves[(len(groups) - 2) * size :]]
    return groups


def seam_pieces(seam: Seam, leaves: Sequence[Leaf], seal_mm: tuple[float, float]) -> list[SeamPiece]:
    """Cut a seal of ``seal_mm`` (width, height) over the chosen pages; their widths sum up to the seal's.

    :class:`SeamNeedsPages`: fewer than two pages. :class:`OutsidePage`: the seal is longer than the edge of a page.
    """
    if len(leaves) < 2:
        raise SeamNeedsPages(len(leaves))
    pieces: list[SeamPiece] = []
    for group in seam_groups(leaves, seam.every):
        along = _along(seam, group, seal_mm)
        parts = _facing(len(group)) if seam.facing else _fanned(len(group))
        pieces += [_piece(seam, group[at], along, seal_mm, cut) for at, cut in parts]
    return pieces


class _Cut(NamedTuple):
    """A share of the seal, from 0 to 1 in reading order of the pages; ``opposite``: on the edge across from the seam's."""

    start: float
    end: float
    opposite: bool = False


def _fanned(count: int) -> list[tuple[int, _Cut]]:
    """One slice a page, as a fanned stack of paper shows them."""
    return [(at, _Cut(at / count, (at + 1) / count)) for at in range(count)]


def _facing(count: int) -> list[tuple[int, _Cut]]:
    """对开: half a seal on either side of every joint, so that inner pages carry two halves."""
    pieces = [(0, _Cut(0.0, 0.5))]
    for at in range(1, count):
        pieces.append((at, _Cut(0.5, 1.0, opposite=True)))
        if at < count - 1:
            pieces.append((at, _Cut(0.0, 0.5)))
    return pieces


def _along(seam: Seam, group: Sequence[Leaf], seal_mm: tuple[float, float]) -> float:
    """Find the seal's place along the edge, one for the whole group: the smallest page must hold it."""
    upright = seam.edge in (Edge.LEFT, Edge.RIGHT)
    smallest = min(group, key=lambda leaf: leaf.height_mm if upright else leaf.width_mm)
    room = smallest.height_mm if upright else smallest.width_mm
    length = seal_mm[1] if upright else seal_mm[0]
    start = (room - length) / 2 if seam.offset_mm is None else seam.offset_mm
    if start < 0 or start + length > room:
        raise OutsidePage((smallest.width_mm, smallest.height_mm), seal_mm, smallest.number)
    return start


_OPPOSITE = {Edge.LEFT: Edge.RIGHT, Edge.RIGHT: Edge.LEFT, Edge.TOP: Edge.BOTTOM, Edge.BOTTOM: Edge.TOP}


def _piece(seam: Seam, leaf: Leaf, along: float, seal_mm: tuple[float, float], cut: _Cut) -> SeamPiece:
    """Put one share on its edge.

    Over the right and the bottom edge the pages follow as the seal reads, over the left and the top edge the other way
    round: there the next page lies to the left of, or above, this one.
    """
    edge = _OPPOSITE[seam.edge] if cut.opposite else seam.edge
    forward = seam.edge in (Edge.RIGHT, Edge.BOTTOM)
    start, end = (cut.start, cut.end) if forward else (1 - cut.end, 1 - cut.start)
    upright = edge in (Edge.LEFT, Edge.RIGHT)
    across, length = seal_mm if upright else (seal_mm[1], seal_mm[0])
    room = leaf.width_mm if upright else leaf.height_mm
    at_end = edge in (Edge.RIGHT, Edge.BOTTOM)
    origin = room - seam.inset_mm - end * across if at_end else seam.inset_mm - start * across
    first, thick = start * across, (end - start) * across
    if upright:
        return SeamPiece(leaf.number, origin, along, (first, 0.0, thick, length))
    return SeamPiece(leaf.number, along, origin, (0.0, first, length, thick))
