"""How one spot of a seal is drawn in a PDF: as the look of a signature field's widget, or as strokes in a page's content.

The seal is one form XObject (ISO 32000-2 §8.10) in points, origin at its lower left; a spot shows it whole, a slice of it,
or smaller. Pure geometry: both writers of :mod:`signing` draw by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from signing.placing.layout import Spot, drawn
from signing.placing.placement import POINTS_PER_MM, Box, Matrix, PageView

STATES_KEPT: Final = 64
"""Scales and turns remembered as they are written: nearly all pages are upright, in points."""
NUMBERS_KEPT: Final = 1024
"""Numbers remembered as they are written: the spots of a seal share most of theirs."""


@dataclass(frozen=True, slots=True)
class Look:
    """A widget's /Rect in default user space, and its appearance's /BBox (points of the seal) and /Matrix.

    A viewer fits the turned /BBox into /Rect and clips to it (§12.5.5), so a slice is a /BBox smaller than the seal.
    """

    rectangle: Box
    bbox: Box
    matrix: Matrix


def look(view: PageView, spot: Spot, seal_mm: tuple[float, float]) -> Look:
    """Draw a spot as a widget of its own size."""
    left, top, width, height = spot.clip_mm or (0.0, 0.0, *seal_mm)
    return Look(
        view.user_space(*drawn(spot, seal_mm)), _bbox(left, top, width, height, seal_mm), view.upright
    )


def look_in(view: PageView, rectangle: Box, spot: Spot, seal_mm: tuple[float, float]) -> Look:
    """Draw a spot inside a widget whose /Rect stays as it is: a form field that the document brings along."""
    left, top, width, height = view.displayed(rectangle)
    inside = (left - spot.x_mm) / spot.scale, (top - spot.y_mm) / spot.scale
    return Look(rectangle, _bbox(*inside, width / spot.scale, height / spot.scale, seal_mm), view.upright)


def strokes(view: PageView, spot: Spot, seal_mm: tuple[float, float], name: str) -> bytes:
    """Draw a spot by operators for the end of a page's content, where the XObject is called ``/name`` (§8.4.4, §8.8).

    It is marked as an artifact (§14.8.2.2), so that a tagged document stays one whose every content is accounted for.
    """
    drawn_as = _state(view.upright, spot.scale * view.units_per_mm / POINTS_PER_MM)
    x, y = view.point(spot.x_mm, spot.y_mm + seal_mm[1] * spot.scale)
    cut = ""
    if spot.clip_mm is not None:
        x1, y1, x2, y2 = _bbox(*spot.clip_mm, seal_mm)
        cut = f"{_number(x1)} {_number(y1)} {_number(x2 - x1)} {_number(y2 - y1)} re W n "
    return f"/Artifact BMC q {drawn_as} {_number(x)} {_number(y)} cm {cut}/{name} Do Q EMC\n".encode("ascii")


def _bbox(left: float, top: float, width: float, height: float, seal_mm: tuple[float, float]) -> Box:
    """Turn a part of the seal (mm from its top left) into its own points, origin at the lower left."""
    bottom = seal_mm[1] - top - height
    return (
        left * POINTS_PER_MM,
        bottom * POINTS_PER_MM,
        (left + width) * POINTS_PER_MM,
        (bottom + height) * POINTS_PER_MM,
    )


@lru_cache(maxsize=STATES_KEPT)
def _state(upright: Matrix, scale: float) -> str:
    """Write how the seal's points are mapped onto default user space, but for where: scaled, and standing upright."""
    return " ".join([_number(part * scale) for part in upright[:4]])


@lru_cache(maxsize=NUMBERS_KEPT)
def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
