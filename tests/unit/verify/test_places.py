"""Words are found wherever they stand: at the ends, side by side, beyond the number from which another search goes on."""

from __future__ import annotations

import random
import re

import pytest

from verify import octets
from verify.octets import places_of

SEEDED = random.Random(3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ob",
        b"obj",
        b"objobj",
        b"oobjj",
        b"1 0 obj" * 50,
        *(bytes(SEEDED.choices(b"obj \n0", k=size)) for size in (63, 64, 65, 4_097)),
        *(SEEDED.randbytes(size) + b"obj" for size in (0, 1, 31, 32, 100_000)),
    ],
    ids=lambda data: f"{len(data)} octets",
)
@pytest.mark.parametrize("many", [0, 1, 10, 100_000])
def test_as_the_standard_library_finds_them(monkeypatch: pytest.MonkeyPatch, data: bytes, many: int) -> None:
    monkeypatch.setattr(octets, "_MANY", many)
    assert list(places_of(b"obj", data)) == [found.start() for found in re.finditer(b"obj", data)]
