"""The pages about rounds and voidings show the tables that the code moves by."""

from __future__ import annotations

from pathlib import Path

from signing.parties.diagram import round_section, void_section
from signing.parties.states import PARTY_TRANSITIONS, SEALING, TRANSITIONS, PartyStatus, RoundAct

DOCS = Path(__file__).parents[3] / "docs"


def test_the_diagrams_are_the_tables() -> None:
    """``python -m signing.parties.diagram`` prints what the pages must hold."""
    assert round_section() in (DOCS / "parties.md").read_text(encoding="utf-8")
    assert void_section() in (DOCS / "voiding.md").read_text(encoding="utf-8")


def test_a_party_that_sealed_stays() -> None:
    assert all(PartyStatus.SEALED not in moves for moves in PARTY_TRANSITIONS.values())
    assert set(PARTY_TRANSITIONS) <= set(TRANSITIONS)
    assert set(SEALING) == {act for act in RoundAct if act in (RoundAct.SEAL, RoundAct.RELEASE)}
