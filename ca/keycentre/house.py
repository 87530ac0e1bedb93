"""What every part of the key centre works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.keycentre import key_store
from ca.keycentre.errors import KeyCentreNeedsToken
from hsm.algorithms import KeyKind, PublicKey
from hsm.envelopes import EscrowToken
from hsm.key_uri import KeyUri
from hsm.provider import KeyProvider, KeyRing, open_signer
from hsm.public_keys import load_spki
from hsm.signer import Signer
from hsm.worker_provider import WorkerProvider

SIGNING_KEY: Final = "key-centre"
"""Label of the key that the centre signs deliveries with."""


@dataclass(frozen=True, slots=True)
class CentreRules:
    """What the operator decides."""

    case_lifetime: timedelta = timedelta(days=7)
    """A case that was not executed by then is void."""
    pool: tuple[tuple[KeyKind, int], ...] = ()
    """How many keys of which kind housekeeping keeps in the pool; without any, keys are made when they are asked for."""
    grace: timedelta = timedelta(seconds=60)
    """How old an assignment is before housekeeping completes it."""


@dataclass(frozen=True, slots=True)
class House:
    """Engine, keys, clock, audit trail and rules, given by the composition root; ``identity`` draws random ids."""

    engine: sa.Engine
    keys: KeyRing
    clock: Clock
    audit: AuditTrail
    rules: CentreRules
    identity: Callable[[], str]

    def now(self) -> datetime:
        """Return the time in whole seconds."""
        return self.clock().replace(microsecond=0)

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def note(
        self, conn: sa.Connection, action: str, actor: Actor, subject: str, detail: dict[str, Any]
    ) -> None:
        """Put a line on the audit trail in the caller's transaction."""
        self.audit.append(conn, action, actor=actor, subject=subject, detail=detail)

    def provider(self, scheme: str, token: str) -> WorkerProvider:
        """Return the provider of a token; :class:`KeyCentreNeedsToken` for a store that is none."""
        found: KeyProvider = self.keys.provider(KeyUri(scheme, token, SIGNING_KEY))
        if not isinstance(found, WorkerProvider):
            raise KeyCentreNeedsToken(scheme)
        return found

    def token(self, label: str | None = None) -> EscrowToken:
        """Return the centre's token, or the one of that label that older keys are sealed in."""
        with self.reading() as conn:
            centre = key_store.get_centre(conn)
        scheme = KeyUri.parse(centre.sign_key_uri).scheme
        return EscrowToken(self.provider(scheme, centre.token), label or centre.token)

    def signer(self) -> Signer:
        """Open the centre's own key."""
        with self.reading() as conn:
            centre = key_store.get_centre(conn)
        return open_signer(self.keys, centre.sign_key_uri, expected=load_spki(centre.sign_spki))

    def public_key(self) -> PublicKey:
        """Return the public half of the centre's own key."""
        with self.reading() as conn:
            return load_spki(key_store.get_centre(conn).sign_spki)
