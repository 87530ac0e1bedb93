"""Running the drill: found the ground, choose the line, play, judge."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from api.problems.problem import describe
from api.stamps.broker import BrokerPlan, authorities_pem, write_broker
from api.stamps.client import Address, Credentials
from api.stamps.desk_line import DeskLine
from api.stamps.drill.attacks import ATTACKS
from api.stamps.drill.founding import Ground, Progress, founded
from api.stamps.drill.rig import Dial
from api.stamps.drill.scenario import End, Scenario, Verdict
from api.stamps.drill.soak import Soak, SoakPlan, SoakReport
from api.stamps.drill.uses import USES
from api.stamps.drill.world import DESK, World
from api.stamps.errors import DrillFailed
from api.stamps.link import StampLink
from api.stamps.mosquitto import own_broker, wait_for
from api.stamps.mqtt_line import MqttLine
from hsm.durable import write_whole
from seals.devices.simulator.chip import KEY_FILE
from seals.devices.simulator.firmware import Stamp

LOG: Final = logging.getLogger("yinxin.drill")
SCENARIOS: Final = (*USES, *ATTACKS)
ALL: Final = "all"
BROKER_SECONDS: Final = 120
"""How long the drill waits for somebody to start the broker with the files that it wrote."""


@dataclass(frozen=True, slots=True)
class DrillPlan:
    """Where and over what: a database, a broker of our own, or one that somebody starts."""

    database_url: str = ""
    own_broker: bool = False
    mqtt_url: str = ""
    tls: Path | None = None
    """An empty folder for the files with which the broker at ``mqtt_url`` is to be started."""
    folder: Path | None = None
    progress: Progress = field(default=lambda _line: None)


@dataclass(frozen=True, slots=True)
class Drill:
    """A founded drill: play scenarios and soaks on it."""

    ground: Ground
    dial: Dial

    def play(self, scenario: Scenario) -> Verdict:
        """Play one scenario in a world of its own; what stops it short is told, not raised."""
        world = World(self.ground, self.dial)
        try:
            scenario.play(world)
            return Verdict(scenario, world.end())
        except Exception as fault:
            LOG.exception("%s", scenario.name)
            problem = describe(fault)
            return Verdict(scenario, End(), f"{problem.zh} / {problem.en}")
        finally:
            world.shut()

    def soak(self, plan: SoakPlan, progress: Progress) -> SoakReport:
        """Run a soak in a world of its own."""
        world = World(self.ground, self.dial)
        try:
            return Soak(world, plan, progress).run()
        finally:
            world.shut()


def chosen(name: str) -> Sequence[Scenario]:
    """Return the scenario of a name, or every one; :class:`DrillFailed` names those there are."""
    found = [one for one in SCENARIOS if name in (ALL, one.name)]
    if not found:
        names = "、".join(one.name for one in SCENARIOS)
        raise DrillFailed(
            f"没有此场景，可选：all、{names}。", f"There is no such scenario; choose all or {names}."
        )
    return found


@contextmanager
def drill(plan: DrillPlan) -> Iterator[Drill]:
    """Found a drill in a temporary folder and end it afterwards."""
    with ExitStack() as stack:
        folder = plan.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yinxin-drill-")))
        ground = stack.enter_context(founded(folder, plan.database_url, plan.progress))
        yield Drill(ground, _dial(plan, ground, stack))


def _dial(plan: DrillPlan, ground: Ground, stack: ExitStack) -> Dial:
    services = ground.services
    if plan.own_broker:
        broker = stack.enter_context(own_broker(services, ground.folder / "broker", actor=DESK))
        url, credentials = broker.url, broker.link
    elif plan.mqtt_url and plan.tls is not None:
        where = Address.of(plan.mqtt_url)
        configuration, credentials = write_broker(
            services, BrokerPlan(plan.tls, (where.host,), where.port), actor=DESK
        )
        url = plan.mqtt_url
        plan.progress(
            f"请在 {BROKER_SECONDS} 秒内启动：mosquitto -c {configuration} / start the broker with these files now"
        )
        wait_for(where, BROKER_SECONDS)
    else:
        return lambda stamp: DeskLine(services.stamps, stamp)
    plan.progress(f"消息服务器 {url} / broker")
    link = StampLink(services.stamps, ground.clock, credentials, url)
    link.start(wait=True)
    stack.callback(link.stop)
    return _over_broker(ground, url)


def _over_broker(ground: Ground, url: str) -> Dial:
    authorities = ground.folder / "devices" / "ca.pem"
    authorities.parent.mkdir(parents=True, exist_ok=True)
    authorities.write_bytes(authorities_pem(ground.services))

    def dial(stamp: Stamp) -> MqttLine:
        line = MqttLine(stamp, device_credentials(stamp, authorities), url)
        line.open()
        return line

    return dial


def device_credentials(stamp: Stamp, authorities: Path) -> Credentials:
    """Return the stamp's own certificate and key as files in PEM, made from its chip at first use."""
    folder = stamp.memory.folder
    certificate, key = folder / "tls.pem", folder / "tls.key"
    if not key.exists():
        der = stamp.memory.chip.certificate
        private = load_der_private_key((folder / KEY_FILE).read_bytes(), None)
        write_whole(certificate, x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        write_whole(key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Credentials(authorities, certificate, key)
