"""The OCSP responder (RFC 6960, RFC 5019): what the database says at the moment of the answer, signed by a delegate.

An answer repeats a status that was committed before it (I1): the certificate, its revocation and the responder's own
certificate are durable rows, so single answers are not recorded again. Nothing is answered from memory but an
identical, nonce-less answer signed moments ago, and only after the database has confirmed each status once more.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.checked_signer import CertifiedKey, OpenKeys
from ca.clock import Clock
from ca.config import CaConfig
from ca.errors import CaError, CertificateUnknown, IssuerUnknown, OcspUnavailable
from ca.issuer import UnitPurpose
from ca.status.ocsp_codec import (
    AnswerTimes,
    CertId,
    CertificateStatus,
    IssuerHashes,
    RequestRefused,
    ResponderFace,
    ResponseStatus,
    assemble,
    encode_response_data,
    error_response,
    parse_request,
)
from ca.status.reader import StatusReader, WouldWait
from ca.status.store import find_issuer, find_unit, issuers_of
from hsm.errors import HsmError
from hsm.provider import KeyRing
from hsm.signer import Custody

_log = logging.getLogger(__name__)

DESK_LIFE: Final = timedelta(seconds=30)
"""How long the responder's certificate is remembered: a new one takes over within this time."""
MAX_DESKS: Final = 1024
"""Issuers whose responders are remembered: some ten kB each; of ten thousand, few are asked about in the same half minute."""
REUSE: Final = timedelta(seconds=60)
"""How long a signed, nonce-less answer may be sent again while the database still says the same (RFC 5019 §2.2.4)."""
REUSED_ANSWERS: Final = 4096
"""Most answers kept for that: about 1.5 kB each, six megabytes."""

_Read = Callable[[str, Sequence[int]], list[CertificateStatus]]
_Key = tuple[bytes, tuple[tuple[bytes, CertificateStatus], ...]]


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that an issuer's answers share: its names, its delegate and the unchanging octets."""

    issuer: str
    hashes: IssuerHashes
    responder: CertifiedKey
    face: ResponderFace
    signs_at_once: bool
    valid_from: datetime
    valid_to: datetime
    read_at: datetime


class OcspResponder:
    """Answers for every issuer that has an active unit for OCSP."""

    def __init__(self, engine: sa.Engine, keys: KeyRing, clock: Clock, config: CaConfig) -> None:
        self._reading = engine.execution_options(read_only=True)
        self._statuses = StatusReader(engine)
        self._keys = OpenKeys(keys)
        self._clock = clock
        self._lifetime = config.ocsp_lifetime
        self._desks: OrderedDict[str, _Desk] = OrderedDict()
        self._reusable: OrderedDict[_Key, tuple[datetime, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def respond(self, issuer: str, request_der: bytes) -> bytes:
        """Answer a request (DER ``OCSPRequest``) with a DER ``OCSPResponse``; never raises for what a client sent.

        ``issuer`` is the id in the address. Error answers (RFC 6960 §2.3): *malformedRequest*; *unauthorized* for an
        issuer that is not this one; *tryLater* while database or token do not answer; *internalError* for a
        signature that fails our own check.
        """
        return self._respond(issuer, request_der, self._statuses.statuses, may_wait=True)

    def at_once(self, issuer: str, request_der: bytes) -> bytes | None:
        """Answer as :meth:`respond` does, or nothing where that might wait for a lock, a wire or a token."""
        try:
            return self._respond(issuer, request_der, self._statuses.at_once, may_wait=False)
        except WouldWait:
            return None

    def close(self) -> None:
        """Close what is kept open for :meth:`at_once`."""
        self._statuses.close()

    def _respond(self, issuer: str, request_der: bytes, read: _Read, *, may_wait: bool) -> bytes:
        try:
            request = parse_request(request_der)
            desk = self._desk(issuer, may_wait=may_wait)
            self._refuse_strangers(desk, request.certificates)
            found = read(issuer, [asked.serial for asked in request.certificates])
            answers = list(zip(request.certificates, found, strict=True))
            return self._answer(desk, answers, request.nonce, may_wait=may_wait)
        except RequestRefused as refused:
            return error_response(refused.status)
        except IssuerUnknown:
            return error_response(ResponseStatus.UNAUTHORIZED)
        except (HsmError, OcspUnavailable, sa.exc.SQLAlchemyError) as trouble:
            _log.warning("no OCSP answer for %s: %s", issuer, type(trouble).__name__)
            return error_response(ResponseStatus.TRY_LATER)
        except CaError as fault:
            _log.error("an OCSP answer for %s was withheld: %s", issuer, type(fault).__name__)
            return error_response(ResponseStatus.INTERNAL_ERROR)

    def response_for(self, serial: int) -> bytes:
        """Return a fresh answer about one certificate, to be embedded as evidence (PAdES B-LT).

        Raises :class:`CertificateUnknown` for a serial that is not ours, :class:`OcspUnavailable` if its issuer has
        no responder in force, :class:`hsm.errors.HsmError` or :class:`ca.errors.SignatureWithheld`.
        """
        with self._reading.connect() as conn:
            issuers = issuers_of(conn, serial)
        if len(issuers) != 1:
            raise CertificateUnknown(f"{serial:x}")
        desk = self._desk(issuers[0])
        status = self._statuses.statuses(desk.issuer, [serial])[0]
        return self._answer(desk, [(desk.hashes.cert_id(serial), status)], None)

    def _desk(self, issuer: str, *, may_wait: bool = True) -> _Desk:
        """Return what answers for ``issuer`` need; :class:`IssuerUnknown`, or :class:`OcspUnavailable`."""
        now = self._clock()
        found = self._desks.get(issuer)
        if found is None or not found.read_at <= now < found.read_at + DESK_LIFE:
            if not may_wait:
                raise WouldWait
            found = self._read_desk(issuer, now)
            with self._lock:
                self._desks[issuer] = found
                self._desks.move_to_end(issuer)
                while len(self._desks) > MAX_DESKS:
                    self._desks.popitem(last=False)
        if not found.valid_from <= now <= found.valid_to:
            raise OcspUnavailable(f"the certificate of {found.responder.id} is not in force")
        return found

    def _read_desk(self, issuer: str, now: datetime) -> _Desk:
        with self._reading.connect() as conn:
            holder = find_issuer(conn, issuer)
            responder = find_unit(conn, UnitPurpose.OCSP, issuer_name=issuer)
        if responder is None:
            raise OcspUnavailable(f"{issuer} has no responder")
        signer = self._keys.signer(responder)
        valid = responder.certificate
        return _Desk(
            issuer,
            IssuerHashes(holder.certificate),
            responder,
            ResponderFace.of(valid, signer.algorithm, (responder.der,)),
            signer.custody is Custody.SOFT,
            valid.not_valid_before_utc,
            valid.not_valid_after_utc,
            now,
        )

    @staticmethod
    def _refuse_strangers(desk: _Desk, asked: tuple[CertId, ...]) -> None:
        """RFC 6960 §2.3: *unauthorized* where the responder cannot answer authoritatively."""
        if not all(desk.hashes.names(cert_id) for cert_id in asked):
            raise RequestRefused(ResponseStatus.UNAUTHORIZED, f"not issued by {desk.issuer}")

    def _answer(
        self,
        desk: _Desk,
        answers: list[tuple[CertId, CertificateStatus]],
        nonce: bytes | None,
        *,
        may_wait: bool = True,
    ) -> bytes:
        now, signs = self._clock().replace(microsecond=0), may_wait or desk.signs_at_once
        if nonce is not None and signs:
            return self._sign(desk, answers, nonce, now)
        if nonce is not None:
            raise WouldWait
        key = (desk.responder.der, tuple((cert_id.encoded, status) for cert_id, status in answers))
        with self._lock:
            made_at, reusable = self._reusable.get(key, (now, b""))
        if reusable and made_at <= now < made_at + REUSE:
            return reusable
        if not signs:
            raise WouldWait
        fresh = self._sign(desk, answers, None, now)
        with self._lock:
            self._reusable[key] = (now, fresh)
            self._reusable.move_to_end(key)
            while len(self._reusable) > REUSED_ANSWERS:
                self._reusable.popitem(last=False)
        return fresh

    def _sign(
        self,
        desk: _Desk,
        answers: list[tuple[CertId, CertificateStatus]],
        nonce: bytes | None,
        now: datetime,
    ) -> bytes:
        until = min(now + self._lifetime, desk.valid_to)
        data = encode_response_data(desk.face, answers, AnswerTimes(now, until), nonce)
        return assemble(desk.face, data, self._keys.sign(desk.responder, data))
