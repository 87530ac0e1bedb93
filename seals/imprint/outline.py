"""From pixels of ink to vector outlines: contours at a level of the ink, found between pixels, smoothed and thinned."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.vector import Mark
from seals.imprint.errors import ImprintUnreadable
from seals.imprint.ink import Grey, Mask, Points

SMOOTHING_MM: Final = 0.03
"""Reach of the smoothing along a contour: a pixel of a 600 dpi scan has 0.042 mm."""
THINNING_MM: Final = 0.018
"""Farthest that a point left out lies from its outline: a tenth of the thinnest stroke."""
CORNER_DEG: Final = 48.0
"""A turn from which a point is a corner; the line runs through all others as a curve."""
SPECK_MM2: Final = 0.03
"""Smallest blot kept and smallest hole left open: a dot of 0.2 mm."""
MAX_OUTLINES: Final = 3_000
"""Most outlines: fifty letters have about 400; more is noise, and would make a picture of megabytes."""
_IDENTITY: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_Line = npt.NDArray[np.float64]


def outlines(ink: Grey, level: float, pixels_per_mm: float) -> tuple[Mark, ...]:
    """Return each connected piece of ink as one filled path with its holes, in micrometres.

    Raises :class:`ImprintUnreadable` for more pieces than an imprint has.
    """
    mask = _tidied(ink > level, SPECK_MM2 * pixels_per_mm**2)
    lines, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(lines) > MAX_OUTLINES:
        raise ImprintUnreadable(
            "图片噪点过多，无法描出印模轮廓；请在光线均匀处用白纸重新拍摄。",
            "The picture is too noisy to outline the imprint; photograph it again on white paper in even light.",
        )
    slopes = (_slope(ink, 1, 0), _slope(ink, 0, 1))
    sharp = (_sharpened(line.reshape(-1, 2).astype(np.float32), ink, slopes, level) for line in lines)
    paths = [_path(line, pixels_per_mm) for line in sharp]
    marks = []
    for index, (_, _, child, parent) in enumerate(tree[0] if len(lines) else ()):
        if parent >= 0 or not paths[index]:
            continue
        whole = paths[index]
        while child >= 0:
            whole += paths[child]
            child = tree[0][child][0]  # noqa: PLW2901 - walks the holes of this piece
        marks.append(Mark("imprint", "ink", filled=True, pen=0, matrix=_IDENTITY, path=whole))
    return tuple(marks)


def _tidied(mask: npt.NDArray[np.bool_], smallest: float) -> Mask:
    """Drop specks and fill pinholes."""
    inked = _without_small(mask.astype(np.uint8), smallest)
    return 1 - _without_small(1 - inked, smallest)


def _without_small(mask: Mask, smallest: float) -> Mask:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= smallest
    large[0] = False
    return np.asarray(large[labels], dtype=np.uint8)


def _slope(ink: Grey, across: int, down: int) -> Grey:
    return np.asarray(cv2.Sobel(ink, cv2.CV_32F, across, down, scale=1 / 8), dtype=np.float32)


def _sharpened(points: Points, ink: Grey, slopes: tuple[Grey, Grey], level: float) -> _Line:
    """Move each point along the slope of the ink to where it has the level: between pixels, at most one away."""

    def at(field: Grey) -> npt.NDArray[np.float32]:
        found = cv2.remap(field, points.reshape(-1, 1, 2), None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
        return np.asarray(found, dtype=np.float32).reshape(-1)

    across, down = at(slopes[0]), at(slopes[1])
    steep = across**2 + down**2
    step = np.where(steep > 1e-5, (level - at(ink)) / np.maximum(steep, 1e-5), 0)
    move = np.stack([step * across, step * down], axis=1)
    return np.asarray(points + np.clip(move, -1, 1), dtype=np.float64)


def _path(line: _Line, pixels_per_mm: float) -> str:
    """Smooth a closed line, thin it and write it; nothing for one that has no area."""
    if len(line) < 8:
        return ""
    smooth = _smoothed(line, SMOOTHING_MM * pixels_per_mm)
    closed = smooth.astype(np.float32).reshape(-1, 1, 2)
    thin = cv2.approxPolyDP(closed, THINNING_MM * pixels_per_mm, closed=True).reshape(-1, 2)
    if len(thin) < 3:
        return ""
    return _curve((thin.astype(np.float64) + 0.5) / pixels_per_mm * 1000)


def _curve(points: _Line) -> str:
    """Write a closed line through points (micrometres): straight between corners, curved (Catmull and Rom) elsewhere."""
    onward = np.roll(points, -1, axis=0) - points
    length = np.maximum(np.linalg.norm(onward, axis=1), 1e-6)
    ways = onward / length[:, None]
    before = np.roll(ways, 1, axis=0)
    corner = (before * ways).sum(axis=1) < np.cos(np.radians(CORNER_DEG))
    through = (
        before * np.roll(length, 1)[:, None] ** -1 + ways * length[:, None] ** -1
    )  # the nearer point weighs more
    through /= np.maximum(np.linalg.norm(through, axis=1), 1e-12)[:, None]
    leaving = np.where(corner[:, None], ways, through)
    arriving = np.where(corner[:, None], before, through)
    outset = _reach(leaving, ways, length)
    inset = _reach(np.roll(arriving, -1, axis=0), ways, length)
    parts = [f"M{_spot(points[0])}"]
    for index in range(len(points)):
        after = (index + 1) % len(points)
        if corner[index] and corner[after]:
            parts.append(f"L{_spot(points[after])}")
        else:
            one = points[index] + leaving[index] * outset[index]
            two = points[after] - arriving[after] * inset[index]
            parts.append(f"C{_spot(one)} {_spot(two)} {_spot(points[after])}")
    return "".join(parts) + "Z"


def _reach(tangents: _Line, ways: _Line, length: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how long the handles of curves are: a third of the way, less where they would lead far from it."""
    aside = abs(tangents[:, 0] * ways[:, 1] - tangents[:, 1] * ways[:, 0])
    return np.minimum(length / 3, THINNING_MM * 1500 / np.maximum(aside, 1e-6))


def _spot(point: npt.NDArray[np.float64]) -> str:
    return f"{round(float(point[0]))} {round(float(point[1]))}"


def _smoothed(line: _Line, reach: float) -> _Line:
    """Smooth a closed line by a Gaussian along it, then once outwards by as much as that drew it in (Taubin)."""
    size = min(round(3 * reach), len(line) // 2 - 1)
    if size < 1:
        return line
    weights = np.exp(-0.5 * (np.arange(-size, size + 1) / reach) ** 2)
    weights /= weights.sum()

    def averaged(points: _Line) -> _Line:
        around = np.concatenate([points[-size:], points, points[:size]])
        sides = [np.convolve(around[:, axis], weights, mode="valid") for axis in (0, 1)]
        return np.stack(sides, axis=1)

    once = averaged(line)
    return once + (once - averaged(once))
