"""Documents that wait to be judged: kept where every worker reaches them, and no longer than that.

Each is kept behind octets of chance, so that it has a name of its own: two orders with one document never share a file, and
removing it for one takes nothing from the other. The name says nothing about the document either.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

from hsm.algorithms import Digest
from signing.objects.errors import ObjectMissing
from signing.objects.shelf import CHUNK, Objects, digest_of_file

SALT: Final = 32
LEFT_AFTER: Final = timedelta(hours=24)
"""What nobody claims after this time was handed in by a process that died in the middle."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """What waits: under which name, the octets of the document, and those of what lies beside it."""

    digest: Digest
    size: int
    beside: int


class Spool:
    """The store of what is handed in."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, path: Path, head: bytes = b"", content: Path | None = None) -> Spooled:
        """Keep a file and, behind it in the same object, what lies beside it. Raises what the store raises."""
        with tempfile.TemporaryDirectory(prefix="yinxin-spool-") as folder:
            copy = Path(folder) / "document"
            with copy.open("wb") as target:
                target.write(secrets.token_bytes(SALT))
                _append(path, target)
                size = target.tell() - SALT
                target.write(head)
                if content is not None:
                    _append(content, target)
            digest, whole = digest_of_file(copy)
            self._objects.put(copy, digest)
        return Spooled(digest, size, whole - SALT - size)

    def read(self, digest: Digest) -> bytes | None:
        """Return a document's octets with those beside it; nothing where they are not there or were changed."""
        near = self._objects.local(digest)
        try:
            if near is not None:
                return _proved(near, digest)
            with tempfile.NamedTemporaryFile(prefix="yinxin-spool-") as copy:
                self._objects.fetch(digest, copy)
                copy.flush()
                return _proved(Path(copy.name), digest)
        except (ObjectMissing, FileNotFoundError):
            return None

    def remove(self, digest: Digest) -> None:
        """Take a document away; one that is gone already is gone."""
        self._objects.remove(digest)

    def sweep(self, known: set[str], now: datetime) -> int:
        """Remove what no order knows and is a day old, where the store is a folder; return how many."""
        count = 0
        for found in self._objects.walk():
            near = self._objects.local(found.digest)
            if near is None or str(found.digest) in known:
                continue
            if now.timestamp() - near.stat().st_mtime > LEFT_AFTER.total_seconds():
                count += self._objects.remove(found.digest)
        return count


def _append(path: Path, target: IO[bytes]) -> None:
    with path.open("rb") as source:
        shutil.copyfileobj(source, target, CHUNK)


def _proved(path: Path, digest: Digest) -> bytes | None:
    if digest_of_file(path)[0] != digest:
        return None
    with path.open("rb") as stream:
        stream.seek(SALT)
        return stream.read()
