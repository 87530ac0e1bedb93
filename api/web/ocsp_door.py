"""The OCSP responder's own door, in front of the framework: the question most asked, answered with the least around it.

It takes the plain cases, a POST with the right media type and length and a GET with one base64 part, and hands
everything else on: what is odd gets the framework's answer, and the operations stay described where the others are.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.web.headers import published_headers
from api.web.metrics import Metrics
from ca.status.ocsp import OcspResponder
from ca.status.ocsp_codec import MAX_REQUEST_OCTETS, RequestRefused, decode_get

PREFIX: Final = "/pki/ocsp/"
REQUEST_TYPE: Final = "application/ocsp-request"
ANSWER_TYPE: Final = "application/ocsp-response"
"""RFC 6960 appendix A."""
POST_ROUTE: Final = "/pki/ocsp/{issuer}"
GET_ROUTE: Final = "/pki/ocsp/{issuer}/{request:path}"
"""The templates of the same operations in :mod:`api.routes.pki`, as the metrics name them."""
THREADS: Final = 4
"""Answers made at the same time. A signature and a look-up take well under a millisecond of one processor; more threads
only wait for each other, and four still hide a database or a token that is asked over a wire."""
_PLAIN_TYPE: Final = REQUEST_TYPE.encode()


class OcspDoor:
    """ASGI middleware around everything else.

    What the responder can answer at once is answered here; what has to wait for a database or a token over a wire goes
    to a thread. The way to a thread and back costs more than most answers.
    """

    def __init__(self, app: ASGIApp, *, responder: OcspResponder, metrics: Metrics, https: bool) -> None:
        self._app = app
        self._responder = responder
        self._threads = ThreadPoolExecutor(THREADS, "ocsp")
        self._posted = metrics.counted("POST", POST_ROUTE, 200)
        self._got = metrics.counted("GET", GET_ROUTE, 200)
        self._headers = [*published_headers(https=https), (b"content-type", ANSWER_TYPE.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        issuer, slash, text = scope["path"][len(PREFIX) :].partition("/")
        if scope["method"] == "POST" and issuer and not slash and _is_plain(scope):
            octets = await _body(receive)
            if octets is None:
                return
            counted = self._posted
        elif scope["method"] == "GET" and issuer and text:
            octets, counted = octets_in(text), self._got
        else:
            await self._app(scope, receive, send)
            return
        answer = self._responder.at_once(issuer, octets)
        if answer is None:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._responder.respond, issuer, octets)
        headers = [*self._headers, (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        counted(time.perf_counter() - begun)


def _is_plain(scope: Scope) -> bool:
    """Tell whether a POST says what it is and how long, within what the responder reads; others are not plain."""
    length, media_type = b"", b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = value
        elif name == b"content-type":
            media_type = value
    return media_type == _PLAIN_TYPE and length.isdigit() and 0 < int(length) <= MAX_REQUEST_OCTETS


async def _body(receive: Receive) -> bytes | None:
    """Read the body, never more than a request may have; nothing when the client has gone."""
    octets = b""
    while len(octets) <= MAX_REQUEST_OCTETS:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        octets += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return octets


def octets_in(text: str) -> bytes:
    """Return the request in a GET address (RFC 6960 appendix A.1), or nothing, which is malformed."""
    try:
        return decode_get(text)
    except RequestRefused:
        return b""
