"""Where a seal goes: millimetres on the page as displayed → a rectangle in the page's own coordinates.

ISO 32000-2 §7.7.3.3 (Rotate, UserUnit), §14.11.2 (page boundaries), §12.5.5 (appearance streams). A page is displayed
as its crop box, turned clockwise by /Rotate, with units of UserUnit/72 inch. The reader thinks in millimetres from the
top left corner of what is seen; a seal placed so stands upright in what is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from signing.errors import OutsidePage
from signing.placing.where import Placement

__all__ = ["POINTS_PER_MM", "TOLERANCE_MM", "Box", "Matrix", "PageView", "Placement", "SealBox"]

POINTS_PER_MM: Final = 72 / 25.4
TOLERANCE_MM: Final = 0.05
"""A box may pass the edge by this much: page sizes in points are rounded (A4 is 595.28 × 841.89)."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top in default user space."""
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class SealBox:
    """Where the widget goes and how its appearance is turned.

    ``rectangle`` is the annotation's /Rect in default user space; ``matrix`` is the form XObject's /Matrix, which turns
    the seal against the page's rotation (§12.5.5: a viewer fits the turned box into /Rect).
    """

    rectangle: Box
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class PageView:
    """A page as displayed: its visible box in default user space, clockwise rotation in degrees, and UserUnit."""

    box: Box
    rotation: int
    unit: float
    size_mm: tuple[float, float] = field(init=False, repr=False, compare=False)
    """Width and height in millimetres, as displayed."""
    _mm: float = field(init=False, repr=False, compare=False)
    """Millimetres in one unit of default user space."""

    def __post_init__(self) -> None:
        left, bottom, right, top = self.box
        millimetres = self.unit / POINTS_PER_MM
        width, height = (right - left) * millimetres, (top - bottom) * millimetres
        object.__setattr__(self, "_mm", millimetres)
        object.__setattr__(
            self, "size_mm", (height, width) if self.rotation in (90, 270) else (width, height)
        )

    def locate(self, place: Placement, seal_mm: tuple[float, float]) -> SealBox:
        """Find the rectangle for a seal of ``seal_mm`` (width, height); outside the page raises :class:`OutsidePage`."""
        page_width, page_height = self.size_mm
        x, y, (width, height) = place.x_mm, place.y_mm, seal_mm
        beyond = max(-x, -y, x + width - page_width, y + height - page_height)
        if beyond > TOLERANCE_MM:
            raise OutsidePage((page_width, page_height), seal_mm)
        return SealBox(self.user_space(x, y, width, height), self.upright)

    def displayed(self, box: Box) -> tuple[float, float, float, float]:
        """Turn a box in default user space into left, top, width, height in mm of the page as displayed."""
        x1, y1 = self._to_display(box[0], box[1])
        x2, y2 = self._to_display(box[2], box[3])
        return min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)

    def user_space(self, left: float, top: float, width: float, height: float) -> Box:
        """Turn a box as displayed (mm) into left, bottom, right, top in default user space."""
        x1, y1 = self.point(left, top)
        x2, y2 = self.point(left + width, top + height)
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    @property
    def upright(self) -> Matrix:
        """The turn that makes a form XObject stand upright on the page as displayed (ISO 32000-2 §8.3.3)."""
        return _UPRIGHT[self.rotation]

    @property
    def units_per_mm(self) -> float:
        """Units of default user space in one millimetre."""
        return 1 / self._mm

    def _to_display(self, x: float, y: float) -> tuple[float, float]:
        """Turn a point in default user space into mm from the top left of the page as displayed."""
        left, bottom, right, top = self.box
        across, down = {
            0: (x - left, top - y),
            90: (y - bottom, x - left),
            180: (right - x, y - bottom),
            270: (top - y, right - x),
        }[self.rotation]
        return across * self._mm, down * self._mm

    def point(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Turn a point as displayed (mm from the top left) into default user space."""
        millimetres = self._mm
        x, y = x_mm / millimetres, y_mm / millimetres
        left, bottom, right, top = self.box
        if self.rotation == 90:
            return left + y, bottom + x
        if self.rotation == 180:
            return right - x, bottom + y
        if self.rotation == 270:
            return right - y, top - x
        return left + x, top - y


_UPRIGHT: Final[dict[int, Matrix]] = {
    0: (1, 0, 0, 1, 0, 0),
    90: (0, 1, -1, 0, 0, 0),
    180: (-1, 0, 0, -1, 0, 0),
    270: (0, -1, 1, 0, 0, 0),
}
"""Counter-clockwise turns that undo the page's clockwise rotation (ISO 32000-2 §8.3.3)."""
