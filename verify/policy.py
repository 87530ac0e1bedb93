"""The rules of one verification: what is demanded, what is allowed, and the limits on foreign input."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

MAX_DOCUMENT_OCTETS: Final = 512 * 1024 * 1024
"""The whole document is held in memory; larger ones are refused by name rather than by a dead process."""
MAX_SIGNATURES: Final = 200
"""Signatures looked at in one document; each costs path building and hashing of the whole file."""
MAX_FIELDS: Final = 20_000
"""Form fields walked; real forms have hundreds."""
MAX_FIELD_DEPTH: Final = 32
"""Nesting of the field tree (ISO 32000-2 sets none; Acrobat stops at 32)."""
MAX_PAGES: Final = 100_000
"""Page objects walked."""
MAX_CMS_OCTETS: Final = 4 * 1024 * 1024
"""A CMS container with chain, CRLs and a time-stamp is below 100 kB; national CRLs reach 2 MB."""
MAX_CERTIFICATES: Final = 64
"""Candidate certificates for one path, so that same-subject chains cannot blow up path building."""
MAX_CHAIN_DEPTH: Final = 8
"""Certificates between a leaf and its anchor."""
MAX_PATH_STEPS: Final = 256
"""Signature checks in one search for a path."""
MAX_REVOCATION_ITEMS: Final = 256
"""CRLs and OCSP responses taken from one document."""
MAX_CRL_OCTETS: Final = 64 * 1024 * 1024
"""One CRL; a million entries have about 37 MB."""
MAX_REVISIONS: Final = 500
"""Incremental updates looked at after a signature."""
MAX_CHANGED_OBJECTS: Final = 20_000
"""Objects compared in the revisions after a signature."""
MAX_GRAPH_OBJECTS: Final = 500_000
"""Objects walked when the roles of a changed object must be known."""


CLOCK_SKEW: Final = timedelta(minutes=5)
"""Tolerated difference between two clocks, wherever times that each of them told are compared."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one verification demands.

    ``require_revocation``: without revocation evidence for each certificate below the anchor the answer is
    INDETERMINATE/TRY_LATER (EN 319 102-1 §5.2.6). ``allow_form_filling``: changed form values after signing are
    accepted where DocMDP permits. ``freshness``: how much older than the time in question evidence of the state
    *now* may be when it carries no nextUpdate. ``clock_skew``: tolerated difference between two clocks.
    """

    require_revocation: bool = True
    allow_form_filling: bool = False
    freshness: timedelta = timedelta(days=7)
    clock_skew: timedelta = CLOCK_SKEW
