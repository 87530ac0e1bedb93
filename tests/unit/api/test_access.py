"""API keys, scopes and the powers that stay apart (I23)."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from api.access import store
from api.access.keys import ApiKeys
from api.access.scopes import Power, Scope
from api.cli.console import person
from api.errors import (
    ApiKeyNotFound,
    ForeignEnterprise,
    InputInvalid,
    NotAuthenticated,
    ScopeMissing,
    ScopesConflict,
)
from ca import store as ca_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.errors import ActorIdInvalid
from tests.conftest import SteppingClock

HOLDER = Actor("app:oa", "OA", "91330106MA2CYNTX0Y")
ADMIN = Actor("person:sun.tao", "孙涛")


@pytest.fixture
def keys(engine: sa.Engine, clock: SteppingClock) -> ApiKeys:
    ca_store.metadata.create_all(engine)
    store.metadata.create_all(engine)
    return ApiKeys(engine, clock, AuditTrail(clock))


def test_a_key_proves_its_holder_and_scopes(keys: ApiKeys) -> None:
    made = keys.create(HOLDER, [Scope.SEAL_USE, Scope.SEAL_READ], timedelta(days=1), actor=ADMIN)
    caller = keys.authenticate(made.text)
    assert caller.actor == HOLDER
    assert caller.scopes == {Scope.SEAL_USE, Scope.SEAL_READ}
    caller.require(Scope.SEAL_USE)
    caller.acting_for(str(HOLDER.uscc))
    with pytest.raises(ScopeMissing):
        caller.require(Scope.CA_ISSUE)
    with pytest.raises(ForeignEnterprise):
        caller.acting_for("91330100000000000X")


def test_I22_no_account_looks_like_another(
    keys: ApiKeys, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: one person gets two accounts that differ by what nobody sees. Those of the past are still read."""
    twin = Actor("person:li\u200b.wei", "李伟")
    with pytest.raises(ActorIdInvalid) as told:
        keys.create(twin, [Scope.CASE_APPROVE], timedelta(days=1), actor=ADMIN)
    assert "U+200B" in told.value.zh
    for text in ("person:li\u200b.wei=李伟", "person:li wei", "person:li.wei=李\u200b伟"):
        with pytest.raises((ActorIdInvalid, InputInvalid)):
            person(text)
    assert person("person:li.wei=Li Wei") == Actor("person:li.wei", "Li Wei")
    monkeypatch.setattr("api.access.keys.entered_id", str)
    made = keys.create(twin, [Scope.CASE_APPROVE], timedelta(days=1), actor=ADMIN)
    assert keys.authenticate(made.text).actor == twin


def test_the_secret_is_stored_nowhere(keys: ApiKeys, engine: sa.Engine) -> None:
    made = keys.create(HOLDER, [Scope.SEAL_USE], timedelta(days=1), actor=ADMIN)
    secret = made.text.rsplit("_", 1)[1] if made.text.count("_") == 2 else made.text[12:]
    with engine.connect() as connection:
        rows = [
            str(row)
            for table in (store.api_key, ca_store.audit)
            for row in connection.execute(sa.select(table))
        ]
    assert rows
    assert not any(secret in row or made.text in row for row in rows)
    assert secret not in repr(made)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), str.upper, lambda _t: "", lambda t: t + "x"]
)
def test_one_wrong_character_proves_nothing(keys: ApiKeys, change: object) -> None:
    made = keys.create(HOLDER, [Scope.SEAL_USE], timedelta(days=1), actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(change(made.text))  # type: ignore[operator]


def test_an_expired_or_revoked_key_proves_nothing(keys: ApiKeys, clock: SteppingClock) -> None:
    made = keys.create(HOLDER, [Scope.SEAL_USE], timedelta(hours=1), actor=ADMIN)
    other = keys.create(HOLDER, [Scope.SEAL_USE], timedelta(days=9), actor=ADMIN)
    clock.advance(timedelta(hours=1))
    with pytest.raises(NotAuthenticated):
        keys.authenticate(made.text)
    keys.revoke(other.record.prefix, actor=ADMIN)
    with pytest.raises(NotAuthenticated):
        keys.authenticate(other.text)
    with pytest.raises(NotAuthenticated):
        keys.principal(other.record.prefix)
    with pytest.raises(ApiKeyNotFound):
        keys.revoke(other.record.prefix, actor=ADMIN)
    assert [record.revoked_at is None for record in keys.list()].count(False) == 1


@pytest.mark.parametrize(
    "pair", [p for p in itertools.combinations(Scope, 2) if p[0].power is not p[1].power]
)
def test_I23_powers_never_meet_in_one_key(keys: ApiKeys, pair: tuple[Scope, Scope]) -> None:
    with pytest.raises(ScopesConflict):
        keys.create(HOLDER, pair, timedelta(days=1), actor=ADMIN)


def test_I23_every_power_has_a_scope(keys: ApiKeys) -> None:
    assert {scope.power for scope in Scope} == set(Power)
    with pytest.raises(ScopesConflict):
        keys.create(HOLDER, [], timedelta(days=1), actor=ADMIN)


def test_I20_making_and_revoking_a_key_is_on_the_trail(
    keys: ApiKeys, engine: sa.Engine, clock: SteppingClock
) -> None:
    made = keys.create(HOLDER, [Scope.SEAL_USE], timedelta(days=1), actor=ADMIN)
    keys.revoke(made.record.prefix, actor=ADMIN)
    with engine.connect() as connection:
        records = AuditTrail(clock).records(connection)
    assert [(record.action, record.subject) for record in records] == [
        ("key.created", made.record.prefix),
        ("key.revoked", made.record.prefix),
    ]
