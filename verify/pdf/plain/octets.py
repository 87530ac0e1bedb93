"""The octets of a document where they lie: in memory at once, or in a file by windows, never mapped.

A file is not mapped into memory, because somebody who shortens it meanwhile would end our process; and a window is small,
so that a large file costs no memory.
"""

from __future__ import annotations

import io
import os
from typing import IO, Final, Protocol

WINDOW: Final = 4096
"""Octets read at first around an object; pages, forms and catalogues are smaller."""


class Octets(Protocol):
    """Random access to a document."""

    size: int

    def window(self, offset: int, length: int) -> tuple[bytes, int, bool]:
        """Return a buffer, where ``offset`` lies in it, and whether it goes to the end; ``length`` octets or more follow."""

    def read(self, offset: int, length: int) -> bytes:
        """Return ``length`` octets, fewer at the end."""


class InMemory:
    """A document that is held as one ``bytes``."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def window(self, offset: int, length: int) -> tuple[bytes, int, bool]:
        """Give the whole."""
        del length
        return self.data, offset, True

    def read(self, offset: int, length: int) -> bytes:
        """Cut out."""
        return self.data[offset : offset + length]


class InFile:
    """A document in a file; ``descriptor`` stays the caller's, its position is not moved."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def window(self, offset: int, length: int) -> tuple[bytes, int, bool]:
        """Read a piece."""
        piece = self.read(offset, length)
        return piece, 0, offset + len(piece) >= self.size

    def read(self, offset: int, length: int) -> bytes:
        """Read a piece (POSIX ``pread``), whole unless the file ends."""
        length = min(length, max(0, self.size - offset))
        piece = os.pread(self._descriptor, length, offset)
        while len(piece) < length and (
            more := os.pread(self._descriptor, length - len(piece), offset + len(piece))
        ):
            piece += more
        return piece


def octets_of(stream: IO[bytes]) -> Octets:
    """Choose by what the stream is; one that is neither memory nor a file is read whole."""
    if isinstance(stream, io.BytesIO):
        return InMemory(stream.getvalue())
    try:
        descriptor = stream.fileno()
    except (OSError, AttributeError):
        stream.seek(0)
        return InMemory(stream.read())
    if stream.writable():
        stream.flush()
    return InFile(descriptor)
