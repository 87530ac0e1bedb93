"""The page about federation shows the table that the code moves by."""

from __future__ import annotations

from pathlib import Path

from signing.recognition.states import FIRST_STATUS, TRANSITIONS, ForeignAct, Trouble

PAGE = Path(__file__).parents[3] / "docs" / "federation.md"


def test_the_diagram_is_the_table() -> None:
    moves = [
        f"    {before} --> {after}: {act}"
        for act, table in TRANSITIONS.items()
        for before, after in table.items()
    ]
    moves.append(f"    [*] --> {FIRST_STATUS}: {ForeignAct.PROPOSE}")
    drawn = PAGE.read_text(encoding="utf-8").partition("stateDiagram-v2\n")[2].partition("```")[0]
    assert sorted(drawn.rstrip().splitlines()) == sorted(moves)


def test_every_trouble_is_told_in_both_languages() -> None:
    assert all(one.zh and one.en for one in Trouble)
    assert {one for one in Trouble if one.attack} < set(Trouble) - {Trouble.NONE, Trouble.UNREACHABLE}
