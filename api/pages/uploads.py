"""One file as the body of a request, written to a shelf as it streams in."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request

from api.errors import InputInvalid, UploadTooLarge
from api.pages.shelf import Entry, Shelf

NAME_HEADER: Final = "X-File-Name"
MAX_NAME: Final = 200
"""Longest file name shown; file systems stop at 255 octets."""


async def take(request: Request, shelf: Shelf, limit: int, state: dict[str, Any]) -> Entry:
    """Put the request's body on ``shelf``; whatever interrupts it leaves nothing behind.

    Raises :class:`UploadTooLarge` and, for an empty body, :class:`InputInvalid`.
    """
    entry = shelf.create(state | {"name": file_name(request.headers.get(NAME_HEADER, ""))})
    try:
        await _receive(request, entry, limit)
    except BaseException:
        shelf.remove(entry)
        raise
    return entry


def file_name(header: str) -> str:
    """Return the last part of a percent-encoded name, without control characters; never empty."""
    name = unquote(header[: 9 * MAX_NAME]).replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in name if letter.isprintable()).strip()
    return clean[-MAX_NAME:] or "document.pdf"


async def _receive(request: Request, entry: Entry, limit: int) -> None:
    size = 0
    with entry.document.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise UploadTooLarge(limit)
            file.write(piece)
    if size == 0:
        raise InputInvalid("文件是空的，请另选一个。", "The file is empty; choose another.")
