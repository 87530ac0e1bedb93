"""The seal status list in force: renewed when an act is missing from it or half its life has gone.

A frozen seal shows as frozen from that moment (B4), so whoever asks for the list gets one with every act on record.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.certificate import public_key_of
from ca.clock import Clock
from ca.issuer import HolderStatus, Unit, UnitPurpose
from hsm.provider import KeyRing, open_signer
from hsm.signer import Signer
from seals.errors import StatusListUnknown
from seals.status_list import ListMaker, PublishedList, StatusListPublisher
from seals.store import seal_event

LOOK_BACK: Final = timedelta(minutes=1)
"""An act dated before a list may have been committed after it was drawn up; a transaction takes seconds."""


class SealStates:
    """Gives the list in force to whoever verifies, and publishes it anew when it is due."""

    def __init__(
        self,
        engine: sa.Engine,
        keys: KeyRing,
        clock: Clock,
        audit: AuditTrail,
        authority: CertificateAuthority,
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock
        self._audit = audit
        self._authority = authority
        self._lock = threading.Lock()
        self._acts_listed: int | None = None
        self._counted_since: datetime | None = None
        self._kept: tuple[Unit, StatusListPublisher] | None = None

    def current(self) -> PublishedList | None:
        """Return the list in force; ``None`` before the ceremony made a seal maker. Raises what publishing raises."""
        maker = self._maker()
        if maker is None:
            return None
        publisher = self._publisher(maker)
        with self._lock:
            found = _latest(publisher)
            acts = self._acts(found)
            if found is None or self._due(found, acts):
                found = publisher.publish(actor=SYSTEM)
            self._acts_listed = acts
        return found

    def reconcile(self, actor: Actor) -> tuple[int, ...]:
        """Withhold lists that were reserved and never released; return their numbers."""
        maker = self._maker()
        return () if maker is None else self._publisher(maker).reconcile(actor=actor)

    def maker(self) -> ListMaker | None:
        """Return who signs for the registry now: name, chain, and how to open the key; ``None`` before there is one."""
        maker = self._maker()
        return None if maker is None else self._list_maker(maker)

    def maker_signer(self) -> Signer | None:
        """Open the seal maker's key; ``None`` before there is one."""
        maker = self._maker()
        if maker is None:
            return None
        return open_signer(self._keys, maker.key_uri, expected=public_key_of(maker.x509))

    def _due(self, found: PublishedList, acts: int) -> bool:
        now = self._clock()
        if now >= found.issued_at + (found.next_update - found.issued_at) / 2:
            return True
        if self._acts_listed is not None:
            return acts != self._acts_listed
        return self._acted_since(found)

    def _acts(self, found: PublishedList | None) -> int:
        """Count the acts since this process first asked: few, however large the register is."""
        if self._counted_since is None:
            self._counted_since = self._clock() if found is None else found.issued_at - LOOK_BACK
        query = (
            sa.select(sa.func.count()).select_from(seal_event).where(seal_event.c.at >= self._counted_since)
        )
        with self._engine.execution_options(read_only=True).connect() as connection:
            return int(connection.execute(query).scalar_one())

    def _acted_since(self, found: PublishedList) -> bool:
        query = sa.select(seal_event.c.number).where(seal_event.c.at >= found.issued_at - LOOK_BACK).limit(1)
        with self._engine.execution_options(read_only=True).connect() as connection:
            return connection.execute(query).first() is not None

    def _maker(self) -> Unit | None:
        units = self._authority.units(UnitPurpose.SEAL_MAKER)
        active = [unit for unit in units if unit.status is HolderStatus.ACTIVE]
        return active[-1] if active else None

    def _publisher(self, maker: Unit) -> StatusListPublisher:
        kept = self._kept
        if kept is None or kept[0] != maker:
            kept = self._kept = (maker, self._new_publisher(maker))
        return kept[1]

    def _new_publisher(self, maker: Unit) -> StatusListPublisher:
        return StatusListPublisher(self._engine, self._clock, self._audit, self._list_maker(maker))

    def _list_maker(self, maker: Unit) -> ListMaker:
        def open_key() -> Signer:
            return open_signer(self._keys, maker.key_uri, expected=public_key_of(maker.x509))

        return ListMaker(maker.id, (maker.certificate, *self._authority.chain(maker.issuer)), open_key)


def _latest(publisher: StatusListPublisher) -> PublishedList | None:
    try:
        return publisher.current()
    except StatusListUnknown:
        return None
