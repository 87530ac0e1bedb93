"""The process in which pixels are worked on: frames in on stdin, frames out on stdout, a cap on its memory.

First comes one frame with the cap. Each task is three frames: what to do (JSON), a foreign picture's octets, a seal's
picture as kept (either may be empty). Each is answered by three frames: figures or an error (JSON), a PNG, a picture.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import cv2

from hsm.frames import run, tasks, write_frame
from seals.drawing.vector import SealPicture
from seals.imprint import raster
from seals.imprint.cleaning import clean
from seals.imprint.comparison import compare
from seals.imprint.errors import ImageWorkFailed, ImprintError
from seals.imprint.scan import read_scan

Answer = tuple[dict[str, Any], bytes, bytes]


def _compare(_: dict[str, Any], scan: bytes, picture: bytes) -> Answer:
    found = compare(read_scan(scan), SealPicture.unpack(picture))
    figures = dataclasses.asdict(found) | {"overlay_png": None, "advice": found.advice.name}
    return figures, found.overlay_png, b""


def _clean(asked: dict[str, Any], photo: bytes, _: bytes) -> Answer:
    size = asked["size_mm"]
    cleaned = clean(
        read_scan(photo),
        title=asked["title"],
        size_mm=(size[0], size[1]) if size else None,
        turn_deg=asked["turn_deg"],
    )
    return {"centre": cleaned.centre.name}, cleaned.png, cleaned.picture.packed()


def _draw(asked: dict[str, Any], _: bytes, picture: bytes) -> Answer:
    return {}, raster.png(SealPicture.unpack(picture), asked["dpi"], transparent=asked["transparent"]), b""


TASKS: Final[dict[str, Callable[[dict[str, Any], bytes, bytes], Answer]]] = {
    "compare": _compare,
    "clean": _clean,
    "png": _draw,
}


def _answer(asked: dict[str, Any], foreign: bytes, picture: bytes) -> Answer:
    """Do one task; whatever a library raises about foreign pixels is a failure of the work on them."""
    try:
        return TASKS[asked["do"]](asked, foreign, picture)
    except ImprintError as wrong:
        return {"error": type(wrong).__name__, "zh": wrong.zh, "en": wrong.en}, b"", b""
    except Exception:  # noqa: BLE001 - cv2.error, MemoryError, LinAlgError …
        return {"error": ImageWorkFailed.__name__}, b"", b""


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer tasks until the input ends."""
    cv2.setNumThreads(1)
    for head, foreign, picture in tasks(source, 3):
        figures, png, made = _answer(json.loads(head), foreign, picture)
        for frame in (json.dumps(figures).encode(), png, made):
            write_frame(out, frame)


if __name__ == "__main__":
    run(serve)
