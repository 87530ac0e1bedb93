"""The page's sealed report: begun once, kept over a reload, honest about failure, and of exactly what the page shows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from api.errors import NotFound
from api.pages.answers_card import in_local_time
from api.pages.jobs import Jobs
from api.pages.report_work import FAILED, ISSUED, MAKING, NONE, Issue, ReportWork, found_of, keep_found
from api.pages.shelf import Entry, Limits, Shelf
from signing.verification_reports.errors import ReportsNotAllowed
from tests.conftest import SteppingClock
from tests.verify_world import small_pdf
from verify.report import DocumentReport
from verify.trust import TrustStore
from verify.verifier import Verifier


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


@pytest.fixture
def entry(tmp_path: Path, clock: SteppingClock) -> Entry:
    shelf = Shelf(tmp_path / "shelf", clock, Limits(timedelta(hours=1), 50, 10**9))
    return shelf.create({"name": "合同.pdf", "status": "done"})


@pytest.fixture
def found(clock: SteppingClock) -> DocumentReport:
    return Verifier(TrustStore([])).verify(small_pdf(1), at=clock(), name="合同.pdf")


def settled(work: ReportWork, entry: Entry) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while work.state(entry)["status"] == MAKING:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return work.state(entry)


def test_what_is_reported_is_what_the_page_shows_and_once(
    jobs: Jobs, entry: Entry, found: DocumentReport
) -> None:
    """D5: pressed twice, reloaded, pressed again after its end: one report, of what was found."""
    gate, reported = Event(), list[DocumentReport]()

    def issue(one: DocumentReport) -> str:
        gate.wait(30)
        reported.append(one)
        return "9W1P41STJPRDW8"

    work = ReportWork(jobs, issue)
    assert work.state(entry) == {"status": NONE}
    with pytest.raises(NotFound):
        work.begin(entry)
    keep_found(entry.folder, found)
    assert found_of(entry.folder) == found
    work.begin(entry)
    work.begin(entry)
    assert work.state(entry)["status"] == MAKING
    gate.set()
    assert settled(work, entry) == {"status": ISSUED, "number": "9W1P41STJPRDW8"}
    work.begin(entry)
    assert ReportWork(jobs, issue).state(entry)["status"] == ISSUED
    assert reported == [found]


def test_another_answer_is_another_report(
    jobs: Jobs, entry: Entry, found: DocumentReport, clock: SteppingClock
) -> None:
    """A department asked later: the report made before says nothing of it."""
    work = ReportWork(jobs, lambda _one: "A")
    keep_found(entry.folder, found)
    work.begin(entry)
    assert settled(work, entry)["status"] == ISSUED
    keep_found(entry.folder, Verifier(TrustStore([])).verify(small_pdf(2), at=clock(), name="合同.pdf"))
    assert work.state(entry) == {"status": NONE}


def test_a_refusal_is_told_and_may_be_tried_again(jobs: Jobs, entry: Entry, found: DocumentReport) -> None:
    answers: list[Issue] = []

    def issue(one: DocumentReport) -> str:
        return answers.pop(0)(one)

    def refuse(_one: DocumentReport) -> str:
        raise ReportsNotAllowed

    answers[:] = [refuse, lambda _one: "A"]
    work = ReportWork(jobs, issue)
    keep_found(entry.folder, found)
    work.begin(entry)
    told = settled(work, entry)
    assert told["status"] == FAILED
    assert all("yinxin report allow --reason" in text for text in dict(told["problem"]).values())  # type: ignore[call-overload]
    work.begin(entry)
    assert settled(work, entry)["status"] == ISSUED


def test_work_of_a_dead_process_can_be_begun_again(jobs: Jobs, entry: Entry, found: DocumentReport) -> None:
    """A restart between press and seal leaves a page that says so, not one that waits for ever."""
    keep_found(entry.folder, found)
    before = ReportWork(jobs, lambda _one: "A")
    before.begin(entry)
    settled(before, entry)
    (told,) = entry.folder.glob("report-*.json")
    told.write_text(f'{{"status": "{MAKING}", "worker": "{os.getpid()}:before-a-restart"}}')
    work = ReportWork(jobs, lambda _one: "B")
    assert work.state(entry) == {"status": FAILED, "problem": None}
    work.begin(entry)
    assert settled(work, entry)["number"] == "B"


def test_times_within_a_sentence_are_the_readers() -> None:
    assert in_local_time("截至 2026-11-22 23:40 UTC，由", "zh") == "截至 2026-11-23 07:40（北京时间），由"
    assert in_local_time("As of 2026-11-22 13:40Z, a", "en") == "As of 2026-11-22 21:40 (UTC+8), a"
    assert in_local_time("no. 4 of 2026-11-22", "en") == "no. 4 of 2026-11-22"
