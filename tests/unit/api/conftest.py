"""An installation in a temporary home, on the soft key store, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.bootstrap import Services, assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.settings import Settings
from ca.actor import Actor
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


@pytest.fixture
def services(install: Install) -> Services:
    """Return an installation whose foundation is laid."""
    made = install()
    lay_foundation(made, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
    return made
