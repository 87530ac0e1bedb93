"""Who may speak to the agent at all: pages of the sites that its owner named, on this machine, by its own name.

Three checks come before anything else, for HTTP and WebSocket alike. The *Host* must be this machine's own name with our
port: a foreign name that was made to point at 127.0.0.1 (DNS rebinding) is refused. The *Origin* must be on the list: a
page of another site is refused, and so is whatever sends none. Only then does the CORS answer name that origin
(Fetch standard §3.2), with leave for a private network (draft Private Network Access).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.agent.errors import BindRefused, OriginInvalid

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
MAX_BODY: Final = 64 * 1024
"""Octets of one request: a digest, a title and a few names are under two kilobytes."""


def read_origin(text: str) -> str:
    """Read an origin as browsers send it (RFC 6454 §6.2); :class:`OriginInvalid`."""
    origin = text.strip().rstrip("/").lower()
    if _ORIGIN.fullmatch(origin) is None:
        raise OriginInvalid(text[:100])
    for scheme, port in (("http://", ":80"), ("https://", ":443")):
        if origin.startswith(scheme):
            origin = origin.removesuffix(port)
    return origin


def check_bind(host: str) -> str:
    """Return the address to listen on; anything but this machine's own is :class:`BindRefused`."""
    if host not in ("127.0.0.1", "localhost"):
        raise BindRefused(host[:60])
    return "127.0.0.1"


class Guard:
    """ASGI middleware with the three checks."""

    def __init__(self, app: ASGIApp, origins: Collection[str], port: int) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        if headers.get("host", "").lower() not in self._hosts:
            await _refuse(scope, receive, send, 421, "host")
        elif origin not in self._origins or len(headers.getlist("origin")) != 1:
            await _refuse(scope, receive, send, 403, "origin")
        elif scope["type"] == "http":
            await self._http(scope, receive, send, origin)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send, origin: str) -> None:
        allowed = _cors(origin, Headers(scope=scope))
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": allowed})
            await send({"type": "http.response.body", "body": b""})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *allowed]
            await send(message)

        await self._app(scope, receive, with_headers)


def _cors(origin: str, headers: Headers) -> list[tuple[bytes, bytes]]:
    allowed = [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"vary", b"Origin"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]
    if headers.get("access-control-request-private-network") == "true":
        allowed.append((b"access-control-allow-private-network", b"true"))
    return allowed


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    """Refuse before the application sees anything; the browser learns the status and nothing else."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
