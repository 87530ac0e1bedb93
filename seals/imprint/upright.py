"""Which way is up on a round seal: the star, the gap under the name, the lines of text."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.geometry import Shape
from seals.imprint.frame import Frame
from seals.imprint.ink import Grey

_NAME_BAND: Final = (0.60, 0.90)
"""Where the name stands, in parts of the radius."""
_LINES: Final = 0.62
"""Reach of the lines of text, in parts of the radius: the name begins beyond it."""
_STAR_BAND: Final = (0.16, 0.30)
"""Where a star's five points and the white between them alternate."""
_STAR_CLEAR: Final = 0.3
"""Least strength of the five-fold pattern, in parts of its mean, to be a star."""
_GAP_CLEAR: Final = 0.1
"""Least strength of the one-sided pattern of the name, in parts of its mean."""
_DIRECTIONS: Final = 720
_SEARCH: Final = 24.0
"""Degrees on either side that lines of text are looked for."""


def upright_turn(ink: Grey, frame: Frame) -> float:
    """Return how far (degrees clockwise) a round imprint is turned; 0 for other shapes and where nothing tells."""
    if frame.shape is not Shape.ROUND:
        return 0.0
    radius = min(ink.shape) / 2
    polar = cv2.warpPolar(
        ink,
        (200, _DIRECTIONS),
        (ink.shape[1] / 2 - 0.5, ink.shape[0] / 2 - 0.5),
        radius,
        cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS,
    )
    name = _pattern(_band(polar, _NAME_BAND), 1)
    if abs(name) < _GAP_CLEAR:
        return 0.0
    rough = math.degrees(-np.angle(name)) + 90  # the name's middle stands at -90°: upwards on a picture
    band = _band(polar, _STAR_BAND)
    star = _pattern(band, 5)
    if abs(star) >= max(_STAR_CLEAR, *(2 * abs(_pattern(band, fold)) for fold in (1, 2, 3))):
        tip = math.degrees(-np.angle(star)) / 5 + 90
        return _within(rough + math.remainder(tip - rough, 72))
    return _by_lines(ink, _within(rough))


def _band(polar: npt.NDArray[np.generic], band: tuple[float, float]) -> npt.NDArray[np.float64]:
    columns = polar.shape[1]
    part = np.asarray(polar, dtype=np.float64)[:, round(band[0] * columns) : round(band[1] * columns)]
    return np.asarray(part.mean(axis=1))


def _pattern(profile: npt.NDArray[np.float64], fold: int) -> complex:
    """Return the ``fold``-fold pattern of a profile round the middle, in parts of its mean."""
    spectrum = np.fft.rfft(profile)
    return complex(2 * spectrum[fold] / max(abs(spectrum[0]), 1e-9))


def _by_lines(ink: Grey, rough: float) -> float:
    """Refine a direction by the lines of text: across them rows alternate most when they lie level."""
    small = cv2.resize(ink, (240, 240), interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[:240, :240] - 119.5
    small = np.where(np.hypot(rows, columns) < 120 * _LINES, small, 0).astype(np.float32)
    best, found = -1.0, rough
    for step in np.arange(-_SEARCH, _SEARCH + 0.25, 0.5):
        matrix = cv2.getRotationMatrix2D((119.5, 119.5), rough + float(step), 1.0)
        level = cv2.warpAffine(small, matrix, (240, 240))
        sharpness = float(np.var(np.diff(level.sum(axis=1))))
        if sharpness > best:
            best, found = sharpness, rough + float(step)
    return _within(found)


def _within(degrees: float) -> float:
    return math.remainder(degrees, 360)
