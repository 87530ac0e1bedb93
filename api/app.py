"""The web application: routes, problems, limits and headers around one set of doors."""

from __future__ import annotations

import logging
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from api.pages.desk import desk_of
from api.pages.mount import mount_pages
from api.pages.paper import is_page
from api.problems.problem import MEDIA_TYPE, UNKNOWN_ADDRESS, Problem, describe
from api.problems.table import TABLE
from api.routes.every import ROUTERS
from api.services import Services
from api.web.headers import SecurityHeaders
from api.web.metrics import Measured, Metrics
from api.web.ocsp_door import OcspDoor
from api.web.openapi import OPENAPI_TAGS
from api.web.openapi import describe as describe_operations
from api.web.upload_limit import UploadLimit

LOG: Final = logging.getLogger("yinxin.api")
NO_SUCH_PAGE: Final = {
    "zh": "没有这个页面，请核对地址，或从下面重新开始。",
    "en": "There is no such page: check the address, or start again below.",
}
DESCRIPTION: Final = """印信：数字证书与电子印章的统一办理。 / One service for digital certificates and electronic seals.

Callers show an API key: `Authorization: Bearer yx_…` (make one with `yinxin key create`). Problems follow RFC 9457 and
carry a sentence in Chinese (`zh`) and English (`en`). Verification and everything under `/pki` need no key.
"""


def create_app(services: Services) -> FastAPI:
    """Build the application over ``services``; building it starts nothing and opens nothing."""
    app = FastAPI(
        title="印信 Yinxin",
        version=_release(),
        description=DESCRIPTION,
        openapi_tags=list(OPENAPI_TAGS),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services = services
    app.state.metrics = Metrics()
    app.state.metrics.watch(
        "yinxin_crl_pending_seconds",
        "Age of the oldest revocation that its list lacks; over 900 the promise is broken.",
        lambda: services.crls.pending_for().total_seconds(),
    )
    for router in ROUTERS:
        app.include_router(router)
    mount_pages(app, services)
    for family in (*TABLE, SQLAlchemyError, OSError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(family, _answer)
    https = services.settings.base_url.startswith("https://")
    app.add_middleware(UploadLimit, limit=services.settings.max_upload_bytes)
    app.add_middleware(SecurityHeaders, https=https)
    app.add_middleware(Measured, metrics=app.state.metrics)
    app.add_middleware(OcspDoor, responder=services.ocsp, metrics=app.state.metrics, https=https)
    app.openapi = partial(describe_operations, app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def _release() -> str:
    try:
        return version("yinxin")
    except PackageNotFoundError:
        return "0"


def _answer(request: Request, error: Exception) -> Response:
    problem = describe(error)
    _log(request, problem, error)
    headers = _headers(problem)
    if problem.kind.status < 500 and is_page(request):  # a fault may well be one of what a page is made with
        told = {"zh": problem.zh, "en": problem.en}
        if problem.kind is UNKNOWN_ADDRESS:
            told = NO_SUCH_PAGE
        page = desk_of(request).paper.refused(request, told, problem.kind.status)
        page.headers.update(headers)
        return page
    english = request.headers.get("accept-language", "").lower().startswith("en")
    content = problem.to_json(instance=request.url.path, english=english)
    return JSONResponse(content, problem.kind.status, headers, media_type=MEDIA_TYPE)


def _headers(problem: Problem) -> dict[str, str]:
    """Return what RFC 9110 asks of a refusal: how to log in (§11.6.1), when to come back (§10.2.3)."""
    if problem.kind.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="yinxin"'}
    wait = problem.members.get("retry_after")
    return {} if wait is None else {"Retry-After": str(wait)}


def _log(request: Request, problem: Problem, error: Exception) -> None:
    if problem.kind.status < 500:
        LOG.info("%s %s refused: %s", request.method, request.url.path, problem.kind.slug)
        return
    incident = problem.members.get("incident", "-")
    LOG.error(
        "%s %s failed: %s incident=%s",
        request.method,
        request.url.path,
        problem.kind.slug,
        incident,
        exc_info=error,
    )
