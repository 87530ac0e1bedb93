"""How a service speaks with its worker processes over pipes: frames of octets, and a cap on the worker's memory.

A frame is a length (8 octets, big endian) and that many octets.
"""

from __future__ import annotations

from typing import BinaryIO, Final

FRAME_HEAD: Final = 8


def write_frame(out: BinaryIO, octets: bytes) -> None:
    """Write one frame and flush."""
    out.write(len(octets).to_bytes(FRAME_HEAD, "big"))
    out.write(octets)
    out.flush()


def read_frame(source: BinaryIO) -> bytes | None:
    """Read one frame; ``None`` at the end of input."""
    head = source.read(FRAME_HEAD)
    if len(head) < FRAME_HEAD:
        return None
    size = int.from_bytes(head, "big")
    octets = source.read(size)
    return octets if len(octets) == size else None


def limit_memory(octets: int) -> None:
    """Cap this process's address space, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))
