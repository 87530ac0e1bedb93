"""C structures as tables: what stands where in the octets that a device's library reads and writes.

Headers of one standard differ between makers in the size of ULONG and in the packing, so both are data (:class:`Abi`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WORD = "word"
"""A member of the library's word size (ULONG)."""
UINT = "uint"
"""A member of 4 octets whatever the word size (unsigned int)."""


@dataclass(frozen=True, slots=True)
class Abi:
    """How the library was compiled: octets of a word, and whether structures are packed (``#pragma pack(1)``)."""

    word: int = 4
    packed: bool = True

    def __post_init__(self) -> None:
        if self.word not in (4, 8):
            raise ValueError("a word has 4 or 8 octets")


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure: its members in order, each ``WORD``, ``UINT``, a number of octets, or another structure."""

    members: tuple[tuple[str, str | int | Structure], ...]

    def _flat(self, prefix: str = "") -> Iterator[tuple[str, str | int]]:
        for name, kind in self.members:
            if isinstance(kind, Structure):
                yield from kind._flat(f"{prefix}{name}.")  # noqa: SLF001 - the same class
            else:
                yield prefix + name, kind

    def _format(self, abi: Abi) -> struct.Struct:
        codes = {WORD: "I" if abi.word == 4 else "Q", UINT: "I"}
        text = "".join(codes[kind] if isinstance(kind, str) else f"{kind}s" for _, kind in self._flat())
        widest = "I" if abi.word == 4 else "Q"
        return struct.Struct(f"<{text}" if abi.packed else f"@{text}0{widest}")

    def size(self, abi: Abi) -> int:
        """Octets of the structure."""
        return self._format(abi).size

    def pack(self, values: Mapping[str, int | bytes], abi: Abi) -> bytes:
        """Lay ``values`` out; a member that is not given is zero, a shorter octet string is padded at its end."""
        flat = list(self._flat())
        unknown = set(values) - {name for name, _ in flat}
        if unknown:
            raise ValueError(f"no member {', '.join(sorted(unknown))}")
        return self._format(abi).pack(
            *(values.get(name, 0 if isinstance(kind, str) else b"") for name, kind in flat)
        )

    def unpack(self, octets: bytes, abi: Abi) -> dict[str, Any]:
        """Read the members from the first octets; too few are ``ValueError``."""
        form = self._format(abi)
        if len(octets) < form.size:
            raise ValueError(f"{len(octets)} octets where the structure has {form.size}")
        found = form.unpack(octets[: form.size])
        return dict(zip((name for name, _ in self._flat()), found, strict=True))


def text_of(octets: bytes, encoding: str = "utf-8") -> str:
    """Read a character array: up to the first NUL, without the blanks some makers pad with."""
    return octets.partition(b"\0")[0].decode(encoding, "replace").strip()
