"""Documents in one folder of this machine: a file each, there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from hsm.algorithms import Digest
from hsm.durable import sync_folder
from signing.errors import StorageFull
from signing.objects.errors import ObjectMissing
from signing.objects.shelf import CHUNK, PROBE, ObjectFound, name_of, sha256

_STORAGE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENXIO}
)
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EXDEV})


@contextlib.contextmanager
def storage() -> Iterator[None]:
    """Turn a disk that is full, failing or not writable into :class:`StorageFull`."""
    try:
        yield
    except OSError as wrong:
        if wrong.errno not in _STORAGE:
            raise
        raise StorageFull(errno.errorcode.get(wrong.errno or 0, "OSError")) from wrong


class LocalObjects:
    """A folder, shared by every process that works with it. Names on the same file system are added without copying."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with storage():
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.folder)

    def path(self, digest: Digest) -> Path:
        """Return where a document with this digest is, or would be."""
        return self.folder / name_of(digest)

    def put(self, source: Path, digest: Digest) -> bool:
        """Give the file a second name here; on another file system, copy it. See :class:`Objects`."""
        target = self.path(digest)
        with storage():
            if not target.parent.exists():
                target.parent.mkdir(exist_ok=True)
                sync_folder(self.folder)
            made = add_name(source, target)
            sync_folder(target.parent)
        return made

    def local(self, digest: Digest) -> Path:
        """Return the object's file."""
        return self.path(digest)

    def fetch(self, digest: Digest, into: IO[bytes]) -> int:
        """Copy the object's file."""
        try:
            with self.path(digest).open("rb") as stream:
                shutil.copyfileobj(stream, into, CHUNK)
                return stream.tell()
        except FileNotFoundError as wrong:
            raise ObjectMissing(digest) from wrong

    def size(self, digest: Digest) -> int | None:
        """Return the octets of the file."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, digest: Digest) -> bool:
        """Remove the file, and make that durable."""
        path = self.path(digest)
        with storage():
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            sync_folder(path.parent)
        return True

    def walk(self) -> Iterator[ObjectFound]:
        """List the files in order of name; anything else that lies here is passed over."""
        for folder in sorted(self.folder.iterdir()):
            if not folder.is_dir():
                continue
            for path in sorted(folder.iterdir()):
                try:
                    digest = sha256(path.name)
                except ValueError:
                    continue
                yield ObjectFound(digest, path.stat().st_size)

    def probe(self) -> None:
        """Write, read and remove a small file."""
        path = self.folder / f".{PROBE}-{secrets.token_hex(4)}"
        with storage():
            try:
                path.write_bytes(PROBE.encode())
                path.read_bytes()
            finally:
                path.unlink(missing_ok=True)


def add_name(source: Path, target: Path) -> bool:
    """Add a name to a file and tell whether it is new; a file system without hard links gets a copy by way of a temporary name."""
    if target.exists():
        return False
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError as wrong:
        if wrong.errno not in _NO_LINKS:
            raise
        _copy(source, target)
    return True


def _copy(source: Path, target: Path) -> None:
    copy = target.with_name(f".{source.name}-{secrets.token_hex(4)}")
    try:
        with source.open("rb") as original, copy.open("xb") as stream:
            shutil.copyfileobj(original, stream, CHUNK)
            stream.flush()
            os.fsync(stream.fileno())
        copy.rename(target)
    finally:
        copy.unlink(missing_ok=True)
