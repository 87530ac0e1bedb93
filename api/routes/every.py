"""Every router of the application, in the order of the OpenAPI description."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.csc import routes as csc
from api.routes import (
    audit,
    cases,
    certificates,
    chip_ranges,
    detached,
    enrolment,
    enrolment_jobs,
    enterprises,
    exchange,
    filing,
    imprints,
    keycentre,
    licences,
    personalisation,
    pki,
    public,
    remote_sealing,
    seal_data,
    seal_life,
    sealing,
    seals,
    service,
    session,
    stamp_line,
    stamps,
    tokens,
    trust,
    use_rights,
    verification,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    enterprises.router,
    certificates.router,
    enrolment.router,
    enrolment_jobs.router,
    tokens.router,
    personalisation.router,
    chip_ranges.router,
    keycentre.router,
    imprints.router,
    seals.router,
    filing.router,
    exchange.router,
    seal_data.router,
    seal_life.router,
    cases.router,
    use_rights.router,
    stamps.router,
    stamp_line.router,
    detached.router,
    sealing.router,
    remote_sealing.router,
    licences.router,
    csc.router,
    verification.router,
    audit.router,
    pki.router,
    public.router,
    trust.router,
    session.router,
    service.router,
)
