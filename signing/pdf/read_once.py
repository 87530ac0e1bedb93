"""A stream that is read once from its beginning to its end, and knows what was read."""

from __future__ import annotations

import hashlib
from typing import IO

from hsm.algorithms import Digest, DigestAlgorithm


class ReadOnce:
    """Reads ``stream`` and digests (SHA-256) what it hands out, so that a file changed meanwhile is noticed."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._state = hashlib.sha256()
        stream.seek(0)

    def read(self, size: int = -1, /) -> bytes:
        """Hand out the next octets."""
        piece = self._stream.read(size)
        self._state.update(piece)
        return piece

    def digest(self) -> Digest:
        """Return the digest of everything that was handed out."""
        return Digest(DigestAlgorithm.SHA256, self._state.digest())
