"""From a photographed imprint to a transparent picture and vector outlines at true size.

The outline (ring, oval or square) tells how the camera stood; star, name and lines of text tell which way is up. Ink that
the photograph does not show is not invented.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.vector import SealPicture
from seals.imprint import raster
from seals.imprint.centre import centre_of
from seals.imprint.errors import ImprintMissing, ImprintUnreadable
from seals.imprint.frame import Frame, frame_of
from seals.imprint.ink import locate
from seals.imprint.outcome import CleanedImprint
from seals.imprint.outline import outlines
from seals.imprint.registration import lay
from seals.imprint.scan import Scan
from seals.imprint.upright import upright_turn

GRID: Final = 32.0
"""Pixels to the millimetre of the cleaned ink (813 dpi): finer than the photographs, so that outlines stay smooth."""
MIN_SCALE: Final = 7.5
"""Fewest pixels of the photograph to a millimetre (190 dpi): below it strokes run together."""
SMALLEST_MM: Final = 10.0
LARGEST_MM: Final = 60.0
"""Sizes of seals: the largest that 国发〔1999〕25号 knows has 60 mm."""
PNG_DPI: Final = 600
_EDGE_MM: Final = 1.6
"""How far inwards the ring is looked for."""
_RING_SHOWN: Final = 0.6
"""Share of its round on which a ring must show for the picture to be an imprint."""
_LEAST_INK: Final = 0.01
_MOST_INK: Final = 0.85
"""Least and most of the inside of its ring that an imprint inks: two letters on an arc, white letters in red."""
_SOFT_MM: Final = 0.03


def clean(
    photo: Scan,
    *,
    title: str = "",
    size_mm: tuple[float, float] | None = None,
    turn_deg: float | None = None,
) -> CleanedImprint:
    """Take the imprint off its paper.

    ``size_mm`` is its true outer size; without it the photograph's resolution tells. ``turn_deg`` is how far it is turned
    clockwise on the photograph; without it that is found. Raises :class:`ImprintMissing` for a picture without an imprint,
    :class:`ImprintUnreadable` for one too coarse, too noisy or of unknown size.
    """
    located = locate(photo.pixels)
    frame = frame_of(located.hull, size_mm, photo.dpi and photo.dpi / raster.MM_PER_INCH / located.step)
    _check(frame, located.step)
    ink = lay(located, frame.view, frame.size_mm, GRID)
    if not _is_imprint(ink > located.threshold, frame):
        raise ImprintMissing
    turn = upright_turn(ink, frame) if turn_deg is None else turn_deg
    if turn:
        ink = lay(located, frame.view @ frame.turned(turn), frame.size_mm, GRID)
    soft = np.asarray(cv2.GaussianBlur(ink, (0, 0), _SOFT_MM * GRID), dtype=np.float32)
    picture = SealPicture(_one_line(title), frame.size_mm, outlines(soft, located.threshold, GRID))
    if not picture.marks:
        raise ImprintMissing
    centre = centre_of(soft > located.threshold, frame)
    return CleanedImprint(raster.png(picture, PNG_DPI), picture, centre)


def _is_imprint(inked: npt.NDArray[np.bool_], frame: Frame) -> bool:
    """Tell whether there is a ring, and something in it that does not fill it."""
    inner = inked[~frame.edge_band(inked.shape, GRID, 2 * _EDGE_MM)]
    return _ring_shown(inked, frame) >= _RING_SHOWN and _LEAST_INK < float(inner.mean()) < _MOST_INK


def _one_line(title: str) -> str:
    return " ".join(title.split())


def _check(frame: Frame, step: float) -> None:
    if not all(SMALLEST_MM <= side <= LARGEST_MM for side in frame.size_mm):
        raise ImprintUnreadable(
            f"印模尺寸须为 {SMALLEST_MM:g} 至 {LARGEST_MM:g} 毫米，请核对填写的尺寸或图片分辨率。",
            f"An imprint has {SMALLEST_MM:g} to {LARGEST_MM:g} mm; check the size given or the picture's resolution.",
        )
    if frame.scale * step < MIN_SCALE:
        raise ImprintUnreadable(
            "图片分辨率不足，印文无法看清；请靠近拍摄，使印模占画面的大部分。",
            "The picture is too coarse for its letters; take it from nearer, so that the imprint fills most of it.",
        )


def _ring_shown(inked: npt.NDArray[np.bool_], frame: Frame) -> float:
    """Return the share of the round on which ink lies within :data:`_EDGE_MM` of the edge."""
    edge = frame.edge_band(inked.shape, GRID, _EDGE_MM)
    height, width = inked.shape
    rows, columns = np.nonzero(edge)
    angles = np.arctan2(rows - height / 2, columns - width / 2)
    bins = ((angles / (2 * np.pi) + 0.5) * 180).astype(int) % 180
    shown = np.bincount(bins, weights=inked[rows, columns], minlength=180)
    return float(np.mean(shown > 3))
