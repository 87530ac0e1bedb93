"""Figures as OFD writes them in attributes (GB/T 33190 §7.2, §11.3): lists of numbers, matrices, advances."""

from __future__ import annotations

from typing import Final

Matrix = tuple[float, ...]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
LARGEST: Final = 1e6
"""No length on paper has a million millimetres; this also keeps out what is no number and what is endless."""


def numbers(text: str) -> list[float]:
    """Read numbers set apart by white space; nothing where one is none."""
    try:
        return [value for value in map(float, text.split()) if abs(value) < LARGEST]
    except ValueError:
        return []


def matrix(text: str) -> Matrix:
    """Read a ``CTM``; the identity where it is none."""
    found = numbers(text)
    return tuple(found) if len(found) == len(IDENTITY) else IDENTITY


def deltas(text: str, most: int) -> list[float]:
    """Read advances with the shorthand ``g count value`` (GB/T 33190 §11.3): a few octets can ask for more than there is text."""
    found: list[float] = []
    parts = iter(text.split())
    for part in parts:
        try:
            count, value = (int(next(parts, "0")), next(parts, "0")) if part == "g" else (1, part)
            advance = float(value)
        except ValueError:
            return found
        if not abs(advance) < LARGEST:
            return found
        found += [advance] * max(0, min(count, most - len(found)))
        if len(found) >= most:
            break
    return found
