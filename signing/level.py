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
    B_LTA = "B-LTA"
    """As B-LT, with a document time-stamp over all of it, which can be renewed for as long as anybody needs it."""

    @property
    def stamped(self) -> bool:
        """Tell whether the level asks for a time-stamp."""
        return self is not Level.B_B

    @property
    def long_term(self) -> bool:
        """Tell whether the level asks for certificates, OCSP responses and CRLs inside the document."""
        return self in {Level.B_LT, Level.B_LTA}

    @property
    def archived(self) -> bool:
        """Tell whether the level asks for a document time-stamp over everything (ISO 32000-2 §12.8.5)."""
        return self is Level.B_LTA
