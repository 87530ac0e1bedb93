"""A seal's picture as pixels at true size, drawn by PDFium from the same vectors that become SVG and PDF."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Final

from PIL import Image

from seals.drawing.vector import SealPicture

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MIN_DPI: Final = 72
MAX_DPI: Final = 2400
"""Finest drawing: 60 mm are then 5,669 pixels, 129 MB while they are drawn; imagesetters do not ask for more."""
MM_PER_INCH: Final = 25.4
_POINTS_PER_INCH: Final = 72

_drawing = threading.Lock()
"""PDFium is not safe in two threads at once."""


def _drawn(picture: SealPicture, dpi: float, background: tuple[int, int, int, int]) -> Image.Image:
    import pypdfium2  # noqa: PLC0415 - 150 ms that whoever draws no picture need not wait for

    with _drawing, pypdfium2.PdfDocument(picture.pdf()) as document:
        bitmap = document[0].render(
            scale=dpi / _POINTS_PER_INCH, fill_color=background, maybe_alpha=True, rev_byteorder=True
        )
        drawn: Image.Image = bitmap.to_pil().convert("RGBA")  # a copy: the bitmap goes with the document
    return drawn


def png(picture: SealPicture, dpi: int = 600, *, transparent: bool = True) -> bytes:
    """Draw the picture as a PNG whose pHYs says its resolution, so that it prints at true size.

    ``dpi`` outside :data:`MIN_DPI` … :data:`MAX_DPI` raises ``ValueError``. With ``transparent`` there is no paper.
    """
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise ValueError(f"a picture has {MIN_DPI} to {MAX_DPI} dots to the inch, not {dpi}")
    drawn = _drawn(picture, dpi, (255, 255, 255, 0 if transparent else 255))
    out = io.BytesIO()
    (drawn if transparent else drawn.convert("RGB")).save(out, "PNG", dpi=(dpi, dpi), compress_level=6)
    return out.getvalue()


def ink(picture: SealPicture, pixels_per_mm: float) -> npt.NDArray[np.float32]:
    """Draw the picture as ink between 0 (paper) and 1: rows × columns."""
    import numpy as np  # noqa: PLC0415 - 150 ms that whoever only draws a PNG need not wait for

    drawn = _drawn(picture, pixels_per_mm * MM_PER_INCH, (255, 255, 255, 255))
    green = np.asarray(drawn, dtype=np.float32)[:, :, 1]
    return np.ascontiguousarray(1 - green / 255)
