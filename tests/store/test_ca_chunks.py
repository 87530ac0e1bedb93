"""Chunks: all of what is left is issued, or none of it, whatever breaks between (I1–I6, I15, I19, I20, I27, I28)."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, IssuedCertificate, SubjectName, public_key_of, spki_sha256
from ca.errors import (
    CaError,
    EnterpriseUnknown,
    IssuanceUnfinished,
    KeyCompromised,
    LintFailed,
    ProfileUnknown,
    RequestInvalid,
    RequestKeyReused,
    RequestSpent,
    SignatureWithheld,
)
from ca.issuance import MAX_CHUNK
from ca.issuer_store import raise_epoch
from ca.status.revocation_list import serial_of
from ca.status.shards import MIN_SHARD_CAPACITY
from ca.store import audit, certificate, crl_shard
from hsm.errors import TokenLost
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import CLERK, COMPANY, OFFICER, USCC, World, make_uscc, make_world, new_key, prove_issued
from tests.settled import settled_world

NAME = SubjectName(COMPANY, COMPANY, USCC)
Asked = list[tuple[CertificateRequest, str]]


@pytest.fixture
def provider() -> FaultyProvider:
    return FaultyProvider()


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, provider: FaultyProvider) -> World:
    made = settled_world(engine, clock, provider=provider)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    return made


def asked(count: int, prefix: str = "c", **changes: object) -> Asked:
    one = CertificateRequest("enterprise-seal", NAME, new_key().public_key())
    return [
        (replace(one, public_key=new_key().public_key(), **changes), f"{prefix}-{number}")  # type: ignore[arg-type]
        for number in range(count)
    ]


def issue(world: World, what: Asked) -> tuple[IssuedCertificate, ...]:
    return world.authority.issue_many(what, actor=CLERK)


def rows(world: World, prefix: str = "c") -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(*certificate.c).where(certificate.c.request_key.startswith(f"{prefix}-"))
    with world.engine.connect() as conn:
        return list(conn.execute(query.order_by(certificate.c.id)))


def signatures(world: World) -> int:
    return len(world.signer(world.hierarchy.issuing.key_uri).signed)


def test_I01_I05_I07_I20_the_whole_cycle_of_a_chunk(world: World) -> None:
    """In the order asked, each linted, signed once, on the trail twice; two commits and a read for all of them."""
    what, before = asked(12), signatures(world)
    commits: list[sa.Connection] = []
    sa.event.listen(world.engine, "commit", commits.append)
    made = issue(world, what)
    assert len(commits) == 2
    assert signatures(world) == before + 12
    assert len({one.serial for one in made}) == 12
    above = world.authority.issuer("issuing").x509
    for one in made:
        prove_issued(one.certificate, above)
    kept = rows(world)
    assert [row.serial for row in kept] == [one.serial for one in made]
    keys = [spki_sha256(one.public_key) for one, _ in what]
    assert (
        [row.spki_sha256 for row in kept]
        == keys
        == [spki_sha256(public_key_of(one.certificate)) for one in made]
    )
    with world.engine.connect() as conn:
        world.audit.verify(conn)
        told = conn.execute(
            sa.select(audit.c.action, audit.c.subject).order_by(audit.c.number.desc()).limit(24)
        )
        said = Counter((row.action, row.subject) for row in told)
    subjects = [f"certificate:issuing:{one.serial:x}" for one in made]
    words = ("certificate.requested", "certificate.issued")
    assert said == Counter((word, subject) for word in words for subject in subjects)


def test_nothing_asked_is_nothing_issued(world: World) -> None:
    assert issue(world, []) == ()


def test_I04_known_keys_are_answered_and_the_rest_is_issued(world: World) -> None:
    what = asked(5)
    first = issue(world, what[1:3])
    count = signatures(world)
    made = issue(world, what)
    assert made[1:3] == first
    assert signatures(world) == count + 3
    assert issue(world, what) == made
    assert issue(world, list(reversed(what))) == tuple(reversed(made))
    assert signatures(world) == count + 3


def test_I04_another_request_under_a_known_key_refuses_the_chunk(world: World) -> None:
    what = asked(3)
    issue(world, what[:1])
    with pytest.raises(RequestKeyReused):
        issue(world, [(what[2][0], what[0][1]), *what[1:]])
    assert len(rows(world)) == 1


@pytest.mark.parametrize("wrong", ["twice", "too many", "key"])
def test_a_chunk_that_is_none_is_refused(world: World, wrong: str) -> None:
    one = asked(1)[0]
    what = {
        "twice": [one, one],
        "too many": [(one[0], f"c-{number}") for number in range(MAX_CHUNK + 1)],
        "key": [one, (one[0], "")],
    }[wrong]
    with pytest.raises(RequestInvalid):
        issue(world, what)
    assert rows(world) == []


@pytest.mark.parametrize("fault", ["before", "after", "bit"])
@pytest.mark.parametrize("place", [1, 3, 4])
def test_I03_a_fault_at_any_signature_burns_every_serial(
    world: World, provider: FaultyProvider, fault: str, place: int
) -> None:
    count = 0

    def before(message: bytes) -> None:
        nonlocal count
        count += 1
        if fault == "before" and count == place:
            lose_token(message)

    def after(message: bytes, signature: bytes) -> bytes:
        if fault == "after" and count == place:
            lose_token(message)
        spoilt = fault == "bit" and count == place
        return signature[:-1] + bytes((signature[-1] ^ 1,)) if spoilt else signature

    provider.wrap = lambda signer: FaultySigner(signer, before, after)
    what = asked(4)
    with pytest.raises(SignatureWithheld if fault == "bit" else TokenLost):
        issue(world, what)
    provider.wrap = lambda signer: signer
    kept = rows(world)
    assert [row.status for row in kept] == ["burned"] * 4
    assert [serial_of(row.crl_entry) for row in kept] == [row.serial for row in kept]
    with pytest.raises(RequestSpent):
        issue(world, what)
    assert len(issue(world, [(one, key + "-again") for one, key in what])) == 4


def test_I03_I19_one_closed_meanwhile_releases_none(
    world: World, provider: FaultyProvider, clock: SteppingClock
) -> None:
    """One row of the many did not move in transaction B: the sum tells, and nothing is released."""
    count = 0

    def before(_message: bytes) -> None:
        nonlocal count
        count += 1
        if count == 4:
            with world.engine.begin() as conn:
                conn.execute(
                    certificate.update().where(certificate.c.request_key == "c-1").values(status="burned")
                )

    provider.wrap = lambda signer: FaultySigner(signer, before)
    with pytest.raises(RequestSpent):
        issue(world, asked(4))
    assert all(not row.der for row in rows(world))
    clock.advance(timedelta(minutes=5))
    assert len(world.authority.reconcile(SYSTEM).in_doubt) == 3
    assert [row.status for row in rows(world)] == ["burned"] * 4


def test_I28_a_chunk_of_an_older_epoch_is_fenced_off(world: World, provider: FaultyProvider) -> None:
    def fence(_message: bytes) -> None:
        with world.engine.begin() as conn:
            raise_epoch(conn, "issuing")

    provider.wrap = lambda signer: FaultySigner(signer, fence)
    with pytest.raises(RequestSpent):
        issue(world, asked(3))
    assert all(not row.der for row in rows(world))


def test_a_lint_that_refuses_one_leaves_the_keys_of_the_others_free(world: World) -> None:
    """The refusal is on record, burned without a trace on the list; the others are issued under the same keys."""
    what, count = asked(4), signatures(world)
    what[2] = (replace(what[2][0], subject=replace(NAME, country="cn")), what[2][1])
    with pytest.raises(LintFailed):
        issue(world, what)
    (kept,) = rows(world)
    assert (kept.request_key, kept.status, kept.tbs, kept.crl_entry) == ("c-2", "burned", b"", b"")
    assert signatures(world) == count
    assert len(issue(world, [*what[:2], what[3]])) == 3
    with pytest.raises(RequestSpent):
        issue(world, what)
    with world.engine.connect() as conn:
        world.audit.verify(conn)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"profile": "wildcard"}, ProfileUnknown),
        ({"validity": timedelta(0)}, RequestInvalid),
        ({"subject": SubjectName(COMPANY, COMPANY, make_uscc("91110108MA01C8QX4"))}, EnterpriseUnknown),
    ],
)
def test_what_cannot_be_reserved_refuses_the_chunk_without_a_row(
    world: World, changes: dict[str, object], error: type[CaError]
) -> None:
    with pytest.raises(error):
        issue(world, [*asked(2), *asked(1, "d", **changes)])
    assert rows(world) == rows(world, "d") == []


def test_I27_one_compromised_key_refuses_the_chunk(world: World) -> None:
    what = asked(3)
    world.authority.report_compromise(what[1][0].public_key, actor=OFFICER)
    with pytest.raises(KeyCompromised):
        issue(world, what)
    assert rows(world) == []


def _interrupted(world: World, act: Callable[[], object]) -> World:
    """Return the authority in another worker, interrupted once when it draws its first serial."""
    waiting = [act]

    def entropy(size: int) -> bytes:
        while waiting:
            waiting.pop()()
        return secrets.token_bytes(size)

    parts = {"provider": world.provider, "hierarchy": world.hierarchy}
    return make_world(world.engine, world.clock, create_tables=False, entropy=entropy, **parts)  # type: ignore[arg-type]


def test_I27_a_key_reported_between_plan_and_reservation(world: World) -> None:
    what, count = asked(3), signatures(world)
    other = _interrupted(
        world, lambda: world.authority.report_compromise(what[1][0].public_key, actor=OFFICER)
    )
    with pytest.raises(KeyCompromised):
        issue(other, what)
    assert (rows(world), signatures(world)) == ([], count)


@pytest.mark.parametrize("others", [(1,), (0, 1, 2)])
def test_I04_keys_granted_between_plan_and_reservation(world: World, others: tuple[int, ...]) -> None:
    """Another worker was faster with some or all: its certificates are the answers, the rest is issued once."""
    what, made, count = asked(3), {}, signatures(world)

    def faster() -> None:
        for number in others:
            made[number] = issue(world, [what[number]])[0]

    found = issue(_interrupted(world, faster), what)
    assert all(found[number] == one for number, one in made.items())
    assert signatures(world) == count + 3
    assert [row.status for row in rows(world)] == ["issued"] * 3


def test_I04_a_key_that_is_unfinished_elsewhere_refuses_the_chunk(
    world: World, provider: FaultyProvider
) -> None:
    what, unfinished = asked(3), []

    def ask(_message: bytes) -> None:
        provider.wrap = lambda signer: signer
        with pytest.raises(IssuanceUnfinished) as refused:
            issue(world, what)
        unfinished.append(refused)

    provider.wrap = lambda signer: FaultySigner(signer, ask)
    issue(world, what[1:2])
    assert len(unfinished) == 1
    assert [row.request_key for row in rows(world)] == ["c-1"]


def test_I28_a_chunk_that_was_overtaken_is_planned_afresh(world: World) -> None:
    def fence() -> None:
        with world.engine.begin() as conn:
            raise_epoch(conn, "issuing")

    made = issue(_interrupted(world, fence), asked(3))
    assert {row.epoch for row in rows(world)} == {2}
    assert len(made) == 3


def test_I15_a_chunk_that_crosses_the_ends_of_shards(world: World) -> None:
    """Places are taken in order; no shard holds more than its capacity, and the addresses are those of the shard."""
    world.authority.shard_lists("issuing", MIN_SHARD_CAPACITY, actor=OFFICER)
    issue(world, asked(4))
    made = issue(world, asked(20, "d"))
    shards = [row.shard for row in rows(world, "d")]
    assert shards == [1] * 6 + [2] * 10 + [3] * 4
    above = world.authority.issuer("issuing").x509
    for one in made:
        prove_issued(one.certificate, above)
    with world.engine.connect() as conn:
        query = sa.select(crl_shard.c.shard, crl_shard.c.assigned).where(crl_shard.c.shard > 0)
        assert {row.shard: row.assigned for row in conn.execute(query)} == {1: 10, 2: 10, 3: 4}


def test_I15_a_shard_that_others_filled_meanwhile(world: World) -> None:
    world.authority.shard_lists("issuing", MIN_SHARD_CAPACITY, actor=OFFICER)
    issue(world, asked(1))
    issue(_interrupted(world, lambda: issue(world, asked(7, "e"))), asked(6, "d"))
    assert [row.shard for row in rows(world, "d")] == [1] * 2 + [2] * 4


def test_I02_chunks_at_once_get_different_serials(world: World) -> None:
    """Eight chunks of workers that share half of their keys: each key once, each serial once, the chain whole."""
    from concurrent.futures import ThreadPoolExecutor

    shared = asked(6, "c-s")

    def work(number: int) -> int:
        mine, done = asked(6, f"c-{number}"), 0
        for chunk in ([*shared, *mine], mine):
            try:
                done = max(done, len(issue(world, chunk)))
            except (IssuanceUnfinished, RequestSpent):
                continue
        return done

    with ThreadPoolExecutor(8) as pool:
        assert all(done >= 6 for done in pool.map(work, range(8)))
    kept = rows(world)
    assert len({row.serial for row in kept}) == len(kept) == 54
    assert {row.status for row in kept} == {"issued"}
    with world.engine.connect() as conn:
        world.audit.verify(conn)
