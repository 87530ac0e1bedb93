"""The servers and outside judges that the suite uses, each with its package and a probe.

``python -m tests.parts`` names what is missing; with ``--install`` and as root on Debian or Ubuntu it installs it.
Only the standard library is used, so that it runs before anything else is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """An outside part: what it is for, Debian's package, and how to see that it is there."""

    name: str
    purpose: str
    package: str
    present: Callable[[], bool]


def _command(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _file(*patterns: str) -> Callable[[], bool]:
    return lambda: any(any(Path("/").glob(pattern.lstrip("/"))) for pattern in patterns)


def _font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


GO_OF_THE_S3_SERVER = (1, 25)
"""What ``tests/interop/s3/go.mod`` asks for."""
OLDEST_GO = (1, 24)
"""What ``tests/interop/gmsm/go.mod`` asks for; an older one cannot fetch a newer tool chain by itself."""


def go_is_here(oldest: tuple[int, int] = OLDEST_GO) -> bool:
    """Tell whether a Go that can build the judge of the national suite, or another program, is installed."""
    if shutil.which("go") is None:
        return False
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().removeprefix("go").split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit()) >= oldest


PARTS = (
    Part("SoftHSM 2", "the PKCS#11 token tests", "softhsm2", _file("/usr/lib/softhsm/libsofthsm2.so")),
    Part("a C compiler", "the modules and devices that fail on purpose", "build-essential", _command("cc")),
    Part(
        "libcrypto 3",
        "SM2 in the emulated devices",
        "openssl",
        _file("/usr/lib/*/libcrypto.so.3", "/usr/lib64/libcrypto.so.3", "/usr/lib/libcrypto.so.3"),
    ),
    Part(
        "PostgreSQL", "the store tests on PostgreSQL", "postgresql", _file("/usr/lib/postgresql/*/bin/initdb")
    ),
    Part("Chromium", "the tests of the pages", "chromium", _command("chromium")),
    Part("a CJK font", "Chinese text in Chromium's pages", "fonts-noto-cjk", _font),
    Part("openssl", "the judge of chains, CRLs, OCSP and time-stamps", "openssl", _command("openssl")),
    Part("pdfsig", "the judge of sealed PDFs", "poppler-utils", _command("pdfsig")),
    Part("qpdf", "the judge of PDF structure", "qpdf", _command("qpdf")),
    Part("certtool", "the judge of paths and CRLs (GnuTLS)", "gnutls-bin", _command("certtool")),
    Part("Go 1.24", "the judge of chains, lists, answers and messages in SM2", "golang-go", go_is_here),
    Part("Go 1.25", "the S3 server of the archive", "golang-go", lambda: go_is_here(GO_OF_THE_S3_SERVER)),
    Part(
        "Java",
        "the judges of containers, seal data and OFD packages",
        "default-jdk-headless",
        _command("javac"),
    ),
    Part("Maven", "fetches what the Java judges are made of", "maven", _command("mvn")),
    Part(
        "Mosquitto",
        "the broker between the service and smart stamps",
        "mosquitto",
        _file("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"),
    ),
    Part("certutil", "the judge of paths (NSS)", "libnss3-tools", _command("certutil")),
    Part("xmlsec1", "the judge of signatures in XML", "xmlsec1", _command("xmlsec1")),
)


def missing() -> tuple[Part, ...]:
    """Return the parts that this machine lacks."""
    return tuple(part for part in PARTS if not part.present())


def install(parts: tuple[Part, ...]) -> str:
    """Install ``parts`` with apt; return why that was not possible, or an empty string."""
    if os.name != "posix" or os.geteuid() != 0:
        return "not root"
    if shutil.which("apt-get") is None:
        return "no apt-get on this machine"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = sorted({part.package for part in parts})
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
    return ""


def main() -> int:
    """Report, install if asked, and report what stays missing; in CI a missing part is a failure."""
    lacking, why = missing(), "not asked to install"
    if lacking and "--install" in sys.argv[1:]:
        print("installing:", ", ".join(part.package for part in lacking), flush=True)
        why = install(lacking) or "apt-get installed the package, but the part did not appear"
        lacking = missing()
    for part in lacking:
        print(f"not run: {part.purpose} — {part.name} is missing ({why}); package: {part.package}")
    if not lacking:
        print("all", len(PARTS), "outside parts are here:", ", ".join(part.name for part in PARTS))
    return 1 if lacking and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    raise SystemExit(main())
