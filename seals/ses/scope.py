"""``propertyInfo`` of a seal signature in a PDF: the standards ask that it states what is protected and leave the form open.

Ours is the signature's own /ByteRange as it stands in the file: ``[0 840 17226 512]``.
"""

from __future__ import annotations

import re
from typing import Final

MAX_SCOPE_LENGTH: Final = 4096
"""Longest text looked at; paths in an OFD have some forty characters."""
_RANGE: Final = re.compile(
    r"[^\[\]]{0,32}\[\s*([0-9]{1,12})\s+([0-9]{1,12})\s+([0-9]{1,12})\s+([0-9]{1,12})\s*\]"
)


def byte_range_scope(*numbers: int) -> str:
    """Write the four numbers of a /ByteRange."""
    return f"[{' '.join(map(str, numbers))}]"


def read_byte_range(scope: str) -> tuple[int, ...] | None:
    """Read the four numbers where a scope states a /ByteRange, with a word before it or none; ``None`` for other texts."""
    found = _RANGE.fullmatch(scope.strip()) if len(scope) <= MAX_SCOPE_LENGTH else None
    return None if found is None else tuple(map(int, found.groups()))
