"""What everything stands on: settings, database, time, audit trail and keys; and the authority over them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from api.settings import Settings
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.clock_guard import ClockGuard
from ca.config import CaConfig
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.tsa import TimeStampAuthority
from hsm.provider import KeyRing


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything stands on: the settings, the database, the time, the trail, the keys."""

    settings: Settings
    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    ring: KeyRing


@dataclass(frozen=True, slots=True)
class Certification:
    """The authority and its publications."""

    authority: CertificateAuthority
    crls: CrlPublisher
    ocsp: OcspResponder
    tsa: TimeStampAuthority


def open_certification(ground: Ground, config: CaConfig, guard: ClockGuard) -> Certification:
    """Open the authority, its lists, its OCSP responder and its time-stamps."""
    engine, clock, audit, ring = ground.engine, ground.clock, ground.audit, ground.ring
    return Certification(
        CertificateAuthority(engine, ring, clock, audit, config),
        CrlPublisher(engine, ring, clock, audit, config),
        OcspResponder(engine, ring, clock, config),
        TimeStampAuthority(engine, ring, guard, audit),
    )
