"""Records of ZIP files written one by one (APPNOTE.TXT 6.3), so that a package can lead its readers to several directories."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_FREE: Final = 256
"""The first symbol behind the literals."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file; ``packed`` are its octets in deflated form, ``None``: it stands as it is."""

    name: str
    octets: bytes
    packed: bytes | None = None
    attributes: int = 0
    comment: bytes = b""

    @property
    def _facts(self) -> tuple[int, ...]:
        size = len(self.octets)
        packed = size if self.packed is None else len(self.packed)
        method = 0 if self.packed is None else 8
        return 20, 0x0800, method, 0, 33, zlib.crc32(self.octets), packed, size, len(self.name.encode())

    @property
    def local(self) -> bytes:
        """Its header and data."""
        body = self.octets if self.packed is None else self.packed
        return struct.pack("<4s5H3I2H", b"PK\x03\x04", *self._facts, 0) + self.name.encode() + body

    def listed(self, at: int) -> bytes:
        """Return its record in a directory, which says that it stands at ``at``."""
        rest = (0, len(self.comment), 0, 0, self.attributes, at)
        head = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *self._facts, *rest)
        return head + self.name.encode() + self.comment


def deflated(octets: bytes, level: int = 6) -> bytes:
    """Pack octets as programs do."""
    state = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return state.compress(octets) + state.flush()


def packed_entries(files: Mapping[str, bytes]) -> list[Entry]:
    """Make an entry of each file, deflated."""
    return [Entry(name, octets, deflated(octets)) for name, octets in files.items()]


def directory(entries: Sequence[Entry], at: int, *, wide: bool = False) -> bytes:
    """Write entries that stand from ``at`` on, their directory, and its end; ``wide``: that of ZIP64 alone (§4.3.14, §4.3.15)."""
    body = listed = b""
    for entry in entries:
        listed += entry.listed(at + len(body))
        body += entry.local
    count, place = len(entries), at + len(body)
    if not wide:
        return (
            body + listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), place, 0)
        )
    numbers = (44, 45, 45, 0, 0, count, count, len(listed), place)
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", *numbers)
    return body + listed + record + locator(place + len(listed))


def locator(place: int) -> bytes:
    """Write the locator of a ZIP64 end record at ``place``."""
    return struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)


def in_an_empty_block(content: bytes, words: bytes) -> bytes:
    """Pack a content so that ``words`` stand in the packed octets: as lengths of codes of a block that holds nothing (RFC 1951 §3.2.7)."""
    lengths = [0] * 286
    for place, octet in enumerate(words):
        lengths[1 + 2 * place], lengths[2 + 2 * place] = _mirrored(octet & 15), _mirrored(octet >> 4)
    left = (1 << 15) - sum(1 << 15 - length for length in lengths if length)
    assert left > 0, "no set of codes has these lengths"
    at = _FREE
    for length in range(1, 16):
        if left & 1 << 15 - length:
            lengths[at] = length
            at += 1
    bits = [
        _number(0, 1),
        _number(1, 2),
        "0" * 5,
    ]  # a block of fixed codes without anything, to begin at a whole octet
    bits += ["00", _number(0, 1), _number(2, 2), _number(29, 5), _number(0, 5), _number(15, 4)]
    bits += [_number(4 if symbol <= 15 else 0, 3) for symbol in _ORDER]
    bits += [f"{length:04b}" for length in (*lengths, 0)]
    bits += [_code(lengths, _FREE), _number(1, 1), _number(0, 2)]
    run = "".join(bits)
    run += "0" * (-len(run) % 8)
    head = bytes(int(run[at : at + 8][::-1], 2) for at in range(0, len(run), 8))
    made = head + struct.pack("<2H", len(content), len(content) ^ 0xFFFF) + content
    assert zlib.decompress(made, -zlib.MAX_WBITS) == content
    assert words in head
    return made


_ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
"""§3.2.7: in which order the lengths of the codes for lengths stand."""


def _mirrored(nibble: int) -> int:
    return int(f"{nibble:04b}"[::-1], 2)


def _number(value: int, size: int) -> str:
    return f"{value:0{size}b}"[::-1]


def _code(lengths: Sequence[int], symbol: int) -> str:
    """Return the canonical code of a symbol (§3.2.2)."""
    code = 0
    for length in range(1, lengths[symbol]):
        code = (code + lengths.count(length)) << 1
    code += lengths[:symbol].count(lengths[symbol])
    return f"{code:0{lengths[symbol]}b}"
