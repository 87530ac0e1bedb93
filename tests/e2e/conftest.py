"""A demonstration home for each file of tests, served over HTTP on a free port as ``yinxin serve`` does it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.bootstrap import assemble
from api.cli.main import main
from api.home import Home, service_pins
from api.serve import make_server
from api.services import Services
from api.settings import load_settings
from ca.actor import Actor
from ca.clock import system_clock
from tests import emulator_build
from tests.conftest import _free_port as free_port

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "api" / "demo" / "data" / "contract.pdf"
ADMIN = Actor("person:sun.tao", "孙涛")
compiled = emulator_build.compiled


def yinxin(
    *arguments: str | Path, home: Path | None = None, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("YINXIN_")} | environment
    if home is not None:
        variables["YINXIN_HOME"] = str(home)
    command = [sys.executable, "-m", "api.cli", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=variables,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def in_process(
    *arguments: str | Path, home: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line without starting an interpreter: the same entry, a second faster."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("YINXIN_")} | environment
    if home is not None:
        variables["YINXIN_HOME"] = str(home)
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, variables, clear=True), redirect_stdout(out), redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(list(arguments), status, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Demo:
    """What ``yinxin demo --json`` printed, and how long it took."""

    told: dict[str, Any]
    stdout: str
    stderr: str
    seconds: float

    @property
    def home(self) -> Path:
        return Path(self.told["home"])

    @property
    def pin_file(self) -> Path:
        return Path(self.told["pin_file"])

    @property
    def pin(self) -> str:
        return self.pin_file.read_text().strip()


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Run ``yinxin demo`` once; what it made is to be copied, never worked in."""
    home = tmp_path_factory.mktemp("demo") / "home"
    begun = time.monotonic()
    done = yinxin("demo", "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    return Demo(json.loads(done.stdout), done.stdout, done.stderr, time.monotonic() - begun)


@pytest.fixture(scope="module")
def demo(untouched: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Return the demonstration home as it was made, one for each file of tests: none finds what another did."""
    home = tmp_path_factory.mktemp("demo") / "home"
    shutil.copytree(untouched.home, home)
    told = json.loads(untouched.stdout.replace(str(untouched.home), str(home)))
    return replace(untouched, told=told)


@dataclass(frozen=True)
class Site:
    """A running server and the doors behind it."""

    url: str
    services: Services
    clients: list[httpx.Client] = field(default_factory=list)

    def key(self, actor: Actor, *scopes: Scope) -> str:
        """Make an API key."""
        return self.services.api_keys.create(actor, scopes, timedelta(days=3650), actor=ADMIN).text

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """Open a client, with an API key if one is given."""
        bearer = {} if key is None else {"Authorization": f"Bearer {key}"}
        made = httpx.Client(base_url=self.url, headers=bearer | headers, timeout=60, trust_env=False)
        self.clients.append(made)
        return made

    def close_clients(self) -> None:
        """Close every client that was opened."""
        while self.clients:
            self.clients.pop().close()


@contextmanager
def serving(services: Services) -> Iterator[Site]:
    """Serve an installation on a free port until the block ends."""
    port = free_port()
    server = make_server(create_app(services), "127.0.0.1", port, "error")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    try:
        made = Site(f"http://127.0.0.1:{port}", services)
        yield made
        made.close_clients()
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="module")
def served(demo: Demo) -> Iterator[Site]:
    """Serve the demonstration home."""
    settings = load_settings(demo.home, max_upload_bytes=8 * 2**20)
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    with serving(services) as running:
        yield running
    services.close()


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    """Return the served demonstration; clients opened by the test are closed after it."""
    yield served
    served.close_clients()
