"""Prepare a detached signature: digest the file once, whatever its size, and put the container into the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Final

from hsm.algorithms import Digest
from signing.containers.envelope import Envelope
from signing.mark import Work
from signing.order import CHUNK

SCOPE: Final = "file"
"""What a detached signature protects: all of the file beside it."""


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file that was digested; the output holds nothing yet (:class:`signing.prepared.Prepared`)."""

    digest: Digest
    output: IO[bytes]
    scope: str = SCOPE

    def complete(self, value: bytes) -> None:
        """Write the container, which is all that the output holds."""
        self.output.seek(0)
        self.output.truncate()
        self.output.write(value)
        self.output.flush()


def prepare(work: Work, envelope: Envelope) -> PreparedFile:
    """Digest the source by the envelope's algorithm, a megabyte at a time; ``OSError`` if it cannot be read."""
    state = envelope.digest.running()
    while piece := work.source.read(CHUNK):
        state.update(piece)
    return PreparedFile(Digest(envelope.digest, state.digest()), work.output)
