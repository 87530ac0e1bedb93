"""Comparing a scanned imprint with the approved picture; the figure is advice to the person who decides."""

from __future__ import annotations

from seals.imprint.outcome import ImprintComparison
from seals.imprint.scan import Scan
from seals.vector import SealPicture


def compare(scan: Scan, picture: SealPicture) -> ImprintComparison:
    """Lay the scan on the picture; :class:`seals.imprint.errors.ImprintMissing` where nothing can be laid."""
    raise NotImplementedError
