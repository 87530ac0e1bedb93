"""What of a packed file stands in the package as it is: in blocks that were not worth packing (RFC 1951 §3.2.4).

Whoever packs a file chooses how it is packed, and can write words into the tables of empty blocks; what was signed is the file unpacked. A picture
or a PDF that is packed already stands in such blocks nearly whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Final

from verify.ofd.package import PIECE
from verify.signatures.two_files import Region

MAX_TRIED: Final = 1 << 16
"""Places tried in one file; zlib begins a block of octets as they are every 16,383 octets or later, and chance makes one in 65,536 look so."""
_HEAD: Final = 4
"""LEN, and its complement NLEN."""


def as_it_stands(packed: bytes, content: bytes) -> Iterator[Region]:
    """Yield where runs of ``content`` stand in its deflated form, in order and apart, each where unpacking has come to it."""
    state, fed, given = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
    for begin in islice(_heads(packed), MAX_TRIED):
        if begin < fed:
            continue  # inside the last run
        given += len(state.decompress(packed[fed:begin]))
        fed = begin
        size = int.from_bytes(packed[begin - _HEAD : begin - 2], "little")
        run = packed[begin : begin + size]
        if len(run) == size and content.startswith(run, given):
            given += len(state.decompress(run))
            fed = begin + size
            yield begin, fed


def _heads(packed: bytes) -> Iterator[int]:
    """Yield the place behind each pair of octets that its complement follows."""
    for begin in range(0, len(packed), PIECE):
        piece = packed[begin : begin + PIECE + _HEAD - 1]
        many = max(0, len(piece) - 2)
        each = int.from_bytes(piece[:many], "little") ^ int.from_bytes(piece[2:], "little")
        inverted, at = each.to_bytes(many, "little"), -1
        while (at := inverted.find(b"\xff\xff", at + 1)) >= 0:
            yield begin + at + _HEAD
