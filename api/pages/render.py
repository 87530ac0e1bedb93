"""Pictures of PDF pages, drawn in killable child processes (PDFium is not thread-safe and reads foreign bytes)."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("render_worker.py")
ANSWER_SECONDS = 20.0
"""A page that takes longer to draw is not shown; the file itself can still be checked and downloaded."""
MAX_ANSWER_BYTES = 1024 * 1024
"""Sizes of 5,000 pages take 100 kB."""
REQUESTS_PER_CHILD = 500
"""A child is replaced after this many, so that a leak in the renderer stays small."""
WIDTHS = (900, 1800)
"""Pixels across: a phone or laptop, and the same on a display of double density."""


class NotShown(Exception):
    """The file or the page cannot be drawn; ``word`` says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class PasswordNeeded(NotShown):
    """The file is encrypted and the password is missing or wrong."""


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page as displayed, in millimetres."""

    width_mm: float
    height_mm: float


class _Child:
    """One renderer process and its pipes."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LC_ALL", "TZ"}}
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and script
            [sys.executable, "-I", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._left = REQUESTS_PER_CHILD

    @property
    def usable(self) -> bool:
        return self._left > 0 and self._process.poll() is None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request and wait for its answer; a slow or dying child is ended."""
        self._left -= 1
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise NotShown("damaged")
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            return dict(json.loads(_read_line(stdout.fileno())))
        except (OSError, ValueError, NotShown) as error:
            self.end()
            raise error if isinstance(error, NotShown) else NotShown("damaged") from error

    def end(self) -> None:
        self._left = 0
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _read_line(descriptor: int) -> bytes:
    deadline, got = time.monotonic() + ANSWER_SECONDS, bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not got.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise NotShown("too-slow")
            piece = os.read(descriptor, 65536)
            if not piece or len(got) > MAX_ANSWER_BYTES:
                raise NotShown("damaged")
            got += piece
    return bytes(got)


class PageRenderer:
    """A few child processes that measure and draw pages; safe to call from any thread."""

    def __init__(self, children: int = 2) -> None:
        self._slots: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(children):
            self._slots.put(None)

    def sizes(self, document: Path, password: str | None = None) -> tuple[PageSize, ...]:
        """Measure every page (mm, as displayed). Raises :class:`NotShown`, :class:`PasswordNeeded`."""
        found = self._ask(do="sizes", path=str(document), password=password)
        return tuple(PageSize(width, height) for width, height in found)

    def draw(self, document: Path, page: int, width: int, picture: Path) -> None:
        """Draw ``page`` (1-based), ``width`` pixels across, as a PNG file at ``picture``. Raises :class:`NotShown`."""
        partial = picture.with_name(f".{os.getpid()}-{time.monotonic_ns()}-{picture.name}")
        try:
            self._ask(do="render", path=str(document), page=page, width=width, out=str(partial))
            partial.replace(picture)
        finally:
            partial.unlink(missing_ok=True)

    def unlock(self, document: Path, password: str, copy: Path) -> None:
        """Write ``copy`` without the password, to be drawn from. Raises :class:`PasswordNeeded`."""
        self._ask(do="unlock", path=str(document), password=password, out=str(copy))

    def close(self) -> None:
        """End the children."""
        with contextlib.suppress(queue.Empty):
            while True:
                child = self._slots.get_nowait()
                if child is not None:
                    child.end()

    def _ask(self, **request: Any) -> Any:
        with self._child() as child:
            answer = child.ask(request)
        word = answer.get("refused")
        if word == "password":
            raise PasswordNeeded(word)
        if word is not None:
            raise NotShown(str(word))
        return answer["result"]

    @contextlib.contextmanager
    def _child(self) -> Iterator[_Child]:
        child = self._slots.get()
        try:
            if child is None or not child.usable:
                if child is not None:
                    child.end()
                child = None
                child = _Child()
            yield child
        finally:
            self._slots.put(child)
