"""A real S3 server for the archive's tests (Versity's gateway over a folder), and a proxy before it that fails on purpose.

The gateway is built once a machine by the Go tool from the versions that ``tests/interop/s3/go.sum`` pins.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from signing.objects.address import S3Address
from signing.objects.credentials import S3Keys
from signing.objects.s3 import Patience, S3Objects
from tests.conftest import missing
from tests.parts import GO_OF_THE_S3_SERVER, go_is_here

SOURCE = Path(__file__).parent / "interop" / "s3"
PACKAGE = "github.com/versity/versitygw/cmd/versitygw"
QUICKLY = ("-gcflags=all=-N -l", "-ldflags=-s -w")
"""Nothing is optimised and nothing kept for a debugger: the build takes longer than all that the server does."""
LIFE_OF_A_BUILD = 1200
"""Seconds for the first build on a machine: it brings the clients of three clouds along."""
KEYS = S3Keys("tester", "secret-of-the-tests")
PATIENT = Patience(connect=10, read=60, tries=2)
"""Long enough for a loaded machine: faults are told by broken connections, not by waiting."""
HASTY = Patience(connect=10, read=1, tries=6)
"""For an answer that comes too late; so many tries that a loaded machine answers one in time."""


def build() -> Path:
    """Build the gateway unless this machine has it; workers wait for each other."""
    if not go_is_here(GO_OF_THE_S3_SERVER):
        missing("go", "not installed, or too old for the S3 server")
    mark = hashlib.sha256((SOURCE / "go.sum").read_bytes()).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yinxin-tests"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"versitygw-{mark}"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            fresh = program.with_suffix(".fresh")
            ran = subprocess.run(
                ["go", "build", *QUICKLY, "-o", fresh, PACKAGE], cwd=SOURCE, env={**os.environ, "GOFLAGS": "-mod=readonly"},
                capture_output=True, text=True, timeout=LIFE_OF_A_BUILD, check=False,
            )  # fmt: skip
            if ran.returncode:
                pytest.fail(f"the S3 server cannot be built: {ran.stderr[-2000:]}")
            fresh.rename(program)
    return program


@dataclass(frozen=True)
class S3Server:
    """The running gateway; a bucket is a folder."""

    port: int
    folder: Path

    def bucket(self, name: str) -> S3Address:
        (self.folder / name).mkdir(exist_ok=True)
        return S3Address(name, "yinxin", f"http://127.0.0.1:{self.port}", "us-east-1")

    def objects(self, name: str) -> S3Objects:
        return S3Objects(self.bucket(name), KEYS, patience=PATIENT)


@contextlib.contextmanager
def serve(program: Path) -> Iterator[S3Server]:
    """Run the gateway on a port of its own."""
    folder = Path(tempfile.mkdtemp(prefix="yinxin-s3-"))
    (folder / "root").mkdir()
    (folder / "meta").mkdir()
    port = _free_port()
    process = subprocess.Popen(
        [program, "--port", f"127.0.0.1:{port}", "--quiet", "posix", "--sidecar", folder / "meta", folder / "root"],
        env={**os.environ, "ROOT_ACCESS_KEY": KEYS.access, "ROOT_SECRET_KEY": KEYS.secret},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield S3Server(port, folder / "root")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    pytest.fail("the S3 server did not start")


@dataclass
class FaultyProxy:
    """Stands before the server; ``plan`` says what happens to the requests to come, in order; then all goes well.

    ``deaf``: the request is lost. ``mute``: it takes effect and the answer is lost. ``twice``: it takes effect twice.
    ``late``: the answer comes after the client's patience. ``busy``: 503. ``cut``: half of the answer's body. ``flip``: a bit
    of it is changed.
    """

    port: int
    target: int
    plan: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    forever: str = ""

    def next_fault(self) -> str:
        return self.forever or (self.plan.pop(0) if self.plan else "")

    def objects(self, address: S3Address, patience: Patience = PATIENT) -> S3Objects:
        through = S3Address(address.bucket, address.prefix, f"http://127.0.0.1:{self.port}", address.region)
        return S3Objects(through, KEYS, patience=patience)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultyProxy

    def log_message(self, *_: object) -> None:
        pass

    def _any(self) -> None:
        fault = self.proxy.next_fault()
        self.proxy.seen.append(f"{self.command} {fault}".strip())
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault == "deaf":
            self._hang_up()
            return
        if fault == "busy":
            self._answer(503, [], b"<Error><Code>SlowDown</Code></Error>")
            return
        for _ in range(2 if fault == "twice" else 1):
            status, headers, answer = self._forward(body)
        if fault == "mute":
            self._hang_up()
            return
        if fault == "late":
            time.sleep(HASTY.read + 0.5)
        if fault == "flip" and answer:
            answer = bytes([answer[0] ^ 1]) + answer[1:]
        self._answer(status, headers, answer, cut=fault == "cut")

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _any  # noqa: N815 - the names that http.server calls

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.target, timeout=30)
        try:
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in ("expect", "connection")
            }
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut: bool = False) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            names = {name.lower() for name, _ in headers}
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            if "content-length" not in names:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            if cut:
                self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections break here on purpose."""


@contextlib.contextmanager
def faulty_proxy(server: S3Server) -> Iterator[FaultyProxy]:
    """Run a proxy before the server."""
    handler = type("Handler", (_Handler,), {})
    httpd = _Quiet(("127.0.0.1", 0), handler)
    proxy = FaultyProxy(httpd.server_address[1], server.port)
    handler.proxy = proxy  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
