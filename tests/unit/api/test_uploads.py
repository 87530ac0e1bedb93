"""The upload limit: named in the answer, held before and while reading."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.web.upload_limit import FORM_OVERHEAD, SMALL_LIMIT, UploadLimit

LIMIT = 1024 * 1024
CHUNK = bytes(64 * 1024)
TWO_GIB = 2 * 2**30


async def _swallow(scope: Scope, receive: Receive, send: Send) -> None:
    total = 0
    async for piece in Request(scope, receive).stream():
        total += len(piece)
    await PlainTextResponse(str(total))(scope, receive, send)


async def _stubborn(scope: Scope, receive: Receive, send: Send) -> None:
    """Catch everything, as a form parser does, and answer 400."""
    try:
        await Request(scope, receive).body()
    except Exception:  # noqa: BLE001 - that is the point
        await PlainTextResponse("bad form", 400)(scope, receive, send)


def _post(
    app: Any, octets: int, *, declared: int | None, path: str = "/api/v1/sealings"
) -> tuple[int, bytes, int]:
    """Send a body of ``octets``; return status, answer and how many octets were asked for."""
    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    sent, answer = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += len(CHUNK)
        return {"type": "http.request", "body": CHUNK, "more_body": sent < octets}

    async def send(message: Any) -> None:
        answer.append(message)

    asyncio.run(UploadLimit(app, LIMIT)(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in answer)
    return answer[0]["status"], body, sent


@pytest.mark.parametrize("app", [_swallow, _stubborn])
def test_a_two_gibibyte_upload_is_refused_by_its_length(app: Any) -> None:
    status, body, read = _post(app, TWO_GIB, declared=TWO_GIB)
    told = json.loads(body)
    assert (status, told["type"], told["limit"], read) == (413, "/problems/upload-too-large", LIMIT, 0)
    assert "1 MiB" in told["zh"]
    assert "1 MiB" in told["en"]


@pytest.mark.parametrize("app", [_swallow, _stubborn])
def test_a_stream_without_length_is_cut_at_the_limit(app: Any) -> None:
    tracemalloc.start()
    status, body, read = _post(app, TWO_GIB, declared=None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, json.loads(body)["limit"]) == (413, LIMIT)
    assert read <= LIMIT + FORM_OVERHEAD + len(CHUNK)
    assert peak < 4 * LIMIT


def test_a_lying_length_is_cut_too() -> None:
    status, _, read = _post(_swallow, TWO_GIB, declared=10)
    assert status == 413
    assert read <= LIMIT + FORM_OVERHEAD + len(CHUNK)


def test_what_fits_passes() -> None:
    status, body, _ = _post(_swallow, LIMIT, declared=LIMIT)
    assert (status, body) == (200, str(LIMIT).encode())


def test_evidence_requests_have_a_small_limit() -> None:
    status, body, _ = _post(_swallow, LIMIT, declared=LIMIT, path="/pki/tsa")
    assert (status, json.loads(body)["limit"]) == (413, SMALL_LIMIT)
