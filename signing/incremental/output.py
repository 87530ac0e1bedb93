"""Copying a document, digesting it on the way, and putting the update behind it: each octet is touched once."""

from __future__ import annotations

import io
from binascii import hexlify
from dataclasses import dataclass, field
from typing import IO, Final

from hsm.algorithms import Digest, RunningDigest
from signing.errors import DocumentDamaged, TimeStampFailed
from signing.incremental.update import Gap
from verify.pdf.plain.octets import InMemory, Octets

CHUNK: Final = 1 << 18
"""Octets copied and digested at a time: they are still in the processor's cache when they are written."""


@dataclass(slots=True)
class PreparedPlain:
    """A document that lacks only its signature (:class:`signing.prepared.Prepared`); ``room`` in octets.

    ``source`` is the digest of the octets that were copied, if the envelope's algorithm is the permit's.
    """

    digest: Digest
    scope: str
    output: IO[bytes]
    room: int
    gap: Gap = field(repr=False)
    source: Digest
    writer: str = "incremental"
    """Which writer made it, for the sealing's record."""

    def complete(self, value: bytes) -> None:
        """Write the container into its place in ``output``. :class:`TimeStampFailed` if a token made it too long."""
        if len(value) > self.room:
            raise TimeStampFailed(f"the container takes {len(value)} octets, {self.room} were kept")
        self.output.seek(self.gap.start + 1)
        self.output.write(hexlify(value).upper())
        self.output.flush()


def copy(octets: Octets, output: IO[bytes], running: RunningDigest) -> None:
    """Write a document to ``output`` and digest it. :class:`DocumentDamaged`: somebody shortened the file meanwhile."""
    if isinstance(octets, InMemory):
        running.update(octets.data)
        output.write(octets.data)
        return
    position = 0
    while position < octets.size:
        piece = octets.read(position, CHUNK)
        if not piece:
            raise DocumentDamaged("the file was changed while it was being sealed")
        running.update(piece)
        output.write(piece)
        position += len(piece)


def digest_through(octets: Octets, running: RunningDigest) -> None:
    """Digest a document that stays where it is."""
    if isinstance(octets, InMemory):
        running.update(octets.data)
        return
    for position in range(0, octets.size, CHUNK):
        running.update(octets.read(position, CHUNK))


def append(output: IO[bytes], update: bytearray, gap: Gap, running: RunningDigest) -> bytes:
    """Write the update behind the document, digest all of it but the gap, and return the digest."""
    before = gap.size - len(update)
    view = memoryview(update)
    running.update(view[: gap.start - before])
    running.update(view[gap.end - before :])
    output.seek(before, io.SEEK_SET)
    output.write(update)
    return running.digest()
