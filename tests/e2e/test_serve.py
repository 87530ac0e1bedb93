"""``yinxin serve``: what the demo left is served, with housekeeping, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import _free_port as free_port
from tests.e2e.conftest import ROOT, Demo, yinxin


@contextmanager
def server(home: Path, port: int, **environment: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Run ``yinxin serve`` until the block ends."""
    variables = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
    command = [sys.executable, "-m", "api.cli", "serve", "--home", home, "--port", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
    try:
        _wait(process, client)
        yield process, client
    finally:
        client.close()
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait(process: subprocess.Popen[str], client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(
        f"no server after a minute: {process.communicate() if process.poll() is not None else ''}"
    )


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_is_served_and_stops_when_told(demo: Demo, told: signal.Signals) -> None:
    port = free_port()
    with server(demo.home, port) as (process, client):
        page = client.get("/verify")
        assert page.status_code == 200
        assert "验章" in page.text
        document = Path(demo.told["sealed_pdf"]).read_bytes()
        report = client.post("/api/v1/verifications", files={"file": ("a.pdf", document)}).json()
        assert report["verdict"] == "passed"
        process.send_signal(told)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert demo.told["api_key"] in out
    assert f"http://127.0.0.1:{port}/verify" in err
    assert "Traceback" not in out + err


def test_B4_housekeeping_publishes_what_another_process_did(demo: Demo) -> None:
    """A seal frozen at the command line shows as frozen in the trust folder of a running server."""
    states = demo.home / "trust" / "seals" / "seals-0.jws"
    with server(demo.home, free_port(), YINXIN_HOUSEKEEPING_SECONDS="1") as (_, client):
        before = states.read_bytes()
        code = yinxin("seal", "apply", "--uscc", demo.told["uscc"], "--kind", "03", "--home", demo.home)
        assert code.returncode == 0, code.stderr
        deadline = time.monotonic() + 20
        while states.read_bytes() == before and time.monotonic() < deadline:
            time.sleep(0.2)
        assert states.read_bytes() != before
        assert client.get("/pki/seals.jws").status_code == 200


def test_serving_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    done = yinxin("serve", "--home", tmp_path / "nothing")
    assert done.returncode == 4
    assert "yinxin demo" in done.stderr
