"""How a service speaks with its worker processes over pipes: frames of octets, and a cap on the worker's memory.

A frame is a length (8 octets, big endian) and that many octets.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

FRAME_HEAD: Final = 8


def write_frame(out: BinaryIO, octets: bytes) -> None:
    """Write one frame and flush."""
    out.write(len(octets).to_bytes(FRAME_HEAD, "big"))
    out.write(octets)
    out.flush()


def read_frame(source: BinaryIO, most: int | None = None) -> bytes | None:
    """Read one frame; ``None`` at the end of input, or for a frame of more than ``most`` octets, of which none is read."""
    head = source.read(FRAME_HEAD)
    if len(head) < FRAME_HEAD:
        return None
    size = int.from_bytes(head, "big")
    if most is not None and size > most:
        return None
    octets = source.read(size)
    return octets if len(octets) == size else None


def limit_memory(octets: int) -> None:
    """Cap this process's address space, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))


def tasks(source: BinaryIO, frames: int) -> Iterator[tuple[bytes, ...]]:
    """Cap the memory at what the first frame says; then yield each task, so many frames, until the input ends."""
    cap = read_frame(source)
    if cap is None:
        return
    limit_memory(int(cap))
    while True:
        task = tuple(frame for _ in range(frames) if (frame := read_frame(source)) is not None)
        if len(task) < frames:
            return
        yield task


def run(serve: Callable[[BinaryIO, BinaryIO], None]) -> None:
    """Serve from stdin on a private copy of stdout, so that nothing a library prints can fall between the frames."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        serve(sys.stdin.buffer, out)
