"""Laying an imprint on its picture: first by outline and turn, then by fitting ink to ink.

A *view* is a 3 × 3 matrix that takes millimetres on the picture to pixels of the located ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.vector import SealPicture
from seals.imprint import raster
from seals.imprint.ink import Grey, Located, Points

View = npt.NDArray[np.float64]

TURNS: Final = 720
"""Directions tried: half a degree apart, refined afterwards."""
_CANDIDATES: Final = 3
"""Best directions that are fitted; a seal with a star has five that look alike from afar."""
_COARSE: Final = 5.0
"""Pixels to the millimetre of the first fit."""
_FINE: Final = 11.0
_ROUNDS: Final = 60
_MOST_SQUEEZED: Final = 1.3
"""Largest ratio of the imprint's two scales that a camera held by hand gives; more is a wrong fit."""
_ROUND_AREA: Final = 0.9
"""Share of its box that an outline fills at least to be square; a circle or oval fills π/4."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where the imprint lies: its view, and the correlation of ink with ink there (1 is the same picture)."""

    view: View
    correlation: float

    def scale(self, middle: tuple[float, float]) -> float:
        """Return pixels of the located ink to a millimetre, at ``middle`` (mm)."""
        return math.sqrt(abs(float(np.linalg.det(_slope(self.view, middle)))))

    def rotation(self, middle: tuple[float, float]) -> float:
        """Return how far the imprint is turned clockwise, in degrees between -180 and 180."""
        slope = _slope(self.view, middle)
        return math.degrees(math.atan2(slope[1, 0] - slope[0, 1], slope[0, 0] + slope[1, 1]))


def register(located: Located, picture: SealPicture) -> Registration:
    """Find the view that lays the imprint on the picture best."""
    coarse = _soft(raster.ink(picture, _COARSE))
    first = _first_view(located, picture, coarse)
    fits = [
        _fitted(located, coarse, _COARSE, first @ _turned(turn, picture), cv2.MOTION_AFFINE)
        for turn in _directions(located, coarse, first, picture)
    ]
    best = max(fits, key=lambda fit: fit.correlation)
    fine = _soft(raster.ink(picture, _FINE))
    return _fitted(located, fine, _FINE, best.view, cv2.MOTION_HOMOGRAPHY)


def lay(located: Located, view: View, size_mm: tuple[float, float], pixels_per_mm: float) -> Grey:
    """Draw the located ink as it lies on the picture."""
    across, down = (max(1, math.ceil(side * pixels_per_mm)) for side in size_mm)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = view @ _scaling(1 / pixels_per_mm)
    return np.asarray(cv2.warpPerspective(located.ink, matrix, (across, down), flags=flags), dtype=np.float32)


def _scaling(by: float) -> View:
    """Return the matrix from pixel centres to millimetres, ``by`` to the pixel."""
    return np.array([[by, 0, by / 2], [0, by, by / 2], [0, 0, 1]])


def _soft(ink: Grey) -> Grey:
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 1.5), dtype=np.float32)


def _slope(view: View, middle: tuple[float, float]) -> View:
    """Return the view's derivative at a point."""
    x, y, w = view @ [*middle, 1.0]
    return np.array(
        [
            [(view[0, i] * w - x * view[2, i]) / w**2 for i in range(2)],
            [(view[1, i] * w - y * view[2, i]) / w**2 for i in range(2)],
        ]
    )


def _turned(turn: float, picture: SealPicture) -> View:
    """Return the matrix that turns the picture about its middle by ``turn`` radians clockwise."""
    x, y = picture.size_mm[0] / 2, picture.size_mm[1] / 2
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]])


def _first_view(located: Located, picture: SealPicture, coarse: Grey) -> View:
    """Lay outline on outline, not yet turned: a circle squeezed by the camera is made round again."""
    outline = cv2.findNonZero((coarse > 0.25).astype(np.uint8))
    wanted = np.asarray(cv2.convexHull(outline), dtype=np.float32).reshape(-1, 2)
    width, height = np.ptp(wanted, axis=0) / _COARSE
    is_round = (
        abs(width - height) < 0.02 * width and _area(wanted) < _ROUND_AREA * _COARSE**2 * width * height
    )
    middle = np.array(picture.size_mm) / 2
    if is_round and len(located.hull) >= 5:
        (x, y), axes, angle = cv2.fitEllipseDirect(located.hull)
        a, b = axes[0] / width, axes[1] / height
        if 0 < max(a, b) <= _MOST_SQUEEZED * min(a, b):
            turn = math.radians(angle)
            along = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
            return _view(along @ np.diag([a, b]) @ along.T, (x, y), middle)
    scale = math.sqrt(_area(located.hull) / (_area(wanted) / _COARSE**2))
    moments = cv2.moments(located.hull.reshape(-1, 1, 2))
    centre = (moments["m10"] / moments["m00"], moments["m01"] / moments["m00"])
    return _view(np.eye(2) * scale, centre, middle)


def _area(hull: Points) -> float:
    return max(float(cv2.contourArea(hull)), 1.0)


def _view(slope: View, centre: tuple[float, float], middle: npt.NDArray[np.float64]) -> View:
    view = np.eye(3)
    view[:2, :2] = slope
    view[:2, 2] = np.array(centre) - slope @ middle
    return view


def _directions(located: Located, coarse: Grey, first: View, picture: SealPicture) -> list[float]:
    """Return the turns (radians) at which the imprint resembles the picture most, seen from its middle."""
    side = math.hypot(*picture.size_mm)  # a canvas that holds the picture however it is turned
    pads = [round((side - length) / 2 * _COARSE) for length in picture.size_mm]
    wanted = np.asarray(
        cv2.copyMakeBorder(coarse, pads[1], pads[1], pads[0], pads[0], cv2.BORDER_CONSTANT), dtype=np.float32
    )
    moved = np.array([[1, 0, -pads[0] / _COARSE], [0, 1, -pads[1] / _COARSE], [0, 0, 1]])
    canvas = (wanted.shape[1] / _COARSE, wanted.shape[0] / _COARSE)
    one, other = _around(wanted), _around(_soft(lay(located, first @ moved, canvas, _COARSE)))
    spectrum = np.fft.rfft(other, axis=0) * np.conj(np.fft.rfft(one, axis=0))
    likeness = np.fft.irfft(spectrum.sum(axis=1), TURNS)
    found: list[float] = []
    for index in np.argsort(-likeness):
        turn = 2 * math.pi * int(index) / TURNS
        if all(abs(math.remainder(turn - seen, 2 * math.pi)) > math.radians(5) for seen in found):
            found.append(turn)
        if len(found) == _CANDIDATES:
            break
    return found


def _around(ink: Grey) -> Grey:
    """Unroll a picture about its middle: rows are directions, columns distances; the mean of each distance is taken out."""
    height, width = ink.shape
    reach = math.hypot(width, height) / 2
    polar = cv2.warpPolar(
        ink,
        (round(reach), TURNS),
        (width / 2 - 0.5, height / 2 - 0.5),
        reach,
        cv2.WARP_POLAR_LINEAR | cv2.WARP_FILL_OUTLIERS,
    )
    return np.asarray(polar - polar.mean(axis=0, keepdims=True), dtype=np.float32)


def _fitted(located: Located, wanted: Grey, pixels_per_mm: float, view: View, motion: int) -> Registration:
    """Fit ink to ink from a first view (ECC: Evangelidis and Psarakis 2008); a fit that leads astray is not taken."""
    height, width = wanted.shape
    size = (width / pixels_per_mm, height / pixels_per_mm)
    laid = _soft(lay(located, view, size, pixels_per_mm))
    before = _correlation(wanted, laid)
    rows = 3 if motion == cv2.MOTION_HOMOGRAPHY else 2
    warp = np.eye(rows, 3, dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ROUNDS, 1e-5)
    try:
        _, warp = cv2.findTransformECC(wanted, laid, warp, motion, criteria, None, 3)  # type: ignore[call-overload]
    except cv2.error:  # no convergence: the first view stays
        return Registration(view, before)
    step = np.eye(3)
    step[:rows] = warp
    to_mm = _scaling(1 / pixels_per_mm)
    refined = view @ to_mm @ step @ np.linalg.inv(to_mm)
    refined /= refined[2, 2]
    after = _correlation(wanted, _soft(lay(located, refined, size, pixels_per_mm)))
    if after < before or not _plausible(refined, (size[0] / 2, size[1] / 2)):
        return Registration(view, before)
    return Registration(refined, after)


def _plausible(view: View, middle: tuple[float, float]) -> bool:
    slope = _slope(view, middle)
    large, small = np.linalg.svd(slope, compute_uv=False)
    return bool(np.linalg.det(slope) > 0 and large <= _MOST_SQUEEZED * small)


def _correlation(one: Grey, other: Grey) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0
