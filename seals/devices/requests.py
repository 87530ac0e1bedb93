"""Tokens of request: which stamp asks, for what, when, once.

TLS often ends at a proxy, so a client certificate does not reach us. The token is signed by the stamp's chip over purpose,
time, nonce and the digest of the body; a nonce counts once within the window, and is forgotten after it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.clock import Clock
from hsm.algorithms import Digest
from seals.devices import rows
from seals.devices.certificates import demand_standing, demand_validity
from seals.devices.errors import MessageInvalid, RequestRefused, StampCertificateUnfit
from seals.devices.messages import REQUEST_WINDOW, Request, RequestFor, parse_request
from seals.devices.store import stamp, stamp_request
from seals.devices.trust import device_signed

_R: Final = stamp_request.c


class RequestTokens:
    """Judges tokens of request."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def prove(self, token: str, purpose: RequestFor, body: bytes = b"") -> tuple[str, datetime]:
        """Return the serial of the stamp that asks and its time of asking; :class:`RequestRefused`.

        A token for the time may bear any time: a stamp whose clock is wrong asks so. Its nonce makes the answer fresh.
        """
        now = self._clock()
        try:
            request, signed = parse_request(token)
            with self._engine.execution_options(read_only=True).connect() as conn:
                known = rows.find(conn, request.device)
                if known is None:
                    raise RequestRefused("no such stamp")
                demand_standing(conn, known.certificate)
            demand_validity(known.certificate, now)
            device_signed(signed, known.certificate.der)
        except (MessageInvalid, StampCertificateUnfit) as wrong:
            raise RequestRefused(wrong.detail) from wrong
        _fits(request, purpose, body, now)
        if purpose is not RequestFor.TIME:
            self._once(request, now)
        return request.device, request.at

    def forget(self) -> int:
        """Drop nonces that no token can bear any more; return how many."""
        with self._engine.begin() as conn:
            gone = conn.execute(stamp_request.delete().where(_R.at < self._clock() - 2 * REQUEST_WINDOW))
        return gone.rowcount

    def _once(self, request: Request, now: datetime) -> None:
        try:
            with self._engine.begin() as conn:
                conn.execute(
                    stamp_request.insert().values(serial=request.device, nonce=request.nonce, at=now)
                )
                conn.execute(stamp.update().where(stamp.c.serial == request.device).values(seen_at=now))
        except sa.exc.IntegrityError as again:
            raise RequestRefused("its nonce was used") from again


def _fits(request: Request, purpose: RequestFor, body: bytes, now: datetime) -> None:
    if request.purpose is not purpose:
        raise RequestRefused(f"a token for {request.purpose}, not for {purpose}")
    if purpose is not RequestFor.TIME and abs(request.at - now) > REQUEST_WINDOW:
        raise RequestRefused("its time is too far from ours")
    if not body:
        if request.body:
            raise RequestRefused("a token over a body, and there is none")
        return
    if not request.body or not _digests(request.body, body):
        raise RequestRefused("a token over another body")


def _digests(text: str, body: bytes) -> bool:
    digest = Digest.parse(text)
    return digest.algorithm.digest(body) == digest
