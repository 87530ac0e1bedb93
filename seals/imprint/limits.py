"""What a foreign picture may measure at most; read without loading an image library."""

from __future__ import annotations

from typing import Final

MAX_OCTETS: Final = 20 * 1024 * 1024
"""Largest file: an A4 page at 600 dpi as a TIFF with lossless compression stays under it; telephones write 3 to 12 MB."""
MAX_PIXELS: Final = 40_000_000
"""Most pixels, told from the header: A4 at 600 dpi has 34.8 million, which are 120 MB decoded."""
MIN_SIDE: Final = 120
"""Shortest side: a seal of 18 mm at 200 dpi has 142 pixels."""
MAX_SIDE: Final = 20_000
"""Longest side: a strip longer than any sheet is no scan."""
FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP")
"""What scanners and cameras write; every further format would be a further decoder to trust."""
