"""Limits on foreign trust lists, each with its reason."""

from __future__ import annotations

from typing import Final

MAX_LIST_OCTETS: Final = 32 * 1024 * 1024
"""One list; the largest national ones have about 6 MB."""
MAX_ELEMENTS: Final = 1_000_000
"""XML elements; a list of 6 MB has some 70,000."""
MAX_DEPTH: Final = 64
"""Nesting; a list has some 15 levels, nested criteria a few more."""
MAX_NAMESPACES: Final = 100
"""Prefixes declared in one place of the tree; real lists have some ten. A copy of the tree looks each up for each element."""
MAX_SERVICES: Final = 50_000
"""Services; the whole of the Union lists some 5,000."""
MAX_PERIODS: Final = 500
"""Periods of one service; real ones have under 10."""
MAX_CERTIFICATES: Final = 200
"""Certificates in one digital identity; renewals of one key, a handful."""
MAX_CERTIFICATE_OCTETS: Final = 32 * 1024
"""One certificate; real ones have under 4 KiB."""
MAX_POINTERS: Final = 1_000
"""Pointers to other lists; the Union's list of lists has some 40."""
MAX_TEXT: Final = 20_000
"""Characters of one text; legal notices have up to some 5,000."""
MAX_TEXTS: Final = 200
"""Languages of one text, or URIs of one field."""
MAX_HEADER_OCTETS: Final = 256 * 1024
"""Protected header of a list in JSON, in base64url: a chain of ten ordinary certificates takes 30 KiB."""
MAX_CHAIN: Final = 10
"""Certificates that a signature brings along."""
MAX_NUMBER: Final = 2**63 - 1
"""Highest sequence number: what databases hold."""
MAX_LISTS: Final = 500
"""Lists that one trust store pins by number."""
MAX_PIVOTS: Final = 100
"""Older lists followed for a change of signers."""
