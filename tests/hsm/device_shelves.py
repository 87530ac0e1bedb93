"""Emulated SKF and SDF devices for the tests of this room: compiled here, one set of devices for each test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.provider import KeyProvider
from hsm.skf.chip import SkfChips
from hsm.skf.layout import SkfDescription
from hsm.skf.provider import SkfProvider
from tests.conftest import missing
from tests.hsm.conftest import Faults, Shelf

SOURCES = Path(__file__).parents[1] / "emulators"
Compile = Callable[..., Path]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Return a way to compile an emulator, once for each set of switches."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        missing("a C compiler", "no cc; install the package build-essential")
    folder = tmp_path_factory.mktemp("emulators")

    def build(name: str, *switches: str) -> Path:
        made = folder / f"{name}{''.join(switches)}.so"
        if not made.exists():
            command = [compiler, "-shared", "-fPIC", "-std=gnu11", "-Wno-unused-function", *switches]
            subprocess.run([*command, "-o", made, SOURCES / f"{name}.c", "-ldl"], check=True)
        return made

    return build


@dataclass
class SkfBench:
    """A place to plug emulated chips in."""

    folder: Path
    library: Path
    faults: Faults
    description: SkfDescription = field(default_factory=SkfDescription)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def plugged(self) -> Path:
        return self.folder / "plugged"

    def plug(self, serial: str, device: str = "") -> Path:
        """Plug a new chip in; return its folder."""
        made = self.plugged / (device or f"key-{serial}")
        made.mkdir(parents=True)
        (made / "serial").write_text(serial)
        (made / "label").write_text("芯片")
        return made

    def environment(self) -> dict[str, str]:
        return {
            "SKF_FOLDER": str(self.plugged),
            "FAULT_FOLDER": str(self.faults.folder),
            **self.extra,
        }

    def provider(self, shelf: Shelf) -> SkfProvider:
        return SkfProvider(
            self.library,
            pins=shelf.source,
            counters=shelf.counters,
            device_keys=(lambda _serial: bytes.fromhex(self.extra["SKF_DEVICE_KEY"]))
            if "SKF_DEVICE_KEY" in self.extra
            else None,
            description=self.description,
            environment=self.environment(),
            call_seconds=5.0,
        )


@pytest.fixture
def skf_bench(compiled: Compile, faults: Faults, tmp_path: Path) -> SkfBench:
    """Give a bench with one chip of serial number CHIP1."""
    bench = SkfBench(tmp_path / "bench", compiled("skf_emulator"), faults)
    bench.plug("CHIP1")
    return bench


@pytest.fixture
def skf_shelf(skf_bench: SkfBench, tmp_path: Path) -> Iterator[Shelf]:
    """Yield applications of an emulated SKF chip as tokens."""

    def make(shelf: Shelf) -> KeyProvider:
        return skf_bench.provider(shelf)

    shelf = Shelf(
        tmp_path,
        "skf",
        make,
        plain=KeyKind.SM2,
        kinds=(KeyKind.SM2,),
        prefix="CHIP1/",
        lacks={"our own counter": "the chip counts wrong PINs, not a file of ours"},
    )
    yield shelf
    skf_bench.faults.none()
    shelf.close()


@pytest.fixture
def skf_chips(skf_shelf: Shelf) -> SkfChips:
    """Give the chips of the same bench."""
    assert isinstance(skf_shelf.keys, SkfProvider)
    return SkfChips(skf_shelf.keys)
