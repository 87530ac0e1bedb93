"""Compiling the emulated devices of ``tests/emulators``: cryptography by libcrypto, faults by files in a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import missing

SOURCES = Path(__file__).parent / "emulators"
Compile = Callable[..., Path]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Return a way to compile an emulator, once for each set of switches."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        missing("a C compiler", "no cc; install the package build-essential")
    opens = [sys.executable, "-c", 'import ctypes; ctypes.CDLL("libcrypto.so.3").EVP_PKEY_Q_keygen']
    if subprocess.run(opens, check=False, stderr=subprocess.DEVNULL).returncode:
        missing("libcrypto 3", "no libcrypto.so.3; install the package openssl")
    folder = tmp_path_factory.mktemp("emulators")

    def build(name: str, *switches: str) -> Path:
        made = folder / f"{name}{''.join(switches)}.so"
        if not made.exists():
            command = [compiler, "-shared", "-fPIC", "-std=gnu11", "-Wno-unused-function", *switches]
            subprocess.run([*command, "-o", made, SOURCES / f"{name}.c", "-ldl"], check=True)
        return made

    return build
