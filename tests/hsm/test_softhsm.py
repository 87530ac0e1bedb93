"""SoftHSM: found, fetched without root, configured, and what is said when something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.errors import ModuleUnavailable
from hsm.key_uri import KeyUri
from hsm.softhsm import SoftHsm, check, find_or_fetch
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN, missing

pytestmark = pytest.mark.token
ROOT = Path(__file__).parents[2]

FETCH = """
import sys
from pathlib import Path
from hsm.softhsm import SYSTEM_LISTS, find_or_fetch
found = find_or_fetch(Path(sys.argv[1]), places=(), lists=SYSTEM_LISTS if sys.argv[2] == "system" else Path("/nowhere"))
print(found.module if found else "none")
"""


def unprivileged_python() -> list[str]:
    """Name an interpreter that a user without rights may run, as that user when we are root."""
    if os.geteuid() != 0:
        return [sys.executable]
    system = Path("/usr/bin/python3")
    if shutil.which("runuser") and system.exists():
        version = subprocess.run(
            [system, "-c", "import sys; print(sys.version_info[:2] >= (3, 11))"],
            capture_output=True,
            check=False,
        )
        if version.stdout.strip() == b"True":
            return ["runuser", "-u", "nobody", "--", str(system)]
    return [sys.executable]


@pytest.mark.parametrize("lists", ["system", "own"])
def test_the_module_is_fetched_without_root(tmp_path_factory: pytest.TempPathFactory, lists: str) -> None:
    """Issue of a bare Debian or Ubuntu machine: the two packages land in our cache, and a token works from there."""
    if not (Path("/etc/debian_version").exists() and shutil.which("apt-get")):
        pytest.skip("fetching is for Debian and Ubuntu")
    cache = Path("/tmp") / f"yinxin-fetch-{os.getpid()}-{lists}"  # a place that nobody can reach
    cache.mkdir()
    try:
        if os.geteuid() == 0:
            shutil.chown(cache, "nobody")
        done = subprocess.run(
            [*unprivileged_python(), "-P", "-c", FETCH, str(cache), lists],
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        if done.stdout.strip() == "none":
            missing("SoftHSM 2 by apt-get", "the package mirror does not answer")
        module = Path(done.stdout.strip())
        assert module.is_relative_to(cache)
        assert sorted(path.name for path in cache.iterdir()) == ["softhsm"]
        assert find_or_fetch(cache, places=()) == SoftHsm(module)
        folder = tmp_path_factory.mktemp("fetched")
        provider = CryptokiProvider(
            module,
            pins=lambda _token: USER_PIN,
            counters=folder / "counters",
            environment=SoftHsm(module).configure(folder / "tokens"),
        )
        provider.create_token("T", SO_PIN, USER_PIN)
        signer = provider.signer(provider.generate(KeyUri("pkcs11", "T", "k"), KeyKind.EC_P256))
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
        provider.close()
    finally:
        shutil.rmtree(cache)


def test_a_place_that_is_no_library_is_passed_over(tmp_path: Path, soft_hsm: SoftHsm) -> None:
    text = tmp_path / "libsofthsm2.so"
    text.write_text("not a library")
    assert find_or_fetch(tmp_path / "cache", places=(text, soft_hsm.module)) == soft_hsm


def test_nothing_is_fetched_and_nothing_left_behind_without_a_place_to_write(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert find_or_fetch(blocked / "cache", places=()) is None
    assert list(tmp_path.iterdir()) == [blocked]


def test_configuring_twice_keeps_the_tokens(tmp_path: Path, soft_hsm: SoftHsm) -> None:
    first = soft_hsm.configure(tmp_path / "t")
    stamp = Path(first["SOFTHSM2_CONF"]).stat().st_mtime_ns
    (tmp_path / "t" / "tokens" / "kept").mkdir()
    assert soft_hsm.configure(tmp_path / "t") == first
    assert Path(first["SOFTHSM2_CONF"]).stat().st_mtime_ns == stamp
    assert (tmp_path / "t" / "tokens" / "kept").is_dir()


def test_what_is_missing_is_named(tmp_path: Path, soft_hsm: SoftHsm) -> None:
    environment = soft_hsm.configure(tmp_path / "t")
    with pytest.raises(ModuleUnavailable, match="no module at"):
        check(tmp_path / "nothing.so", environment)
    with pytest.raises(ModuleUnavailable, match="no SoftHSM configuration"):
        check(soft_hsm.module, {})
    (tmp_path / "t" / "tokens").rmdir()
    with pytest.raises(ModuleUnavailable, match="token directory"):
        check(soft_hsm.module, environment)
    Path(environment["SOFTHSM2_CONF"]).write_text("log.level = ERROR\n")
    with pytest.raises(ModuleUnavailable, match=r"directories\.tokendir"):
        check(soft_hsm.module, environment)
    (tmp_path / "file").write_text("")
    with pytest.raises(ModuleUnavailable):
        soft_hsm.configure(tmp_path / "file" / "below")
