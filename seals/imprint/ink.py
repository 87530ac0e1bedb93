"""Ink on paper: taking the paper's colour and light away, and finding where on the sheet the imprint lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.imprint.errors import ImprintMissing
from seals.imprint.scan import Pixels

Grey = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

WORK_SIDE: Final = 1800
"""Pixels across a located imprint at most: 43 to the millimetre for the commonest size, finer than ink on paper."""
_LOOK_SIDE: Final = 640
"""Pixels across the sheet when the imprint is looked for."""
_PAPER_SIDE: Final = 256
_COLOURED: Final = 0.22
"""Difference between channels, in parts of the paper's white, from which a pixel has colour."""
_COLOURED_SHARE: Final = 0.002
"""Share of the sheet that is coloured when the imprint is: a seal of 18 mm on A4 inks about as much."""
_FAINTEST: Final = 0.16
"""Least contrast of ink to paper; below it noise and shadows would be taken for ink."""
_LARGEST_SHARE: Final = 0.7
"""Largest share of the sheet that ink may cover: an imprint has more white than ink."""
_RING_GAP: Final = 0.05
"""Widest gap in a ring that is bridged, in parts of the picture."""
_AROUND: Final = 1.22
"""How far round the ring its broken-off pieces may lie, in parts of its size."""
_GATHERINGS: Final = 3
"""Times that the outline grows by what lies about it: a ring in four pieces is whole again."""
_SPECK: Final = 7
"""Fewest pixels of a piece of ink that is more than noise."""
_SMALLEST: Final = 0.06
"""Least width of an imprint, in parts of the sheet's longer side: 18 mm on A4."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """An imprint cut out of its sheet.

    ``ink`` runs from 0 (paper) to 1; ``threshold`` parts them; ``hull`` is the convex outline of the ink (pixels of
    ``ink``); a point p of ``ink`` lies at ``origin + p * step`` on the scan.
    """

    ink: Grey
    threshold: float
    hull: Points
    origin: tuple[float, float]
    step: float


def locate(pixels: Pixels) -> Located:
    """Find the imprint on the sheet; :class:`ImprintMissing` when there is none."""
    longest = max(pixels.shape[:2])
    step = max(1.0, longest / _LOOK_SIDE)
    small = _resized(pixels, 1 / step)
    ink = _ink(small)
    mask = _parted(ink)
    left, top, right, bottom = _region(mask)
    if max(right - left, bottom - top) < _SMALLEST * max(mask.shape):
        raise ImprintMissing
    room = round(0.08 * max(right - left, bottom - top)) + 3
    x0, y0 = max(0, round((left - room) * step)), max(0, round((top - room) * step))
    cut = pixels[y0 : round((bottom + room) * step), x0 : round((right + room) * step)]
    finer = max(1.0, max(cut.shape[:2]) / WORK_SIDE)
    ink = _ink(_resized(cut, 1 / finer))
    mask = _parted(ink)
    kept = _without_strays(mask)
    strays = cv2.dilate(mask - kept, np.ones((5, 5), np.uint8)) > kept
    ink = np.where(strays, np.float32(0), ink)
    threshold = _threshold(ink)
    return Located(ink, threshold, _hull(kept), (x0, y0), finer)


def _resized(pixels: Pixels, by: float) -> Pixels:
    if by >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _ink(pixels: Pixels) -> Grey:
    """Return how much ink lies where, and whether it has colour; coloured ink is told from black print by its colour."""
    white = pixels.astype(np.float32) / _paper(pixels)
    np.clip(white, 0, 1, out=white)
    soft = cv2.GaussianBlur(white, (0, 0), max(1.0, max(white.shape) / 700))
    colour = soft.max(axis=2) - soft.min(axis=2)
    dark: Grey = np.float32(1) - white.min(axis=2)
    if float(np.mean(colour > _COLOURED)) < _COLOURED_SHARE:
        return np.ascontiguousarray(dark)
    ours = np.clip(colour / _COLOURED - 0.35, 0, 1)
    return np.ascontiguousarray(dark * ours, dtype=np.float32)


def _paper(pixels: Pixels) -> Grey:
    """Return the sheet without what is on it: the brightest of a neighbourhood wider than any solid ink."""
    by = _PAPER_SIDE / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    small = cv2.medianBlur(small, 3)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (61, 61))
    sheet = cv2.morphologyEx(small, cv2.MORPH_CLOSE, wide, borderType=cv2.BORDER_REPLICATE)
    sheet = cv2.GaussianBlur(sheet.astype(np.float32), (0, 0), 12)
    height, width = pixels.shape[:2]
    return np.maximum(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_LINEAR), np.float32(16))


def _threshold(ink: Grey) -> float:
    octets = np.clip(ink * 255, 0, 255).astype(np.uint8)
    value, _ = cv2.threshold(octets, 0, 255, cv2.THRESH_OTSU)
    return value / 255


def _parted(ink: Grey) -> Mask:
    """Part ink from paper; :class:`ImprintMissing` where there is no ink, or nothing else."""
    limit = _threshold(ink)
    mask = ink > limit
    share = float(mask.mean())
    if not 0 < share < _LARGEST_SHARE or float(ink[mask].mean() - ink[~mask].mean()) < _FAINTEST:
        raise ImprintMissing
    return mask.astype(np.uint8)


def _widest(mask: Mask) -> tuple[npt.NDArray[np.int32], int, npt.NDArray[np.int32]]:
    """Find the ring: of the ink joined over small gaps, the piece with the widest box."""
    reach = max(3, round(max(mask.shape) * _RING_GAP) | 1)
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, ball)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    if count < 2:
        raise ImprintMissing
    spans = stats[1:, cv2.CC_STAT_WIDTH].astype(float) * stats[1:, cv2.CC_STAT_HEIGHT]
    return np.asarray(labels, dtype=np.int32), int(spans.argmax()) + 1, np.asarray(stats, dtype=np.int32)


def _region(mask: Mask) -> tuple[int, int, int, int]:
    """Return the box of the imprint."""
    left, top, width, height = cv2.boundingRect(_without_strays(mask))
    return left, top, left + width, top + height


def _without_strays(mask: Mask) -> Mask:
    """Keep the ink on and inside the ring and what has broken off it, drop the rest of the sheet."""
    labels, widest, stats = _widest(mask)
    kept = ((labels == widest) & (mask > 0)).astype(np.uint8)
    for _ in range(_GATHERINGS):
        hull = _hull(kept)
        middle = np.asarray(cv2.minEnclosingCircle(hull)[0], dtype=np.float32)
        inside = np.zeros_like(mask)
        cv2.fillConvexPoly(inside, (middle + (hull - middle) * _AROUND).astype(np.int32), 1)
        shares = np.bincount(labels.ravel(), weights=inside.ravel()) / np.maximum(
            stats[:, cv2.CC_STAT_AREA], 1
        )
        near = shares > 0.5
        near[0] = False
        kept = near[labels].astype(np.uint8) & mask
    return without_specks(kept & inside, _SPECK)


def without_specks(mask: Mask, smallest: int) -> Mask:
    """Drop pieces of fewer pixels than ``smallest``."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= smallest
    large[0] = False
    return np.asarray(large[labels], dtype=np.uint8)


def _hull(mask: Mask) -> Points:
    spots = cv2.findNonZero(mask)
    if spots is None or len(spots) < 16:  # type: ignore[redundant-expr]  # OpenCV gives None for no pixel
        raise ImprintMissing
    return np.asarray(cv2.convexHull(spots), dtype=np.float32).reshape(-1, 2)
