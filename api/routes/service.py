"""The service about itself: is it well, its numbers, and the page of each problem type."""

from __future__ import annotations

import html

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.doctor import Health, examine
from api.errors import NotFound
from api.problems.problem import WORLD
from api.problems.table import INTERNAL, TABLE
from api.schemas.service import HealthModel
from api.web.authorisation import Doors
from api.web.openapi import PUBLIC, binary, problems

router = APIRouter(tags=["service"], responses=PUBLIC)


@router.get(
    "/healthz",
    summary="健康检查 / Health",
    response_model=HealthModel,
    responses={503: {"model": HealthModel}},
)
def healthz(doors: Doors) -> JSONResponse:
    """Answer 200 when database, tokens, disk, clock and fonts are well, else 503 with what is not."""
    checks = examine(doors)
    well = all(check.health is not Health.BROKEN for check in checks)
    body = HealthModel.of(checks, well=well)
    return JSONResponse(body.model_dump(), 200 if well else 503)


@router.get("/metrics", summary="运行指标 / Metrics", responses=binary("text/plain", "Prometheus 0.0.4"))
def metrics(request: Request) -> Response:
    """Return the numbers for Prometheus."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4")


@router.get(
    "/problems/{slug}",
    summary="错误类型说明 / What a problem type means",
    response_class=HTMLResponse,
    responses=problems(404),
)
def problem_page(slug: str) -> str:
    """Explain one type of problem (RFC 9457 §4)."""
    kinds = {kind.slug: kind for kind in (*TABLE.values(), *WORLD, INTERNAL)}
    if slug not in kinds:
        raise NotFound
    kind = kinds[slug]
    heading = html.escape(f"{kind.zh} / {kind.en}")
    return f"<!doctype html><html lang='zh'><meta charset='utf-8'><title>{heading}</title><h1>{heading}</h1><p>HTTP {kind.status}</p></html>"
