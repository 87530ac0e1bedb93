"""Signatures that hold nothing, or cover nothing: universal signature forgery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.pdf_attacks.catalogue import (
    STATED_RANGE,
    STATED_VALUE,
    TRILLION,
    Attack,
    Victims,
    collector,
    written,
)

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


def forged(data: bytes) -> bytes:
    """Change what the page says where it stands: no digest would be right."""
    assert b"Contract No. 2026-001" in data
    return data.replace(b"Contract No. 2026-001", b"Contract No. 2026-999")


RANGES: Final = {
    "missing": b"",
    "without a value": b"/ByteRange",
    "null": b"/ByteRange null",
    "empty": b"/ByteRange []",
    "of zeros": b"/ByteRange [0 0 0 0]",
    "negative": b"/ByteRange [-1 -1 -1 -1]",
    "from -1": b"/ByteRange [0 -1 0 -1]",
    "beyond any number": b"/ByteRange [0 99999999999 0 1]",
    "beyond the file": b"/ByteRange [0 10 20 99999999]",
    "overlapping": b"/ByteRange [0 900 100 900]",
    "of strings": b"/ByteRange [(0)(1)(2)(3)]",
    "of names": b"/ByteRange [/A /B /C /D]",
    "of reals": b"/ByteRange [0.0 10.5 20.5 9.9]",
    "of three": b"/ByteRange [0 10 20]",
    "of references": b"/ByteRange [1 0 R 2 0 R 3 0 R]",
    "a number": b"/ByteRange 0",
    "a dictionary": b"/ByteRange <<>>",
}
VALUES: Final = {
    "missing": b"",
    "without a value": b"/Contents",
    "null": b"/Contents null",
    "empty": b"/Contents <>",
    "0x00": b"/Contents <00>",
    "an empty string": b"/Contents ()",
    "a number": b"/Contents 0",
    "a reference": b"/Contents 5 0 R",
    "odd": b"/Contents <0>",
}


def _with_range(text: bytes) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        data = forged(victims.plain)
        found = STATED_RANGE.search(data)
        assert found is not None
        return written(data, found, text)

    return make


def _with_value(text: bytes) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        data = forged(victims.plain)
        found = STATED_VALUE.search(data)
        assert found is not None
        return data[: found.start()] + text.ljust(found.end() - found.start()) + data[found.end() :]

    return make


for _name, _text in RANGES.items():
    attack(f"USF: ByteRange {_name}", TRILLION)(_with_range(_text))
for _name, _text in VALUES.items():
    attack(f"USF: Contents {_name}", TRILLION)(_with_value(_text))


@attack("USF: SubFilter unknown and content forged", TRILLION)
def _usf_sub_filter(victims: Victims) -> bytes:
    return forged(victims.plain).replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.deteched")
