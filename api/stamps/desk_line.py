"""A stamp's line to a desk in the same process, in the shape of HTTPS polling: each request proved by a token of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from api.problems.problem import describe
from seals.devices.desk import StampDesk
from seals.devices.messages import Request, RequestFor, sign_request
from seals.devices.simulator.errors import LineRefused
from seals.devices.simulator.firmware import Stamp
from seals.devices.wire import canonical
from seals.permit import random_id

Answer = TypeVar("Answer")


def request_token(stamp: Stamp, purpose: RequestFor, body: bytes = b"") -> str:
    """Make the token with which a stamp proves a request: who, for what, when, once, over which body."""
    chip = stamp.memory.chip
    digest = str(stamp.memory.digest_algorithm.digest(body)) if body else ""
    request = Request(stamp.serial, purpose, stamp.body.now(), random_id(), digest)
    return sign_request(request, chip, (chip.certificate,))


class DeskLine:
    """Calls the desk as the routes do."""

    def __init__(self, desk: StampDesk, stamp: Stamp) -> None:
        self._desk = desk
        self._stamp = stamp

    def events(self, texts: Sequence[str], nonce: str) -> str:
        """Hand over events; return the service's signed answer."""
        body = canonical({"events": list(texts), "nonce": nonce})

        def serve() -> str:
            serial, at = self._prove(RequestFor.EVENTS, body)
            self._desk.receive(serial, texts, sent_at=at)
            return self._desk.answer(serial, nonce)

        return self._ask(serve)

    def commands(self) -> Sequence[str]:
        """Fetch the orders that wait."""
        return self._ask(
            lambda: tuple(one.jws for one in self._desk.pending(self._prove(RequestFor.COMMANDS)[0]))
        )

    def picture(self, digest: str, data: bytes) -> None:
        """Hand over a picture."""
        self._ask(lambda: self._desk.upload(self._prove(RequestFor.PICTURE, data)[0], digest, data))

    def time(self, nonce: str) -> str:
        """Ask the time; a stamp whose clock is wrong proves nothing yet."""
        return self._ask(lambda: self._desk.answer(self._stamp.serial, nonce))

    def close(self) -> None:
        """Hang up: there is nothing to hang up."""

    def _prove(self, purpose: RequestFor, body: bytes = b"") -> tuple[str, Any]:
        return self._desk.prove(request_token(self._stamp, purpose, body), purpose, body)

    def _ask(self, serve: Callable[[], Answer]) -> Answer:
        try:
            return serve()
        except Exception as error:
            problem = describe(error)
            if "incident" in problem.members:
                raise
            raise LineRefused(problem.kind.slug, problem.zh, problem.en) from error
