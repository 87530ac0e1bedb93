"""The diagram in the documentation is the table in the code."""

from __future__ import annotations

import re
from pathlib import Path

from signing.renewal.store import RENEWAL_TRANSITIONS
from signing.retention.states import DOCUMENT_TRANSITIONS
from signing.store import TRANSITIONS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "signing-cycle.md"


def test_the_diagrams_of_the_archive_are_drawn_from_their_tables():
    page = DOCUMENT.with_name("archive.md").read_text()
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)", page, re.MULTILINE))
    tables = (DOCUMENT_TRANSITIONS, RENEWAL_TRANSITIONS)
    moves = {
        (a.value, b.value, act.value) for table in tables for act, m in table.items() for a, b in m.items()
    }
    assert drawn == moves


def test_the_diagram_is_drawn_from_the_table():
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+)", DOCUMENT.read_text(), re.MULTILINE))
    table = {
        (before.value, after.value, act.value)
        for act, moves in TRANSITIONS.items()
        for before, after in moves.items()
    }
    assert drawn == table
