"""Sealed reports that wait for their reader: of what the page shows, told in a file of their own so that a reload finds them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from api.errors import NotFound
from api.pages.jobs import Jobs
from api.pages.shelf import Entry
from api.problems.problem import describe
from verify.report import DocumentReport
from verify.wire import pack, unpack_report

LOG: Final = logging.getLogger("yinxin.pages")
FOUND: Final = "found.json"
"""Beside an upload: what was found, whole, as the page shows it."""
NONE: Final = "none"
MAKING: Final = "making"
ISSUED: Final = "issued"
FAILED: Final = "failed"

Issue = Callable[[DocumentReport], str]
"""What was found → the number of the report that was issued on it."""


def keep_found(folder: Path, found: DocumentReport) -> None:
    """Keep what was found beside an upload, so that a report says what its reader saw, of a document with a password too."""
    _write(folder / FOUND, pack(found))


def found_of(folder: Path) -> DocumentReport:
    """Return what was found. Raises :class:`NotFound` before there is anything."""
    return unpack_report(json.loads(_found(folder)))


class ReportWork:
    """Issues sealed reports in the background: one for each thing found, begun once, begun again only after a failure."""

    def __init__(self, jobs: Jobs, issue: Issue) -> None:
        self._jobs = jobs
        self._issue = issue

    def begin(self, entry: Entry) -> None:
        """Begin to issue a report. Raises :class:`NotFound`, :class:`api.errors.ServiceBusy`."""
        found = _found(entry.folder)
        if self.state(entry)["status"] in (MAKING, ISSUED):
            return
        path = _told(entry, found)
        self._jobs.start(
            _name(entry, path),
            lambda: _write(path, {"status": MAKING, "worker": self._jobs.mark}),
            lambda: self._work(path, found),
        )

    def state(self, entry: Entry) -> dict[str, Any]:
        """Tell how far the report on what the page shows is; work whose process is gone has failed."""
        try:
            path = _told(entry, _found(entry.folder))
        except NotFound:
            return {"status": NONE}
        if self._jobs.alive(_name(entry, path), self._jobs.mark):  # told or not: it has not let go yet
            return {"status": MAKING}
        state = _read(path)
        if state["status"] == MAKING and not self._jobs.alive(_name(entry, path), str(state["worker"])):
            state = _read(path)  # it may have ended in between
            if state["status"] == MAKING:
                return {"status": FAILED, "problem": None}
        return state

    def _work(self, path: Path, found: bytes) -> None:
        try:
            state: dict[str, Any] = {
                "status": ISSUED,
                "number": self._issue(unpack_report(json.loads(found))),
            }
        except Exception as error:
            problem = describe(error)
            if problem.kind.status >= 500:
                LOG.exception("a report failed: %s %s", problem.kind.slug, problem.members)
            state = {"status": FAILED, "problem": {"zh": problem.zh, "en": problem.en}}
        with contextlib.suppress(FileNotFoundError):  # the upload was removed meanwhile
            _write(path, state)


def _found(folder: Path) -> bytes:
    try:
        return (folder / FOUND).read_bytes()
    except FileNotFoundError as none:
        raise NotFound from none


def _told(entry: Entry, found: bytes) -> Path:
    return entry.folder / f"report-{hashlib.sha256(found).hexdigest()[:32]}.json"


def _name(entry: Entry, path: Path) -> str:
    return f"{entry.id}/{path.stem}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {"status": NONE}


def _write(path: Path, value: Any) -> None:
    partial = path.with_name(f".{path.name}-{threading.get_ident()}")
    partial.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    partial.replace(path)
