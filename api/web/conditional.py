"""Conditional answers (RFC 9110 §13.1.2): whoever has the newest octets already is told so and gets none."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response


def answer(
    request: Request, octets: bytes, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return octets under their digest as the mark, or 304 where the caller has just these."""
    mark = f'"{hashlib.sha256(octets).hexdigest()[:32]}"'
    told = {"ETag": mark, **(headers or {})}
    known = request.headers.get("If-None-Match", "")
    if mark in {one.strip().removeprefix("W/") for one in known.split(",")}:
        return Response(status_code=304, headers=told)
    return Response(octets, media_type=media_type, headers=told)
