"""From a photographed imprint to a transparent picture and vector outlines."""

from __future__ import annotations

from seals.imprint.outcome import CleanedImprint
from seals.imprint.scan import Scan


def clean(photo: Scan, *, title: str = "", size_mm: tuple[float, float] | None = None) -> CleanedImprint:
    """Take the imprint off its paper.

    ``size_mm`` is its true outer size; without it the photograph's resolution tells. Raises
    :class:`seals.imprint.errors.ImprintMissing`.
    """
    raise NotImplementedError
