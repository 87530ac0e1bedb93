"""A sealing office with its archive: retention, holds, extensions, and a time-stamp authority that can be renewed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from ca.actor import Actor
from ca.ceremony import _Ceremony, load_hierarchy
from ca.ceremony_plan import CeremonyPlan, CeremonyStep
from ca.issuer import UnitPurpose
from ca.profile import OCSP_RESPONDER, TSA
from hsm.suite import Suite
from signing.archive import Archive
from signing.level import Level
from signing.making import SealingTools
from signing.mark import Stamper
from signing.objects.shelf import Objects
from signing.renewal.desk import RENEWAL_WORK, Renewals, Step, no_step
from signing.renewal.extension import Extender
from signing.renewal.ledger import RenewalLedger
from signing.retention.classes import default_classes
from signing.retention.desk import RetentionDesk
from signing.service import SealedDocument
from tests.conftest import SteppingClock
from tests.pki import OFFICER
from tests.unit.signing.office import KEEPER, Office, make_office, order

KEEPING = Actor("person:qian.qi", "钱七")
COUNSEL = Actor("person:sun.ba", "孙八")
OTHER_COUNSEL = Actor("person:zhou.jiu", "周九")


@dataclass
class Keeping:
    """The parts, each reachable for a test that breaks one."""

    office: Office
    clock: SteppingClock
    folder: Path
    objects: Objects | None
    keys: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def archive(self) -> Archive:
        return self.office.archive

    @property
    def desk(self) -> RetentionDesk:
        office = self.office
        return RetentionDesk(office.engine, office.archive, default_classes(), self.clock, office.world.audit)

    @property
    def renewals(self) -> Renewals:
        return self.passing(no_step)

    def passing(self, step: Step, stamper: Stamper | None = None) -> Renewals:
        """Return the extensions with a fault at a step, or another time-stamp authority."""
        office, tools = self.office, self.office.tools
        ledger = RenewalLedger(office.engine, self.clock, office.world.audit)
        work = Archive(self.folder, self.archive.objects, work=RENEWAL_WORK)
        extender = Extender(tools.check._evidence, stamper or tools.stamper, tools.check)
        return Renewals(ledger, work, extender, self.clock, passing=step)

    def seal(self, level: Level = Level.B_LTA) -> SealedDocument:
        wish = order(seal_code=self.office.seal.code, level=level, idempotency_key=f"key-{next(self.keys)}")
        return self.office.service.seal(wish, actor=KEEPER)

    def pass_years(self, years: float) -> None:
        """Let time pass; the units that serve are renewed, as their operator does it."""
        self.clock.advance(timedelta(days=round(365.25 * years)))
        self.renew(UnitPurpose.TSA, TSA.id)
        self.renew(UnitPurpose.OCSP, OCSP_RESPONDER.id)

    def renew(self, purpose: UnitPurpose, profile: str) -> None:
        world = self.office.world
        number = next(self.keys)
        plan = CeremonyPlan.of(load_hierarchy(world.authority).record)
        step = CeremonyStep(
            f"{purpose.value}-{number}", f"测试 TEST {number}", profile, "issuing",
            world.config.suite.key_kind, purpose,
        )  # fmt: skip
        _Ceremony(world.authority, plan, OFFICER, lambda _line: None).add(step)

    def actions(self, prefix: str = "archive.") -> list[str]:
        return [action for action in self.office.actions() if action.startswith(prefix)]

    def stored(self) -> set[str]:
        return {found.digest.hex for found in self.archive.objects.walk()}

    def working(self) -> list[Path]:
        return sorted((self.folder / RENEWAL_WORK).iterdir())


def make_keeping(
    engine: sa.Engine,
    clock: SteppingClock,
    folder: Path,
    *,
    suite: Suite = Suite.INTERNATIONAL,
    objects: Objects | None = None,
) -> Keeping:
    office = make_office(engine, clock, folder, lambda _now: timedelta(0), suite)
    if objects is not None:
        old = office.tools
        office.tools = SealingTools(old.ledger, old.writs, old.stamper, old.check, Archive(folder, objects))
        office.service = office.passing(lambda _step: None)
    return Keeping(office, clock, folder, objects)
