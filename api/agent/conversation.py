"""What a page may say on its connection: pair, log in with its pairing, list certificates, have one digest signed at a time.

A login belongs to the connection that made it and ends with it. Each signature needs the number that the agent gave last:
a message that is sent twice, or that another page recorded, is refused before anybody is asked.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from api.agent.confirm import Confirmer, question
from api.agent.drawer import Held, TokenDrawer
from api.agent.errors import AgentBusy, NotPaired, RequestMalformed, RequestRepeated
from api.agent.pairing import Pairings
from hsm.algorithms import Digest, DigestAlgorithm

Answer = dict[str, Any]
_LABELS: Final = {one.label: one for one in DigestAlgorithm}
MAX_TITLE: Final = 300
"""Longest title taken; a person is shown the first line of it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every conversation shares: the tokens, the person, the pairings, and one question at a time."""

    drawer: TokenDrawer
    confirmer: Confirmer
    pairings: Pairings
    asking: threading.Lock


class Conversation:
    """One connection of one page."""

    def __init__(self, desk: Desk, origin: str) -> None:
        self._desk = desk
        self._origin = origin
        self._login = ""
        self._number = ""
        self._known: dict[str, Callable[[Answer], Answer]] = {
            "certificates": self._certificates,
            "sign": self._sign,
        }

    def answer(self, message: object) -> Answer:
        """Answer one message; raises :class:`api.agent.errors.AgentError` or :class:`hsm.errors.HsmError`."""
        if not isinstance(message, dict):
            raise RequestMalformed
        operation = message.get("op")
        if operation == "pair":
            return {"pairing": self._desk.pairings.pair(_text(message, "code"), self._origin)}
        if operation == "login":
            return self._log_in(message)
        if not self._login or not hmac.compare_digest(_text(message, "login").encode(), self._login.encode()):
            raise NotPaired
        known = self._known.get(str(operation))
        if known is None:
            raise RequestMalformed
        return known(message)

    @property
    def number(self) -> str:
        """The number that the next signature must carry."""
        return self._number

    def _log_in(self, message: Answer) -> Answer:
        self._desk.pairings.check(_text(message, "pairing"), self._origin)
        self._login = secrets.token_urlsafe(24)
        self._number = secrets.token_urlsafe(16)
        return {"login": self._login}

    def _certificates(self, _message: Answer) -> Answer:
        return {"certificates": [_told(one) for one in self._desk.drawer.held()]}

    def _sign(self, message: Answer) -> Answer:
        number, self._number = self._number, secrets.token_urlsafe(16)  # used up, whatever comes of it
        if not hmac.compare_digest(_text(message, "number").encode(), number.encode()):
            raise RequestRepeated
        digest, title = _digest(message), _text(message, "title", MAX_TITLE)
        held = self._desk.drawer.find(_text(message, "certificate_sha256", 64))
        if digest.algorithm is not held.algorithm.digest:
            raise RequestMalformed
        asked = question(title, self._origin, held.holder, held.uri.token, digest.hex)
        if not self._desk.asking.acquire(blocking=False):
            raise AgentBusy
        try:
            pin = self._desk.confirmer.ask(asked)
            signature = self._desk.drawer.sign(held, digest, pin)
        finally:
            self._desk.asking.release()
        return {"signature": base64.b64encode(signature).decode(), "algorithm": held.algorithm.label}


def _told(held: Held) -> Answer:
    return {
        "token": held.uri.token,
        "label": held.uri.object,
        "holder": held.holder,
        "sha256": held.sha256,
        "der": base64.b64encode(held.der).decode(),
        "algorithm": held.algorithm.label,
        "not_after": f"{held.certificate.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
    }


def _digest(message: Answer) -> Digest:
    name, text = _text(message, "digest_algorithm", 16), _text(message, "digest", 128)
    try:
        return Digest(_LABELS[name], bytes.fromhex(text))
    except (KeyError, ValueError):
        raise RequestMalformed from None


def _text(message: Answer, name: str, most: int = 200) -> str:
    found = message.get(name)
    if not isinstance(found, str) or len(found) > most:
        raise RequestMalformed
    return found
