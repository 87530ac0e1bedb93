"""An installation with an active seal, served on a port: what remote clients and desk agents talk to in tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from api.access.scopes import Scope
from api.bootstrap import assemble
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import Settings
from ca.actor import Actor
from hsm.suite import Suite
from seals.seal import SealApplication, SealKind, SealRecord
from tests.conftest import SteppingClock
from tests.e2e.conftest import Site, serving
from tests.unit.api.conftest import OPERATOR, in_step


@dataclass
class RemoteSite:
    """A served installation, its seal, its keeper's PIN and API key, and the clock that tests move."""

    site: Site
    clock: SteppingClock
    seal: SealRecord
    pin: str

    @property
    def services(self) -> Services:
        return self.site.services

    @property
    def url(self) -> str:
        return self.site.url

    def key(self, actor: Actor = KEEPER, *scopes: Scope) -> str:
        """Make an API key that may seal."""
        return self.site.key(actor, *(scopes or (Scope.SEAL_USE, Scope.SEAL_READ)))

    def actions(self) -> list[str]:
        with self.services.reading() as conn:
            return [record.action for record in self.services.audit.records(conn, limit=1000)]


def founded(
    folder: Path, clock: SteppingClock, suite: Suite = Suite.INTERNATIONAL, **given: object
) -> Services:
    """Lay the foundation of an installation on the soft key store."""
    settings = Settings(home=folder, key_store="soft", suite=suite, **given)  # type: ignore[arg-type]
    pins = service_pins(Home(settings.home), environment={})
    services = assemble(settings, clock=clock, pins=pins, reference=in_step)
    lay_foundation(services, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    return services


def active_seal(services: Services, kind: SealKind = SealKind.LEGAL_NAME) -> SealRecord:
    """Enrol the keeper and put a seal of theirs in use."""
    keeper = enrol_keeper(services)
    code = services.seals.apply(SealApplication(USCC, kind, KEEPER.id), actor=APPLICANT).code
    return services.seals.approve(code, actor=APPROVER, certificate=keeper.certificate)


@contextmanager
def remote_site(folder: Path, suite: Suite = Suite.INTERNATIONAL) -> Iterator[RemoteSite]:
    """Serve an installation with one active seal until the block ends."""
    clock = SteppingClock()
    services = founded(folder, clock, suite)
    seal = active_seal(services)
    with serving(services) as site:
        yield RemoteSite(site, clock, seal, keeper_pin(services).reveal())
    services.close()


ONE_DAY = timedelta(days=1)
