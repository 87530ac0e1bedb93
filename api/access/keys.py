"""Who may do what: scopes, the powers that stay apart, and API keys.

A key is ``yx_<prefix>_<secret>``: the prefix is public and finds the row, the secret has 256 random bits and only its
SHA-256 is stored (a slow hash guards guessable passwords; these are not guessable).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from api.access import store
from api.access.scopes import Principal, Scope
from api.errors import ApiKeyNotFound, NotAuthenticated, ScopesConflict
from ca.actor import Actor
from ca.actor_ids import entered_id
from ca.audit import AuditTrail
from ca.clock import Clock

SECRET_OCTETS: Final = 32
_FORM: Final = re.compile(r"yx_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key as it is listed: everything but the secret."""

    prefix: str
    actor: Actor
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``text`` is shown once and never stored."""

    text: str
    record: KeyRecord

    def __repr__(self) -> str:
        return f"NewKey(text='****', record={self.record!r})"


class ApiKeys:
    """The register of API keys."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def create(self, holder: Actor, scopes: Iterable[Scope], lifetime: timedelta, *, actor: Actor) -> NewKey:
        """Make a key for ``holder``; scopes of two powers raise :class:`ScopesConflict`.

        :class:`ca.errors.ActorIdInvalid` for a holder whose id could be another's.
        """
        entered_id(holder.id)
        granted = frozenset(scopes)
        if len({scope.power for scope in granted}) != 1:
            raise ScopesConflict
        prefix = base64.b32encode(secrets.token_bytes(5)).decode().lower()
        secret = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_OCTETS)).decode().rstrip("=")
        now = self._clock().replace(microsecond=0)
        record = KeyRecord(prefix, holder, granted, now, now + lifetime, None)
        with self._engine.begin() as connection:
            store.insert(connection, _row(record, secret))
            detail = {"holder": holder.id, "scopes": " ".join(sorted(granted)), "uscc": holder.uscc}
            self._audit.append(connection, "key.created", actor=actor, subject=prefix, detail=detail)
        return NewKey(f"yx_{prefix}_{secret}", record)

    def authenticate(self, text: str) -> Principal:
        """Return the caller that ``text`` proves; anything else raises :class:`NotAuthenticated`."""
        form = _FORM.fullmatch(text)
        if form is None:
            raise NotAuthenticated
        row = self._live_row(form[1])
        if not hmac.compare_digest(row["secret_sha256"], _digest(form[2])):
            raise NotAuthenticated
        return _principal(row)

    def principal(self, prefix: str) -> Principal:
        """Return the holder of a live key, for a session that was opened with it."""
        return _principal(self._live_row(prefix))

    def revoke(self, prefix: str, *, actor: Actor) -> None:
        """Revoke a key and with it every session opened by it; :class:`ApiKeyNotFound` if there is none live."""
        with self._engine.begin() as connection:
            if not store.mark_revoked(connection, prefix, int(self._clock().timestamp())):
                raise ApiKeyNotFound(prefix)
            self._audit.append(connection, "key.revoked", actor=actor, subject=prefix, detail={})

    def list(self) -> tuple[KeyRecord, ...]:
        """Return every key, oldest first."""
        with self._engine.execution_options(read_only=True).connect() as connection:
            return tuple(_record(row) for row in store.every(connection))

    def _live_row(self, prefix: str) -> sa.RowMapping:
        with self._engine.execution_options(read_only=True).connect() as connection:
            row = store.by_prefix(connection, prefix)
        if row is None or row["revoked_at"] or row["expires_at"] <= self._clock().timestamp():
            raise NotAuthenticated
        return row


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(record: KeyRecord, secret: str) -> dict[str, str | int]:
    return {
        "prefix": record.prefix,
        "secret_sha256": _digest(secret),
        "actor_id": record.actor.id,
        "actor_name": record.actor.name,
        "uscc": record.actor.uscc or "",
        "scopes": " ".join(sorted(record.scopes)),
        "created_at": int(record.created_at.timestamp()),
        "expires_at": int(record.expires_at.timestamp()),
        "revoked_at": 0,
    }


def _actor(row: sa.RowMapping) -> Actor:
    return Actor(row["actor_id"], row["actor_name"], row["uscc"] or None)


def _principal(row: sa.RowMapping) -> Principal:
    return Principal(_actor(row), frozenset(map(Scope, row["scopes"].split())), row["prefix"])


def _record(row: sa.RowMapping) -> KeyRecord:
    principal = _principal(row)
    revoked = _moment(row["revoked_at"]) if row["revoked_at"] else None
    moments = (_moment(row["created_at"]), _moment(row["expires_at"]))
    return KeyRecord(row["prefix"], principal.actor, principal.scopes, *moments, revoked)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
