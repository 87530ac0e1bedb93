"""One message over HTTP: to the address that was checked, no redirect followed, time and answer bounded."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import SplitResult

from signing.recognition.connecting import Ip, Reach, bounded, connect_to
from signing.webhooks.errors import WebhookUnreachable
from signing.webhooks.message import SIGNATURE, Signed
from signing.webhooks.targets import check_ip, read_target

SECONDS: Final = 10.0
"""For the whole of it: whoever has work to do with a message answers first and works then."""
MAX_ANSWER: Final = 4096
"""Octets of an answer's body that are read: its status alone counts."""
GONE: Final = 410
"""The receiver wants no more of this kind (RFC 9110 §15.5.11)."""


class Post(Protocol):
    """Whoever delivers; raises :class:`WebhookUnreachable` or :class:`signing.webhooks.errors.WebhookAddressInvalid`."""

    def post(self, url: str, signed: Signed) -> int:
        """Deliver one message; return the status of success."""


class WebPost:
    """Delivers by HTTP(S). Safe for threads."""

    def __init__(
        self, reach: Reach, *, context: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self._reach = reach
        self._context = context
        self._seconds = seconds

    def post(self, url: str, signed: Signed) -> int:
        """Deliver one message; see :class:`Post`."""
        parts = read_target(url, self._reach)
        late = threading.Event()
        try:
            connection = connect_to(parts, self._resolved(parts), self._seconds, self._context)
            with bounded(connection, self._seconds, late):
                status = self._asked(connection, parts, signed)
            if late.is_set():  # cut off in the middle of its headers, which then look as if they had ended
                raise _slow(self._seconds)
        except ssl.SSLCertVerificationError as wrong:
            raise WebhookUnreachable(
                "对方的 TLS 证书未通过校验", "the TLS certificate is not valid"
            ) from wrong
        except (OSError, ValueError, http.client.HTTPException) as down:
            if late.is_set() or isinstance(down, TimeoutError):
                raise _slow(self._seconds) from down
            why = type(down).__name__
            raise WebhookUnreachable(f"连接失败（{why}）", f"the connection failed ({why})") from down
        if not 200 <= status < 300:
            moved = "，不跟随跳转" if 300 <= status < 400 else ""
            not_followed = ", which is not followed" if 300 <= status < 400 else ""
            raise WebhookUnreachable(
                f"对方答复 HTTP {status}{moved}", f"the answer was HTTP {status}{not_followed}", status
            )
        return status

    def _resolved(self, parts: SplitResult) -> Ip:
        """Return the first address of the name; one among them that is closed closes the name."""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        checked = [check_ip(str(one[4][0]), self._reach) for one in found]
        return checked[0]

    def _asked(self, connection: http.client.HTTPConnection, parts: SplitResult, signed: Signed) -> int:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "yinxin-webhook",
            "Connection": "close",
            SIGNATURE: signed.signature,
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=signed.body, headers=headers)
        with connection.getresponse() as answer:
            with suppress(
                OSError, http.client.HTTPException
            ):  # the status is there; whoever trickles a body is not waited for
                answer.read1(MAX_ANSWER)
            return int(answer.status)


def _slow(seconds: float) -> WebhookUnreachable:
    return WebhookUnreachable(
        f"对方 {seconds:g} 秒内没有答复", f"there was no answer within {seconds:g} seconds"
    )
