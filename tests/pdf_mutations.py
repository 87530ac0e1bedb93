"""PDFs mutated from the samples by a seeded fuzzer: damage that files take in mails and by bad programs, and worse."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLES: Final = Path(__file__).resolve().parent / "samples" / "pdf"
TRICKY: Final = (
    b"null", b"<<>>", b"[]", b"-1", b"99999999999", b"1 0 R", b"0 0 R", b"(", b">>", b"/Kids", b"endobj", b"\x00", b"%", b"true",
    b"3.5", b"<41>", b"stream", b"obj",
)  # fmt: skip
"""What is put where it is not expected."""


@dataclass(frozen=True)
class Mutant:
    """One mutated document: which sample, which seed, what was done, the octets."""

    sample: str
    seed: int
    how: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.sample}-{self.seed}-{self.how}"


def mutants(count: int, seed: int = 20260101) -> Iterator[Mutant]:
    """Yield ``count`` mutants, each sample in turn, each mutation in turn; the same for the same seed."""
    samples = sorted(SAMPLES.glob("*.pdf"))
    ways = sorted(WAYS)
    for number in range(count):
        path = samples[number % len(samples)]
        way = ways[(number // len(samples) + number) % len(ways)]
        chance = random.Random(seed + number)
        data = path.read_bytes()
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            data = WAYS[way](data, chance)
        yield Mutant(path.name, seed + number, way, data)


def _flip(data: bytes, chance: random.Random) -> bytes:
    """Flip one bit anywhere."""
    out = bytearray(data)
    out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _flip_structure(data: bytes, chance: random.Random) -> bytes:
    """Flip one bit outside of streams."""
    outside = [match.span() for match in re.finditer(rb"(?s)(?:\A|endstream).*?(?:stream\b|\Z)", data)]
    start, end = chance.choice(outside)
    out = bytearray(data)
    out[chance.randrange(start, max(start + 1, end))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut_end(data: bytes, chance: random.Random) -> bytes:
    """Lose the end."""
    return data[: len(data) - chance.randrange(1, max(2, min(len(data), 1500)))]


def _cut_middle(data: bytes, chance: random.Random) -> bytes:
    """Lose a piece."""
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 200) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    """Put a token anywhere."""
    start = chance.randrange(len(data))
    return data[:start] + chance.choice(TRICKY) + data[start:]


def _append(data: bytes, chance: random.Random) -> bytes:
    """Put something behind the end."""
    return data + chance.choice(
        (b"\n\n", b"\x00" * 7, b"junk", b"%%EOF", b"startxref\n0\n%%EOF\n", chance.randbytes(40))
    )


def _prepend(data: bytes, chance: random.Random) -> bytes:
    """Put something before the header, as mail gateways do."""
    return chance.choice((b"\n", b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\n\r\n", b" " * 20)) + data


def _swap(data: bytes, chance: random.Random) -> bytes:
    """Exchange a value of a dictionary for another of the same length, so that offsets stay."""
    found = list(re.finditer(rb"/[A-Za-z]+ *[\[(<]?[^/<>\[\]()\r\n]{1,40}", data))
    if not found:
        return data
    match = chance.choice(found)
    key = match.group().split()[0] if b" " in match.group() else match.group()[:3]
    room = len(match.group()) - len(key)
    value = (b" " + chance.choice(TRICKY))[:room].ljust(room)
    return data[: match.start()] + key + value + data[match.end() :]


def _rename(data: bytes, chance: random.Random) -> bytes:
    """Misspell a name."""
    found = list(re.finditer(rb"/[A-Z][A-Za-z]{2,}", data))
    if not found:
        return data
    match = chance.choice(found)
    at = chance.randrange(match.start() + 1, match.end())
    return data[:at] + bytes((chance.choice(b"xQ#1"),)) + data[at + 1 :]


def _renumber(data: bytes, chance: random.Random) -> bytes:
    """Change a digit outside of streams: an offset, a length, a reference, a count."""
    found = list(re.finditer(rb"(?<=[ \n\r\[])[0-9]+(?=[ \n\r\]])", data))
    if not found:
        return data
    match = chance.choice(found)
    at = chance.randrange(match.start(), match.end())
    return data[:at] + bytes((chance.choice(b"0123456789"),)) + data[at + 1 :]


def _duplicate(data: bytes, chance: random.Random) -> bytes:
    """Repeat an object in front of the cross-reference, as careless editors do."""
    found = list(re.finditer(rb"(?s)[0-9]+ 0 obj.{0,800}?endobj", data))
    at = data.rfind(b"xref")
    if not found or at < 0:
        return data
    return data[:at] + chance.choice(found).group() + b"\n" + data[at:]


def _line_ends(data: bytes, chance: random.Random) -> bytes:
    """Convert line ends, as a transfer in text mode does."""
    return data.replace(*chance.choice(((b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\r", b"\n"))))


WAYS: Final[dict[str, Callable[[bytes, random.Random], bytes]]] = {
    "append": _append,
    "cut-end": _cut_end,
    "cut-middle": _cut_middle,
    "duplicate": _duplicate,
    "flip": _flip,
    "flip-structure": _flip_structure,
    "insert": _insert,
    "line-ends": _line_ends,
    "prepend": _prepend,
    "rename": _rename,
    "renumber": _renumber,
    "swap": _swap,
}
