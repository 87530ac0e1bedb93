"""Where sealed documents are made, and handed to the store of finished ones: by digest, whole or not at all.

``work/ID.draft`` is a document being made; its maker holds a lock on it, which the system frees when the maker dies.
``work/ID.sealed`` is the same file once it is complete, checked and on the disk (one rename). Its octets then go to the
store (:mod:`signing.objects`): a second name of the same file in a folder, or an object in a bucket. Whoever finds an
unlocked file in ``work`` can therefore tell what had been done; a store that does not answer leaves ``ID.sealed`` there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from hsm.algorithms import Digest
from hsm.durable import sync_folder
from signing.objects.errors import ObjectMissing, StorageUnavailable
from signing.objects.local import LocalObjects, storage
from signing.objects.near import NearCopies
from signing.objects.shelf import Objects, digest_of_file

DRAFT: Final = ".draft"
SEALED: Final = ".sealed"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the archive; ``size`` in octets, ``path`` its file on this machine."""

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
        """Make the document durable and store it by its content.

        :class:`signing.errors.StorageFull`; then nothing is left. :class:`StorageUnavailable`: the finished file stays, and
        whoever takes over stores it.
        """
        with storage():
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self._archive.draft_path(self._sealing).rename(self._archive.sealed_path(self._sealing))
            self._finished = True
            try:
                return self._archive.keep(self._sealing)
            except StorageUnavailable:
                raise
            except BaseException:
                self._archive.settle(self._sealing)
                raise

    def park(self) -> None:
        """Make the unfinished document durable; from now on it stays when it is left (:meth:`Archive.resume`)."""
        with storage():
            self.stream.flush()
            os.fsync(self.stream.fileno())
            sync_folder(self._archive.work)
        self._finished = True

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
    """A folder to work in (one file system, so that a rename is atomic; shared by all workers) and a store.

    ``objects`` is the store; without one, the folder ``objects`` beside ``work``.
    """

    def __init__(self, folder: Path, objects: Objects | None = None, *, work: str = "work") -> None:
        self.work = folder / work
        with storage():
            self.work.mkdir(parents=True, exist_ok=True)
        self.objects: Objects = LocalObjects(folder / "objects") if objects is None else objects
        self._near = NearCopies(folder / "near", self.objects)

    def draft_path(self, sealing: str) -> Path:
        """Return where the unfinished document of a sealing lies."""
        return self.work / f"{sealing}{DRAFT}"

    def sealed_path(self, sealing: str) -> Path:
        """Return where the finished document of a sealing lies until its outcome is recorded."""
        return self.work / f"{sealing}{SEALED}"

    def path(self, digest: Digest) -> Path:
        """Return a document's file on this machine, fetched and proved if the store is elsewhere.

        :class:`ObjectMissing`, :class:`signing.objects.errors.ObjectDamaged`, :class:`StorageUnavailable`.
        """
        local = self.objects.local(digest)
        if local is None:
            return self._near.path(digest)
        if not local.exists():
            raise ObjectMissing(digest)
        return local

    def proved(self, digest: Digest) -> Path:
        """Return a document's file, fetched anew from a store elsewhere; raises as :meth:`path` does."""
        if self.objects.local(digest) is None:
            self._near.forget(digest)
        return self.path(digest)

    def open(self, digest: Digest) -> IO[bytes]:
        """Open a document for reading; raises as :meth:`path` does."""
        return self.path(digest).open("rb")

    def remove(self, digest: Digest) -> bool:
        """Remove a document from the store and from this machine; tell whether the store had it."""
        removed = self.objects.remove(digest)
        self._near.forget(digest)
        return removed

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

    def resume(self, sealing: str) -> Draft | None:
        """Take up a parked document and lock it; it stays when it is left. ``None`` if it is gone, or somebody has it."""
        path = self.draft_path(sealing)
        try:
            stream = path.open("r+b")
        except FileNotFoundError:
            return None
        if not (_lock(stream) and _still_named(stream, path)):
            stream.close()
            return None
        draft = Draft(self, sealing, stream)
        draft.park()
        return draft

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
        """Look what a maker left behind, and store it if it is finished; ``None`` while that maker is alive."""
        left = self._locked(sealing)
        if left is None:
            return None
        lock, finished = left
        try:
            return Abandoned(self, sealing, lock, self.keep(sealing) if finished else None)
        except BaseException:
            if lock is not None:
                lock.close()
            raise

    def discard(self, sealing: str) -> bool:
        """Remove what a maker left of a sealing that nobody waits for; tell ``False`` while that maker is alive."""
        left = self._locked(sealing)
        if left is None:
            return False
        with Abandoned(self, sealing, left[0], None):
            self.settle(sealing)
        return True

    def _locked(self, sealing: str) -> tuple[IO[bytes] | None, bool] | None:
        """Lock what is left and tell whether it is finished; ``None`` if somebody alive holds it.

        A maker that finishes between two looks gives the draft its other name, so that is looked for once more.
        """
        done, draft = (self.sealed_path(sealing), True), (self.draft_path(sealing), False)
        for path, finished in (done, draft, done):
            try:
                lock = path.open("rb")
            except FileNotFoundError:
                continue
            if not _lock(lock) or not _still_named(lock, path):  # alive, or settled by somebody else just now
                lock.close()
                return None
            return lock, finished
        return None, False

    def keep(self, sealing: str) -> Stored:
        """Store a finished document; repeating it changes nothing. Raises what :meth:`Objects.put` does."""
        source = self.sealed_path(sealing)
        digest, size = digest_of_file(source)
        self.objects.put(source, digest)
        return Stored(digest, size, self.objects.local(digest) or self._near.add(source, digest))

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
