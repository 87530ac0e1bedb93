"""An enrolment and a bulk renewal killed by SIGKILL at every step: each ends issued exactly once (I3, I4, I19, I22)."""

from __future__ import annotations

import hashlib
import multiprocessing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.database.engine import make_engine
from ca.actor import SYSTEM
from ca.certificate import CertificateStatus
from ca.clock import system_clock
from ca.enrolment import jobs
from ca.enrolment.approval import Ballot
from ca.enrolment.job_store import JobStatus
from ca.enrolment.rules import Matter
from ca.enrolment.states import EnrolmentStatus
from ca.status.revocation_list import serial_of
from ca.store import audit, certificate
from tests.conftest import SteppingClock
from tests.enrolment_world import FIRST, REQUESTER, SECOND, Centre, Office, make_office, reopen
from tests.faults import (
    SIGKILLED,
    FaultySigner,
    die,
    keep_key,
    kept_provider,
    kill_at_commit,
    log_signature,
    logged_signatures,
)
from tests.pki import World, make_world

pytestmark = pytest.mark.crash


@dataclass(frozen=True)
class Job:
    """What a process that dies needs: where it works, what it does, where it dies."""

    url: str
    folder: Path
    key_file: Path
    key_uri: str
    subject: str
    bulk: bool = False
    step: str = ""
    chunk: int = jobs.CHUNK


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path)


def job_of(office: Office, url: str, folder: Path, subject: str, *, bulk: bool = False) -> Job:
    uri = office.world.hierarchy.issuing.key_uri
    return Job(url, folder, keep_key(office.world, folder), uri, subject, bulk)


def run_and_die(job: Job) -> int:
    """Issue in a process of its own and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.enrolment_world"])
    process = context.Process(target=work, args=(job,))
    process.start()
    process.join(120)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the process did not end")
    return process.exitcode


def signed(job: Job) -> list[str]:
    """Return the digests of everything that the dying processes had signed."""
    return logged_signatures(job.folder / "signatures.log")


def work(job: Job) -> None:
    office = dying_office(job)
    if job.bulk:
        jobs.CHUNK = job.chunk  # type: ignore[misc]
        office.desk.jobs.run(job.subject)
    else:
        office.desk.issue(job.subject, actor=FIRST.actor)


def dying_office(job: Job) -> Office:
    """Open the desk with faults: a kill around the n-th signature or commit."""
    when, _, what = job.step.partition(" ")
    kind, _, number = what.partition(" ")
    made = 0

    def before(_message: bytes) -> None:
        nonlocal made
        made += 1
        if (when, kind, made) == ("before", "signature", int(number or 0)):
            die()

    def after(message: bytes, signature: bytes) -> bytes:
        log_signature(job.folder / "signatures.log", message)
        if (when, kind, made) == ("after", "signature", int(number or 0)):
            die()
        return signature

    engine = make_engine(job.url)
    provider = kept_provider(job.key_uri, job.key_file, lambda signer: FaultySigner(signer, before, after))
    hierarchy: Any = object()
    world = make_world(engine, system_clock, provider=provider, create_tables=False, hierarchy=hierarchy)
    office = reopen(world, job.folder)
    kill_at_commit(engine, job.step)
    return with_kept_centre(office, job.folder)


def with_kept_centre(office: Office, folder: Path) -> Office:
    """Give the desk a key centre that outlives its process: it keeps its key in a file."""
    office.desk.office = replace(office.desk.office, encryption_keys=KeptCentre(folder / "centre.pem"))
    office.desk._issuing._office = office.desk.office
    return office


class KeptCentre(Centre):
    """A key centre whose keys survive a crash; each answer is counted."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def apply(self, enrolment_id: str, sign_public_key: Any) -> Any:
        from ca.enrolment.ports import EncryptionGrant
        from hsm.durable import write_whole
        from tests.pki import new_key

        if not self._file.exists():
            key = new_key()
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            write_whole(self._file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        kept = load_pem_private_key(self._file.read_bytes(), None)
        return EncryptionGrant(kept.public_key(), b"sealed")  # type: ignore[arg-type]


def later(office: Office, clock: SteppingClock) -> World:
    """Reconcile as housekeeping would once the grace is over; the killed process ran on the system's clock."""
    clock.now = system_clock().replace(microsecond=0) + timedelta(minutes=5)
    office.world.authority.reconcile(SYSTEM)
    return office.world


def alive(world: World, *profiles: str) -> int:
    with world.engine.connect() as conn:
        query = sa.select(sa.func.count()).where(
            certificate.c.profile.in_(profiles), certificate.c.status == CertificateStatus.ISSUED
        )
        return int(conn.scalar(query) or 0)


def nothing_signed_is_lost(world: World, job: Job) -> None:
    """I1, I2, I3: whatever was signed is on record, once, and is issued or on the revocation list."""
    digests = signed(job)
    assert len(digests) == len(set(digests))
    with world.engine.connect() as conn:
        rows = conn.execute(
            sa.select(certificate.c.tbs, certificate.c.der, certificate.c.crl_entry, certificate.c.serial)
        ).all()
        world.audit.verify(conn)
    by_digest = {hashlib.sha256(row.tbs).hexdigest(): row for row in rows}
    for digest in digests:
        row = by_digest[digest]
        assert row.der or serial_of(row.crl_entry) == row.serial


COMMITS = tuple(f"{when} commit {n}" for n in range(1, 8) for when in ("before", "after"))
STEPS = (*COMMITS[:8], "before signature 1", "after signature 1")
PAIR_STEPS = (*COMMITS[:8], "before signature 2", "after signature 2")


@pytest.mark.parametrize("step", STEPS)
def test_I03_I04_I19_one_certificate_however_it_was_cut_off(
    step: str, office: Office, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    record = office.approved()
    job = replace(job_of(office, database_url, tmp_path, record.id), step=step)
    assert run_and_die(job) == SIGKILLED
    world = later(office, clock)
    office.desk.housekeep(SYSTEM)
    done = office.desk.issue(record.id, actor=FIRST.actor)
    assert done.status is EnrolmentStatus.ISSUED
    assert office.desk.issue(record.id, actor=SECOND.actor) == done
    assert alive(world, "enterprise-seal") == 1
    assert world.authority.certificate(int(done.serial or 0)).status is CertificateStatus.ISSUED
    nothing_signed_is_lost(world, job)
    with world.engine.connect() as conn:
        count = sa.select(sa.func.count()).where(audit.c.action == "enrolment.issue")
        assert conn.scalar(count) == 1


@pytest.mark.parametrize("step", PAIR_STEPS)
def test_A6_I19_a_pair_is_whole_however_it_was_cut_off(
    step: str, office: Office, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    record = office.approved(profile="enterprise-sign", pair=True)
    job = replace(job_of(office, database_url, tmp_path, record.id), step=step)
    assert run_and_die(job) == SIGKILLED
    world = later(office, clock)
    with_kept_centre(office, tmp_path)
    done = office.desk.issue(record.id, actor=FIRST.actor)
    assert done.status is EnrolmentStatus.ISSUED
    assert alive(world, "enterprise-sign") == alive(world, "enterprise-encrypt") == 1
    nothing_signed_is_lost(world, job)


@pytest.mark.parametrize(
    "step",
    ["before signature 3", "after signature 3", "before commit 9", "after commit 9", "after commit 12"],
)
def test_I19_a_bulk_renewal_goes_on_where_it_was_killed(
    step: str, office: Office, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    """Kill -9 in the middle of a job done item by item: progress is in the database, each is renewed exactly once."""
    job = approved_renewals(office, database_url, tmp_path)
    assert run_and_die(replace(job, step=step, chunk=1)) == SIGKILLED
    before = office.desk.jobs.get(job.subject)
    assert before.status is JobStatus.RUNNING
    assert 0 < before.left < 6
    goes_on(office, job, clock, before.left)


CHUNK_STEPS = (*COMMITS[:8], "before signature 3", "after signature 3", "before commit 5")


@pytest.mark.parametrize("step", CHUNK_STEPS)
def test_I03_I04_I19_a_chunk_of_renewals_goes_on_where_it_was_killed(
    step: str, office: Office, database_url: str, clock: SteppingClock, tmp_path: Path
) -> None:
    """Kill -9 at every step of a chunk (begin, reserve, sign, record, settle): each is renewed exactly once."""
    job = approved_renewals(office, database_url, tmp_path)
    assert run_and_die(replace(job, step=step)) == SIGKILLED
    before = office.desk.jobs.get(job.subject)
    assert before.status is JobStatus.RUNNING
    assert before.left == (0 if step in {"after commit 4", "before commit 5"} else 6)
    goes_on(office, job, clock, before.left)


def approved_renewals(office: Office, url: str, folder: Path) -> Job:
    """Have six renewals approved as one job."""
    serials = [(None, int(office.issued().serial or 0)) for _ in range(6)]
    asked = office.desk.jobs.ask(Matter.BULK_RENEW, serials, request_key="b", actor=REQUESTER)
    for one in (FIRST, SECOND):
        asked = office.desk.jobs.approve(asked.id, Ballot(asked.digest), by=one)
    return job_of(office, url, folder, asked.id, bulk=True)


def goes_on(office: Office, job: Job, clock: SteppingClock, left: int) -> None:
    """Housekeeping does what is left, and six certificates were renewed once each."""
    world = later(office, clock)
    assert office.desk.housekeep(SYSTEM)["job_items"] == left
    done = office.desk.jobs.get(job.subject)
    assert (done.status, done.done, done.failed, done.left) == (JobStatus.DONE, 6, 0, 0)
    assert alive(world, "enterprise-seal") == 12
    nothing_signed_is_lost(world, job)
