"""The table of moves, the types that carry a right, and the page drawn from the table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ca.actor import Actor
from hsm.algorithms import DigestAlgorithm
from seals import diagram
from seals.active import ActiveSeal, admit
from seals.application import Origin, found_pair
from seals.errors import SealNotUsable, SealUnapproved
from seals.permit import Permit
from seals.seal import (
    SealApplication,
    SealKind,
    SealOwner,
    is_electronic_code,
    is_physical_code,
)
from seals.states import (
    ENDED,
    FIRST_STATUS,
    GIVING_ACTS,
    IN_USE,
    STOPPING_ACTS,
    TRANSITIONS,
    SealAct,
    SealStatus,
    destination,
)

ROOT = Path(__file__).parents[3]
_RECORD = found_pair(
    SealApplication("11330105002500287C", SealKind.LEGAL_NAME, "person:a"),
    SealOwner("11330105002500287C", "杭州某某数字科技有限公司"),
    ("3301050000001", "33010500000001"),
    Origin("person:b", datetime(2026, 1, 1, tzinfo=UTC)),
    365,
).record


def test_the_page_on_states_is_fresh() -> None:
    assert (ROOT / "docs/seal-states.md").read_text(encoding="utf-8") == diagram.page()


def test_the_page_draws_every_move_and_no_other() -> None:
    """B8: three drawings, with boxes that stand for the states in it, and each move in one of them."""
    page = diagram.page()
    inside = {key: states.split() for key, states in re.findall(r"as (\w+) \{\n([^}]*)\}", page)}
    arrows = re.findall(r"^    (\w+) --> (\w+): (.+)$", page, re.MULTILINE)
    arrows += [(state, state, acts) for state, acts in re.findall(r"^    (\w+): ↻ (.+)$", page, re.MULTILINE)]
    drawn = [
        (start, end, label.split()[0])
        for before, after, labels in arrows
        for label in labels.split(", ")
        for start in inside.get(before, [before])
        for end in inside.get(after, [after])
    ]
    assert sorted(drawn) == sorted((before, after, act) for act, before, after in diagram.moves())


def test_every_state_can_be_reached_and_the_final_ones_are_left_by_nothing() -> None:
    reached = {FIRST_STATUS}
    for _ in SealStatus:
        reached |= {after for _, before, after in diagram.moves() if before in reached}
    assert reached == set(SealStatus)
    left = {before for _, before, after in diagram.moves() if before is not after}
    assert set(SealStatus) - left == ENDED
    assert {act for act, before, _ in diagram.moves() if before in ENDED} == {SealAct.DESTROY}


def test_only_a_second_person_leads_back_to_active() -> None:
    """B4: nothing but approval, filing and the confirmed return makes a seal usable."""
    makers = {
        act for act, before, after in diagram.moves() if after is SealStatus.ACTIVE and before is not after
    }
    assert makers == {SealAct.APPROVE, SealAct.ACCEPT, SealAct.LIFT, SealAct.CONFIRM_RESUME}
    assert makers <= GIVING_ACTS
    assert not makers & STOPPING_ACTS


def test_a_frozen_pair_comes_back_to_the_state_it_had_and_to_no_other() -> None:
    for held in TRANSITIONS[SealAct.FREEZE]:
        assert destination(SealAct.CONFIRM_RESUME, SealStatus.FROZEN, held) is held
        used = held in IN_USE
        assert (destination(SealAct.REWORK, SealStatus.FROZEN, held) is None) is used
        assert (destination(SealAct.SUPERSEDE, SealStatus.FROZEN, held) is None) is not used
    for status in set(SealStatus) - set(TRANSITIONS[SealAct.FREEZE]):
        assert destination(SealAct.CONFIRM_RESUME, SealStatus.FROZEN, status) is None
        assert destination(SealAct.FREEZE, status) is None
    assert destination(SealAct.CONFIRM_RESUME, SealStatus.FROZEN) is None


@pytest.mark.parametrize("status", SealStatus)
def test_every_state_has_its_word_and_nothing_but_active_can_be_sealed_with(status: SealStatus) -> None:
    """B8: the words of practice, all different."""
    assert len({each.zh for each in SealStatus}) == len(SealStatus)
    assert status.zh
    record = replace(_RECORD, status=status)
    with pytest.raises(SealNotUsable) as refused:
        admit(record, actor=Actor("person:a"), now=_RECORD.applied_at)
    assert (refused.type is SealUnapproved) is (
        status not in ENDED | {SealStatus.SUSPENDED, SealStatus.FROZEN}
    )


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
        Permit("0" * 32, None, DigestAlgorithm.SHA256.digest(b""), "", now, None)  # type: ignore[arg-type]


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
