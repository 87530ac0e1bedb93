"""The look of the seal: one form XObject for the whole document, and small ones that show a part of it or turn it."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from signing.incremental.update import Update
from signing.incremental.words import numbers
from signing.mark import Picture
from signing.placing.drawing import Look
from signing.placing.placement import POINTS_PER_MM, Matrix
from verify.pdf.plain.syntax import Ref

PICTURES_KEPT: Final = 256
"""Pictures remembered compressed, some 10 kB each: every document of a seal has the same."""
_UPRIGHT: Final[Matrix] = (1, 0, 0, 1, 0, 0)


class Appearance:
    """Writes the seal once and refers to it ever after."""

    def __init__(self, update: Update, picture: Picture) -> None:
        self._update = update
        self._whole = (0.0, 0.0, picture.size_mm[0] * POINTS_PER_MM, picture.size_mm[1] * POINTS_PER_MM)
        self.seal = update.add_stream(_form(picture.size_mm), _compressed(picture.content))
        """The whole seal, upright, in points."""

    def of(self, look: Look) -> Ref:
        """Return the appearance for a widget: the seal itself, or a form that shows a part of it, turned."""
        if look.matrix == _UPRIGHT and numbers(look.bbox) == numbers(self._whole):
            return self.seal
        entries = (
            b"/Type /XObject /Subtype /Form /BBox [%s] /Matrix [%s] /Resources <</XObject <</S %s>>>> "
            % (
                numbers(look.bbox),
                numbers(look.matrix),
                self.seal.pdf,
            )
        )
        return self._update.add_stream(entries, b"/S Do")


@lru_cache(maxsize=PICTURES_KEPT)
def _compressed(content: bytes) -> bytes:
    return zlib.compress(content)


@lru_cache(maxsize=PICTURES_KEPT)
def _form(size_mm: tuple[float, float]) -> bytes:
    """ISO 32000-2 §8.10: paths only, no font, no image."""
    width, height = (side * POINTS_PER_MM for side in size_mm)
    return b"/Type /XObject /Subtype /Form /BBox [%s] /Resources <<>> /Filter /FlateDecode " % numbers(
        (0.0, 0.0, width, height)
    )
