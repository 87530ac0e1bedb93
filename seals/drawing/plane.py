"""Plane geometry of seals: ovals walked by arc length, frames set on them, distances between quadrilaterals.

Millimetres, origin at the seal's centre, x to the right, y downwards.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Vector = tuple[float, float]
Quad = tuple[Vector, Vector, Vector, Vector]

STEPS: Final = 360
"""Chords to half an oval when its length is measured; the error of a 40 mm one is under a micrometre."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A place for a glyph: the middle of its foot, the way it runs and the way it stands (unit vectors)."""

    foot: Vector
    along: Vector
    up: Vector

    def at(self, x: float, y: float) -> Vector:
        """Return the point ``x`` along and ``y`` up from the foot."""
        return (
            self.foot[0] + x * self.along[0] + y * self.up[0],
            self.foot[1] + x * self.along[1] + y * self.up[1],
        )

    def box(self, left: float, right: float, bottom: float, top: float) -> Quad:
        """Return the corners of a box in this frame."""
        return (self.at(left, bottom), self.at(right, bottom), self.at(right, top), self.at(left, top))


class Oval:
    """Half an oval from its top (or bottom) to the other end, by arc length; a circle has equal axes (mm)."""

    def __init__(self, across: float, down: float) -> None:
        self.across = across
        self.down = down
        self._turns = [math.pi * step / STEPS for step in range(STEPS + 1)]
        self._lengths = [0.0]
        for before, after in pairwise(self._turns):
            chord = math.dist(self._point(before), self._point(after))
            self._lengths.append(self._lengths[-1] + chord)

    def _point(self, turn: float) -> Vector:
        return self.across * math.sin(turn), -self.down * math.cos(turn)

    def turn_at(self, length: float) -> float:
        """Return the parameter (radians from the top) at an arc length; the sign is the side."""
        wanted = min(abs(length), self._lengths[-1])
        after = max(1, bisect_left(self._lengths, wanted))
        low, high = self._lengths[after - 1], self._lengths[after]
        part = (wanted - low) / (high - low)
        return math.copysign(self._turns[after - 1] + part * math.pi / STEPS, length)

    def length_at(self, turn: float) -> float:
        """Return the arc length from the top to a parameter (radians, 0 to π)."""
        place = turn / math.pi * STEPS
        step = min(int(place), STEPS - 1)
        low, high = self._lengths[step], self._lengths[step + 1]
        return low + (place - step) * (high - low)

    def outside(self, length: float) -> Frame:
        """Stand on the oval at an arc length from the top, head outwards, running clockwise."""
        turn = self.turn_at(length)
        along = _unit((self.across * math.cos(turn), self.down * math.sin(turn)))
        return Frame(self._point(turn), along, (along[1], -along[0]))

    def inside(self, length: float) -> Frame:
        """Stand on the oval at an arc length from the bottom, head inwards, running left to right."""
        turn = self.turn_at(length)
        x, y = self._point(turn)
        along = _unit((self.across * math.cos(turn), -self.down * math.sin(turn)))
        return Frame((x, -y), along, (along[1], -along[0]))


def upright(x: float, y: float) -> Frame:
    """Stand at a point as on a page."""
    return Frame((x, y), (1.0, 0.0), (0.0, -1.0))


def _unit(vector: Vector) -> Vector:
    size = math.hypot(*vector)
    return vector[0] / size, vector[1] / size


def distance(one: Quad, other: Quad) -> float:
    """Return the white between two convex quadrilaterals in mm, 0 if they meet."""
    if _within(one[0], other) or _within(other[0], one):
        return 0.0
    sides, others = _sides(one), _sides(other)
    if any(_cross(a, b, c, d) for a, b in sides for c, d in others):
        return 0.0
    ways = [(point, side) for point in one for side in others] + [
        (point, side) for point in other for side in sides
    ]
    return min(_to_side(point, *side) for point, side in ways)


def clearance(ones: Sequence[Quad], others: Sequence[Quad]) -> float:
    """Return the least white between two groups (infinite if one is empty)."""
    return min((distance(one, other) for one in ones for other in others), default=math.inf)


def _sides(quad: Quad) -> list[tuple[Vector, Vector]]:
    return [(quad[index - 1], quad[index]) for index in range(4)]


def _to_side(point: Vector, start: Vector, end: Vector) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    part = 0.0
    if square:
        part = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / square
        part = min(1.0, max(0.0, part))
    return math.hypot(point[0] - start[0] - part * dx, point[1] - start[1] - part * dy)


def _turn(a: Vector, b: Vector, c: Vector) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cross(a: Vector, b: Vector, c: Vector, d: Vector) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _within(point: Vector, quad: Quad) -> bool:
    turns = [_turn(start, end, point) for start, end in _sides(quad)]
    return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)
