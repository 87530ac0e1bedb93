"""Reading a scan or photograph of an imprint: foreign bytes, bounded before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A picture as read: rows × columns × RGB, resolution if the file says one, SHA-256 of the file (hex)."""

    pixels: Pixels
    dpi: float | None
    sha256: str


def read_scan(data: bytes) -> Scan:
    """Read a PNG, JPEG, TIFF or BMP; :class:`seals.imprint.errors.ImprintUnreadable`."""
    raise NotImplementedError
