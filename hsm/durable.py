"""Files that are there whole or not at all, and what is said when the disk will not have them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hsm.errors import TokenRefused

Stamp = tuple[int, int, int]


def write_whole(path: Path, content: bytes) -> None:
    """Replace ``path``: temporary file, fsync, rename, fsync of the folder. Readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def on_disk() -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into :class:`TokenRefused`."""
    try:
        yield
    except OSError as wrong:
        raise TokenRefused(wrong.strerror or type(wrong).__name__) from wrong


def stamp(path: str | Path) -> Stamp | None:
    """Return what changes when a file is written whole again: inode, time and length; nothing if it cannot be told.

    Take it before reading: who finds the same stamp later may keep what was read.
    """
    try:
        facts = os.stat(path)  # noqa: PTH116 - a Path's own stat takes three times as long
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_size
