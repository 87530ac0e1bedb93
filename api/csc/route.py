"""Routes that answer errors in the shape of the CSC API (v2.0 §10.1, v1.0.4 §10.1), not as problems of RFC 9457."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from api.errors import NotAuthenticated, ScopeMissing, TooManyRequests
from api.problems.problem import Problem, describe
from hsm.errors import PinError
from seals.errors import SealNotUsable

LOG: Final = logging.getLogger("yinxin.csc")
_CODES: Final[tuple[tuple[type[Exception], str, int], ...]] = (
    (NotAuthenticated, "invalid_token", 401),
    (ScopeMissing, "access_denied", 403),
    (TooManyRequests, "slow_down", 429),
    (PinError, "invalid_pin", 400),
    (SealNotUsable, "access_denied", 400),
)
"""Error codes of RFC 6749 §5.2, RFC 6750 §3.1 and the CSC API; all else is ``invalid_request`` or ``server_error``."""


class CscRoute(APIRoute):
    """A route of the CSC API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's own handler."""
        handler = super().get_route_handler()

        async def answering(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as error:  # noqa: BLE001 - every error is told in the shape that the client reads
                return refusal(error)

        return answering


def refusal(error: Exception) -> JSONResponse:
    """Return the answer for an error: its code, and a sentence in both languages."""
    problem = describe(error)
    code, status = _code_of(error, problem)
    if status >= 500:
        LOG.error("remote signing failed: %s", problem.kind.slug, exc_info=error)
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="yinxin", error="invalid_token"'
    if "retry_after" in problem.members:
        headers["Retry-After"] = str(problem.members["retry_after"])
    body = {"error": code, "error_description": f"{problem.zh} / {problem.en}"}
    return JSONResponse(body, status, headers)


def _code_of(error: Exception, problem: Problem) -> tuple[str, int]:
    for family, code, status in _CODES:
        if isinstance(error, family):
            return code, status
    if isinstance(error, RequestValidationError):
        return "invalid_request", 400
    if problem.kind.status >= 500:
        return "server_error", problem.kind.status
    return "invalid_request", 400
