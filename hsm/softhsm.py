"""SoftHSM 2 as a token for development and tests: the machine's own, or fetched without root.

Only this module knows SoftHSM; the provider takes its module path and environment like those of any other token.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm.errors import ModuleUnavailable

USUAL_PLACES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/lib64/libsofthsm2.so"),
    Path("/usr/lib/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
    Path("/opt/local/lib/softhsm/libsofthsm2.so"),
)
"""Debian and Ubuntu, Fedora and RHEL, SUSE and Arch, a build from source, Homebrew, MacPorts."""
SYSTEM_LISTS: Final = Path("/var/lib/apt/lists")
PACKAGES: Final = ("softhsm2", "libsofthsm2")
COMMANDS: Final = ("apt-get", "dpkg")
FETCH_SECONDS: Final = 180
"""Package lists and two packages of under 1 MB; a mirror that takes longer is given up."""


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """A SoftHSM 2 module on this machine."""

    module: Path

    def configure(self, folder: Path) -> dict[str, str]:
        """Make ``folder`` a token directory with its configuration file; return the environment that names it.

        A missing file or directory would be nothing but CKR_GENERAL_ERROR later, so both are made here and looked at;
        :class:`ModuleUnavailable` says which one is wrong.
        """
        tokens = folder.absolute() / "tokens"
        if "\n" in str(tokens):
            raise ModuleUnavailable("a token directory has no line breaks in its name")
        config = folder.absolute() / "softhsm2.conf"
        text = f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
        try:
            tokens.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not config.exists() or config.read_text() != text:
                config.write_text(text)
        except OSError as wrong:
            raise ModuleUnavailable(f"{wrong.filename}: {wrong.strerror}") from wrong
        environment = {"SOFTHSM2_CONF": str(config)}
        check(self.module, environment)
        return environment


def check(module: Path, environment: dict[str, str]) -> None:
    """Look whether module, configuration file and token directory are there; :class:`ModuleUnavailable` if not."""
    if not module.is_file():
        raise ModuleUnavailable(f"no module at {module}")
    config = Path(environment.get("SOFTHSM2_CONF", ""))
    if not config.is_file():
        raise ModuleUnavailable(f"no SoftHSM configuration at {config}")
    for line in config.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == "directories.tokendir":
            tokens = Path(value.strip())
            if tokens.is_dir() and os.access(tokens, os.W_OK | os.X_OK):
                return
            raise ModuleUnavailable(f"the token directory {tokens} is missing or cannot be written")
    raise ModuleUnavailable(f"{config} names no directories.tokendir")


def find_or_fetch(
    cache: Path, *, places: Sequence[Path] = USUAL_PLACES, lists: Path = SYSTEM_LISTS
) -> SoftHsm | None:
    """Find the machine's module, or one fetched before, or fetch it; ``None`` where that cannot be done.

    Fetching works on Debian and Ubuntu for any user: the two packages are downloaded and unpacked into ``cache``, nothing
    is installed. ``places`` are looked at first; without package lists in ``lists`` (a container seldom has any) lists of our
    own are fetched too.
    """
    for place in places:
        if place.is_file() and _loads(place):
            return SoftHsm(place.resolve())
    fetched = _unpacked(cache)
    if fetched is None and _is_debian():
        _fetch(cache, lists)
        fetched = _unpacked(cache)
    return fetched


def _unpacked(cache: Path) -> SoftHsm | None:
    for module in sorted(cache.glob("softhsm/usr/lib/**/libsofthsm2.so")):
        if module.is_file() and _loads(module):
            return SoftHsm(module.resolve())
    return None


def _loads(module: Path) -> bool:
    """Try it in another process: it may be another machine's, or want a libcrypto that is not here."""
    return _run(
        [sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", str(module)], Path("/")
    )


def _is_debian() -> bool:
    return (
        platform.system() == "Linux"
        and Path("/etc/debian_version").is_file()
        and all(shutil.which(command) for command in COMMANDS)
    )


def _fetch(cache: Path, lists: Path) -> None:
    """Download and unpack into ``cache``; on failure leave nothing behind."""
    work = cache.absolute() / f"fetching-{os.getpid()}"
    try:
        (work / "packages").mkdir(parents=True)
        listed = any(lists.glob("*_Packages*"))
        if not (listed and _download(work, options=())):
            _download(work, options=_own_lists(work))
        unpacked = work / "unpacked"
        packages = sorted((work / "packages").glob("*.deb"))
        for package in packages:
            _run(["dpkg", "-x", str(package), str(unpacked)], work)
        if packages and not (cache / "softhsm").exists():
            unpacked.rename(cache / "softhsm")
    except OSError:
        return  # no room, no permission, or another process was first
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _download(work: Path, *, options: Sequence[str]) -> bool:
    return _run(["apt-get", *options, "-qq", "download", *PACKAGES], work / "packages")


def _own_lists(work: Path) -> list[str]:
    """Fetch package lists into a directory of our own, for a machine that has none or old ones."""
    for name in ("lists/partial", "archives/partial"):
        (work / name).mkdir(parents=True)
    options = [
        "-o", f"Dir::State::lists={work / 'lists'}",
        "-o", f"Dir::Cache={work / 'archives'}",
        "-o", "Dir::Cache::archives=.",
        "-o", "Debug::NoLocking=1",
        "-o", "APT::Sandbox::User=",
    ]  # fmt: skip
    _run(["apt-get", *options, "-qq", "update"], work)
    return options


def _run(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands of the system
            command,
            cwd=folder,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=FETCH_SECONDS,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
