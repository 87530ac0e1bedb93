"""One batch on several machines: each has a home folder of its own; database, bucket and token are common (C7, I19, I29).

A machine is lost as it would be by its plug: its workers and what they started are killed together.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.bootstrap import assemble
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from api.tokens.enrolment import token_of
from ca.clock import system_clock
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.pins import Pin
from seals.cases.case import Hand
from seals.seal import SealApplication, SealKind
from signing.batch.batch import Batch, BatchRequest, BatchState, DocumentState, Incoming
from signing.batch.store import batch_chunk
from signing.level import Level
from signing.store import sealing
from tests.interop.sealing_world import blank_pdf
from tests.s3_server import KEYS, S3Server, build, serve
from tests.unit.api.conftest import OPERATOR, in_step
from verify.verdict import Verdict

pytestmark = [pytest.mark.crash, pytest.mark.postgres, pytest.mark.token]
DOCUMENTS = int(os.environ.get("YINXIN_MACHINES_DOCUMENTS", "40"))
"""Ten thousand take some minutes."""
LOST = int(os.environ.get("YINXIN_MACHINES_LOST", "0"))
"""Machines lost on the way; each costs the fifteen seconds after which a silent worker is taken for dead."""
FEW = 8
"""Documents of a small batch, each a step of its own."""
LIMIT = 240 + DOCUMENTS
HAND = Hand(KEEPER, "test")


@dataclass
class Machines:
    """The first machine, which has the service, and those that only work: their homes know no document and no database file."""

    first: Path
    pin: Pin
    working: list[subprocess.Popen[bytes]] = field(default_factory=list)
    count: int = 0

    def join(self) -> None:
        """Set a machine up from the settings and secrets of the first, and let it work."""
        self.count += 1
        home = self.first.with_name(f"machine-{self.count}")
        home.mkdir()
        for name in ("yinxin.toml", "s3"):
            shutil.copy2(self.first / name, home / name)
        shutil.copytree(self.first / "secrets", home / "secrets")
        (home / "tokens").symlink_to(self.first / "tokens")  # the one module that all of them reach
        self.working.append(
            subprocess.Popen(
                [sys.executable, "-m", "api.cli", "batch", "work", "--workers", "1", "--home", home],
                env={**os.environ, f"YINXIN_PIN_{token_of(USCC).upper()}": self.pin.reveal()},
                start_new_session=True,
                stdout=subprocess.DEVNULL,
            )
        )

    def lose(self) -> None:
        """Pull the plug of the machine that joined first."""
        lost = self.working.pop(0)
        os.killpg(lost.pid, signal.SIGKILL)
        lost.wait()

    def end(self) -> None:
        for one in self.working:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with serve(build()) as server:
        yield server


@pytest.fixture
def services(s3: S3Server, postgres_database: str, tmp_path: Path) -> Iterator[Services]:
    """Found the first machine: records in PostgreSQL, documents in a bucket, keys in a token."""
    home, bucket = tmp_path / "first", s3.bucket("machines")
    home.mkdir()
    secret = home / "s3"
    secret.write_text(f"{KEYS.access}\n{KEYS.secret}\n")
    secret.chmod(0o600)
    (home / "yinxin.toml").write_text(
        f'key_store = "auto"\ndatabase_url = "{postgres_database}"\narchive_credentials = "{secret}"\n'
        f'archive_url = "s3://{bucket.bucket}/{bucket.prefix}?endpoint={bucket.endpoint}"\nlog_level = "error"\n'
    )
    opened = assemble(
        load_settings(home), clock=system_clock, pins=service_pins(Home(home)), reference=in_step
    )
    lay_foundation(opened, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
    yield opened
    opened.close()


@pytest.fixture
def machines(services: Services) -> Iterator[Machines]:
    services.enterprises.register(USCC, ENTERPRISE, actor=APPROVER)
    found = Machines(services.home.folder, keeper_pin(services))
    yield found
    found.end()


def seal_of(services: Services) -> str:
    """Make a seal whose key needs no person's PIN."""
    enrolled = enrol_keeper(services)
    code = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    services.seals.approve(code, actor=APPROVER, certificate=enrolled.certificate)
    return code


def batch_of(services: Services, code: str, folder: Path, count: int) -> Batch:
    """Hand in so many documents, each another, and let whoever works have them."""
    folder.mkdir()
    documents = []
    for number in range(count):
        path = folder / f"{number:05}.pdf"
        path.write_bytes(blank_pdf(1, catalog=f"/Lang (x-{folder.name}-{number})"))
        documents.append(Incoming(path, path.name))
    desk = services.batches.desk
    made = desk.open(
        BatchRequest("年度通知", code, "1:120,200", Level.B_B, request_key=folder.name), hand=HAND
    )
    desk.add(made.id, documents, hand=HAND)
    return services.batches.start(made.id, hand=HAND, workers=0)


def holders(services: Services, *batches: Batch) -> int:
    """Count who sealed chunks of these batches."""
    of_these = batch_chunk.c.batch_id.in_([one.id for one in batches])
    with services.engine.connect() as conn:
        return conn.execute(
            sa.select(sa.func.count(batch_chunk.c.holder.distinct())).where(of_these)
        ).scalar_one()


def until_both_work(services: Services, code: str, folder: Path) -> list[Batch]:
    """Hand in small batches until two machines have sealed of them: one may be up long before the other."""
    began, small = time.monotonic(), list[Batch]()
    while not small or holders(services, *small) < 2:
        small.append(batch_of(services, code, folder / f"small-{len(small)}", FEW))
        while services.batches.desk.progress(small[-1].id).batch.state is BatchState.RUNNING:
            assert time.monotonic() < began + LIMIT, "only one machine works"
            time.sleep(0.2)
    return small


def test_I19_I29_machines_share_a_batch(services: Services, machines: Machines, tmp_path: Path) -> None:
    """Two work and share; one that is lost is replaced by another; every document is sealed once, wherever that was."""
    code, desk = seal_of(services), services.batches.desk
    machines.join()
    machines.join()
    small = until_both_work(services, code, tmp_path)
    batch = batch_of(services, code, tmp_path / "in", DOCUMENTS)
    began, lost = time.monotonic(), 0
    while (now := desk.progress(batch.id)).batch.state is BatchState.RUNNING:
        assert time.monotonic() < began + LIMIT, now
        assert all(one.poll() is None for one in machines.working), "a machine ended by itself"
        if lost < LOST and now.done > (lost + 1) * DOCUMENTS // (LOST + 2):
            machines.lose()
            machines.join()
            lost += 1
        time.sleep(0.2)
    assert (now.batch.state, now.done, now.failed, lost) == (BatchState.FINISHED, DOCUMENTS, 0, LOST)
    with services.engine.connect() as conn:
        made = conn.execute(sa.select(sealing.c.state, sa.func.count()).group_by(sealing.c.state)).all()
    assert [tuple(row) for row in made] == [("completed", DOCUMENTS + FEW * len(small))]
    assert holders(services, batch) >= 2, "both machines worked"
    sealed = desk.documents(batch.id, state=DocumentState.DONE)
    for one in (sealed[0], sealed[-1]):
        with services.archive.open(Digest(DigestAlgorithm.SHA256, bytes.fromhex(one.result))) as stream:
            assert services.verify(stream.read(), name=one.name).verdict is Verdict.PASSED
