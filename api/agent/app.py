"""The agent's own small application: hello, pairing, and the connection on which a page works (WebSocket)."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.agent.conversation import Answer, Conversation, Desk
from api.agent.errors import AgentError, NotPaired, PairingRefused, RequestMalformed
from api.agent.guard import MAX_BODY, Guard
from hsm.errors import HsmError, PinError

LOG: Final = logging.getLogger("yinxin.agent")
API: Final = 1
"""Version of what a page may say; a page that speaks another one asks for an update."""


def create_agent(desk: Desk, origins: Sequence[str], port: int) -> ASGIApp:
    """Build the application for pages of ``origins``, reached at ``port`` of this machine."""
    app = Starlette(
        routes=[
            Route("/v1/hello", _hello),
            Route("/v1/pair", _pair, methods=["POST"]),
            WebSocketRoute("/v1/desk", _converse),
        ]
    )
    app.state.desk = desk
    return Guard(app, origins, port)


async def _hello(_request: Request) -> Response:
    return JSONResponse({"agent": "yinxin", "api": API})


async def _pair(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    try:
        if int(request.headers.get("content-length", "0") or 0) > MAX_BODY:
            raise RequestMalformed
        body = json.loads((await request.body())[:MAX_BODY])
        code = body.get("code") if isinstance(body, dict) else None
        if not isinstance(code, str):
            raise RequestMalformed
        secret = desk.pairings.pair(code, request.headers["origin"])
    except (ValueError, RecursionError):
        return JSONResponse(_refused(RequestMalformed()), 400)
    except AgentError as refused:
        return JSONResponse(_refused(refused), 403 if isinstance(refused, PairingRefused) else 400)
    return JSONResponse({"ok": True, "pairing": secret})


async def _converse(socket: WebSocket) -> None:
    await socket.accept()
    conversation = Conversation(socket.app.state.desk, socket.headers["origin"])
    try:
        while True:
            text = await socket.receive_text()
            answer = await run_in_threadpool(_answered, conversation, text)
            await socket.send_text(json.dumps(answer, ensure_ascii=False))
            if answer.get("error") == NotPaired.code:
                await socket.close(1008)
                return
    except (WebSocketDisconnect, KeyError):  # gone, or sent octets where text is spoken
        return


def _answered(conversation: Conversation, text: str) -> Answer:
    try:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise RequestMalformed from None
        answer = {"ok": True} | conversation.answer(message)
    except (AgentError, HsmError) as refused:
        answer = _refused(refused)
    except Exception:
        LOG.exception("a request of a page failed")
        answer = _refused(AgentError())
    return answer | {"number": conversation.number}


def _refused(refused: AgentError | HsmError) -> dict[str, Any]:
    code = refused.code if isinstance(refused, AgentError) else _code(refused)
    return {"ok": False, "error": code, "zh": refused.zh, "en": refused.en}


def _code(refused: HsmError) -> str:
    return "pin" if isinstance(refused, PinError) else "token"
