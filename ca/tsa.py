"""The time-stamp authority (RFC 3161, ETSI EN 319 421): intent first, then the key, then the outcome.

1. Transaction A, with the unit's clock locked: read the guarded time, later than the last one given out (I17, I18);
   reserve the serial; the intent in the audit trail. 2. Sign once and check (I7). 3. Transaction B: the digest of the
   token, the outcome. A serial whose token was not handed out is burned and never signed again.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail, Entry
from ca.checked_signer import CertifiedKey, OpenKeys
from ca.clock_guard import ClockGuard
from ca.errors import CaError, SignatureWithheld, TimeNotTrusted, TsaUnavailable
from ca.issuer import UnitPurpose
from ca.status.ocsp_codec import Standing
from ca.status.store import find_unit, status_of
from ca.timestamp_store import close_stamp, close_stamps, insert_stamps, lock_head, move_head, open_stamps
from ca.tsp import (
    FailureInfo,
    StampFacts,
    StampRefused,
    StampRequest,
    TokenTemplate,
    encode_tst_info,
    granted,
    parse_request,
    rejection,
)
from hsm.algorithms import Digest
from hsm.errors import HsmError
from hsm.provider import KeyRing

_log = logging.getLogger(__name__)

POLICY: Final = "1.2.840.113556.1.8000.2554.61381.32999.16465.16424.48956.3613222.3184953"
"""Our time-stamp policy: a best-practice policy in the sense of EN 319 421, accuracy one second."""
DESK_LIFE: Final = timedelta(seconds=30)
"""How long the unit's certificate is remembered: a new or revoked one takes effect within this time."""
FIRST_STAMP_TRIES: Final = 3
"""Two workers may give out a unit's very first stamp at once; one of them then starts again."""


@dataclass(frozen=True, slots=True)
class TsaConfig:
    """What the operator decides: the policy (dotted identifier), the accuracy stated, and how old a reservation gets."""

    policy: str = POLICY
    accuracy_seconds: int = 1
    reservation_grace: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all stamps of a unit share."""

    unit: CertifiedKey
    template: TokenTemplate
    read_at: datetime


def random_serial() -> int:
    """Return a new serial number, positive, of 128 random bits: unique even after a backup is restored (I18, I31)."""
    return 1 + secrets.randbits(128)


class TimeStampAuthority:
    """Stamps digests with the time of the active unit."""

    def __init__(  # noqa: PLR0913 - four seams, the values, and where serials come from
        self,
        engine: sa.Engine,
        keys: KeyRing,
        guard: ClockGuard,
        audit: AuditTrail,
        config: TsaConfig | None = None,
        *,
        new_serial: Callable[[], int] = random_serial,
    ) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._keys = OpenKeys(keys)
        self._guard = guard
        self._audit = audit
        self._config = config or TsaConfig()
        self._new_serial = new_serial
        self._desk: _Desk | None = None

    def respond(self, request_der: bytes, *, actor: Actor = SYSTEM) -> bytes:
        """Answer a DER ``TimeStampReq`` with a DER ``TimeStampResp``; never raises for what a client sent.

        Rejections (RFC 3161 §2.4.2): *badDataFormat*, *badRequest*, *badAlg*, *unacceptedPolicy*,
        *unacceptedExtension*; *timeNotAvailable* while the clock is not trusted; *systemFailure* for the rest.
        """
        try:
            request = parse_request(request_der)
            self._accept_policy(request)
            return granted(self._stamp(request, actor))
        except StampRefused as refused:
            return rejection(refused)
        except TimeNotTrusted as wrong:
            _log.warning("time-stamping stopped: %s", wrong)
            return rejection(StampRefused(FailureInfo.TIME_NOT_AVAILABLE, TimeNotTrusted.en))
        except (CaError, HsmError, sa.exc.SQLAlchemyError) as trouble:
            _log.warning("no time-stamp: %s", type(trouble).__name__)
            return rejection(
                StampRefused(FailureInfo.SYSTEM_FAILURE, "Try again later; nothing was stamped.")
            )

    def _accept_policy(self, request: StampRequest) -> None:
        """RFC 3161 §2.4.1: a policy that is asked for must be the one applied."""
        if request.policy not in (None, self._config.policy):
            raise StampRefused(FailureInfo.UNACCEPTED_POLICY, f"the policy here is {self._config.policy}")

    def stamp(self, digest: Digest, *, actor: Actor = SYSTEM) -> bytes:
        """Stamp a digest in process; return the DER ``TimeStampToken`` with the unit's certificates.

        Raises :class:`TimeNotTrusted`, :class:`TsaUnavailable`, :class:`SignatureWithheld` or
        :class:`hsm.errors.HsmError`; then no token exists and the serial, if one was reserved, is burned.
        """
        return self._stamp(StampRequest(digest, wants_certificates=True), actor)

    def stamp_several(self, digests: Sequence[Digest], *, actor: Actor = SYSTEM) -> list[bytes]:
        """Stamp several digests in process, each as :meth:`stamp` does, with one intent and one outcome on disk for all.

        Their times follow each other by a microsecond. What is raised burns every serial; then no token exists.
        """
        requests = [StampRequest(digest, wants_certificates=True) for digest in digests]
        return self._stamp_all(requests, actor) if requests else []

    def reconcile(self, actor: Actor) -> tuple[tuple[str, int], ...]:
        """Burn the serials that were reserved and, after a grace, never closed; return unit and serial of each."""
        before = self._guard.read() - self._config.reservation_grace
        with self._engine.begin() as conn:
            left = open_stamps(conn, before)
            return tuple(place for place in left if self._burn(conn, *place, actor, "cut off"))

    def _stamp(self, request: StampRequest, actor: Actor) -> bytes:
        return self._stamp_all((request,), actor)[0]

    def _stamp_all(self, requests: Sequence[StampRequest], actor: Actor) -> list[bytes]:
        desk = self._open_desk()
        reserved = self._reserve(desk, [request.imprint for request in requests], actor)
        tokens: list[bytes] = []
        try:
            for request, facts in zip(requests, reserved, strict=True):
                tokens.append(self._signed(desk, request, facts))
        except (HsmError, SignatureWithheld) as fault:
            with self._engine.begin() as conn:
                for facts in reserved:
                    self._burn(conn, desk.unit.id, facts.serial, actor, type(fault).__name__)
            raise
        self._release(desk, reserved, tokens, actor)
        return tokens

    def _signed(self, desk: _Desk, request: StampRequest, facts: StampFacts) -> bytes:
        tst_info = encode_tst_info(request, facts)
        attributes = desk.template.signed_attributes(tst_info, facts.gen_time)
        signature = self._keys.sign(desk.unit, attributes)
        wanted = request.wants_certificates
        return desk.template.assemble(tst_info, attributes, signature, certificates=wanted)

    def _reserve(self, desk: _Desk, imprints: Sequence[Digest], actor: Actor) -> list[StampFacts]:
        """Transaction A, tried again only if another worker gave out the unit's first stamp meanwhile."""
        for _ in range(FIRST_STAMP_TRIES):
            with self._engine.begin() as conn:
                reserved = self._reserve_once(conn, desk, imprints, actor)
            if reserved is not None:
                return reserved
        raise TsaUnavailable(f"the clock of {desk.unit.id} moves under our hands")

    def _reserve_once(
        self, conn: sa.Connection, desk: _Desk, imprints: Sequence[Digest], actor: Actor
    ) -> list[StampFacts] | None:
        unit, config = desk.unit.id, self._config
        last = lock_head(conn, unit)
        first = self._guard.after(last)
        times = [first + timedelta(microseconds=step) for step in range(len(imprints))]
        if not move_head(conn, unit, last, times[-1]):
            return None
        reserved = [
            StampFacts(config.policy, self._new_serial(), time, config.accuracy_seconds) for time in times
        ]
        pairs = list(zip(reserved, imprints, strict=True))
        insert_stamps(conn, unit, [(facts.serial, facts.gen_time, imprint) for facts, imprint in pairs])
        entries = [
            Entry(
                "timestamp.intended",
                unit,
                {
                    "serial": f"{facts.serial:x}",
                    "imprint": str(imprint),
                    "gen_time": facts.gen_time.isoformat(),
                },
            )
            for facts, imprint in pairs
        ]
        self._audit.append_many(conn, entries, actor=actor)
        return reserved

    def _release(
        self, desk: _Desk, reserved: Sequence[StampFacts], tokens: Sequence[bytes], actor: Actor
    ) -> None:
        """Transaction B."""
        unit = desk.unit.id
        digests = {
            facts.serial: hashlib.sha256(token).hexdigest()
            for facts, token in zip(reserved, tokens, strict=True)
        }
        with self._engine.begin() as conn:
            if not close_stamps(conn, unit, digests):
                raise TsaUnavailable(f"serial {reserved[0].serial:x} or one after it was burned meanwhile")
            entries = [
                Entry("timestamp.issued", unit, {"serial": f"{serial:x}", "sha256": digest})
                for serial, digest in digests.items()
            ]
            self._audit.append_many(conn, entries, actor=actor)

    def _burn(self, conn: sa.Connection, unit: str, serial: int, actor: Actor, why: str) -> bool:
        burned = close_stamp(conn, unit, serial, "")
        if burned:
            detail = {"serial": f"{serial:x}", "why": why}
            self._audit.append(conn, "timestamp.burned", actor=actor, subject=unit, detail=detail)
        return burned

    def _open_desk(self) -> _Desk:
        now = self._guard.now()
        desk = self._desk
        if desk is None or not desk.read_at <= now < desk.read_at + DESK_LIFE:
            desk = self._desk = self._read_desk(now)
        valid = desk.unit.certificate
        if not valid.not_valid_before_utc <= now <= valid.not_valid_after_utc:
            raise TsaUnavailable(f"the certificate of {desk.unit.id} is not in force")
        return desk

    def _read_desk(self, now: datetime) -> _Desk:
        with self._reading.connect() as conn:
            unit = find_unit(conn, UnitPurpose.TSA)
            if unit is None:
                raise TsaUnavailable("no unit is active")
            status = status_of(conn, unit.issuer, unit.certificate.serial_number)
        if status.standing is not Standing.GOOD:
            raise TsaUnavailable(f"the certificate of {unit.id} is {status.standing.value}")
        algorithm = self._keys.signer(unit).algorithm
        return _Desk(unit, TokenTemplate(unit.certificate, unit.der, unit.chain, algorithm), now)
