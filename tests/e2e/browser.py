"""What the browser tests need: a demonstration home that is really served, and a Chromium that really looks at it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

YINXIN = (sys.executable, "-c", "from api.cli.main import run; run()")
START_SECONDS = 120.0
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UPLOAD_LIMIT = 3_000_000
"""The service under test takes this many octets, so that a test can pass it without a huge file."""
PLAIN = Path(__file__).parents[2] / "api" / "demo" / "data" / "contract.pdf"


def yinxin(*arguments: str | Path, home: Path) -> str:
    """Run the command line on ``home`` and return what it prints."""
    done = subprocess.run(
        [*YINXIN, *map(str, arguments), "--home", str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Served:
    """A demonstration home and the address where it is served."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.demo: Mapping[str, Any] = json.loads(yinxin("demo", "--json", home=home))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve the home in a process of its own."""
        environment = {**os.environ, "YINXIN_MAX_UPLOAD_BYTES": str(UPLOAD_LIMIT)}
        command = [*YINXIN, "serve", "--home", str(self.home), "--port", str(self._port)]
        with (self.home / "serve.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.url):
            assert process.poll() is None, "the service ended"
            assert time.monotonic() < deadline, "the service does not answer"
            time.sleep(0.2)

    def stop(self) -> None:
        """End the service as an operator does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def kill(self) -> None:
        """Kill the service, as a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(60)

    @property
    def sealed(self) -> bytes:
        """The contract that the demonstration sealed."""
        return Path(self.demo["sealed_pdf"]).read_bytes()

    @property
    def pin(self) -> str:
        """The keeper's PIN."""
        return Path(self.demo["pin_file"]).read_text("utf-8").strip()

    @property
    def api_key(self) -> str:
        """The keeper's API key."""
        return str(self.demo["api_key"])

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Call the HTTP interface with the keeper's key."""
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()


@contextmanager
def serving(home: Path) -> Iterator[Served]:
    """Run the demonstration on ``home`` and serve it on a free port."""
    served = Served(home)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/verify", timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
