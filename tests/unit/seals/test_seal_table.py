"""The table of moves, the types that carry a right, and the page drawn from the table."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ca.actor import Actor
from hsm.algorithms import DigestAlgorithm
from seals import diagram
from seals.active import ActiveSeal
from seals.permit import Permit
from seals.seal import (
    FIRST_STATUS,
    STOPPING_ACTS,
    TRANSITIONS,
    SealAct,
    SealKind,
    SealStatus,
    is_electronic_code,
    is_physical_code,
)

ROOT = Path(__file__).parents[3]


def test_the_page_on_states_is_fresh() -> None:
    assert (ROOT / "docs/seal-states.md").read_text(encoding="utf-8") == diagram.page()


def test_the_page_draws_every_move_and_no_other() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+): (\w+) ", diagram.page(), re.MULTILINE)
    table = [(before, after, act) for act, moves in TRANSITIONS.items() for before, after in moves.items()]
    assert sorted(drawn) == sorted(table)


def test_every_state_can_be_reached_and_the_final_ones_are_left_by_nothing() -> None:
    reached = {FIRST_STATUS}
    for _ in SealStatus:
        reached |= {
            after for moves in TRANSITIONS.values() for before, after in moves.items() if before in reached
        }
    assert reached == set(SealStatus)
    final = {SealStatus.REVOKED, SealStatus.SUPERSEDED, SealStatus.REJECTED}
    assert not final & {before for moves in TRANSITIONS.values() for before in moves}


def test_only_a_second_person_leads_back_to_active() -> None:
    """B4: nothing but approval and the confirmed return makes a seal usable."""
    makers = {act for act, moves in TRANSITIONS.items() if SealStatus.ACTIVE in moves.values()}
    assert makers == {SealAct.APPROVE, SealAct.CONFIRM_RESUME}
    assert not makers & STOPPING_ACTS


def test_kinds_have_their_codes() -> None:
    assert [kind.code for kind in SealKind] == ["01", "02", "03", "04", "05", "99"]
    assert SealKind.of("03") is SealKind.INVOICE
    with pytest.raises(ValueError, match="06"):
        SealKind.of("06")


@pytest.mark.parametrize(
    "text", ["", "123", "１２３４５６７８９０１２３", "123456789012a", "1234567890123\n"]
)
def test_what_is_no_code(text: str) -> None:
    assert not is_physical_code(text)
    assert not is_electronic_code(text)


def test_codes_differ_by_length() -> None:
    assert is_physical_code("3301060012345")
    assert not is_electronic_code("3301060012345")
    assert is_electronic_code("33010600000001")


def test_an_active_seal_and_a_permit_cannot_be_constructed() -> None:
    now, actor = datetime.now(UTC), Actor("person:mallory")
    with pytest.raises(TypeError, match="registry"):
        ActiveSeal(None, None, actor, now)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="registry"):
        ActiveSeal(None, None, actor, now, object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="granted"):
        Permit("0" * 32, None, DigestAlgorithm.SHA256.digest(b""), "", now)  # type: ignore[arg-type]


def test_only_the_registry_admits_and_only_signing_consumes() -> None:
    admitting, consuming = set(), set()
    for room in ("hsm", "ca", "seals", "verify", "signing", "api"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            name = str(path.relative_to(ROOT))
            if re.search(r"from seals\.active import [^\n]*\badmit\b", text):
                admitting.add(name)
            if "ermits.consume(" in text:
                consuming.add(name)
    assert admitting == {"seals/registry.py"}
    assert {name.split("/")[0] for name in consuming} <= {"signing"}
