"""Issuance cut off by SIGKILL at every step and at random moments: I1–I4, I19, I20, I21 hold after reconciliation."""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, SubjectName, public_key_of
from ca.clock import system_clock
from ca.errors import IssuanceUnfinished, RequestSpent
from ca.status.revocation_list import serial_of
from ca.store import audit, certificate
from tests.conftest import SteppingClock
from tests.faults import SIGKILLED, STEPS, CrashJob, crash, keep_key, logged_signatures
from tests.pki import CLERK, COMPANY, USCC, World, make_world

RANDOM_KILLS = int(os.environ.get("YINXIN_CRASH_KILLS", "12"))
"""Kills at random moments, on each database; a thousand take some minutes."""

pytestmark = pytest.mark.crash


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    made = make_world(engine, clock)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    return made


@pytest.fixture
def job(world: World, database_url: str, tmp_path: Path) -> CrashJob:
    uri = world.hierarchy.issuing.key_uri
    return CrashJob(database_url, keep_key(world, tmp_path), uri, tmp_path / "signatures.log")


def reconcile(world: World, clock: SteppingClock) -> None:
    """Reconcile as an operator would, after the grace; the killed processes ran on the system's clock."""
    clock.now = system_clock() + world.config.reservation_grace + timedelta(seconds=5)
    world.authority.reconcile(SYSTEM)


def check_invariants(world: World, job: CrashJob) -> Counter[str]:
    """Check I1, I2, I3, I19, I20 and I21 over the whole database; return how many rows stand in each status."""
    with world.engine.connect() as conn:
        rows = conn.execute(
            sa.select(
                certificate.c.serial,
                certificate.c.status,
                certificate.c.tbs,
                certificate.c.der,
                certificate.c.crl_entry,
                certificate.c.revoked_at,
            ).where(certificate.c.issuer == "issuing", certificate.c.profile == "enterprise-seal")
        ).all()
        intents = conn.scalar(
            sa.select(sa.func.count()).select_from(audit).where(audit.c.action == "certificate.requested")
        )
        everything = conn.scalar(sa.select(sa.func.count()).select_from(certificate))
        world.audit.verify(conn)  # I21
    assert intents == everything, "I20: a reservation without its intent on record, or the reverse"
    by_digest = {hashlib.sha256(row.tbs).hexdigest(): row for row in rows if row.tbs}
    signed = logged_signatures(job.log)
    assert len(signed) == len(set(signed)), "I2: the same octets were signed twice"
    for digest in signed:
        assert digest in by_digest, "I1: something was signed that was never recorded"
        row = by_digest[digest]
        if not row.der:
            assert row.status == "burned", "I3: signed, not stored and not burned"
            assert serial_of(row.crl_entry) == row.serial, "I3: an in-doubt serial is not on the CRL"
            assert row.revoked_at is not None
    for row in rows:
        assert row.status != "reserved", "I19: a reservation was left open"
        assert bool(row.der) == (row.status == "issued")
        assert bool(row.crl_entry) == (row.status == "burned" and bool(row.tbs))
    return Counter(row.status for row in rows)


@pytest.mark.parametrize("step", STEPS)
def test_I01_I03_I19_killed_at_each_step(
    step: str, world: World, job: CrashJob, clock: SteppingClock
) -> None:
    """One kill at a named step: the serial ends issued or burned, and the key never touches it again."""
    code = crash(replace(job, step=step, request_key="killed"))
    assert code == SIGKILLED
    before = len(logged_signatures(job.log))
    reconcile(world, clock)
    statuses = check_invariants(world, job)
    expected = {"before commit 1": {}, "after commit 2": {"issued": 1}}.get(step, {"burned": 1})
    assert statuses == expected
    assert len(logged_signatures(job.log)) == before, "reconciling signed something"


@pytest.mark.parametrize("step", STEPS)
def test_I01_I03_I19_a_pair_killed_at_each_step(
    step: str, world: World, job: CrashJob, clock: SteppingClock
) -> None:
    """Both certificates of a pair are there afterwards, or neither, and what was signed stands on the list."""
    assert crash(replace(job, step=step, request_key="killed", pair=True)) == SIGKILLED
    signed = logged_signatures(job.log)
    reconcile(world, clock)
    columns = certificate.c.status, certificate.c.tbs, certificate.c.der, certificate.c.crl_entry
    with world.engine.connect() as conn:
        query = sa.select(*columns).where(certificate.c.request_key.startswith("killed"))
        rows = conn.execute(query).all()
        world.audit.verify(conn)
    expected = {"before commit 1": [], "after commit 2": ["issued"] * 2}.get(step, ["burned"] * 2)
    assert [row.status for row in rows] == expected
    assert all(bool(row.der) != bool(row.crl_entry) for row in rows)
    assert set(signed) <= {hashlib.sha256(row.tbs).hexdigest() for row in rows}
    assert logged_signatures(job.log) == signed, "reconciling signed something"


@pytest.mark.parametrize("step", STEPS)
def test_I01_I03_I19_a_chunk_killed_at_each_step(
    step: str, world: World, job: CrashJob, clock: SteppingClock
) -> None:
    """All certificates of a chunk are there afterwards, or none; every serial that may be signed is on the list."""
    count = 6
    assert crash(replace(job, step=step, request_key="killed", chunk=count)) == SIGKILLED
    signed = logged_signatures(job.log)
    assert len(signed) == {
        "before commit 1": 0,
        "after commit 1": 0,
        "before signing": 2,
        "after signing": 3,
    }.get(step, count)
    reconcile(world, clock)
    expected = {"before commit 1": {}, "after commit 2": {"issued": count}}.get(step, {"burned": count})
    assert check_invariants(world, job) == expected
    assert logged_signatures(job.log) == signed, "reconciling signed something"
    if step == "after commit 2":
        asked = [(request_of(world, f"killed-1-{one}"), f"killed-1-{one}") for one in range(1, count + 1)]
        answered = world.authority.issue_many(asked, actor=CLERK)
        assert [world.authority.certificate(one.serial).der for one in answered] == [
            one.der for one in answered
        ]
        assert logged_signatures(job.log) == signed


def request_of(world: World, request_key: str) -> CertificateRequest:
    """Return the request that a killed process made, from the octets that it recorded."""
    with world.engine.connect() as conn:
        query = sa.select(certificate.c.unsigned).where(certificate.c.request_key == request_key)
        unsigned = conn.execute(query).scalar_one()
    key = public_key_of(x509.load_der_x509_certificate(unsigned))
    return CertificateRequest("enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), key)


def test_I04_retry_after_a_crash_before_the_answer(world: World, job: CrashJob) -> None:
    """The certificate was stored but the caller never heard: the same request key finds it, nothing is signed anew."""
    assert crash(replace(job, step="after commit 2", request_key="lost")) == SIGKILLED
    again = world.authority.issue(request_of(world, "lost-1"), request_key="lost-1", actor=CLERK)
    assert world.authority.certificate(again.serial).der == again.der
    assert len(logged_signatures(job.log)) == 1


def test_I03_spent_request_key_is_never_signed_again(
    world: World, job: CrashJob, clock: SteppingClock
) -> None:
    """Killed between signature and record: until reconciliation the key is unfinished, and for ever after spent."""
    signer = world.signer(world.hierarchy.issuing.key_uri)
    assert crash(replace(job, step="after signing", request_key="spent")) == SIGKILLED
    request, before = request_of(world, "spent-1"), len(signer.signed)
    with pytest.raises(IssuanceUnfinished):
        world.authority.issue(request, request_key="spent-1", actor=CLERK)
    reconcile(world, clock)
    with pytest.raises(RequestSpent):
        world.authority.issue(request, request_key="spent-1", actor=CLERK)
    assert len(signer.signed) == before


def test_I01_I02_I03_I19_killed_at_random_moments(world: World, job: CrashJob, clock: SteppingClock) -> None:
    """A process that issues without end is killed again and again; nothing it signed is lost, nothing stays open."""
    chance = random.Random(20261121)
    for number in range(RANDOM_KILLS):
        endless = replace(job, request_key=f"random-{number}", endless=True)
        moment = chance.uniform(0, 0.03)
        assert crash(endless, kill_after=moment, signatures=chance.randrange(4)) == SIGKILLED
    reconcile(world, clock)
    statuses = check_invariants(world, job)
    assert statuses["issued"] > 0
    assert statuses.total() >= len(logged_signatures(job.log))
