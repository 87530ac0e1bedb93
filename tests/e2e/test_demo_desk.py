"""``yinxin demo-desk`` furnishes the desks of seals, and a second run makes nothing twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from api.bootstrap import assemble
from api.demo.main_job import USCC
from api.demo.seals import OFFICER
from api.home import Home, service_pins
from api.settings import load_settings
from ca.clock import system_clock
from seals.cases.states import CaseStatus
from seals.devices.board import UseQuery
from seals.filing.job import JobQuery, JobStatus
from seals.seal import SealStatus
from tests.e2e.conftest import Demo, in_process


def test_B2_C5_the_desks_have_a_job_a_filing_a_case_and_a_used_stamp(demo: Demo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo.home, home)
    told = []
    for _ in range(2):
        done = in_process("demo-desk", "--json", home=home)
        assert done.returncode == 0, done.stderr
        told.append(json.loads(done.stdout))
    assert told[0] == told[1]
    settings = load_settings(home)
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(home)))
    try:
        jobs = services.filing.office.list(JobQuery(owner=USCC)).items
        assert sorted(job.status for job in jobs) == sorted([JobStatus.OPEN, JobStatus.DELIVERED])
        (waiting,) = services.filing.office.queue(actor=OFFICER).items
        assert waiting.id == told[0]["waiting_job"]
        assert services.seals.get(waiting.seal).status is SealStatus.DELIVERED
        case = services.use_desk.get(told[0]["case"])
        assert case.status is CaseStatus.APPROVING
        assert len(case.approvals) == 1
        (use,) = services.stamps.board.uses(UseQuery(stamp=told[0]["stamp"]))
        assert use.status.counts
        assert services.stamps.board.alarms(open_only=True) == ()
    finally:
        services.close()
