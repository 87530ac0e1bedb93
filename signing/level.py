"""How much evidence a sealed document carries: the PAdES baseline levels (ETSI EN 319 142-1 §6)."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """PAdES baseline levels, weakest first."""

    B_B = "B-B"
    """The signature alone."""
    B_T = "B-T"
    """With a signature time-stamp (RFC 3161)."""
    B_LT = "B-LT"
    """With a time-stamp and the evidence to verify it all offline (document security store)."""

    @property
    def stamped(self) -> bool:
        """Tell whether the level asks for a time-stamp."""
        return self is not Level.B_B

    @property
    def long_term(self) -> bool:
        """Tell whether the level asks for certificates, OCSP responses and CRLs inside the document."""
        return self is Level.B_LT
