"""Work behind the pages: bounded, told apart from its ruins, and every failure ends in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.errors import ServiceBusy
from api.pages.checks import CHECKING, DONE, FAILED, Check, Checks
from api.pages.jobs import MAX_WAITING, THREADS, Jobs
from api.pages.render import PageRenderer
from api.pages.shelf import Entry, Limits, Shelf
from api.pages.uploads import file_name
from tests.conftest import SteppingClock
from tests.verify_world import small_pdf


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


@pytest.fixture(scope="module")
def renderer() -> Iterator[PageRenderer]:
    made = PageRenderer(children=1)
    yield made
    made.close()


@pytest.fixture
def shelf(tmp_path: Path, clock: SteppingClock) -> Shelf:
    return Shelf(tmp_path / "shelf", clock, Limits(timedelta(hours=1), 50, 10**9))


MakeChecks = Callable[[Check], Checks]


@pytest.fixture
def checks(shelf: Shelf, renderer: PageRenderer, jobs: Jobs) -> MakeChecks:
    return lambda check: Checks(shelf, renderer, jobs, check)


def _nothing() -> None:
    return None


def _entry(shelf: Shelf, data: bytes = b"") -> Entry:
    entry = shelf.create({"name": "合同.pdf", "status": CHECKING})
    entry.document.write_bytes(data or small_pdf(2))
    return entry


def _settled(checks: Checks, entry: Entry) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while checks.state(entry)["status"] == CHECKING:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return checks.state(entry)


def _gone_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_too_many_waiting_are_refused_and_later_taken_again(jobs: Jobs) -> None:
    gate = threading.Event()
    for number in range(THREADS + MAX_WAITING):
        assert jobs.start(f"job-{number}", _nothing, lambda: gate.wait(30) and None)
    with pytest.raises(ServiceBusy):
        jobs.start("one too many", _nothing, _nothing)
    gate.set()
    deadline = time.monotonic() + 30
    while jobs.alive("job-0", jobs.mark):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert jobs.start("one too many", _nothing, _nothing)


def test_work_on_one_entry_is_begun_once(jobs: Jobs) -> None:
    gate, announced = threading.Event(), []
    assert jobs.start("entry", lambda: announced.append(1), lambda: gate.wait(30) and None)
    assert not jobs.start("entry", lambda: announced.append(2), _nothing)
    assert announced == [1]
    assert jobs.alive("entry", jobs.mark)
    gate.set()


def test_what_cannot_be_announced_is_not_begun(jobs: Jobs) -> None:
    ran: list[int] = []

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        jobs.start("entry", refuse, lambda: ran.append(1))
    assert not jobs.alive("entry", jobs.mark)
    assert jobs.start("entry", _nothing, lambda: ran.append(2))
    jobs.close()
    assert ran == [2]


def test_only_a_living_process_can_still_end_its_work(jobs: Jobs) -> None:
    assert jobs.alive("entry", f"{os.getppid()}:another"), "another process works on it"
    assert not jobs.alive("entry", f"{_gone_process()}:another")
    assert not jobs.alive("entry", f"{os.getpid()}:before-a-restart-with-the-same-number")
    assert not jobs.alive("entry", "")


def test_a_verification_keeps_its_report_and_its_pages(checks: MakeChecks, shelf: Shelf) -> None:
    desk = checks(lambda path, name, password: {"size": path.stat().st_size, "name": name, "pw": password})
    entry = _entry(shelf)
    desk.begin(entry)
    state = _settled(desk, entry)
    assert state["status"] == DONE
    assert state["report"] == {"size": entry.document.stat().st_size, "name": "合同.pdf", "pw": None}
    assert len(state["pages"]) == 2
    assert (state["shown"], state["password"]) == (None, None)


def test_a_file_that_cannot_be_drawn_still_has_its_report(checks: MakeChecks, shelf: Shelf) -> None:
    desk = checks(lambda *_: {"verdict": "unreadable"})
    entry = _entry(shelf, b"not a PDF")
    desk.begin(entry)
    state = _settled(desk, entry)
    assert (state["status"], state["pages"], state["shown"]) == (DONE, [], "damaged")


def test_a_fault_becomes_a_sentence_in_both_languages(
    checks: MakeChecks, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> dict[str, Any]:
        raise RuntimeError("a secret detail")

    desk = checks(fail)
    entry = _entry(shelf)
    desk.begin(entry)
    state = _settled(desk, entry)
    assert state["status"] == FAILED
    assert "事故编号" in state["problem"]["zh"]
    assert "incident" in state["problem"]["en"]
    assert "secret" not in str(state)
    assert "internal-fault" in caplog.text


def test_an_upload_removed_while_it_is_verified_leaves_nothing(checks: MakeChecks, shelf: Shelf) -> None:
    begun, removed = threading.Event(), threading.Event()

    def slow(*_: object) -> dict[str, Any]:
        begun.set()
        removed.wait(30)
        return {}

    desk = checks(slow)
    entry = _entry(shelf)
    desk.begin(entry)
    assert begun.wait(30)
    shelf.remove(entry)
    removed.set()
    time.sleep(0.3)
    assert not entry.folder.exists()
    assert shelf.get(entry.id) is None


def test_a_verification_whose_process_died_has_failed(checks: MakeChecks, shelf: Shelf) -> None:
    desk = checks(lambda *_: {})
    entry = _entry(shelf)
    entry.update(status=CHECKING, worker=f"{_gone_process()}:gone")
    state = desk.state(entry)
    assert (state["status"], state["problem"]) == (FAILED, None)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("%E5%90%88%E5%90%8C.pdf", "合同.pdf"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5CTemp%5Ca.pdf", "a.pdf"),
        ("a%00b%0D%0A.pdf", "ab.pdf"),
        ("", "document.pdf"),
        ("%2F", "document.pdf"),
        ("x" * 5000 + ".pdf", "x" * 200),
    ],
)
def test_a_file_name_is_a_name_and_nothing_else(header: str, name: str) -> None:
    assert file_name(header) == name


def test_what_is_laid_beside_while_a_check_runs_is_checked_too(checks: MakeChecks, shelf: Shelf) -> None:
    """Else the page shows the verdict over the file that lay there before, beside the one that lies there now."""
    begun, go_on, seen = threading.Event(), threading.Event(), list[str]()
    entry = _entry(shelf)
    beside = entry.folder / "content"

    def check(_document: Path, _name: str, _password: str | None) -> dict[str, Any]:
        seen.append(beside.read_text())
        begun.set()
        assert go_on.wait(20)
        return {"content": seen[-1]}

    made = checks(check)
    beside.write_text("first")
    made.begin(entry)
    assert begun.wait(20)
    beside.write_text("second")
    made.begin(entry)
    go_on.set()
    deadline = time.monotonic() + 30
    while made.state(entry)["status"] == CHECKING or entry.state().get("report") != {"content": "second"}:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert seen == ["first", "second"]
    assert made.state(entry)["status"] == DONE
