"""An installation with a Mosquitto of its own, on the configuration that we ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from api.stamps.broker import authorities_pem, tls_identity
from api.stamps.client import Credentials
from api.stamps.errors import BrokerMissing
from api.stamps.mosquitto import RunningBroker, find_mosquitto, own_broker
from ca.actor import SYSTEM
from ca.clock import system_clock
from tests.conftest import missing


@dataclass(frozen=True)
class BrokerWorld:
    """A founded installation, its running broker, a folder for credentials."""

    services: Services
    broker: RunningBroker
    folder: Path

    def credentials(self, name: str) -> Credentials:
        """Issue a TLS client's certificate under a name: what a stamp of that serial number shows."""
        folder = self.folder / "clients" / name
        if not folder.exists():
            folder.mkdir(parents=True)
            key, chain = tls_identity(self.services, name, (), actor=SYSTEM)
            (folder / "ca.pem").write_bytes(authorities_pem(self.services))
            (folder / f"{name}.key").write_bytes(key)
            (folder / f"{name}.pem").write_bytes(chain)
        return Credentials.of(folder, name)


def need_mosquitto() -> None:
    """Skip, or fail in CI, where Mosquitto is not installed."""
    try:
        find_mosquitto()
    except BrokerMissing:
        missing("Mosquitto", "no mosquitto; install the package mosquitto")


@contextmanager
def broker_world(folder: Path) -> Iterator[BrokerWorld]:
    """Found an installation on soft keys and start its broker."""
    need_mosquitto()
    settings = load_settings(folder / "home", key_store="soft", log_level="error")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(folder / "home")))
    try:
        lay_foundation(services, "测试 TEST", actor=SYSTEM, progress=lambda _line: None)
        with own_broker(services, folder / "broker", actor=SYSTEM) as broker:
            yield BrokerWorld(services, broker, folder)
    finally:
        services.close()
