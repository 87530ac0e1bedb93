"""The desk of smart stamps of one installation: its neighbours, its folder of pictures, its bounds."""

from __future__ import annotations

import sqlalchemy as sa

from api.evidence.seal_states import SealStates
from api.settings import Settings
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from seals.cases.desk import UseDesk
from seals.cases.physical import PhysicalUses
from seals.devices.desk import Neighbours, StampDesk
from seals.devices.dispatch import ServiceKey
from seals.devices.locks import StampLocks
from seals.devices.order_book import OrderBook
from seals.devices.stamp import Bounds
from seals.moves import Hook
from seals.registry import SealRegistry


def stamp_hooks(clock: Clock) -> tuple[Hook, ...]:
    """Return what the registry calls when a seal moves: the stamp that holds a stopped seal is locked with it."""
    return (StampLocks(OrderBook(clock)),)


def open_stamps(
    settings: Settings,
    authority: CertificateAuthority,
    seals: SealRegistry,
    cases: UseDesk,
    states: SealStates,
) -> StampDesk:
    """Open the desk over the same database, clock and trail as its neighbours."""
    engine: sa.Engine = authority.engine
    audit: AuditTrail = authority.audit

    def key() -> ServiceKey | None:
        maker = states.maker()
        return None if maker is None else ServiceKey(tuple(maker.chain), maker.signer)

    return StampDesk(
        engine,
        authority.clock,
        audit,
        Neighbours(seals, authority, PhysicalUses(cases.office), key),
        pictures=settings.archive / "stamps",
        bounds=Bounds(grant_cap=settings.stamp_offline_cap),
    )
