"""Writing a file whole or not at all; reading one that somebody named."""

from __future__ import annotations

import os
from pathlib import Path

from api.errors import FileUnreadable
from hsm.durable import sync_folder


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write beside ``path``, to the disk, then rename (POSIX: atomic). On failure nothing is left (``OSError``)."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def read_file(path: Path) -> bytes:
    """Read a file that a setting or a caller names; :class:`FileUnreadable` says which one cannot be."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise FileUnreadable(path) from wrong
