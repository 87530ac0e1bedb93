"""The interface of a store of finished documents, and what is the same for each: names, digests, words for an outage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from hsm.algorithms import Digest, DigestAlgorithm

CHUNK: Final = 1 << 20
"""Octets copied and hashed at a time."""


@dataclass(frozen=True, slots=True)
class ObjectFound:
    """One stored object as a listing tells of it; ``size`` in octets."""

    digest: Digest
    size: int


class Objects(Protocol):
    """Documents by digest (SHA-256). An object never changes; putting one twice is putting it once."""

    @property
    def address(self) -> str:
        """Where the objects lie, for people; no secret is in it."""

    def put(self, source: Path, digest: Digest) -> bool:
        """Store the file ``source``, durably before this returns; tell whether it was not there before.

        Raises :class:`signing.objects.errors.StorageUnavailable`, :class:`signing.objects.errors.StorageRefused`
        or :class:`signing.errors.StorageFull`; then it may be there or not, and putting it again is right.
        """

    def local(self, digest: Digest) -> Path | None:
        """Return the object's own file where the store is a folder of this machine; ``None`` elsewhere."""

    def fetch(self, digest: Digest, into: IO[bytes]) -> int:
        """Copy an object; return its octets, which are not proved yet. :class:`signing.objects.errors.ObjectMissing`."""

    def size(self, digest: Digest) -> int | None:
        """Return the octets of an object, or ``None`` if it is not there."""

    def remove(self, digest: Digest) -> bool:
        """Remove an object, durably; tell whether it was there."""

    def walk(self) -> Iterator[ObjectFound]:
        """List every object in order of its digest."""

    def probe(self) -> None:
        """Write, read and remove a small object that is no document. Raises what is in the way."""


def sha256(text: str) -> Digest:
    """Read a hexadecimal SHA-256. ``ValueError`` for anything else."""
    value = bytes.fromhex(text)
    if len(value) != 32 or text != value.hex():
        raise ValueError("a SHA-256 has 64 hexadecimal digits in lower case")
    return Digest(DigestAlgorithm.SHA256, value)


def digest_of_file(path: Path) -> tuple[Digest, int]:
    """Return the SHA-256 and the size of a file. ``OSError``."""
    with path.open("rb") as stream:
        digest = Digest(DigestAlgorithm.SHA256, hashlib.file_digest(stream, "sha256").digest())
        return digest, stream.tell()


def name_of(digest: Digest) -> str:
    """Return the name of an object: ``ab/abcd…``, so that no folder has more than a 256th of all."""
    return f"{digest.hex[:2]}/{digest.hex}"


PROBE: Final = "probe"
"""Name of the small object of :meth:`Objects.probe`: too short to be a digest."""
