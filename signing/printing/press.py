"""The door to the making of copies: PDFium reads foreign octets in a process of its own, bounded in time and memory.

Importing this loads no PDF library; the process does, when it is first needed. It gets neither the service's environment
nor any secret but the document's password.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hsm.kept_process import SharedProcess, Upkeep
from signing.printing.errors import PrintFailed

DEFAULT_SECONDS: Final = 180.0
"""Time for one copy: a page takes some 30 ms, as a picture some 200; two thousand pages stay below three minutes."""
DEFAULT_MEMORY: Final = 2 * 1024**3
"""Address space of the process: the largest document sealed, its pages, one picture, and the libraries."""
DEFAULT_PATIENCE: Final = 120.0
"""How long a caller waits for its turn before it is told to come again, in seconds."""
MAX_TASKS: Final = 200
"""Copies after which the process is replaced, so that leaks of the library cannot add up."""
_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
_QUIET: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Edge:
    """What is printed on every page's edge: where the code leads and the lines; ``{page}`` and ``{pages}`` are filled in."""

    address: str
    lines: Sequence[str]
    grey: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """A copy; ``where`` tells for each page at which edge the strip stands, ``margin`` where the page was made smaller."""

    pdf: bytes
    pages: int
    where: tuple[str, ...]


class Press(SharedProcess):
    """Makes copies in one process, one at a time; replaced after a hang or crash. Close it at the end."""

    def __init__(self, seconds: float = DEFAULT_SECONDS, memory: int = DEFAULT_MEMORY) -> None:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        upkeep = Upkeep(
            module="signing.printing.worker",
            first=str(memory).encode(),
            environment={**inherited, **_QUIET},
            seconds=seconds,
            most=MAX_TASKS,
        )
        super().__init__(upkeep, DEFAULT_PATIENCE)

    def pages(self, pdf: bytes, password: str | None = None) -> int:
        """Count the pages of a document. :class:`PrintFailed`."""
        return int(self._ask({"do": "pages", "password": password}, pdf)[0]["pages"])

    def picture(self, pdf: bytes, page: int = 1, width: int = 900) -> bytes:
        """Draw a page as a PNG, ``width`` pixels across. :class:`PrintFailed`."""
        return self._ask({"do": "picture", "page": page, "width": width, "password": None}, pdf)[1]

    def press(self, pdf: bytes, edge: Edge, password: str | None = None) -> Pressed:
        """Make a copy of every page with the strip on its edge. :class:`PrintFailed`."""
        asked = {
            "do": "print",
            "password": password,
            "address": edge.address,
            "lines": list(edge.lines),
            "grey": edge.grey,
        }
        told, made = self._ask(asked, pdf)
        return Pressed(made, int(told["pages"]), tuple(told["where"]))

    def _ask(self, asked: dict[str, Any], pdf: bytes) -> tuple[dict[str, Any], bytes]:
        frames, late = self.exchange((json.dumps(asked).encode(), pdf), 2)
        if frames is None:
            raise PrintFailed("late" if late else "damaged")
        told: dict[str, Any] = json.loads(frames[0])
        if "refused" in told:
            raise PrintFailed(str(told["refused"]))
        return told, frames[1]
