"""Put the pages on an application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api.pages import agent_routes, answer_routes, place_routes, seal_routes, verify_routes
from api.pages.checks import Checks
from api.pages.console import audit as console_audit
from api.pages.console import batches as console_batches
from api.pages.console import cases as console_cases
from api.pages.console import certificates as console_certificates
from api.pages.console import chips as console_chips
from api.pages.console import enrolments as console_enrolments
from api.pages.console import enterprises as console_enterprises
from api.pages.console import filing as console_filing
from api.pages.console import jobs as console_jobs
from api.pages.console import key_centre as console_keys
from api.pages.console import orders as console_orders
from api.pages.console import overview as console_overview
from api.pages.console import recognition as console_recognition
from api.pages.console import rounds as console_rounds
from api.pages.console import seal_apply as console_seal_apply
from api.pages.console import seals as console_seals
from api.pages.console import stamps as console_stamps
from api.pages.console import trust as console_trust
from api.pages.console import workshop as console_workshop
from api.pages.desk import DRAFTS, RESULTS, Desk
from api.pages.drafts import Drafts
from api.pages.jobs import Jobs
from api.pages.paper import HERE, STATIC_PATH, Paper, Static
from api.pages.public import enterprise as public_enterprise
from api.pages.public import printed as public_printed
from api.pages.public import seal as public_seal
from api.pages.question import kept
from api.pages.render import PageRenderer
from api.pages.report_work import ReportWork, keep_found
from api.pages.shelf import Shelf
from api.pages.upload_check import verify_upload
from api.services import Services
from ca.actor import Actor

LOG: Final = logging.getLogger("yinxin.pages")
ANYBODY: Final = Actor("system:verification", "核验服务")
"""Who asks for a sealed report where nobody has to say so."""
SWEEP_SECONDS: Final = 60.0
"""An upload stays at most this much longer than its time."""
UPLOADS: Final = "uploads"
"""Folder in the home where uploads wait; 0700, swept by age and size."""


def mount_pages(app: FastAPI, services: Services) -> Desk:
    """Add routes and static files. While the application runs, old uploads are swept; the desk closes with it."""
    desk = open_desk(services)
    app.state.desk = desk
    inner = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with inner(running) as state:
            sweeping = asyncio.create_task(_sweep(desk))
            try:
                yield state
            finally:
                sweeping.cancel()
                await run_in_threadpool(desk.close)

    app.router.lifespan_context = lifespan
    app.include_router(verify_routes.router)
    app.include_router(answer_routes.router)
    app.include_router(seal_routes.router)
    app.include_router(agent_routes.router)
    app.include_router(place_routes.router)
    app.include_router(console_overview.router)
    app.include_router(console_audit.router)
    app.include_router(console_certificates.router)
    app.include_router(console_chips.router)
    app.include_router(console_enrolments.router)
    app.include_router(console_jobs.router)
    app.include_router(console_keys.router)
    app.include_router(console_seal_apply.router)
    app.include_router(console_cases.router)
    app.include_router(console_batches.router)
    app.include_router(console_orders.router)
    app.include_router(console_rounds.router)
    app.include_router(console_stamps.router)
    app.include_router(console_trust.router)
    app.include_router(console_recognition.router)
    app.include_router(console_filing.router)
    app.include_router(console_workshop.router)
    app.include_router(console_seals.router)
    app.include_router(console_enterprises.router)
    app.include_router(public_seal.router)
    app.include_router(public_printed.router)
    app.include_router(public_enterprise.router)
    app.mount(STATIC_PATH, Static(directory=HERE / "static"), name="static")
    return desk


def open_desk(services: Services) -> Desk:
    """Open shelves under the home folder and the means to draw, verify and seal."""
    folder, limit = services.home.folder / UPLOADS, services.settings.max_upload_bytes
    renderer, jobs = PageRenderer(), Jobs()

    def check(document: Path, name: str, password: str | None) -> dict[str, Any]:
        choice = kept(document.parent)
        report = verify_upload(services, document, name, password)
        answered = services.acceptance.answered(report, choice.department, choice.act)
        keep_found(document.parent, answered)
        return answered.to_json()

    checks = Checks(Shelf(folder / "results", services.clock, RESULTS), renderer, jobs, check)
    drafts = Drafts(Shelf(folder / "drafts", services.clock, DRAFTS), renderer, jobs, services.sealing)
    reports = ReportWork(jobs, lambda found: services.reports.issue(found, actor=ANYBODY).code)
    return Desk(Paper(limit), checks, drafts, reports, renderer, jobs, limit)


async def _sweep(desk: Desk) -> None:
    while True:
        try:
            await run_in_threadpool(desk.sweep)
        except OSError:
            LOG.exception("sweeping uploads failed")
        await asyncio.sleep(SWEEP_SECONDS)
