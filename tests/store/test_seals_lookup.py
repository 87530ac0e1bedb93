"""Answers to anyone about a seal, on both engines: right at once, the same in form for every code, and nothing personal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from seals.lookup.answer import lookup_payload, parse_lookup
from seals.lookup.desk import GIVEN_AGAIN, LIFE, SealLookups
from seals.lookup.errors import CodeMalformed, LookupNotReady, MomentToCome
from seals.seal import SealKind
from seals.status_list import ListMaker
from tests.conftest import SteppingClock
from tests.seal_world import (
    APPLICANT,
    APPROVER,
    KEEPER,
    NAME,
    SECOND,
    USCC,
    MemorySigner,
    SealWorld,
    certificate,
)

PERSON = "钱七"
"""The name on a name seal."""


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealWorld:
    return SealWorld(engine, clock)


@pytest.fixture
def lookups(world: SealWorld, clock: SteppingClock) -> SealLookups:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = [certificate(clock(), key=key).der]
    return SealLookups(world.engine, clock, lambda: ListMaker("seal-maker", chain, lambda: MemorySigner(key)))


def told(lookups: SealLookups, code: str, at: Any = None) -> dict[str, Any]:
    """Return the members of an answer as its reader finds them under a signature that holds."""
    parsed = parse_lookup(lookups.ask(code, at).jws)
    parsed.check_signature()
    return lookup_payload(parsed.lookup)


def test_B6_an_answer_says_state_kind_owner_and_dates(world: SealWorld, lookups: SealLookups) -> None:
    seal = world.active(SealKind.CONTRACT)
    found = lookups.ask(seal.code).lookup
    assert (found.status, found.in_force, found.kind) == ("active", True, SealKind.CONTRACT)
    assert (found.owner_name, found.owner_uscc) == (NAME, USCC)
    assert (found.code, found.physical_code) == (seal.code, seal.physical.code)
    assert (found.valid_from, found.valid_to, found.since) == (
        seal.valid_from,
        seal.valid_to,
        seal.valid_from,
    )
    assert found.next_update - found.issued_at == LIFE
    by_physical = lookups.ask(seal.physical.code).lookup
    assert (by_physical.code, by_physical.asked) == (seal.code, seal.physical.code)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (SealKind.LEGAL_NAME, {}),
        (SealKind.LEGAL_REPRESENTATIVE, {"person": PERSON}),
        (SealKind.OTHER, {"line": f"{PERSON}专用章"}),
    ],
    ids=str,
)
def test_B6_no_answer_holds_personal_data_or_a_picture(
    world: SealWorld, lookups: SealLookups, kind: SealKind, given: dict[str, str]
) -> None:
    seal = world.active(kind, keepers=(SECOND.id,), **given)
    world.registry.freeze(seal.code, actor=KEEPER, reason=f"{PERSON}遗失")
    text = str(told(lookups, seal.code))
    for private in (
        PERSON,
        *(text for person in (APPLICANT, APPROVER, SECOND, KEEPER) for text in (person.id, person.name)),
        seal.electronic.picture_sha256,
        "svg",
        "遗失",
    ):
        assert private not in text


def test_B4_the_next_answer_after_a_freeze_shows_it_and_since_when(
    world: SealWorld, lookups: SealLookups, clock: SteppingClock
) -> None:
    seal = world.active()
    before = clock()
    assert told(lookups, seal.code)["status"] == "active"
    clock.advance(timedelta(microseconds=1))
    world.registry.freeze(seal.code, actor=KEEPER, reason="遗失")
    frozen = lookups.ask(seal.code).lookup
    assert (frozen.status, frozen.in_force, frozen.since) == ("frozen", False, clock())
    clock.advance(timedelta(days=1))
    world.registry.request_resume(seal.code, actor=APPROVER)
    assert lookups.ask(seal.code).lookup.since == frozen.since, (
        "an act that keeps the state keeps its beginning"
    )
    assert told(lookups, seal.code, before)["status"] == "active"
    assert told(lookups, seal.code, frozen.since)["status"] == "frozen"


def test_a_stop_dated_by_another_machines_clock_counts_at_once(
    world: SealWorld, lookups: SealLookups, clock: SteppingClock
) -> None:
    seal = world.active()
    clock.advance(timedelta(seconds=5))
    world.registry.freeze(seal.code, actor=KEEPER, reason="遗失")
    clock.advance(-timedelta(seconds=4))
    assert lookups.ask(seal.code).lookup.status == "frozen"


def test_an_unknown_code_is_answered_in_the_same_form(
    world: SealWorld, lookups: SealLookups, clock: SteppingClock
) -> None:
    """No seal, an application, a rejected one, a seal before its time: one answer for all."""
    known = told(lookups, world.active().code)
    applied, rejected = world.applied(), world.applied()
    world.registry.reject(rejected.code, actor=SECOND, reason="不清")
    early = clock() - timedelta(days=1)
    for code, at in (
        ("9" * 14, None),
        ("9" * 13, None),
        (applied.code, None),
        (rejected.code, None),
        (applied.physical.code, None),
        (known["code"], early),
    ):
        found = told(lookups, code, at)
        assert found.keys() == known.keys()
        assert found["status"] == "unknown"
        dated = {"issuer", "asked", "as_of", "issued_at", "next_update", "status"}
        assert {name for name, value in found.items() if value is not None} == dated


def test_B5_a_change_of_name_links_both_codes(world: SealWorld, lookups: SealLookups) -> None:
    old = world.active()
    (new,) = world.registry.rename_owner(USCC, "新名有限公司", actor=APPLICANT)
    assert lookups.ask(old.code).lookup.successor is None
    world.approved(new.code)
    before, after = lookups.ask(old.code).lookup, lookups.ask(new.code).lookup
    assert (before.status, before.successor, before.owner_name) == ("superseded", new.code, NAME)
    assert (after.status, after.predecessor, after.owner_name) == ("active", old.code, "新名有限公司")


def test_a_seal_past_its_last_day_has_expired_and_had_not(
    world: SealWorld, lookups: SealLookups, clock: SteppingClock
) -> None:
    seal = world.active(valid_days=30)
    clock.advance(timedelta(days=31))
    assert lookups.ask(seal.code).lookup.status == "expired"
    assert lookups.ask(seal.code, clock() - timedelta(days=2)).lookup.status == "active"


def test_an_answer_is_signed_once_while_nothing_changes(
    world: SealWorld, lookups: SealLookups, clock: SteppingClock
) -> None:
    code = world.active().code
    first = lookups.ask(code)
    clock.advance(GIVEN_AGAIN - timedelta(seconds=1))
    assert lookups.ask(code) is first
    clock.advance(timedelta(seconds=1))
    second = lookups.ask(code)
    assert second.lookup.issued_at == clock()
    world.registry.freeze(code, actor=KEEPER, reason="遗失")
    assert lookups.ask(code).jws != second.jws
    clock.advance(-timedelta(days=1))
    assert lookups.ask(code).lookup.issued_at == clock(), "an answer of tomorrow is not given today"


def test_what_is_no_question_is_refused(world: SealWorld, lookups: SealLookups, clock: SteppingClock) -> None:
    for code in ("", "1" * 12, "1" * 15, "1234567890123x", "１" * 13, "' OR 1=1 --"):
        with pytest.raises(CodeMalformed):
            lookups.ask(code)
    with pytest.raises(MomentToCome):
        lookups.ask("1" * 13, clock() + timedelta(seconds=1))
    with pytest.raises(LookupNotReady):
        SealLookups(world.engine, clock, lambda: None).ask("1" * 13)
