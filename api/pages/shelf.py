"""A bounded shelf for uploads: each under an unguessable name, each gone after its time."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ca.clock import Clock

ID_BYTES = 24
"""192 random bits: who has the address has been given it."""
ID_FORM = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a shelf keeps."""

    age: timedelta
    entries: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One upload: a folder with the document, a state in JSON and the pictures of its pages."""

    id: str
    folder: Path

    @property
    def document(self) -> Path:
        """The bytes as they came, of a PDF or anything else: a name on the shelf says nothing of what is in it."""
        return self.folder / "document.pdf"

    @property
    def sealed(self) -> Path:
        """The sealed document, PDF or OFD, once there is one."""
        return self.folder / "sealed.pdf"

    @property
    def drawable(self) -> Path:
        """The file to draw pages from: an unlocked copy of an encrypted document, else the document."""
        unlocked = self.folder / "unlocked.pdf"
        return unlocked if unlocked.exists() else self.document

    @property
    def unlocked(self) -> Path:
        """Where an unlocked copy goes."""
        return self.folder / "unlocked.pdf"

    def state(self) -> dict[str, Any]:
        """Read the entry's state."""
        return dict(json.loads((self.folder / "state.json").read_text("utf-8")))

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace the state in one step, so that a reader sees the old or the new one."""
        partial = self.folder / f".state-{threading.get_ident()}"
        partial.write_text(json.dumps(state, ensure_ascii=False), "utf-8")
        partial.replace(self.folder / "state.json")

    def update(self, **changes: Any) -> dict[str, Any]:
        """Change some fields of the state; one writer at a time owns an entry."""
        state = self.state() | changes
        self.write_state(state)
        return state


class Shelf:
    """Entries in one folder, bounded in age, number and bytes; the oldest give way to the new."""

    def __init__(self, folder: Path, clock: Clock, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()

    @property
    def age(self) -> timedelta:
        """How long an entry stays."""
        return self._limits.age

    def create(self, state: dict[str, Any]) -> Entry:
        """Open a new entry with ``state``; the oldest entries are removed to make room."""
        self.sweep(room_for=1)
        entry = self._entry(secrets.token_urlsafe(ID_BYTES))
        entry.folder.mkdir(mode=0o700)
        entry.write_state(state | {"created": self._clock().isoformat()})
        return entry

    def get(self, name: str) -> Entry | None:
        """Return the entry, or None when there is none or its time is over."""
        if not ID_FORM.fullmatch(name):
            return None
        entry = self._entry(name)
        with contextlib.suppress(FileNotFoundError):
            if not self._expired(entry):
                return entry
            self.remove(entry)
        return None

    def remove(self, entry: Entry) -> None:
        """Take the entry away with everything in it."""
        shutil.rmtree(entry.folder, ignore_errors=True)

    def sweep(self, room_for: int = 0) -> None:
        """Remove what is over its time, then the oldest until number and bytes are within the limits."""
        with self._lock:
            kept: list[tuple[datetime, Entry]] = []
            for entry in self._entries():
                try:
                    born = _born(entry)
                except (OSError, ValueError, KeyError):
                    born = datetime.fromtimestamp(0, self._clock().tzinfo)
                if self._clock() - born > self._limits.age:
                    self.remove(entry)
                else:
                    kept.append((born, entry))
            kept.sort(key=lambda pair: pair[0])
            sizes = [_size(entry) for _, entry in kept]
            while kept and (
                len(kept) + room_for > self._limits.entries or sum(sizes) > self._limits.total_bytes
            ):
                self.remove(kept.pop(0)[1])
                sizes.pop(0)

    def _entry(self, name: str) -> Entry:
        return Entry(name, self._folder / name)

    def _entries(self) -> Iterator[Entry]:
        for item in os.scandir(self._folder):
            if ID_FORM.fullmatch(item.name) and item.is_dir(follow_symlinks=False):
                yield self._entry(item.name)

    def _expired(self, entry: Entry) -> bool:
        return self._clock() - _born(entry) > self._limits.age


def _born(entry: Entry) -> datetime:
    return datetime.fromisoformat(str(entry.state()["created"]))


def _size(entry: Entry) -> int:
    with contextlib.suppress(OSError):
        return sum(item.stat().st_size for item in os.scandir(entry.folder) if item.is_file())
    return 0
