"""Session cookies: an API key exchanged for a signed cookie, with a token against cross-site requests.

The cookie is ``<payload>.<mac>``: base64url JSON of key prefix, expiry and nonce under HMAC-SHA-256 (RFC 2104). It
carries no power of its own: each request asks the register of keys again, so revoking the key ends its sessions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.errors import CsrfFailed, NotAuthenticated
from ca.clock import Clock

COOKIE: Final = "yinxin_session"
CSRF_HEADER: Final = "X-CSRF-Token"
MAX_COOKIE_LENGTH: Final = 1024
"""Longest cookie read: ours have about 200 characters; browsers cap at 4,096."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the key that opened it, when it ends, and the CSRF token its pages must send."""

    key_prefix: str
    expires_at: datetime
    csrf: str
    cookie: str


class Sessions:
    """Makes and reads session cookies with one secret."""

    def __init__(self, secret: bytes, clock: Clock, lifetime: timedelta) -> None:
        self._secret = secret
        self._clock = clock
        self._lifetime = lifetime

    def open(self, key_prefix: str) -> Session:
        """Open a session for a key that was just proved."""
        ends = int((self._clock() + self._lifetime).timestamp())
        payload = json.dumps([key_prefix, ends, secrets.token_hex(16)], separators=(",", ":"))
        body = base64.urlsafe_b64encode(payload.encode()).decode()
        return self._session(key_prefix, ends, f"{body}.{self._mac('cookie', body)}")

    def read(self, cookie: str) -> Session:
        """Return the session of a cookie; a forged or expired one raises :class:`NotAuthenticated`."""
        body, _, mac = cookie.partition(".")
        if len(cookie) > MAX_COOKIE_LENGTH or not hmac.compare_digest(
            mac.encode(), self._mac("cookie", body).encode()
        ):
            raise NotAuthenticated
        key_prefix, ends, _nonce = json.loads(base64.urlsafe_b64decode(body))
        if ends <= self._clock().timestamp():
            raise NotAuthenticated
        return self._session(key_prefix, ends, cookie)

    def check_csrf(self, session: Session, token: str | None, *, site: str | None) -> None:
        """Accept a state change by cookie: the session's token, and not from another site (Fetch Metadata)."""
        foreign = site not in (None, "same-origin", "none")
        if foreign or not hmac.compare_digest((token or "").encode(), session.csrf.encode()):
            raise CsrfFailed

    def _session(self, key_prefix: str, ends: int, cookie: str) -> Session:
        return Session(key_prefix, datetime.fromtimestamp(ends, UTC), self._mac("csrf", cookie), cookie)

    def _mac(self, purpose: str, text: str) -> str:
        message = f"{purpose}\0{text}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()
