"""Widths and glyphs for an OFD that we make; a character without a glyph is refused in words."""

from __future__ import annotations

from seals.drawing import typesetting
from seals.drawing.fonts import Face, Glyph
from seals.errors import GlyphMissing
from signing.ofd.errors import TextUnprintable


class Measure(typesetting.Measure):
    """Widths of text in a face, and the glyphs for it."""

    def glyph(self, face: Face, character: str) -> Glyph:
        """Return a glyph. :class:`TextUnprintable` names a character that the fonts have not."""
        try:
            return super().glyph(face, character)
        except GlyphMissing as missing:
            raise TextUnprintable(character) from missing
