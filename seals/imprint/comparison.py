"""Comparing a scanned imprint with the approved picture; the figures are advice to the person who decides.

Both are drawn on one grid of the picture, parted into ink and paper. Ink *agrees* when ink of the other lies within
:data:`TOLERANCE_MM`, widened by how much the imprint's ink has spread as a whole. The overlap is the share of the ink
of both that agrees. Since two seals of one size have most of their ink in common, every place is judged by itself too:
ink of the imprint that agrees with nothing is what another seal has and a worn one has not.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from seals.drawing.vector import SealPicture
from seals.imprint import raster
from seals.imprint.errors import ImprintUnreadable
from seals.imprint.ink import Grey, Located, locate
from seals.imprint.outcome import Advice, ImprintComparison, WorstPlace
from seals.imprint.registration import Registration, lay, register
from seals.imprint.scan import Scan

GRID: Final = 16.0
"""Pixels to the millimetre on which both are compared (406 dpi): a thin stroke has three."""
TOLERANCE_MM: Final = 0.15
"""How far ink may lie from its place: half the width of a digit's stroke; the fit is better than a tenth."""
MAX_SPREAD_MM: Final = 0.2
"""Most that ink of one imprint is taken to have spread on every side."""
MIN_SCALE: Final = 5.5
"""Fewest pixels of the scan to a millimetre (140 dpi): below it digits of the code cannot be told apart."""
FOREIGN_WINDOW_MM: Final = 2.0
"""A place for foreign ink: one digit of the code."""
MISSING_WINDOW_MM: Final = 4.5
"""A place for missing ink: larger than the gaps of a dry ink pad, smaller than a letter of the name with its white."""
LITTLE_MM2: Final = 0.05
"""Foreign ink in one place that is still noise: a 3 and an 8 of the code differ by twice as much."""
_LITTLE_SHARE: Final = 0.06
"""Share of foreign ink in one place that is still noise: strokes run together where a pad was too wet."""
_FOREIGN_SHARE: Final = 0.015
"""Share of foreign ink in all from which the imprint is another seal's: two wrong letters of twelve."""
_LEAST_OVERLAP: Final = 0.85
_LEAST_SHOWN: Final = 0.35
"""Share of the approved ink of one place that the imprint must show."""
_WINDOW_INK_MM2: Final = 1.5
"""Least approved ink in a place that can be missing there: a digit has 0.6."""
_SIZE_SLACK: Final = 0.03
"""Part by which an imprint's size may differ from the picture's: rubber swells, scanners stretch by less."""
_COLOURS: Final = (255, 255, 255, 158, 158, 158, 0, 104, 214, 226, 32, 40, 255, 140, 0)
"""Paper, agreement grey, only approved blue, only imprint red, the frame orange."""

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """Ink of both on one grid, and what of each agrees."""

    approved: _Flags
    shown: _Flags
    approved_agrees: _Flags
    shown_agrees: _Flags

    @property
    def overlap(self) -> float:
        both = float(self.approved.sum() + self.shown.sum())
        return float(self.approved_agrees.sum() + self.shown_agrees.sum()) / both if both else 0.0

    @property
    def foreign_share(self) -> float:
        shown = float(self.shown.sum())
        return 1 - float(self.shown_agrees.sum()) / shown if shown else 1.0


def compare(scan: Scan, picture: SealPicture) -> ImprintComparison:
    """Lay the scan on the picture.

    Raises :class:`seals.imprint.errors.ImprintMissing` where nothing can be laid, :class:`ImprintUnreadable` for a scan
    too coarse to tell.
    """
    located = locate(scan.pixels)
    found = register(located, picture)
    middle = (picture.size_mm[0] / 2, picture.size_mm[1] / 2)
    scale = found.scale(middle) * located.step
    if scale < MIN_SCALE:
        raise ImprintUnreadable(
            f"印模分辨率不足（约 {scale * raster.MM_PER_INCH:.0f} dpi），请以 300 dpi 以上重新扫描。",
            f"The imprint has about {scale * raster.MM_PER_INCH:.0f} dots to the inch; scan it at 300 dpi or more.",
        )
    laid = _laid(located, found, picture)
    worst = _worst(laid)
    size = _size(picture, scale, scan.dpi)
    return ImprintComparison(
        overlap=round(laid.overlap, 4),
        scale=round(scale, 3),
        rotation_deg=round(found.rotation(middle), 2),
        shift_mm=_shift(scan, located, found, picture),
        overlay_png=_overlay(laid, worst),
        worst=worst,
        size_mm=size,
        advice=_advice(laid, worst, size, picture.size_mm),
    )


def _laid(located: Located, found: Registration, picture: SealPicture) -> _Laid:
    drawn = raster.ink(picture, GRID)
    approved = drawn > 0.5
    size = (drawn.shape[1] / GRID, drawn.shape[0] / GRID)
    shown = lay(located, found.view, size, GRID)[: drawn.shape[0], : drawn.shape[1]] > located.threshold
    reach = (TOLERANCE_MM + _spread(approved, shown)) * GRID
    return _Laid(approved, shown, approved & _near(shown, reach), shown & _near(approved, reach))


def _spread(approved: _Flags, shown: _Flags) -> float:
    """Return how far the imprint's ink has run over its outlines on average (mm): surplus area by length of outline."""
    octets = approved.astype(np.uint8)
    outline = octets.sum() - cv2.erode(octets, np.ones((3, 3), np.uint8)).sum()
    surplus = float(shown.sum()) - float(approved.sum())
    return min(max(surplus / max(float(outline), 1.0) / GRID, 0.0), MAX_SPREAD_MM)


def _near(ink: _Flags, reach: float) -> _Flags:
    """Tell for each pixel whether ink lies within ``reach`` pixels."""
    if not ink.any():
        return np.zeros_like(ink)
    return np.asarray(cv2.distanceTransform((~ink).astype(np.uint8), cv2.DIST_L2, 5) <= reach)


def _in_window(flags: _Flags, side_mm: float) -> Grey:
    """Return for each pixel the square millimetres set in the window about it."""
    side = round(side_mm * GRID)
    summed = cv2.boxFilter(
        flags.astype(np.float32), -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(summed / GRID**2, dtype=np.float32)


def _worst(laid: _Laid) -> WorstPlace:
    """Find where most ink is foreign; if that is noise, where most is missing."""
    alone = laid.shown & ~laid.shown_agrees
    foreign = _in_window(alone, FOREIGN_WINDOW_MM)
    shown = _in_window(laid.shown, FOREIGN_WINDOW_MM)
    foreign[foreign < _LITTLE_SHARE * shown] = 0
    if float(foreign.max()) >= LITTLE_MM2:
        place = np.unravel_index(int(foreign.argmax()), foreign.shape)
        share = 1 - float(foreign[place] / shown[place])
        return WorstPlace(round(share, 4), _box(alone, place, FOREIGN_WINDOW_MM), foreign=True)
    wanted = _in_window(laid.approved, MISSING_WINDOW_MM)
    agrees = _in_window(laid.approved_agrees, MISSING_WINDOW_MM)
    shares = np.where(wanted >= _WINDOW_INK_MM2, agrees / np.maximum(wanted, 1e-6), 1)
    place = np.unravel_index(int(shares.argmin()), shares.shape)
    missing = laid.approved & ~laid.approved_agrees
    box = _box(missing, place, MISSING_WINDOW_MM)
    return WorstPlace(round(float(shares[place]), 4), box, foreign=False)


def _box(flags: _Flags, place: tuple[np.intp, ...], side: float) -> tuple[float, float, float, float]:
    """Return a window (mm) about what is set in the window at ``place``, so that it lies in the middle."""
    row, column, reach = int(place[0]), int(place[1]), round(side * GRID / 2)
    top, left = max(0, row - reach), max(0, column - reach)
    rows, columns = np.nonzero(flags[top : row + reach, left : column + reach])
    if len(rows):
        row, column = top + round(float(rows.mean())), left + round(float(columns.mean()))
    return round(column / GRID - side / 2, 3), round(row / GRID - side / 2, 3), side, side


def _size(picture: SealPicture, scale: float, dpi: float | None) -> tuple[float, float] | None:
    if dpi is None:
        return None
    ratio = scale * raster.MM_PER_INCH / dpi
    return round(picture.size_mm[0] * ratio, 2), round(picture.size_mm[1] * ratio, 2)


def _shift(scan: Scan, located: Located, found: Registration, picture: SealPicture) -> tuple[float, float]:
    x, y, w = found.view @ [picture.size_mm[0] / 2, picture.size_mm[1] / 2, 1.0]
    height, width = scan.pixels.shape[:2]
    scale = found.scale((picture.size_mm[0] / 2, picture.size_mm[1] / 2)) * located.step
    across = located.origin[0] + x / w * located.step - width / 2
    down = located.origin[1] + y / w * located.step - height / 2
    return round(float(across) / scale, 2), round(float(down) / scale, 2)


def _advice(
    laid: _Laid, worst: WorstPlace, size: tuple[float, float] | None, wanted: tuple[float, float]
) -> Advice:
    if laid.overlap < _LEAST_OVERLAP or laid.foreign_share > _FOREIGN_SHARE:
        return Advice.DIFFERS
    if worst.foreign:
        return Advice.LOOK
    if size is not None and abs(size[0] / wanted[0] - 1) > _SIZE_SLACK:
        return Advice.SIZE
    return Advice.GAPS if worst.overlap < _LEAST_SHOWN else Advice.AGREES


def _overlay(laid: _Laid, worst: WorstPlace) -> bytes:
    """Draw both, what agrees in one colour and what each has alone in its own, with the worst place framed if there is one."""
    shade = np.zeros(laid.approved.shape, np.uint8)
    shade[laid.approved & laid.approved_agrees] = 1
    shade[laid.shown & laid.shown_agrees] = 1
    shade[laid.approved & ~laid.approved_agrees] = 2
    shade[laid.shown & ~laid.shown_agrees] = 3
    if worst.foreign or worst.overlap < 1:
        left, top, width, height = (round(value * GRID) for value in worst.box_mm)
        cv2.rectangle(shade, (left, top), (left + width, top + height), 4, 2)
    image = Image.fromarray(shade)
    image.putpalette(_COLOURS)
    out = io.BytesIO()
    dpi = GRID * raster.MM_PER_INCH
    image.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()
