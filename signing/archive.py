"""Where sealed documents are kept: by the digest of their content, whole or not at all.

``work/ID.draft`` is a document being made; its maker holds a lock on it, which the system frees when the maker dies.
``work/ID.sealed`` is the same file once it is complete, checked and on the disk (one rename). ``objects/ab/abcd…`` is a
second name of it, by SHA-256. Whoever finds an unlocked file in ``work`` can therefore tell what had been done.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.durable import sync_folder
from signing.errors import StorageFull

DRAFT: Final = ".draft"
SEALED: Final = ".sealed"
_STORAGE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENXIO}
)


@contextlib.contextmanager
def storage() -> Iterator[None]:
    """Turn a disk that is full, failing or not writable into :class:`StorageFull`."""
    try:
        yield
    except OSError as wrong:
        if wrong.errno not in _STORAGE:
            raise
        raise StorageFull(errno.errorcode.get(wrong.errno or 0, "OSError")) from wrong


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the archive; ``size`` in octets."""

    digest: Digest
    size: int
    path: Path


class Draft:
    """A document being made, locked by its maker. Leave it as a context manager: an unfinished one is removed."""

    def __init__(self, archive: Archive, sealing: str, stream: IO[bytes]) -> None:
        self._archive = archive
        self._sealing = sealing
        self.stream = stream
        self._finished = False

    @property
    def path(self) -> Path:
        """Where the unfinished document lies."""
        return self._archive.draft_path(self._sealing)

    def finish(self) -> Stored:
        """Make the document durable and give it its name by content. :class:`StorageFull`."""
        with storage():
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self._archive.draft_path(self._sealing).rename(self._archive.sealed_path(self._sealing))
            self._finished = True
            try:
                return self._archive.keep(self._sealing)
            except BaseException:
                self._archive.settle(self._sealing)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._archive.draft_path(self._sealing).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.stream.close()


class Abandoned:
    """A document whose maker died, now locked by us: ``stored`` if it was complete and checked, else ``None``."""

    def __init__(self, archive: Archive, sealing: str, lock: IO[bytes] | None, stored: Stored | None) -> None:
        self._archive = archive
        self._sealing = sealing
        self._lock = lock
        self.stored = stored

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()


class Archive:
    """A content-addressed archive in one folder (one file system, so that a rename is atomic; shared by all workers)."""

    def __init__(self, folder: Path) -> None:
        self.objects = folder / "objects"
        self.work = folder / "work"
        with storage():
            self.objects.mkdir(parents=True, exist_ok=True)
            self.work.mkdir(parents=True, exist_ok=True)

    def draft_path(self, sealing: str) -> Path:
        """Return where the unfinished document of a sealing lies."""
        return self.work / f"{sealing}{DRAFT}"

    def sealed_path(self, sealing: str) -> Path:
        """Return where the finished document of a sealing lies until its outcome is recorded."""
        return self.work / f"{sealing}{SEALED}"

    def path(self, digest: Digest) -> Path:
        """Return where a document with this digest is, or would be."""
        return self.objects / digest.hex[:2] / digest.hex

    def begin(self, sealing: str) -> Draft | None:
        """Start a document and lock it; ``None`` if its maker is at work. :class:`StorageFull`."""
        path = self.draft_path(sealing)
        with storage():
            stream = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "w+b")
            if not (_lock(stream) and _still_named(stream, path) and self._clear_leftover(sealing)):
                stream.close()
                return None
            stream.truncate(0)
            return Draft(self, sealing, stream)

    def _clear_leftover(self, sealing: str) -> bool:
        """Remove the finished file of a failed attempt; tell ``False`` if a living maker holds it."""
        path = self.sealed_path(sealing)
        try:
            with path.open("rb") as leftover:
                if not _lock(leftover):
                    return False
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        return True

    def take_over(self, sealing: str) -> Abandoned | None:
        """Look what a maker left behind; ``None`` while that maker is alive."""
        for path, finished in ((self.sealed_path(sealing), True), (self.draft_path(sealing), False)):
            try:
                lock = path.open("rb")
            except FileNotFoundError:
                continue
            if not _lock(lock) or not _still_named(lock, path):  # alive, or settled by somebody else just now
                lock.close()
                return None
            return Abandoned(self, sealing, lock, self.keep(sealing) if finished else None)
        return Abandoned(self, sealing, None, None)

    def keep(self, sealing: str) -> Stored:
        """Give a finished document its name by content; repeating it changes nothing."""
        source = self.sealed_path(sealing)
        with source.open("rb") as stream:
            digest = Digest(DigestAlgorithm.SHA256, hashlib.file_digest(stream, "sha256").digest())
            size = stream.tell()
        target = self.path(digest)
        with storage():
            if not target.parent.exists():
                target.parent.mkdir(exist_ok=True)
                sync_folder(self.objects)
            _link(source, target)
            sync_folder(target.parent)
        return Stored(digest, size, target)

    def settle(self, sealing: str) -> None:
        """Remove what a settled sealing leaves in ``work``; the object stays."""
        self.draft_path(sealing).unlink(missing_ok=True)
        self.sealed_path(sealing).unlink(missing_ok=True)

    def unsettled(self) -> tuple[str, ...]:
        """Ids of sealings that have a file in ``work``, sorted."""
        return tuple(sorted({path.stem for path in self.work.iterdir() if path.suffix in (DRAFT, SEALED)}))


def _lock(stream: IO[bytes]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_named(stream: IO[bytes], path: Path) -> bool:
    """Tell whether the file that we locked is still the one that the name means."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _link(source: Path, target: Path) -> None:
    """Add a name; a file system without hard links gets a copy by way of a temporary name."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as wrong:
        if wrong.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
            raise
        copy = target.with_name(f".{source.name}")
        shutil.copyfile(source, copy)
        copy.rename(target)
