"""The key centre killed by SIGKILL at every step: a pooled key is never given to two, and every reservation ends (I19)."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.database.engine import make_engine
from ca.audit import AuditTrail
from ca.clock import system_clock
from ca.keycentre.centre import KeyCentre
from ca.keycentre.key import KeyRequest
from ca.keycentre.state import CaseStatus, KeyStatus
from ca.keycentre.store import escrowed_key, recovery_case
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import EscrowToken
from hsm.provider import KeyRing
from hsm.public_keys import load_spki, spki
from hsm.softhsm import find_or_fetch
from tests.conftest import USER_PIN, SteppingClock, missing
from tests.faults import die, kill_at_commit
from tests.keycentre_world import NAMES, OFFICER, KeyCentreWorld, make_key_centre

SIGKILLED = -9
STEPS = (
    "before commit 1",
    "after commit 1",
    "before key",
    "after key",
    "before commit 2",
    "after commit 2",
)
"""One grant from a filled pool, or one execution: two transactions and the token between them."""
RANDOM_KILLS = 5

pytestmark = [pytest.mark.token, pytest.mark.crash]


@dataclass(frozen=True)
class Job:
    """What a process that will be killed needs."""

    url: str
    module: Path
    environment: tuple[tuple[str, str], ...]
    counters: Path
    holder: bytes
    step: str = ""
    request_key: str = ""
    case: str = ""
    endless: bool = False

    def provider(self) -> CryptokiProvider:
        return CryptokiProvider(
            self.module,
            pins=lambda _token: USER_PIN,
            counters=self.counters,
            environment=dict(self.environment),
        )


@pytest.fixture
def job(database_url: str, tmp_path: Path) -> Job:
    found = find_or_fetch(tmp_path / "cache")
    if found is None:
        missing("SoftHSM 2", "no libsofthsm2.so; install the package softhsm2")
    environment = tuple(found.configure(tmp_path / "tokens").items())
    return Job(database_url, found.module, environment, tmp_path / "counters", b"")


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, job: Job) -> Iterator[KeyCentreWorld]:
    provider = job.provider()
    made = make_key_centre(engine, clock, provider)
    made.centre.pool_fill(KeyKind.SM2, 3, actor=OFFICER)
    yield made
    provider.close()


def run(job: Job, kill_after: float | None = None) -> int:
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_work, args=(job,))
    process.start()
    if kill_after is not None:
        time.sleep(kill_after)
        process.kill()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def _work(job: Job) -> None:
    engine, audit = make_engine(job.url), AuditTrail(system_clock)
    centre = KeyCentre(engine, KeyRing({"pkcs11": job.provider()}), system_clock, audit)
    _die_at_the_key(job.step)
    kill_at_commit(engine, job.step)
    if job.case:
        centre.execute(job.case, actor=OFFICER)
        return
    number = 0
    while True:
        number += 1
        centre.grant(KeyRequest(f"{job.request_key}-{number}", load_spki(job.holder)))
        if not job.endless:
            return


def _die_at_the_key(step: str) -> None:
    """Kill around the token's work: the seam is the method that production code calls."""
    for name in ("deliver", "recover"):
        real = getattr(EscrowToken, name)

        def around(self, *arguments, real=real):  # type: ignore[no-untyped-def]
            if step == "before key":
                die()
            answer = real(self, *arguments)
            if step == "after key":
                die()
            return answer

        setattr(EscrowToken, name, around)


def check(world: KeyCentreWorld, clock: SteppingClock) -> dict[str, int]:
    """Reconcile after the grace; nobody shares a key, nothing is left open, the trail is whole."""
    clock.now = system_clock() + timedelta(seconds=65)
    world.centre.reconcile(OFFICER)
    with world.engine.connect() as conn:
        rows = conn.execute(
            sa.select(escrowed_key.c.status, escrowed_key.c.request_key, escrowed_key.c.spki)
        ).all()
        world.audit.verify(conn)
        actions = [(record.action, record.subject) for record in world.audit.every(conn)]
    keys = [row.request_key for row in rows if row.request_key]
    assert len(keys) == len(set(keys)), "one request, one key"
    assert len({row.spki for row in rows}) == len(rows)
    assigned = [subject for action, subject in actions if action == "kmc.key.assigned"]
    assert len(assigned) == len(set(assigned)), "a key was assigned twice"
    assert not [row for row in rows if row.status == KeyStatus.ASSIGNED.value], (
        "I19: an assignment was left open"
    )
    assert len(assigned) == len(keys)
    found: dict[str, int] = {}
    for row in rows:
        found[row.status] = found.get(row.status, 0) + 1
    return found


@pytest.mark.parametrize("step", STEPS)
def test_I19_a_grant_killed_at_each_step(
    step: str, world: KeyCentreWorld, job: Job, clock: SteppingClock
) -> None:
    holder = world.holder()
    doomed = replace(job, step=step, request_key="killed", holder=spki(holder.public_key))
    assert run(doomed) == SIGKILLED
    counts = check(world, clock)
    given = 0 if step == "before commit 1" else 1
    assert counts.get("delivered", 0) == given
    assert counts["pooled"] == 3 - given
    grant = world.centre.grant(KeyRequest("killed-1", holder.public_key))
    assert world.open(holder, grant.envelope), "the same request gets its key"
    assert check(world, clock) == {"delivered": 1, "pooled": 2}
    other = world.centre.grant(KeyRequest("other", holder.public_key))
    assert spki(other.public_key) != spki(grant.public_key)


def test_I19_grants_killed_at_random(world: KeyCentreWorld, job: Job, clock: SteppingClock) -> None:
    holder = world.holder()
    chance = random.Random(20260101)
    for number in range(RANDOM_KILLS):
        doomed = replace(job, request_key=f"r{number}", holder=spki(holder.public_key), endless=True)
        assert run(doomed, kill_after=1.0 + chance.random() * 1.5) == SIGKILLED
    counts = check(world, clock)
    assert set(counts) <= {"pooled", "delivered"}


@pytest.mark.parametrize("step", STEPS[1:])
def test_I19_an_execution_killed_at_each_step(
    step: str, world: KeyCentreWorld, job: Job, clock: SteppingClock
) -> None:
    """The case ends executed, once, with one pair of notices; the custodians do not vote again."""
    clock.now = system_clock().replace(microsecond=0)
    key_id, _ = world.delivered(world.holder())
    new = world.holder()
    case = world.approve(world.user_case(key_id, new), *NAMES[:2])
    assert run(replace(job, step=step, case=case.id)) == SIGKILLED
    check(world, clock)
    with world.engine.connect() as conn:
        status = conn.scalar(sa.select(recovery_case.c.status).where(recovery_case.c.id == case.id))
        actions = [r.action for r in world.audit.every(conn) if r.subject == f"case:{case.id}"]
    assert status == CaseStatus.EXECUTED.value
    assert [actions.count(each) for each in ("kmc.case.executing", "kmc.case.executed")] == [1, 1]
    assert world.open(new, world.centre.case(case.id).delivery)
    assert len(world.centre.notices_of(case.id)) == 4
