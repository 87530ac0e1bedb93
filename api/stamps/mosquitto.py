"""A Mosquitto of our own: for drills and tests, on a free port of this machine, with the configuration that we ship."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.stamps.broker import BrokerPlan, write_broker
from api.stamps.client import Address, Credentials
from api.stamps.errors import BrokerMissing, BrokerUnreachable
from ca.actor import Actor

if TYPE_CHECKING:
    from api.services import Services

LOCAL: Final = "127.0.0.1"
_PLACES: Final = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")
_START_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where it listens, the link's credentials, its process and configuration."""

    url: str
    link: Credentials
    process: subprocess.Popen[bytes]
    configuration: Path
    log: Path


def find_mosquitto() -> str:
    """Return the program; :class:`BrokerMissing` if it is not installed."""
    found = shutil.which("mosquitto") or next((place for place in _PLACES if Path(place).is_file()), None)
    if found is None:
        raise BrokerMissing
    return found


@contextmanager
def own_broker(services: Services, folder: Path, *, actor: Actor) -> Iterator[RunningBroker]:
    """Run a broker with its files in ``folder`` until the block ends."""
    program, port = find_mosquitto(), free_port()
    user = "root" if os.geteuid() == 0 else ""
    plan = BrokerPlan(folder, (LOCAL, "localhost"), port, LOCAL, persistent=False, run_as=user)
    configuration, link = write_broker(services, plan, actor=actor)
    log = folder / "mosquitto.log"
    with log.open("wb") as lines:
        process = start(program, configuration, lines.fileno())
    try:
        wait_until_open(port, process)
        yield RunningBroker(f"mqtts://{LOCAL}:{port}", link, process, configuration, log)
    finally:
        stop(process)


def start(program: str, configuration: Path, log: int) -> subprocess.Popen[bytes]:
    """Start the program on a configuration; what it says goes to the descriptor ``log``."""
    return subprocess.Popen(  # noqa: S603 - our own configuration
        [program, "-c", str(configuration)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens; :class:`BrokerUnreachable` if the program ends before."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((LOCAL, port)) == 0:
                return
        time.sleep(0.02)
    raise BrokerUnreachable(f"{LOCAL}:{port}", "mosquitto did not start")


def wait_for(where: Address, seconds: float) -> None:
    """Wait until somebody listens at an address; :class:`BrokerUnreachable` after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection((where.host, where.port), 1):
                return
        except OSError:
            time.sleep(0.5)
    raise BrokerUnreachable(str(where), f"{seconds:.0f} s")
