"""The door to a document's text: PDFium reads foreign bytes in a process of its own, bounded in time and memory.

Importing this loads no PDF library; the process does, when it is first needed. It gets neither the service's environment nor
any secret but the document's password.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from hsm.kept_process import SharedProcess, Upkeep
from signing.errors import PasswordWrong
from signing.pdf.pages import Search
from signing.placing.errors import SearchFailed
from signing.placing.keyword_text import Hits

DEFAULT_SECONDS: Final = 30.0
"""Time for one search: five hundred pages of dense text take about two seconds on one core."""
DEFAULT_MEMORY: Final = 1536 * 1024 * 1024
"""Address space of the process: the largest document sealed, its objects, and the library."""
DEFAULT_PATIENCE: Final = 60.0
"""How long a caller waits for its turn before it is told to come again, in seconds."""
MAX_TASKS: Final = 500
"""Searches after which the process is replaced, so that leaks of the library cannot add up."""
_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one search may cost: wall-clock seconds, octets of address space, seconds in the queue."""

    seconds: float = DEFAULT_SECONDS
    memory: int = DEFAULT_MEMORY
    patience: float = DEFAULT_PATIENCE


class TextReader(SharedProcess):
    """Finds texts in PDF files, one search at a time; its process is replaced after a hang or crash. Close it at the end."""

    def __init__(self, limits: Limits | None = None) -> None:
        chosen = limits or Limits()
        upkeep = Upkeep(
            module="signing.placing.keyword_worker",
            first=str(chosen.memory).encode(),
            environment={name: os.environ[name] for name in _INHERITED if name in os.environ},
            seconds=chosen.seconds,
            most=MAX_TASKS,
        )
        super().__init__(upkeep, chosen.patience)

    def search(self, stream: IO[bytes], password: str | None = None) -> Search:
        """Give the search over one open document; its position in the stream is not kept."""

        def find(text: str, pages: Sequence[int]) -> Hits:
            return self.find(stream, text, pages, password)

        return find

    def find(self, stream: IO[bytes], text: str, pages: Sequence[int], password: str | None = None) -> Hits:
        """Find a text on pages (numbers from 1). :class:`SearchFailed`, :class:`PasswordWrong`."""
        path = _path(stream)
        asked = {"path": path, "text": text, "pages": list(pages), "password": password}
        octets = b"" if path else _octets(stream)
        told = self._ask(json.dumps(asked).encode(), octets)
        word = told.get("refused")
        if word == "password":
            raise PasswordWrong("the password does not open the text")
        if word is not None:
            raise SearchFailed(str(word))
        boxes = tuple((page, tuple(map(_box, found))) for page, found in told["boxes"])
        return Hits(boxes, tuple(told["pictures"]))

    def _ask(self, asked: bytes, octets: bytes) -> dict[str, Any]:
        frames, late = self.exchange((asked, octets), 1)
        if frames is None:
            raise SearchFailed("too late" if late else "the process stopped")
        told: dict[str, Any] = json.loads(frames[0])
        return told


def _path(stream: IO[bytes]) -> str:
    """Name the file that a stream reads, so that a large one need not be copied; empty for octets in memory."""
    name = getattr(stream, "name", None)
    return str(Path(name).resolve()) if isinstance(name, str) and Path(name).is_file() else ""


def _octets(stream: IO[bytes]) -> bytes:
    if isinstance(stream, io.BytesIO):
        return stream.getvalue()
    stream.seek(0)
    return stream.read()


def _box(numbers: Sequence[float]) -> tuple[float, float, float, float]:
    left, bottom, right, top = (float(number) for number in numbers)
    return left, bottom, right, top
