"""The pages' own door: shelves, renderer, background work and paper, opened once for an application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, ParamSpec, TypeVar

from fastapi import Depends, Request
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.errors import NotFound
from api.pages.checks import Checks
from api.pages.drafts import Drafts
from api.pages.jobs import Jobs
from api.pages.ofd_sheets import draw_sheet
from api.pages.paper import Paper
from api.pages.render import WIDTHS, NotShown, PageRenderer
from api.pages.report_work import ReportWork
from api.pages.shelf import Entry, Limits, Shelf

RESULTS: Final = Limits(age=timedelta(hours=2), entries=500, total_bytes=4 * 2**30)
"""A result outlives a meeting, not a day; whoever has its address can read it."""
DRAFTS: Final = Limits(age=timedelta(hours=8), entries=500, total_bytes=4 * 2**30)
"""A draft outlives a working day's interruptions."""

SHEET_POLICY: Final = "default-src 'none'; img-src data:; sandbox"
"""A sheet opened by itself runs nothing and loads nothing."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the page routes use."""

    paper: Paper
    checks: Checks
    drafts: Drafts
    reports: ReportWork
    renderer: PageRenderer
    jobs: Jobs
    upload_limit: int

    async def in_thread(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run blocking work for a route that had to be asynchronous to stream its upload."""
        return await run_in_threadpool(work, *args, **kwargs)

    def sweep(self) -> None:
        """Remove uploads whose time is over."""
        for shelf in (self.checks.shelf, self.drafts.shelf):
            shelf.sweep()

    def close(self) -> None:
        """End background work and renderer processes."""
        self.jobs.close()
        self.renderer.close()


def desk_of(request: Request) -> Desk:
    """Return the desk of this application."""
    desk: Desk = request.app.state.desk
    return desk


OpenDesk = Annotated[Desk, Depends(desk_of)]


def hours(shelf: Shelf) -> int:
    """Return how long a shelf keeps things, in hours."""
    return round(shelf.age.total_seconds() / 3600)


def sheet(entry: Entry, source: Path, page: int) -> FileResponse:
    """Return a page of an OFD as SVG, drawn at its first asking; a page or document that is not there is not found."""
    if not entry.state().get("ofd") or not source.is_file():
        raise NotFound
    kept = entry.folder / f"{source.stem}-{page}.svg"
    if not kept.exists():
        draw_sheet(source, page, kept)
    headers = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": SHEET_POLICY}
    return FileResponse(kept, media_type="image/svg+xml", headers=headers)


def picture(desk: Desk, entry: Entry, source: Path, page: int, width: int) -> FileResponse:
    """Return the picture of a page, drawn at its first asking; one that cannot be drawn is not found."""
    if width not in WIDTHS or not source.is_file():
        raise NotFound
    kept = entry.folder / f"{source.stem}-{page}-{width}.png"
    if not kept.exists():
        try:
            desk.renderer.draw(source, page, width, kept)
        except NotShown as error:
            raise NotFound(error.word) from error
    return FileResponse(kept, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
