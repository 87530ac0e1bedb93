"""Whether a PDF grew from a certain file: sealing only appends, so the file handed in is how the PDF begins."""

from __future__ import annotations

from verify.digests import Prefixes, Running
from verify.policy import MAX_REVISIONS

MAX_TRAILING = 2048
"""Octets between the end mark of the document as handed in and the first object that sealing appended."""


def begins_with(data: bytes, prefixes: Prefixes, limit: int, expected: str) -> bool:
    """Tell whether some state of the file before octet ``limit`` has the digest ``expected`` (SHA-256, hexadecimal).

    Such a state ends near the end of an earlier revision.
    """
    mark = data.find(b"%%EOF", 0, limit)
    for _ in range(MAX_REVISIONS):
        if mark < 0:
            break
        end = mark + len(b"%%EOF")
        state = prefixes.upto("sha256", end)
        if state.hexdigest() == expected or _matches_soon(
            state, data[end : min(end + MAX_TRAILING, limit)], expected
        ):
            return True
        mark = data.find(b"%%EOF", end, limit)
    return False


def _matches_soon(state: Running, following: bytes, expected: str) -> bool:
    """Try each end before the next object begins: files carry blanks behind their end mark, and what gateways write there."""
    probe, begins = state.copy(), following.find(b" obj")
    for offset in range(len(following) if begins < 0 else begins):
        probe.update(following[offset : offset + 1])
        if probe.hexdigest() == expected:
            return True
    return False
