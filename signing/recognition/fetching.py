"""Fetching lists and what they point to: HTTP(S) with limits on size and time, without redirects, to checked addresses.

The name is resolved once, every address of it is checked, and the connection goes to that very address: a name that
changes its mind in between (DNS rebinding) gains nothing. A redirect is refused by name: whoever moves a list tells the
new address to the people who confirm it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import SplitResult

from signing.recognition.addresses import check_ip, read_address
from signing.recognition.connecting import Ip, Reach, bounded, connect_to
from signing.recognition.errors import ListUnreachable

SECONDS: Final = 30.0
"""For one answer, all of it: 64 MiB in half a minute is 17 Mbit/s."""
STEP_SECONDS: Final = 10.0
"""For one step of it: to connect, and between two pieces of an answer."""
PIECE: Final = 64 * 1024
MAX_ETAG: Final = 200
"""Characters of a server's mark that are kept."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What to fetch: where, at most how many octets, the mark of what we have, and whether two people stand by the host."""

    url: str
    limit: int
    etag: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: its octets, or ``None`` where the server says that ours are the newest."""

    octets: bytes | None
    etag: str = ""


class Fetcher(Protocol):
    """Whoever fetches; raises :class:`ListUnreachable` or :class:`signing.recognition.errors.ListAddressInvalid`."""

    def fetch(self, errand: Errand) -> Fetched:
        """Fetch one thing."""


class WebFetcher:
    """Fetches by HTTP(S). Safe for threads. ``stopwatch`` measures one answer in seconds."""

    def __init__(
        self,
        reach: Reach,
        *,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reach = reach
        self._context = context
        self._seconds = seconds
        self._stopwatch = stopwatch

    def fetch(self, errand: Errand) -> Fetched:
        """Fetch one thing; see :class:`Fetcher`."""
        parts = read_address(errand.url, self._reach)
        end, late = self._stopwatch() + self._seconds, threading.Event()
        try:
            connection = connect_to(parts, self._resolved(parts, errand), STEP_SECONDS, self._context)
            with bounded(connection, self._seconds, late):
                found = self._asked(connection, parts, errand, end)
            if late.is_set():  # whatever was read of a connection that was cut off is no whole answer
                raise TimeoutError
        except ssl.SSLCertVerificationError as wrong:
            raise ListUnreachable(
                errand.url, "对方的 TLS 证书未通过校验", "its TLS certificate is not valid"
            ) from wrong
        except (OSError, ValueError, http.client.HTTPException) as down:
            if late.is_set() or isinstance(down, TimeoutError):
                raise self._slow(errand) from down
            why = type(down).__name__
            raise ListUnreachable(
                errand.url, f"连接失败（{why}）", f"the connection failed ({why})"
            ) from down
        return found

    def _slow(self, errand: Errand) -> ListUnreachable:
        return ListUnreachable(
            errand.url,
            f"超过 {self._seconds:.0f} 秒未答复完毕",
            f"no whole answer in {self._seconds:.0f} s",
        )

    def _resolved(self, parts: SplitResult, errand: Errand) -> Ip:
        """Return the first address of the host; one among them that is closed to us closes the host."""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        checked = [
            check_ip(errand.url, str(one[4][0]), self._reach, confirmed=errand.confirmed) for one in found
        ]
        return checked[0]

    def _asked(
        self, connection: http.client.HTTPConnection, parts: SplitResult, errand: Errand, end: float
    ) -> Fetched:
        headers = {"Accept": "*/*", "User-Agent": "yinxin", "Connection": "close"}
        if errand.etag:
            headers["If-None-Match"] = errand.etag
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            etag = _mark(answer.getheader("ETag", ""))
            if answer.status == http.client.NOT_MODIFIED and errand.etag:
                return Fetched(None, errand.etag)
            _check_status(errand, answer)
            return Fetched(self._read(answer, errand, end), etag)

    def _read(self, answer: http.client.HTTPResponse, errand: Errand, end: float) -> bytes:
        found = bytearray()
        while piece := answer.read1(PIECE):
            found += piece
            if len(found) > errand.limit:
                raise ListUnreachable(
                    errand.url,
                    f"内容超过 {errand.limit} 字节的上限",
                    f"it is over the limit of {errand.limit} octets",
                )
            if self._stopwatch() > end:
                raise TimeoutError
        if answer.length:
            raise http.client.IncompleteRead(bytes(found))
        return bytes(found)


def _mark(text: str) -> str:
    return text if text.isascii() and text.isprintable() and len(text) <= MAX_ETAG else ""


def _check_status(errand: Errand, answer: http.client.HTTPResponse) -> None:
    if 300 <= answer.status < 400:
        where = _mark(answer.getheader("Location", "")) or "?"
        raise ListUnreachable(
            errand.url,
            f"对方要求转到 {where}；本系统不自动跟随，请核实后直接使用新地址",
            f"it redirects to {where}, which is not followed; make sure of it and use the new address itself",
        )
    if answer.status != http.client.OK:
        raise ListUnreachable(
            errand.url, f"对方答复 HTTP {answer.status}", f"it answers HTTP {answer.status}"
        )
