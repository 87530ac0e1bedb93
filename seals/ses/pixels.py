"""How many pixels a picture declares, read from its head alone: nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_SEGMENTS: Final = 512
"""Segments of a JPEG looked through for its frame; cameras write about twenty."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""ITU-T T.81 table B.1: start-of-frame markers."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the head of a picture says: its kind (empty: none that is known here), and its pixels."""

    kind: str
    pixels: tuple[int, int] | None = None


def look(data: bytes) -> Looked:
    """Tell kind and pixels of PNG, GIF, BMP and JPG; SVG and OFD (a ZIP) have none."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Looked("PNG", _big(data, 16, 4) if data[12:16] == b"IHDR" else None)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return Looked("GIF", _little(data, 6, 2))
    if data.startswith(b"BM"):
        return Looked("BMP", _bitmap(data))
    if data.startswith(b"\xff\xd8"):
        return Looked("JPG", _jpeg(data))
    if data.startswith(b"PK\x03\x04"):
        return Looked("OFD")
    head = data[:1024].lstrip(b"\xef\xbb\xbf\t\r\n ")
    return Looked("SVG" if head.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) else "")


def _big(data: bytes, at: int, size: int) -> tuple[int, int] | None:
    if len(data) < at + 2 * size:
        return None
    return int.from_bytes(data[at : at + size]), int.from_bytes(data[at + size : at + 2 * size])


def _little(data: bytes, at: int, size: int) -> tuple[int, int] | None:
    if len(data) < at + 2 * size:
        return None
    first, second = data[at : at + size], data[at + size : at + 2 * size]
    return int.from_bytes(first, "little"), int.from_bytes(second, "little")


def _bitmap(data: bytes) -> tuple[int, int] | None:
    """Windows bitmaps: 16-bit sizes in the old head of 12 octets, signed 32-bit ones after."""
    if int.from_bytes(data[14:18], "little") == 12:
        return _little(data, 18, 2)
    if len(data) < 26:
        return None
    width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (18, 22))
    return abs(width), abs(height)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    for _ in range(MAX_SEGMENTS):
        if len(data) < at + 9 or data[at] != 0xFF:
            return None
        if data[at + 1] in _FRAMES:
            height, width = int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
