"""The door to all work on pixels: done in a process of its own, bounded in time and memory.

Importing this loads no image library; the process does, when it is first needed. It gets neither the service's
environment nor any secret.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Final

from hsm.kept_process import SharedProcess, Upkeep
from seals.drawing.vector import SealPicture
from seals.imprint import errors
from seals.imprint.errors import ImageWorkFailed, ImprintError, ImprintUnreadable
from seals.imprint.outcome import Advice, Centre, CleanedImprint, ImprintComparison, WorstPlace

DEFAULT_SECONDS: Final = 30.0
"""Time for one picture: the largest allowed takes about three seconds on one core."""
DEFAULT_MEMORY: Final = 2 * 1024**3
"""Address space of the process: 40 million pixels decoded twice, their working copies, and the libraries (0.5 GiB)."""
DEFAULT_PATIENCE: Final = 60.0
"""How long a caller waits for its turn before it is told to come again, in seconds."""
MAX_TASKS: Final = 500
"""Tasks after which the process is replaced, so that leaks of libraries cannot add up."""
_INHERITED: Final = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
_QUIET: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "SILENT"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost: wall-clock seconds, octets of address space, seconds in the queue."""

    seconds: float = DEFAULT_SECONDS
    memory: int = DEFAULT_MEMORY
    patience: float = DEFAULT_PATIENCE


class ImprintStudio(SharedProcess):
    """Works on foreign pictures in one process, one at a time; replaced after a hang or crash. Close it at the end."""

    def __init__(self, limits: Limits | None = None) -> None:
        chosen = limits or Limits()
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        upkeep = Upkeep(
            module="seals.imprint.worker",
            first=str(chosen.memory).encode(),
            environment={**inherited, **_QUIET},
            seconds=chosen.seconds,
            most=MAX_TASKS,
        )
        super().__init__(upkeep, chosen.patience)

    def compare(self, scan: bytes, picture: SealPicture) -> ImprintComparison:
        """Read a scan's octets and compare; the errors of ``read_scan`` and ``compare``, and :class:`ImageWorkFailed`."""
        figures, overlay, _ = self._ask({"do": "compare"}, scan, picture.packed())
        worst, size = figures["worst"], figures["size_mm"]
        return ImprintComparison(
            overlap=figures["overlap"],
            scale=figures["scale"],
            rotation_deg=figures["rotation_deg"],
            shift_mm=_pair(figures["shift_mm"]),
            overlay_png=overlay,
            worst=WorstPlace(worst["overlap"], _box(worst["box_mm"]), foreign=worst["foreign"]),
            size_mm=_pair(size) if size else None,
            advice=Advice[figures["advice"]],
        )

    def clean(
        self,
        photo: bytes,
        *,
        title: str = "",
        size_mm: tuple[float, float] | None = None,
        turn_deg: float | None = None,
    ) -> CleanedImprint:
        """Read a photograph's octets and clean the imprint; errors as :meth:`compare`."""
        asked = {"do": "clean", "title": title, "size_mm": size_mm, "turn_deg": turn_deg}
        told, png, picture = self._ask(asked, photo, b"")
        return CleanedImprint(png, SealPicture.unpack(picture), Centre[told["centre"]])

    def png(self, picture: SealPicture, dpi: int = 600, *, transparent: bool = True) -> bytes:
        """Draw a picture as a PNG, see :func:`seals.imprint.raster.png`."""
        asked = {"do": "png", "dpi": dpi, "transparent": transparent}
        return self._ask(asked, b"", picture.packed())[1]

    def _ask(
        self, asked: dict[str, Any], foreign: bytes, picture: bytes
    ) -> tuple[dict[str, Any], bytes, bytes]:
        frames, _ = self.exchange((json.dumps(asked).encode(), foreign, picture), 3)
        if frames is None:
            raise ImageWorkFailed("the process hung or stopped, or too many pictures are waiting")
        figures: dict[str, Any] = json.loads(frames[0])
        if "error" in figures:
            raise _told(figures)
        return figures, frames[1], frames[2]


def _told(figures: dict[str, Any]) -> ImprintError:
    """Make the error that the process told of, with its sentences."""
    kind: type[ImprintError] = getattr(errors, figures["error"])
    if issubclass(kind, ImprintUnreadable):
        return kind(figures["zh"], figures["en"])
    return kind()


def _pair(values: list[float]) -> tuple[float, float]:
    return values[0], values[1]


def _box(values: list[float]) -> tuple[float, float, float, float]:
    return values[0], values[1], values[2], values[3]
