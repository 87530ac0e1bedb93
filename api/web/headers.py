"""Security headers on every answer, after OWASP's list; the policy lets pages load their own files and nothing else."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS: Final = "max-age=31536000; includeSubDomains"
PUBLIC_PATHS: Final = ("/pki/", "/trust", "/api/v1/public/")
"""Published evidence: other sites may embed and cache it."""


def published_headers(*, https: bool) -> list[tuple[bytes, bytes]]:
    """Return what :class:`SecurityHeaders` adds to published evidence, as ASGI wants it."""
    named = {**HEADERS, "Cross-Origin-Resource-Policy": "cross-origin"}
    if https:
        named["Strict-Transport-Security"] = HSTS
    return [(name.lower().encode(), value.encode()) for name, value in named.items()]


class SecurityHeaders:
    """ASGI middleware that adds :data:`HEADERS`; ``https`` adds Strict-Transport-Security (RFC 6797)."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if path.startswith(PUBLIC_PATHS):
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        else:
            headers.setdefault("Cache-Control", "no-store")
        if self._https:
            headers.setdefault("Strict-Transport-Security", HSTS)
