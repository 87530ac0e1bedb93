"""Sealing cut off by SIGKILL at every step, around every commit and at random moments: I1, I19, I20, I29 (C4)."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.store import audit
from seals.store import seal_permit
from signing.making import Step
from signing.service import SealingService
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.faults import SIGKILLED, die, in_a_process, kill_at_commit, log_signature
from tests.unit.signing.office import AUDITOR, KEEPER, Office, make_office, order
from verify.verdict import Verdict

pytestmark = pytest.mark.crash
RANDOM_KILLS = int(os.environ.get("YINXIN_CRASH_KILLS", "12"))
"""Kills at random moments, on each database; a thousand take some minutes."""
COMMITS = range(1, 9)
"""A sealing at level B-LT commits six times (A, permit, two of the time-stamp, B …); the rest prove the end."""


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    made = make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))
    _log_signatures(made, tmp_path / "signatures.log")
    made.service.seal(_wish(made, "warm"), actor=KEEPER)  # revocation lists and OCSP answers exist
    return made


def _wish(office: Office, key: str = "the-key"):
    return order(seal_code=office.seal.code, idempotency_key=key)


def _log_signatures(office: Office, log: Path) -> None:
    sound = office.keeper_signer.sign
    log.touch()

    def sign(message: bytes) -> bytes:
        signature = sound(message)
        log_signature(log, message)
        return signature

    office.keeper_signer.sign = sign  # type: ignore[method-assign]


def killed_at(office: Office, step: Step) -> SealingService:
    return office.passing(lambda done: die() if done is step else None)


def settled_once(office: Office, log: Path) -> None:
    """Reconcile, then ask again: one result, one use, nothing half made, the trail whole."""
    office.service.reconcile(AUDITOR)
    rows = [row for row in office.rows(sealing) if row.idempotency_key == "the-key"]
    assert all(row.state in ("completed", "failed") for row in rows)
    assert office.left_over() == []
    assert {row.state for row in office.rows(seal_permit)} <= {"used", "released"}
    _nothing_signed_unrecorded(office, log)
    was = [row.result for row in rows if row.state == "completed"]
    sealed = office.service.seal(_wish(office), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert was in ([], [sealed.digest.hex])
    assert sealed.repeated == bool(was)
    uses = [row for row in office.rows(seal_permit) if row.state == "used"]
    assert len(uses) == 2, "one use for the warm-up, one for the document"
    assert len(list(office.archive.objects.walk())) == 2
    again = office.service.seal(_wish(office), actor=KEEPER)
    assert (again.digest, again.repeated) == (sealed.digest, True)
    with office.engine.connect() as conn:
        office.world.audit.verify(conn)


def _nothing_signed_unrecorded(office: Office, log: Path) -> None:
    """I1: each signature of the keeper's key has its intent and its consumed permit on the trail."""
    signatures = len(log.read_text().splitlines())
    with office.engine.connect() as conn:
        actions = [row.action for row in conn.execute(sa.select(audit.c.action))]
    assert signatures <= actions.count("sealing.intent")
    assert signatures <= actions.count("permit.consumed")


@pytest.mark.parametrize("step", list(Step))
def test_I01_I19_I29_killed_after_each_step(office: Office, step: Step, tmp_path: Path):
    service = killed_at(office, step)
    assert in_a_process(lambda: service.seal(_wish(office), actor=KEEPER), office.engine) == SIGKILLED
    expected = "completed" if step in (Step.ARCHIVED, Step.RECORDED) else "failed"
    done = office.service.reconcile(AUDITOR)
    if step is not Step.RECORDED:
        assert [len(done.completed), len(done.failed)] == ([1, 0] if expected == "completed" else [0, 1])
    (row,) = [row for row in office.rows(sealing) if row.idempotency_key == "the-key"]
    assert row.state == expected
    settled_once(office, tmp_path / "signatures.log")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", COMMITS)
def test_I19_I20_I29_killed_around_each_commit(office: Office, number: int, when: str, tmp_path: Path):
    def work() -> None:
        kill_at_commit(office.engine, f"{when} commit {number}")
        office.service.seal(_wish(office), actor=KEEPER)

    code = in_a_process(work, office.engine)
    assert code in (SIGKILLED, 0)
    settled_once(office, tmp_path / "signatures.log")


def test_a_retry_alone_settles_what_a_dead_process_left(office: Office, tmp_path: Path):
    """The same request, sent again, needs no operator: it closes the first attempt and answers once."""
    service = killed_at(office, Step.ARCHIVED)
    in_a_process(lambda: service.seal(_wish(office), actor=KEEPER), office.engine)
    sealed = office.service.seal(_wish(office), actor=KEEPER)
    assert sealed.repeated
    service = killed_at(office, Step.SIGNED)
    in_a_process(lambda: service.seal(_wish(office, "other"), actor=KEEPER), office.engine)
    assert not office.service.seal(_wish(office, "other"), actor=KEEPER).repeated
    settled_once_more = [row.state for row in office.rows(sealing)]
    assert settled_once_more == ["completed"] * 3


def test_I29_killed_at_random_moments(office: Office, tmp_path: Path):
    """Ask for one sealing again and again, each process killed somewhere: in the end there is one result, one use."""
    for _ in range(RANDOM_KILLS):
        in_a_process(
            lambda: office.service.seal(_wish(office), actor=KEEPER),
            office.engine,
            kill_after=random.uniform(0.0, 0.12),
        )
        if random.random() < 0.5:
            office.service.reconcile(AUDITOR)
    settled_once(office, tmp_path / "signatures.log")
