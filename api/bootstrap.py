"""The composition root: every door of an installation, opened from settings, a clock and a source of PINs.

Tests call the same function with other arguments. Nothing else in the project chooses an implementation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from api.access import ApiKeys
from api.database import make_engine
from api.home import Home
from api.key_stores import KeyStores, open_key_stores
from api.session import Sessions
from api.settings import Settings
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from hsm.pins import PinSource


@dataclass(frozen=True, slots=True)
class Services:
    """The doors of one installation. Whoever assembles it also closes it."""

    settings: Settings
    home: Home
    clock: Clock
    engine: sa.Engine
    key_stores: KeyStores
    audit: AuditTrail
    enterprises: Enterprises
    api_keys: ApiKeys
    sessions: Sessions

    def close(self) -> None:
        """End token workers and database connections."""
        self.key_stores.ring.close()
        self.engine.dispose()


def assemble(settings: Settings, *, clock: Clock, pins: PinSource) -> Services:
    """Open every door over ``settings``; nothing is signed and no table is made here.

    Raises :class:`hsm.errors.HsmError` when the configured key store cannot be opened.
    """
    home = Home(settings.home)
    home.prepare()
    engine = make_engine(settings.database)
    key_stores = open_key_stores(settings.key_store, home, pins)
    audit = AuditTrail(clock)
    enterprises = Enterprises(engine, clock, audit)
    return Services(
        settings=settings,
        home=home,
        clock=clock,
        engine=engine,
        key_stores=key_stores,
        audit=audit,
        enterprises=enterprises,
        api_keys=ApiKeys(engine, clock, audit),
        sessions=_sessions(settings, home, clock),
    )


def _sessions(settings: Settings, home: Home, clock: Clock) -> Sessions:
    given = settings.session_secret
    secret = home.session_secret() if given is None else given.get_secret_value().encode()
    return Sessions(secret, clock, timedelta(minutes=settings.session_minutes))
