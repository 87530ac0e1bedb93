"""Copies on this machine of documents whose store is elsewhere: proved when they come, the oldest given up first."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Final

from hsm.algorithms import Digest
from signing.objects.errors import ObjectDamaged
from signing.objects.local import add_name, storage
from signing.objects.shelf import Objects, digest_of_file, name_of

NEAR_OCTETS: Final = 2**30
"""Room for copies: some ten thousand documents; the store has them all."""
SPARED: Final = 64
"""The newest copies are never given up: somebody may be about to read them."""


class NearCopies:
    """A folder of copies. Anything in it may be removed at any time by hand."""

    def __init__(self, folder: Path, objects: Objects, room: int = NEAR_OCTETS) -> None:
        self._folder = folder
        self._objects = objects
        self._room = room
        self._held: int | None = None
        self._lock = threading.Lock()

    def path(self, digest: Digest) -> Path:
        """Return a document's copy, fetched and proved if it is not there. Raises what the store's ``fetch`` raises."""
        path = self._folder / name_of(digest)
        if path.exists():
            return path
        with storage():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as fresh:
                    self._objects.fetch(digest, fresh)
                size = _prove(Path(name), digest)
                Path(name).rename(path)
            finally:
                Path(name).unlink(missing_ok=True)
        self._count(size)
        return path

    def add(self, source: Path, digest: Digest) -> Path:
        """Take a file that was just stored, without copying it where the file system can."""
        path = self._folder / name_of(digest)
        with storage():
            path.parent.mkdir(parents=True, exist_ok=True)
            add_name(source, path)
        self._count(source.stat().st_size)
        return path

    def forget(self, digest: Digest) -> None:
        """Remove the copy of a document that was deleted."""
        (self._folder / name_of(digest)).unlink(missing_ok=True)

    def _count(self, size: int) -> None:
        with self._lock:
            self._held = None if self._held is None else self._held + size
            if self._held is None or self._held > self._room:
                self._held = self._make_room()

    def _make_room(self) -> int:
        """Remove the oldest copies until three quarters are left; return the octets that stay."""
        files = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                files.append((facts.st_mtime_ns, facts.st_size, path))
        held = sum(size for _, size, _ in files)
        if held <= self._room:
            return held
        for _, size, path in sorted(files)[: max(0, len(files) - SPARED)]:
            if held <= self._room * 3 // 4:
                break
            path.unlink(missing_ok=True)
            held -= size
        return held


def _prove(path: Path, digest: Digest) -> int:
    found, size = digest_of_file(path)
    if found != digest:
        raise ObjectDamaged(digest, f"{found}, {size} octets")
    return size
