"""Documents that wait to be sealed: kept by their digest where every worker reaches them, read back only if unchanged."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hsm.algorithms import Digest
from signing.batch.errors import InputMissing
from signing.objects.errors import ObjectMissing
from signing.objects.shelf import Objects
from signing.order import digest_of

SMALL: Final = 8 * 2**20
"""Octets of a document that is read whole; what is larger is sealed from its file, so that memory stays small."""


class Inputs:
    """The store of what is handed in."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, path: Path) -> tuple[Digest, int]:
        """Keep a file; return its digest and size in octets. The same octets again change nothing."""
        digest, size = digest_of(path), path.stat().st_size
        with tempfile.TemporaryDirectory(prefix="yinxin-input-") as folder:
            # A copy, as the caller's file may be written to afterwards: a second name of it would change with it.
            copy = Path(folder) / "input"
            shutil.copyfile(path, copy)
            if digest_of(copy) != digest:
                raise InputMissing(
                    "文件在提交过程中被修改，请重新提交。", "The file was changed while it was handed in."
                )
            self._objects.put(copy, digest)
        return digest, size

    @contextlib.contextmanager
    def fetch(self, digest: Digest, size: int) -> Iterator[bytes | Path]:
        """Yield a document: its octets, or the path of a file with them if it is large. :class:`InputMissing`."""
        near = self._objects.local(digest)
        if near is not None:
            yield _proved(near, digest, size)
            return
        with tempfile.NamedTemporaryFile(prefix="yinxin-input-") as copy:
            try:
                self._objects.fetch(digest, copy)
            except ObjectMissing as wrong:
                raise InputMissing from wrong
            copy.flush()
            path = Path(copy.name)
            yield _proved(path, digest, size)


def _proved(path: Path, digest: Digest, size: int) -> bytes | Path:
    """Return a file's octets, or its path if it is large, once it is what its name says."""
    try:
        document = path.read_bytes() if size <= SMALL else path
        if digest_of(document) != digest:
            raise InputMissing
    except FileNotFoundError as wrong:
        raise InputMissing from wrong
    return document
