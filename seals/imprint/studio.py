"""The door to all work on pixels: done in a process of its own, bounded in time and memory.

Importing this loads no image library.
"""

from __future__ import annotations

from seals.imprint.outcome import CleanedImprint, ImprintComparison
from seals.vector import SealPicture


class ImprintStudio:
    """Works on foreign pictures in one process, one at a time; replaced after a hang or crash. Close it at the end."""

    def compare(self, scan: bytes, picture: SealPicture) -> ImprintComparison:
        """Read a scan's octets and compare; the errors of ``read_scan`` and ``compare``, and ``ImageWorkFailed``."""
        raise NotImplementedError

    def clean(
        self, photo: bytes, *, title: str = "", size_mm: tuple[float, float] | None = None
    ) -> CleanedImprint:
        """Read a photograph's octets and clean the imprint."""
        raise NotImplementedError

    def png(self, picture: SealPicture, dpi: int = 600) -> bytes:
        """Draw a picture as a transparent PNG."""
        raise NotImplementedError

    def close(self) -> None:
        """End the process."""
