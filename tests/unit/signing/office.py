"""A whole sealing office over keys in memory: authority, registry, one active seal, the service."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import seals.store
import signing.store
from ca.actor import Actor
from ca.clock import Clock
from ca.clock_guard import ClockGuard
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.tsa import TimeStampAuthority
from hsm.suite import Suite
from seals.cases.desk import UseDesk
from seals.cases.rule_file import default_book
from seals.permit import Permits
from seals.registry import SealRegistry
from seals.seal import SealApplication, SealKind, SealRecord
from seals.ses.maker import SealDataMaker
from signing.archive import Archive
from signing.containers.envelopes import EnvelopeDesk
from signing.evidence import EvidenceDesk
from signing.ledger import Ledger
from signing.level import Level
from signing.making import SealingTools, Step, no_progress
from signing.order import SealOrder
from signing.placing.placement import Placement
from signing.selfcheck import SelfCheck
from signing.service import SealingService
from signing.writ import WritDesk
from tests.interop.sealing_world import blank_pdf
from tests.pki import CLERK, USCC, Keeper, MemorySigner, World
from tests.settled import settled_world

APPLICANT = Actor("person:zhang.san", "张三", USCC)
APPROVER = Actor("person:li.si", "李四")
KEEPER = Actor("person:zhao.liu", "赵六", USCC)
AUDITOR = Actor("system:reconcile")


@dataclass
class Office:
    """The parts, each reachable for a test that breaks one."""

    world: World
    engine: sa.Engine
    clock: Clock
    registry: SealRegistry
    desk: UseDesk
    permits: Permits
    ledger: Ledger
    tools: SealingTools
    service: SealingService
    seal: SealRecord
    keeper: Keeper

    @property
    def archive(self) -> Archive:
        return self.tools.archive

    @property
    def keeper_signer(self) -> MemorySigner:
        return self.world.provider.held(self.keeper.key_uri)

    def passing(self, step: Callable[[Step], None]) -> SealingService:
        """Return the service with a fault at a step."""
        return SealingService(self.tools, self.clock, passing=step)

    def rows(self, table: sa.Table) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(table)))

    def actions(self) -> list[str]:
        return [record.action for record in self._records()]

    def _records(self) -> list[Any]:
        with self.engine.connect() as conn:
            return list(itertools.islice(self.world.audit.records(conn), 1000))

    def left_over(self) -> list[Path]:
        return sorted(self.archive.work.iterdir())


def order(document: bytes | Path | None = None, **changes: Any) -> SealOrder:
    given: dict[str, Any] = {
        "document": blank_pdf(2) if document is None else document,
        "name": "合同.pdf",
        "seal_code": "",
        "placement": Placement(1, 120, 200),
        "level": Level.B_LT,
        "idempotency_key": "key-1",
    }
    return SealOrder(**(given | changes))


def make_office(
    engine: sa.Engine, clock: Clock, folder: Path, reference: Any, suite: Suite = Suite.INTERNATIONAL
) -> Office:
    """Make every table, the hierarchy, an enterprise, its keeper and an active seal."""
    for metadata in (seals.store.metadata, signing.store.metadata):
        metadata.create_all(engine)
    world = settled_world(engine, clock, suite=suite)
    registry = SealRegistry(engine, world.enterprises, clock, world.audit)
    desk = UseDesk(engine, clock, world.audit, default_book(), keys=world.keys)
    permits = Permits(registry, desk.uses, clock, world.audit)
    keeper = world.enrol()
    applied = registry.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT)
    seal = registry.approve(applied.code, actor=APPROVER, certificate=keeper.issued)
    ledger = Ledger(engine, permits, desk, clock, world.audit)
    assert seal.electronic.certificate is not None
    ledger.bind_key(seal.electronic.certificate.sha256, str(keeper.key_uri), actor=CLERK)
    tools = make_tools(world, registry, ledger, folder, reference)
    service = SealingService(tools, clock, passing=no_progress)
    return Office(world, engine, clock, registry, desk, permits, ledger, tools, service, seal, keeper)


def make_tools(
    world: World, registry: SealRegistry, ledger: Ledger, folder: Path, reference: Any
) -> SealingTools:
    crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    ocsp = OcspResponder(world.engine, world.keys, world.clock, world.config)
    tsa = TimeStampAuthority(world.engine, world.keys, ClockGuard(world.clock, reference), world.audit)
    desk = EvidenceDesk(world.authority, crls, ocsp)
    seal_data = SealDataMaker(registry, world.authority, world.keys, stamper=tsa.stamp)
    writs = WritDesk(world.keys, registry, ledger, desk, EnvelopeDesk(seal_data=seal_data))
    return SealingTools(
        ledger, writs, tsa.stamp, SelfCheck(desk), Archive(folder), stamp_several=tsa.stamp_several
    )
