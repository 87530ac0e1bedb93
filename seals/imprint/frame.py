"""The outline of an imprint on a photograph: round, oval or square, how large, and how the camera stood to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.geometry import Shape
from seals.imprint.errors import ImprintMissing, ImprintUnreadable
from seals.imprint.ink import Points
from seals.imprint.registration import View

_SQUARE_FILL: Final = 0.9
"""Share of its least box that an outline fills at least to be square; a circle or oval fills π/4."""
_ROUND_RATIO: Final = 1.12
"""Largest ratio of its axes at which an oval outline is taken for a circle seen askew; known ovals have 4:3 and 3:2."""
_RAGGED: Final = 0.05
"""Most that the outline may leave its ellipse or square, in parts of the radius."""
_MM: Final = 10.0
"""Sizes found, not given, are rounded to a tenth."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """An outline: its shape, true size (mm), the view that takes it to the photograph, pixels there to a millimetre."""

    shape: Shape
    size_mm: tuple[float, float]
    view: View
    scale: float

    def turned(self, degrees: float) -> View:
        """Return the matrix that turns the box about its middle clockwise."""
        x, y = self.size_mm[0] / 2, self.size_mm[1] / 2
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]])

    def edge_band(self, shape: tuple[int, ...], pixels_per_mm: float, width: float) -> npt.NDArray[np.bool_]:
        """Return the pixels no more than ``width`` mm inside the outline."""
        height, across = shape[:2]
        rows, columns = np.mgrid[:height, :across].astype(np.float32)
        x, y = abs(columns + 0.5 - across / 2) / pixels_per_mm, abs(rows + 0.5 - height / 2) / pixels_per_mm
        a, b = self.size_mm[0] / 2, self.size_mm[1] / 2
        if self.shape is Shape.SQUARE:
            return np.asarray(np.maximum(x - a, y - b) >= -width)
        inner = np.hypot(x / (a - width), y / (b - width)) >= 1
        return np.asarray(inner & (np.hypot(x / a, y / b) <= 1))


def frame_of(hull: Points, size_mm: tuple[float, float] | None, pixels_per_mm: float | None) -> Frame:
    """Recognise the outline.

    The size is that given, else told by the resolution (``pixels_per_mm`` of the hull). Raises :class:`ImprintMissing`
    for an outline of another shape, :class:`ImprintUnreadable` when nothing tells the size.
    """
    if size_mm is None and pixels_per_mm is None:
        raise ImprintUnreadable(
            "图片没有可信的分辨率信息，请填写印章的实际尺寸（毫米）。",
            "The picture does not say its resolution; state the seal's true size in millimetres.",
        )
    area = float(cv2.contourArea(hull))
    _, sides, _ = cv2.minAreaRect(hull)
    if area > _SQUARE_FILL * sides[0] * sides[1]:
        return _square(hull, size_mm, pixels_per_mm)
    return _oval(hull, size_mm, pixels_per_mm)


def _square(hull: Points, size_mm: tuple[float, float] | None, pixels_per_mm: float | None) -> Frame:
    corners = _corners(hull)
    sides = [float(np.linalg.norm(corners[i] - corners[i - 1])) for i in range(4)]
    across, down = (sides[1] + sides[3]) / 2, (sides[2] + sides[0]) / 2
    if size_mm is None:
        size_mm = _rounded(across / (pixels_per_mm or 1), down / (pixels_per_mm or 1))
    box = np.array([[0, 0], [size_mm[0], 0], [size_mm[0], size_mm[1]], [0, size_mm[1]]], np.float32)
    view = np.asarray(cv2.getPerspectiveTransform(box, corners), dtype=np.float64)
    return Frame(Shape.SQUARE, size_mm, view, (across + down) / (size_mm[0] + size_mm[1]))


def _corners(hull: Points) -> Points:
    """Return the corners from the upper left on clockwise: sides of a square with worn corners meet outside of it."""
    box = cv2.boxPoints(cv2.minAreaRect(hull))
    middle = box.mean(axis=0)
    lines = []
    for index in range(4):
        start, end = box[index], box[(index + 1) % 4]
        along = (end - start) / np.linalg.norm(end - start)
        away = np.array([along[1], -along[0]])
        reach = float((start - middle) @ away)
        spots = _walked(hull)
        inside = abs((spots - middle) @ along) < 0.35 * np.linalg.norm(end - start)
        near = spots[inside & ((spots - middle) @ away * np.sign(reach) > 0.7 * abs(reach))]
        if len(near) < 4:
            raise ImprintMissing
        vx, vy, x, y = cv2.fitLine(near, cv2.DIST_HUBER, 0, 0.01, 0.01).reshape(-1)
        lines.append(np.cross([x, y, 1], [x + vx, y + vy, 1]))
    meets = [np.cross(lines[index - 1], lines[index]) for index in range(4)]
    corners = np.array([[m[0] / m[2], m[1] / m[2]] for m in meets], np.float32)
    order = np.argsort(np.arctan2(*(corners - corners.mean(axis=0)).T[::-1]))
    corners = corners[order]  # clockwise on a picture, from the upper left where it is nearly upright
    first = int(np.argmin(corners.sum(axis=1)))
    return np.ascontiguousarray(np.roll(corners, -first, axis=0))


def _walked(hull: Points) -> Points:
    """Return points along the hull, evenly spaced."""
    closed = np.vstack([hull, hull[:1]])
    steps = np.linalg.norm(np.diff(closed, axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    at = np.linspace(0, length[-1], 400, endpoint=False)
    spots = np.stack([np.interp(at, length, closed[:, axis]) for axis in (0, 1)], axis=1)
    return np.asarray(spots, dtype=np.float32)


def _oval(hull: Points, size_mm: tuple[float, float] | None, pixels_per_mm: float | None) -> Frame:
    (x, y), axes, angle = cv2.fitEllipseDirect(_walked(hull))
    long, short = max(axes), min(axes)
    turn = math.radians(angle if axes[0] >= axes[1] else angle + 90)  # of the long axis
    along = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    seen = (_walked(hull) - np.array([x, y])) @ along / (np.array([long, short]) / 2)
    if not short > 0 or float(np.quantile(abs(np.linalg.norm(seen, axis=1) - 1), 0.9)) > _RAGGED:
        raise ImprintMissing
    is_round = size_mm[0] == size_mm[1] if size_mm else long <= _ROUND_RATIO * short
    if size_mm is None:
        per_mm = pixels_per_mm or 1
        mean = (long + short) / 2
        size_mm = (
            _rounded(mean / per_mm, mean / per_mm) if is_round else _rounded(long / per_mm, short / per_mm)
        )
    slope = along @ np.diag([long / size_mm[0], short / size_mm[1]])
    if is_round:
        slope = slope @ along.T
    elif math.cos(turn) < 0:
        slope = -slope  # an oval lies within a quarter turn of upright
    view = np.eye(3)
    view[:2, :2] = slope
    view[:2, 2] = np.array([x, y]) - slope @ (np.array(size_mm) / 2)
    shape = Shape.ROUND if is_round else Shape.OVAL
    return Frame(shape, size_mm, view, math.sqrt(abs(float(np.linalg.det(slope)))))


def _rounded(across: float, down: float) -> tuple[float, float]:
    return round(across * _MM) / _MM, round(down * _MM) / _MM
