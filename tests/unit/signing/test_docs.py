"""The diagram in the documentation is the table in the code."""

from __future__ import annotations

import re
from pathlib import Path

from signing.store import TRANSITIONS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "signing-cycle.md"


def test_the_diagram_is_drawn_from_the_table():
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)", DOCUMENT.read_text(), re.MULTILINE))
    table = {
        (before.value, after.value, act.value)
        for act, moves in TRANSITIONS.items()
        for before, after in moves.items()
    }
    assert drawn == table
