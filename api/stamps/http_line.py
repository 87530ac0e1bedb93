"""A stamp's line over HTTPS polling: the routes of ``api/routes/stamp_line.py``, each request proved by a token."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any, Final

from api.stamps.desk_line import request_token
from api.stamps.errors import BrokerError
from seals.devices.messages import RequestFor
from seals.devices.simulator.errors import LineDown, LineRefused
from seals.devices.simulator.firmware import Stamp
from seals.devices.wire import canonical

PATIENCE: Final = 20.0
"""Seconds for one request; a picture of 8 MiB over a slow connection takes most of it."""
MAX_ANSWER: Final = 8 * 2**20
"""Longest answer read, in octets: 200 orders of 24 KiB are under 5 MiB."""
DELIVERY: Final = "application/vnd.yinxin.stamp-delivery"
OCTETS: Final = "application/octet-stream"


class HttpLine:
    """Polls ``base``, such as ``https://yinxin.example``; plain ``http`` is for this machine alone."""

    def __init__(self, base: str, stamp: Stamp) -> None:
        parts = urllib.parse.urlsplit(base)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise BrokerError("--connect is written https://… (http:// only for this machine) or mqtts://…")
        self._base = f"{base.rstrip('/')}/api/v1/stamps/{stamp.serial}"
        self._stamp = stamp

    def events(self, texts: Sequence[str], nonce: str) -> str:
        """Hand over events; return the service's signed answer."""
        body = canonical({"events": list(texts), "nonce": nonce})
        return str(self._ask(RequestFor.EVENTS, "POST", "/events", body, DELIVERY).get("answer", ""))

    def commands(self) -> Sequence[str]:
        """Fetch the orders that wait."""
        found = self._ask(RequestFor.COMMANDS, "GET", "/commands").get("orders", [])
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def picture(self, digest: str, data: bytes) -> None:
        """Hand over a picture."""
        self._ask(RequestFor.PICTURE, "PUT", f"/pictures/{urllib.parse.quote(digest)}", data, OCTETS)

    def time(self, nonce: str) -> str:
        """Ask the time; return the service's signed answer."""
        query = urllib.parse.urlencode({"nonce": nonce})
        return str(self._ask(RequestFor.TIME, "GET", f"/time?{query}").get("answer", ""))

    def close(self) -> None:
        """Hang up: every request is a connection of its own."""

    def _ask(
        self, purpose: RequestFor, method: str, path: str, body: bytes = b"", kind: str = ""
    ) -> dict[str, Any]:
        headers = {"Stamp-Request": request_token(self._stamp, purpose, body), "Accept": "application/json"}
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(  # noqa: S310 - http(s) only, as checked
            self._base + path, data=body or None, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return _object(answer.read(MAX_ANSWER))
        except urllib.error.HTTPError as refused:
            said = _object(refused.read(MAX_ANSWER))
            slug = str(said.get("type", "")).rpartition("/")[2]
            raise LineRefused(
                slug, str(said.get("zh", refused.code)), str(said.get("en", refused.code))
            ) from refused
        except OSError as down:
            raise LineDown(type(down).__name__) from down


def _object(octets: bytes) -> dict[str, Any]:
    if not octets:
        return {}
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError) as wrong:
        raise LineDown("not an answer of the service") from wrong
    return found if isinstance(found, dict) else {}
