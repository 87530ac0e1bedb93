"""A token's certificates follow its state (I26): revoked when it is lost or ended, on hold while it is stopped.

The state is recorded first, by whoever acts; what it demands of each certificate is done here, one certificate after
the other, and again by every reconciliation until all stand as they should. A crash in between loses nothing: what is
still to be done is read off the state, not off a list.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.authority import CertificateAuthority
from ca.certificate import CertificateRecord, RevocationReason
from ca.certificate_store import Row
from ca.errors import AlreadyRevoked, CertificateUnknown, HoldNotReleasable, IssuanceUnfinished
from ca.revocation import Standing as Register
from ca.revocation import standing_of
from ca.tokens import inventory_store as store
from ca.tokens.inventory_store import Place
from ca.tokens.state import EFFECTS, STOPPING_ACTS, Effect, TokenAct
from ca.tokens.token import ContainerKey, Standing, Token, TokenEvent

HOLD = RevocationReason.CERTIFICATE_HOLD
_STOPS = tuple(STOPPING_ACTS)


@dataclass(frozen=True, slots=True)
class _Case:
    """One certificate of one token, with the acts that decide who is said to have moved it."""

    place: Place
    key: ContainerKey
    effect: Effect
    stop: TokenEvent | None
    resume: TokenEvent | None


class Settlement:
    """Makes certificates stand as their token's state demands. It belongs to no transaction of anybody else."""

    def __init__(self, engine: sa.Engine, authority: CertificateAuthority) -> None:
        self._engine = engine
        self._authority = authority

    def settle(self, serial: str) -> int:
        """Bring the certificates of one token in line with its state; return how many were moved."""
        with self._reading() as conn:
            token = store.find(conn, serial)
            if token is None:
                return 0
            stop = store.last_event(conn, serial, _STOPS)
            resume = store.last_event(conn, serial, (TokenAct.CONFIRM_RESUME,))
        effect = EFFECTS[token.state]
        cases = [_Case(place, key, effect, stop, resume) for place, key in _keys(token)]
        return sum(self._follow(case) for case in cases)

    def sweep(self) -> int:
        """Do the same for every token that has something left to do; return how many certificates were moved."""
        with self._reading() as conn:
            waiting = store.unsettled(conn)
        return sum(self.settle(serial) for serial in waiting)

    def _follow(self, case: _Case) -> bool:
        row = self._row(case.key)
        if row is None:
            return False
        try:
            register = standing_of(row.record)
        except (IssuanceUnfinished, CertificateUnknown):
            return False  # being issued, or never signed: looked at again by the next reconciliation
        try:
            now = self._demand(case, row, register)
        except (AlreadyRevoked, HoldNotReleasable):  # somebody else moved it since we looked: again next time
            return False
        if now is case.key.standing:
            return False
        with self._engine.begin() as conn:
            return store.set_standing(conn, case.place, case.key.standing, now)

    def _demand(self, case: _Case, row: Row, register: Register) -> Standing:
        if register is Register.REVOKED:
            return Standing.REVOKED
        if case.effect.certificates is None:
            return self._restore(case, row, register)
        if case.effect.certificates is not HOLD:
            self._revoke(row.record, case.effect.certificates, case.stop)
            return Standing.REVOKED
        if register is Register.HELD:
            ours = (
                case.stop is not None and row.revoked_by == case.stop.actor and _since(row.record, case.stop)
            )
            return Standing.HELD if ours else Standing.APART
        return self._hold(case, row.record)

    def _hold(self, case: _Case, record: CertificateRecord) -> Standing:
        try:
            self._revoke(record, HOLD, case.stop)
        except HoldNotReleasable:  # I11: a certificate is held at most once in its life
            self._revoke(record, case.effect.spent, case.stop)
            return Standing.REVOKED
        return Standing.HELD

    def _restore(self, case: _Case, row: Row, register: Register) -> Standing:
        if register is Register.HELD and case.key.standing is Standing.HELD and case.resume is not None:
            actor = Actor(case.resume.actor)
            self._authority.release(row.record.serial, actor=actor, issuer=row.record.issuer)
        return Standing.GOOD

    def _revoke(self, record: CertificateRecord, reason: RevocationReason, stop: TokenEvent | None) -> None:
        actor = Actor("system:tokens" if stop is None else stop.actor)
        try:
            self._authority.revoke(record.serial, reason, actor=actor, issuer=record.issuer)
        except AlreadyRevoked:  # by somebody else, since we looked
            if reason is HOLD:
                raise

    def _row(self, key: ContainerKey) -> Row | None:
        with self._reading() as conn:
            if key.serial is not None:
                rows = certificate_store.by_serial(conn, key.serial, key.issuer)
                return rows[0] if rows else None
            if not key.request_key:
                return None
            return certificate_store.by_request_keys(conn, (key.request_key,)).get(key.request_key)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _since(record: CertificateRecord, stop: TokenEvent) -> bool:
    return record.revoked_at is not None and record.revoked_at >= stop.at.replace(microsecond=0)


def _keys(token: Token) -> list[tuple[Place, ContainerKey]]:
    return [
        (Place(token.serial, part.name, container.name, key.use), key)
        for part in token.applications
        for container in part.containers
        for key in container.keys
    ]
