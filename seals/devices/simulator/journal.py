"""Append-only files that survive a loss of power: a line is there whole or not at all.

Each line is one JSON array, written with a single call and synced before the stamp goes on. A torn last line is cut off
when the file is opened: what it would have said never happened.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hsm.durable import sync_folder
from seals.devices.simulator.errors import DeviceFolderInvalid

MAX_JOURNAL: Final = 256 * 2**20
"""Longest file read, in octets: a hundred thousand events of 2 KiB, more than a battery lasts."""


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits: a press's name, or a question's nonce."""
    return secrets.token_hex(16)


class Journal:
    """One file of lines. Not safe for two writers: the stamp's folder is locked (:mod:`seals.devices.simulator.memory`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if new:
            sync_folder(path.parent)
        self._cut_torn_end()

    def append(self, *values: Any) -> None:
        """Write one line and wait until the disk has it."""
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        os.write(self._file, line)
        os.fsync(self._file)

    def lines(self) -> Iterator[list[Any]]:
        """Read every line; :class:`DeviceFolderInvalid` for one that is none of ours."""
        for line in self._octets().splitlines():
            try:
                found = json.loads(line)
            except ValueError as wrong:
                raise self._damaged() from wrong
            if not isinstance(found, list):
                raise self._damaged()
            yield found

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def _octets(self) -> bytes:
        size = os.fstat(self._file).st_size
        if size > MAX_JOURNAL:
            raise self._damaged()
        return os.pread(self._file, size, 0)

    def _cut_torn_end(self) -> None:
        octets = self._octets()
        whole = octets.rfind(b"\n") + 1
        if whole < len(octets):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)

    def _damaged(self) -> DeviceFolderInvalid:
        name = self._path.name
        return DeviceFolderInvalid(
            self._path.parent, f"{name} 已损坏，请重新建立设备。", f"{name} is damaged; make the device anew."
        )
