"""Writing a package: entries that stay keep their exact octets, packed as they were; the same input gives the same output.

An entry's record is copied from local header to descriptor, so nothing is packed anew and whatever was signed stays as it was.
New entries have no date but that of 1980 (a ZIP cannot say less), names in UTF-8, and are deflated.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import IO, Final

from verify.ofd.package import Package
from verify.ofd.zip_records import CENTRAL, CENTRAL_HEAD, DEFLATED, END, END_HEAD, LOCAL, LOCAL_HEAD, STORED

VERSION: Final = 20
"""Needed to read: folders and deflate (APPNOTE §4.4.3.2)."""
UTF8: Final = 0x0800
DAY_ONE: Final = 0x0021
"""1980-01-01 in MS-DOS form."""
LEVEL: Final = 6
_OFFSET: Final = struct.Struct("<I")
_OFFSET_AT: Final = 42
"""Place of the local header's offset in a record of the directory (§4.3.12)."""


class ZipWriter:
    """Writes one package into an empty seekable stream; :meth:`close` writes the directory."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._at = 0
        self._directory: list[bytes] = []

    def copy(self, package: Package, without: Iterable[str] = ()) -> None:
        """Copy the entries of a package in their order, folders too, except the paths ``without``."""
        left_out = {path.removeprefix("/") for path in without}
        for record in sorted(package.records, key=lambda record: record.start):
            if record.name in left_out:
                continue
            self._directory.append(_moved(record.central, self._at))
            self._write(memoryview(package.data)[record.start : record.end])

    def add(self, path: str, octets: bytes, *, packed: bool = True) -> None:
        """Add a file under its absolute path; ``packed`` is tried and left alone where it gains nothing."""
        name = path.removeprefix("/").encode()
        body, method = _deflated(octets) if packed else (octets, STORED)
        stated = (zlib.crc32(octets), len(body), len(octets))
        start = self._at
        self._write(LOCAL_HEAD.pack(LOCAL, VERSION, UTF8, method, 0, DAY_ONE, *stated, len(name), 0) + name)
        self._write(body)
        self._directory.append(
            CENTRAL_HEAD.pack(
                CENTRAL, VERSION, VERSION, UTF8, method, 0, DAY_ONE, *stated, len(name), 0, 0, 0, 0, 0, start
            )
            + name
        )

    def close(self) -> None:
        """Write the directory and its end; nothing can be added after it."""
        start, size = self._at, sum(map(len, self._directory))
        for record in self._directory:
            self._write(record)
        count = len(self._directory)
        self._write(END_HEAD.pack(END, 0, 0, count, count, size, start, 0))
        self._output.flush()

    def _write(self, octets: bytes | memoryview) -> None:
        self._output.write(octets)
        self._at += len(octets)


def _deflated(octets: bytes) -> tuple[bytes, int]:
    state = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = state.compress(octets) + state.flush()
    return (body, DEFLATED) if len(body) < len(octets) else (octets, STORED)


def _moved(central: bytes, start: int) -> bytes:
    return central[:_OFFSET_AT] + _OFFSET.pack(start) + central[_OFFSET_AT + _OFFSET.size :]
