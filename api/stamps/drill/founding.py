"""The throw-away installation of a drill: embedded defaults, its own clock, an enterprise with a certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import assemble
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, OPERATOR, USCC, enrol_keeper
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from api.stamps.drill.clock import HEAD_START, DrillClock
from ca.clock import system_clock
from seals.binding import CertificateFacts
from seals.seal import SealApplication, SealKind, SealRecord

DRILL_CA = "印信演练 TEST"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every scenario stands on."""

    services: Services
    clock: DrillClock
    folder: Path
    certificate: CertificateFacts

    def seal(self) -> SealRecord:
        """Apply for a seal and approve it, by two people; return it active."""
        seals = self.services.seals
        applied = seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT)
        return seals.approve(applied.code, actor=APPROVER, certificate=self.certificate)


@contextmanager
def founded(folder: Path, database_url: str, progress: Progress) -> Iterator[Ground]:
    """Found an installation in ``folder``; SQLite there unless a database is named."""
    clock, home = DrillClock(system_clock() - HEAD_START), folder / "home"
    settings = load_settings(
        home,
        key_store="soft",
        log_level="error",
        database_url=database_url,
        production=False,
        mqtt_url="",
    )
    services = assemble(settings, clock=clock, pins=service_pins(Home(home)))
    try:
        lay_foundation(services, DRILL_CA, actor=OPERATOR, progress=progress)
        services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
        enrolled = enrol_keeper(services)
        yield Ground(services, clock, folder, enrolled.certificate)
    finally:
        services.close()
