"""Lists and time-stamps cut off by SIGKILL at every step: I1, I15, I18, I19, I21 hold after reconciliation."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.database.engine import make_engine
from ca.actor import SYSTEM
from ca.audit import AuditTrail
from ca.clock import system_clock
from ca.clock_guard import ClockGuard
from ca.config import CaConfig
from ca.status.crl import CrlPublisher
from ca.store import crl, timestamp
from ca.tsa import TimeStampAuthority
from hsm.algorithms import DigestAlgorithm
from hsm.provider import KeyRing
from tests.conftest import SteppingClock
from tests.faults import SIGKILLED, STEPS, die, kill_at_commit, log_signature, logged_signatures
from tests.status_world import MemoryKeys, StatusWorld

DIGEST = DigestAlgorithm.SHA256.digest(b"a document")

pytestmark = pytest.mark.crash


@dataclass(frozen=True)
class StatusJob:
    """What the process that dies needs; ``log`` gets the digest of all that was signed, synced to the disk."""

    url: str
    keys: dict[str, bytes]
    log: Path
    work: str
    step: str


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> StatusWorld:
    return StatusWorld(engine, clock)


def kill(world: StatusWorld, database_url: str, folder: Path, work: str, step: str) -> list[str]:
    """Do ``work`` in a process that kills itself at ``step``; return the digests of what it signed before."""
    keys = {
        name: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for name, key in world.memory.private.items()
    }
    job = StatusJob(database_url, keys, folder / "signed.log", work, step)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults", "tests.status_world"])
    process = context.Process(target=_work_and_die, args=(job,))
    process.start()
    process.join(60)
    assert process.exitcode == SIGKILLED
    return logged_signatures(job.log)


def _work_and_die(job: StatusJob) -> None:
    keys = MemoryKeys()
    for name, pem in job.keys.items():
        keys.private[name] = load_pem_private_key(pem, None)  # type: ignore[assignment]
    keys.before_signing = die if job.step == "before signing" else None
    keys.after_signing = lambda message: _log(job, message)
    engine = make_engine(job.url)
    kill_at_commit(engine, job.step)
    ring, audit = KeyRing({"file": keys}), AuditTrail(system_clock)
    if job.work == "crl":
        config = CaConfig(base_url="http://ca.test")
        CrlPublisher(engine, ring, system_clock, audit, config).publish("issuing", actor=SYSTEM)
    else:
        guard = ClockGuard(system_clock, lambda _now: timedelta(0))
        TimeStampAuthority(engine, ring, guard, audit).stamp(DIGEST)


def _log(job: StatusJob, message: bytes) -> None:
    log_signature(job.log, message)
    if job.step == "after signing":
        die()


EXPECTED = {"before commit 1": [], "after commit 2": ["issued"]}
"""Where the one reservation ends; everywhere else it is burned."""


@pytest.mark.parametrize("step", STEPS)
def test_I01_I15_I19_a_list_killed_at_each_step(
    step: str, world: StatusWorld, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    world.revoke(world.issue().serial_number)
    signed = kill(world, database_url, tmp_path, "crl", step)
    clock.advance(timedelta(minutes=5))
    publisher = world.crl()
    publisher.reconcile(SYSTEM)
    with world.engine.connect() as conn:
        rows = conn.execute(sa.select(crl.c.number, crl.c.status, crl.c.tbs_sha256)).all()
    assert [row.status for row in rows] == EXPECTED.get(step, ["burned"])
    assert set(signed) <= {row.tbs_sha256 for row in rows}, "I1: signed without a record"
    made = publisher.publish("issuing", actor=SYSTEM)
    assert made.number == len(rows) + 1, "I15: a number was used twice, or lost"
    assert made.entries == 1
    _check_trail(world, "crl", step)


@pytest.mark.parametrize("step", STEPS)
def test_I01_I18_I19_a_stamp_killed_at_each_step(
    step: str, world: StatusWorld, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    signed = kill(world, database_url, tmp_path, "tsa", step)
    clock.advance(timedelta(minutes=5))
    authority = world.tsa()
    authority.reconcile(SYSTEM)
    with world.engine.connect() as conn:
        statuses = conn.execute(sa.select(timestamp.c.status)).scalars().all()
    assert statuses == EXPECTED.get(step, ["burned"])
    assert len(signed) <= len(statuses), "I1: signed without a record"
    authority.stamp(DIGEST)
    with world.engine.connect() as conn:
        rows = conn.execute(
            sa.select(timestamp.c.serial, timestamp.c.gen_time).order_by(timestamp.c.id)
        ).all()
    assert len({row.serial for row in rows}) == len(rows)
    assert [row.gen_time for row in rows] == sorted(row.gen_time for row in rows)
    _check_trail(world, "timestamp", step)


def _check_trail(world: StatusWorld, subject: str, step: str) -> None:
    """I20, I21: the trail verifies and says how the killed one ended and that the next went well."""
    done = f"{subject}.{'published' if subject == 'crl' else 'issued'}"
    ended = {"before commit 1": [], "after commit 2": [f"{subject}.intended", done]}
    first = ended.get(step, [f"{subject}.intended", f"{subject}.burned"])
    assert world.actions() == [*first, f"{subject}.intended", done]
