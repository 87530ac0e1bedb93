"""An installation in a temporary home, on the soft key store, with a clock that tests move."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import Settings
from ca.actor import Actor
from hsm.suite import Suite
from tests.conftest import SteppingClock

OPERATOR = Actor("person:zhao.lei", "赵磊")


def in_step(_now: datetime) -> timedelta:
    """Vouch for a test's clock: the reference moves with it."""
    return timedelta(0)


Install = Callable[..., Services]


@pytest.fixture
def install(tmp_path: Path, clock: SteppingClock) -> Iterator[Install]:
    """Return a function that assembles an installation over given settings; all are closed afterwards."""
    opened: list[Services] = []

    def make(**given: object) -> Services:
        settings = Settings(home=tmp_path / "home", key_store="soft", **given)  # type: ignore[arg-type]
        pins = service_pins(Home(settings.home), environment={})
        services = assemble(settings, clock=clock, pins=pins, reference=in_step)
        opened.append(services)
        return services

    yield make
    for services in opened:
        services.close()


@pytest.fixture(scope="session")
def foundations(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Suite, datetime], Path]:
    """Return a way to a home folder of a suite whose foundation is laid, to be copied: a ceremony takes a second.

    It is laid at the time of the first test that asks, never after it: an issuer's certificates begin where it begins.
    """
    laid: dict[Suite, Path] = {}

    def of(suite: Suite, now: datetime) -> Path:
        if suite not in laid:
            home = tmp_path_factory.mktemp("foundation") / "home"
            pins = service_pins(Home(home), environment={})
            settings = Settings(home=home, key_store="soft", suite=suite)
            made = assemble(settings, clock=SteppingClock(now), pins=pins, reference=in_step)
            lay_foundation(made, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
            made.close()
            laid[suite] = home
        return laid[suite]

    return of


@pytest.fixture
def founded(
    install: Install, foundations: Callable[[Suite, datetime], Path], clock: SteppingClock, tmp_path: Path
) -> Install:
    """Return a function that assembles, over given settings, an installation whose foundation is laid."""

    def make(suite: Suite = Suite.INTERNATIONAL, **given: object) -> Services:
        shutil.copytree(foundations(suite, clock()), tmp_path / "home")
        return install(suite=suite, **given)

    return make


@pytest.fixture
def services(founded: Install) -> Services:
    """Return an installation whose foundation is laid."""
    return founded()
