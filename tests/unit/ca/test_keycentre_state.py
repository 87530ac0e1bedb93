"""The life of an escrowed key: the table leads forward only, and the page draws it as it is."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from ca.keycentre.errors import EscrowedKeyStateRefused
from ca.keycentre.state import (
    CASE_TRANSITIONS,
    RECOVERABLE,
    TRANSITIONS,
    CaseStatus,
    KeyAct,
    KeyStatus,
    after,
)

PAGE = Path(__file__).parents[3] / "docs/key-centre.md"


def test_the_page_draws_the_table() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+): (\w+) ", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    table = {(str(a), str(b), str(act)) for act, moves in TRANSITIONS.items() for a, b in moves.items()}
    assert drawn == table


def test_no_way_leads_back_and_every_pair_is_decided() -> None:
    order = list(KeyStatus)
    for act, status in itertools.product(KeyAct, KeyStatus):
        if status in TRANSITIONS[act]:
            assert order.index(after(status, act)) > order.index(status)
        else:
            with pytest.raises(EscrowedKeyStateRefused):
                after(status, act)
    assert KeyStatus.POOLED not in {after(a, act) for act in KeyAct for a in TRANSITIONS[act]}
    assert not RECOVERABLE & {KeyStatus.POOLED, KeyStatus.ASSIGNED, KeyStatus.DESTROYED}


def test_a_closed_case_has_no_way_out() -> None:
    left = {before for moves in CASE_TRANSITIONS.values() for before in moves}
    assert left == {CaseStatus.OPEN, CaseStatus.EXECUTING}
