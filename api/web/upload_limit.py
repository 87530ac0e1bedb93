"""The limit on uploads, held while the request streams in: nothing larger is ever read into memory or onto disk."""

from __future__ import annotations

import contextlib
import json
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import UploadTooLarge
from api.problems.problem import MEDIA_TYPE, describe

FORM_OVERHEAD: Final = 64 * 1024
"""Octets of a multipart request beside the file itself: boundaries, part headers and the short fields."""


SMALL_PREFIX: Final = "/pki/"
SMALL_LIMIT: Final = 64 * 1024
"""OCSP and time-stamp requests have at most 16 KiB (``ca.status.ocsp_codec``, ``ca.tsp``)."""


class _Exceeded(Exception):
    """The stream went over the limit."""


class UploadLimit:
    """ASGI middleware: refuse by Content-Length before reading, and by counting while reading (RFC 9110 §15.5.14)."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        limit = SMALL_LIMIT if scope["path"].startswith(SMALL_PREFIX) else self._limit
        if not declared.isdecimal() or int(declared) > limit + FORM_OVERHEAD:
            await _refuse(scope, send, limit)
            return
        await self._serve(scope, receive, send, limit)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        state = {"read": 0, "exceeded": 0, "started": 0, "whole": 0}

        async def counted() -> Message:
            message = await receive()
            state["read"] += len(message.get("body", b""))
            state["whole"] = int(not message.get("more_body", False))
            if state["read"] > limit + FORM_OVERHEAD:
                state["exceeded"] = 1
                raise _Exceeded
            return message

        async def guarded(message: Message) -> None:
            if state["exceeded"] and not state["started"]:
                return
            if not state["started"] and state["read"] and not state["whole"]:
                MutableHeaders(scope=message)["Connection"] = "close"  # answered early: do not drain the rest
            state["started"] = 1
            await send(message)

        with contextlib.suppress(_Exceeded):
            await self._app(scope, counted, guarded)
        if state["exceeded"] and not state["started"]:
            await _refuse(scope, send, limit)


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    problem = describe(UploadTooLarge(limit))
    english = Headers(scope=scope).get("accept-language", "").lower().startswith("en")
    body = json.dumps(problem.to_json(instance=scope["path"], english=english), ensure_ascii=False).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
