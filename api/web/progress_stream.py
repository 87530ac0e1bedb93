"""Progress as server-sent events: each event is whole, so one that was missed is not missed; ``Last-Event-ID`` goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.web.openapi import Responses

LOOK_SECONDS: Final = 1.0
"""How often a stream looks; whatever happened in between is one event."""
KEEP_ALIVE: Final = 15
"""Looks after which a silent stream says that it lives: proxies close what is silent for a minute."""
EVENTS: Final[Responses] = {
    200: {
        "description": "Server-sent events `progress`; `id` resumes with Last-Event-ID; the last one is `end`",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@dataclass(frozen=True, slots=True)
class Look:
    """How far something is: what changes whenever it moves, what is said of it, and whether it goes on."""

    version: str
    data: dict[str, Any]
    running: bool


def stream(look: Callable[[], Look], last: str) -> StreamingResponse:
    """Answer with the events of something until it is at rest."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(look, last), media_type="text/event-stream", headers=headers)


async def _events(look: Callable[[], Look], last: str) -> AsyncIterator[str]:
    silent = 0
    while True:
        seen = await run_in_threadpool(look)
        if seen.version != last:
            last, silent = seen.version, 0
            yield _event("progress", seen)
        if not seen.running:
            yield _event("end", seen)
            return
        silent += 1
        if silent % KEEP_ALIVE == 0:
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_SECONDS)


def _event(name: str, seen: Look) -> str:
    return f"event: {name}\nid: {seen.version}\ndata: {json.dumps(seen.data, ensure_ascii=False)}\n\n"
