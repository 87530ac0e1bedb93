"""The built wheel works as the checkout does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it into a folder of its own, without its dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("yinxin-*.whl")
    target = folder / "installed"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", target, wheel]
    subprocess.run(install, check=True, capture_output=True)
    return target


def _run(unpacked: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_every_room_and_its_data(unpacked: Path, tmp_path: Path) -> None:
    where = "import hsm, ca, seals, verify, signing, api; print([m.__file__ for m in (hsm, ca, seals, verify, signing, api)])"
    told = _run(unpacked, "-c", where, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count(str(unpacked)) == 6
    assert not (unpacked / "tests").exists()


def test_the_main_job_runs_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    demo = _run(
        unpacked, unpacked / "bin" / "yinxin", "demo", "--home", tmp_path / "home", "--json", cwd=tmp_path
    )
    assert demo.returncode == 0, demo.stderr
    made = json.loads(demo.stdout)
    assert made["verdict"] == "passed"
    checked = _run(
        unpacked, "-m", "verify", made["sealed_pdf"], "--trust", made["trust"], "--json", cwd=tmp_path
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["documents"][0]["verdict"] == "passed"
