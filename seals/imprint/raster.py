"""A seal's picture as pixels at true size."""

from __future__ import annotations

from seals.vector import SealPicture


def png(picture: SealPicture, dpi: int = 600, *, transparent: bool = True) -> bytes:
    """Draw the picture as a PNG whose pHYs says its resolution, so that it prints at true size."""
    raise NotImplementedError
