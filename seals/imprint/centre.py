"""What stands in the middle of a round seal: nothing, the five-pointed star, or something else, such as an emblem."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from seals.drawing.geometry import Shape
from seals.imprint.frame import Frame
from seals.imprint.outcome import Centre

_EMPTY: Final = 0.03
"""Share of the middle that may be inked and still be empty: specks."""
_MIDDLE: Final = 0.28
"""Reach of the middle, in parts of the radius: lines of text begin below it."""
_FIGURE: Final = 0.36
"""Reach of a star's tips: those of a star a third of the seal wide reach 0.35."""
_ALIKE: Final = 0.55
"""Least share that ink and star have in common: a worn star has 0.6, a disc that fills the middle at most 0.4."""


def centre_of(inked: npt.NDArray[np.bool_], frame: Frame) -> Centre:
    """Judge an upright imprint; squares and ovals bear no emblem."""
    if frame.shape is not Shape.ROUND:
        return Centre.EMPTY
    height, width = inked.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(columns + 0.5 - width / 2, rows + 0.5 - height / 2) / (min(height, width) / 2)
    if float(inked[away < _MIDDLE].mean()) < _EMPTY:
        return Centre.EMPTY
    return Centre.STAR if _star_likeness(inked & (away < _FIGURE)) >= _ALIKE else Centre.OTHER


def _star_likeness(figure: npt.NDArray[np.bool_]) -> float:
    """Return the best share in common with a star of any fitting size, upright or nearly so."""
    height, width = figure.shape
    radius = min(height, width) / 2
    best = 0.0
    for tip in np.arange(0.22, 0.40, 0.02):
        for lean in (-4, 0, 4):
            star = np.zeros(figure.shape, np.uint8)
            cv2.fillPoly(star, [_star(width / 2, height / 2, float(tip) * radius, lean)], 1)
            shape = star > 0
            both = float((figure & shape).sum())
            best = max(best, both / max(float((figure | shape).sum()), 1.0))
    return best


def _star(x: float, y: float, outer: float, lean: float) -> npt.NDArray[np.int32]:
    inner = outer * math.cos(math.radians(72)) / math.cos(math.radians(36))
    turns = [math.radians(36 * index + lean) for index in range(10)]
    reach = [inner if index % 2 else outer for index in range(10)]
    corners = [
        (x + far * math.sin(turn), y - far * math.cos(turn)) for far, turn in zip(reach, turns, strict=True)
    ]
    return np.rint(corners).astype(np.int32)
