"""Find where a strip fits on a page's edge without covering anything: by the pixels of the page as displayed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MARGIN_MM: Final = 5.0
"""What common printers cannot reach at each edge of the paper."""
BAND_MM: Final = 30.0
"""How far from an edge a strip may begin and still count as standing on it."""
STEP_MM: Final = 1.0
AIR_MM: Final = 0.8
"""White kept around a strip."""
INK: Final = 250
"""Grey values below this are ink: 255 is white paper, scanned paper is a little darker and counts as covered."""

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form goes: which of the forms, mm from the lower left of the page as displayed, at which edge."""

    form: int
    x_mm: float
    y_mm: float
    edge: str


def find_place(picture: NDArray[Any], page_mm: Size, forms_mm: Sequence[Size]) -> Place | None:
    """Find the first free place for the first form that has one: bottom, top, then the sides. Nothing if none is free.

    ``picture`` has grey values, rows from the top, of the whole page.
    """
    ink = np.zeros((picture.shape[0] + 1, picture.shape[1] + 1), np.int64)
    ink[1:, 1:] = np.cumsum(np.cumsum(picture < INK, axis=0), axis=1)
    down, across = picture.shape[0] / page_mm[1], picture.shape[1] / page_mm[0]
    for form, size in enumerate(forms_mm):
        for edge, x, top in _candidates(page_mm, size):
            rows = _span(top - AIR_MM, top + size[1] + AIR_MM, down, picture.shape[0])
            columns = _span(x - AIR_MM, x + size[0] + AIR_MM, across, picture.shape[1])
            covered = (
                ink[rows[1], columns[1]]
                - ink[rows[0], columns[1]]
                - ink[rows[1], columns[0]]
                + ink[rows[0], columns[0]]
            )
            if not covered:
                return Place(form, x, page_mm[1] - top - size[1], edge)
    return None


def _candidates(page: Size, size: Size) -> Iterator[tuple[str, float, float]]:
    """Yield edge, left and top (mm from the top left), nearest to the edges first."""
    last_x, last_y = page[0] - MARGIN_MM - size[0], page[1] - MARGIN_MM - size[1]
    if last_x < MARGIN_MM or last_y < MARGIN_MM:
        return
    for off in np.arange(0.0, max(STEP_MM, BAND_MM - MARGIN_MM - size[1]), STEP_MM):
        for edge, top in (("bottom", last_y - off), ("top", MARGIN_MM + off)):
            if top >= MARGIN_MM:
                yield from (
                    (edge, float(x), float(top)) for x in np.arange(MARGIN_MM, last_x + 0.01, STEP_MM)
                )
    for off in np.arange(0.0, max(STEP_MM, BAND_MM - MARGIN_MM - size[0]), STEP_MM):
        for edge, x in (("right", last_x - off), ("left", MARGIN_MM + off)):
            if x >= MARGIN_MM:
                yield from ((edge, float(x), float(y)) for y in np.arange(MARGIN_MM, last_y + 0.01, STEP_MM))


def _span(start: float, end: float, per_mm: float, limit: int) -> tuple[int, int]:
    return max(0, int(start * per_mm)), min(limit, int(end * per_mm) + 1)
