"""Seal codes: serial numbers from a counter row moved by compare-and-swap, put into the settings' patterns."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from seals.code_patterns import CodePatterns
from seals.errors import CodesExhausted, SealMoved
from seals.store import seal, seal_counter

MAX_RACES: Final = 50
"""Times a lost race for the counter is run again: each loss means that somebody else got a number."""
DIVISION_DIGITS: Final = 6
"""An administrative division's code (GB/T 2260)."""


class CodeSource:
    """Allocates codes in the caller's transaction: a number committed is never given again."""

    def __init__(self, patterns: CodePatterns) -> None:
        self._patterns = patterns

    def physical(self, conn: sa.Connection, division: str) -> str:
        """Return a new physical code, passing over those registered by hand."""
        for _ in range(MAX_RACES):
            code = _made(self._patterns.physical, division, next_number(conn, f"physical:{division}"), 13)
            taken = sa.select(seal.c.electronic_code).where(seal.c.physical_code == code).limit(1)
            if conn.execute(taken).first() is None:
                return code
        raise CodesExhausted(division)

    def electronic(self, conn: sa.Connection, division: str) -> str:
        """Return a new electronic code."""
        return _made(self._patterns.electronic, division, next_number(conn, f"electronic:{division}"), 14)


def _made(pattern: str, division: str, serial: int, digits: int) -> str:
    code = pattern.format(division=division, serial=serial)
    if len(code) != digits:
        raise CodesExhausted(division)
    return code


def next_number(conn: sa.Connection, name: str) -> int:
    """Take the next number of a counter (1, 2, …) by compare-and-swap.

    Until the caller's transaction ends nobody else gets past this counter. Raises :class:`seals.errors.SealMoved` after
    :data:`MAX_RACES` lost races.
    """
    for _ in range(MAX_RACES):
        chosen = sa.select(seal_counter.c.value).where(seal_counter.c.name == name)
        value: int | None = conn.execute(chosen).scalar_one_or_none()
        if value is None:
            _begin(conn, name)
            continue
        moved = conn.execute(
            seal_counter.update()
            .where(seal_counter.c.name == name, seal_counter.c.value == value)
            .values(value=value + 1)
        )
        if moved.rowcount == 1:
            return value + 1
    raise SealMoved(f"counter {name}")


def _begin(conn: sa.Connection, name: str) -> None:
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(seal_counter).values(name=name, value=0).on_conflict_do_nothing())
