"""Verifications that wait for their reader: an upload, its report, the sizes of its pages."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from api.pages.jobs import Jobs
from api.pages.render import NotShown, PageRenderer, PasswordNeeded
from api.pages.shelf import Entry, Shelf
from api.problems.problem import describe

LOG: Final = logging.getLogger("yinxin.pages")
CHECKING: Final = "checking"
DONE: Final = "done"
FAILED: Final = "failed"
PROOF: Final = "proof.json"
"""Beside a document that is sealed under the one signature of a batch: its proof."""
CONTENT: Final = "content"
"""Beside a detached signature: the file that it is over."""

Check = Callable[[Path, str, str | None], dict[str, Any]]
"""Document, its name, its password → ``DocumentReport.to_json()``."""


class Checks:
    """Verifies uploads in the background and keeps the answers for a while."""

    def __init__(self, shelf: Shelf, renderer: PageRenderer, jobs: Jobs, check: Check) -> None:
        self.shelf = shelf
        self._renderer = renderer
        self._jobs = jobs
        self._check = check

    def begin(self, entry: Entry, password: str | None = None) -> None:
        """Verify ``entry`` in the background, anew where it is being verified: something may lie beside it since.

        Raises :class:`api.errors.ServiceBusy`.
        """
        self._jobs.start(
            entry.id,
            lambda: entry.update(status=CHECKING, worker=self._jobs.mark, password=None),
            lambda: self._work(entry, password),
            again=True,
        )

    def adopt(self, document: Path, name: str) -> Entry:
        """Verify a copy of a document that is here already."""
        entry = self.shelf.create({"name": name, "status": CHECKING})
        shutil.copyfile(document, entry.document)
        self.begin_new(entry)
        return entry

    def begin_new(self, entry: Entry) -> None:
        """Verify an entry just made, or remove it when too many wait."""
        try:
            self.begin(entry)
        except BaseException:
            self.shelf.remove(entry)
            raise

    def state(self, entry: Entry) -> dict[str, Any]:
        """Return the entry's state; work whose process is gone has failed."""
        state = entry.state()
        if state["status"] == CHECKING and not self._jobs.alive(entry.id, str(state.get("worker", ""))):
            state = entry.state()
            if state["status"] == CHECKING:
                return entry.update(status=FAILED, problem=None)
        return state

    def _work(self, entry: Entry, password: str | None) -> None:
        try:
            state = entry.state()
            report = self._check(entry.document, str(state["name"]), password)
            pages, shown, asked = self._pages(entry, password)
            entry.update(status=DONE, report=report, pages=pages, shown=shown, password=asked)
        except Exception as error:
            if not entry.folder.exists():
                LOG.info("an upload was removed while it was verified")
                return
            problem = describe(error)
            LOG.exception("verification failed: %s %s", problem.kind.slug, problem.members)
            entry.update(status=FAILED, problem={"zh": problem.zh, "en": problem.en})

    def _pages(self, entry: Entry, password: str | None) -> tuple[list[list[float]], str | None, str | None]:
        """Measure the pages; say why they cannot be shown, and whether a password is needed or wrong."""
        try:
            sizes = self._renderer.sizes(entry.document, password)
            if password is not None:
                self._renderer.unlock(entry.document, password, entry.unlocked)
        except PasswordNeeded:
            return [], None, "needed" if password is None else "wrong"
        except NotShown as error:
            return [], error.word, None
        return [[size.width_mm, size.height_mm] for size in sizes], None, None
