"""Emulated SKF and SDF devices for the tests of this room: one set of devices for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.provider import KeyProvider
from hsm.sdf.layout import SdfDescription
from hsm.sdf.provider import SdfProvider
from hsm.skf.chip import SkfChips
from hsm.skf.layout import SkfDescription
from hsm.skf.provider import SkfProvider
from hsm.sm2.backend import python_backend
from hsm.softhsm import SoftHsm
from tests.conftest import USER_PIN
from tests.emulator_build import Compile
from tests.hsm.conftest import Faults, Shelf
from tests.hsm.vendor_bench import VendorBench


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


@dataclass
class SdfBench:
    """An emulated device, with the tool of its maker: ``made`` keys stand at the indices from 1 on."""

    folder: Path
    library: Path
    faults: Faults
    description: SdfDescription = field(default_factory=lambda: SdfDescription("机房 HSM", (1, 2, 3)))
    made: int = 0

    def make(self, password: str = USER_PIN.reveal()) -> int:
        """Make a signing and an encryption key at the next index; return it."""
        self.made += 1
        place = self.folder / f"key-{self.made}"
        place.mkdir()
        backend = python_backend(allowed=True)
        for name in ("sign.key", "enc.key"):
            scalar = bytes(backend.generate())
            (place / name).write_bytes(scalar + backend.public(scalar).point[1:])
        (place / "password").write_text(password)
        return self.made

    def uri(self, index: int) -> KeyUri:
        return KeyUri("sdf", self.description.label, str(index))

    def asked(self) -> list[str]:
        """Tell the indices whose access right was asked for, in order."""
        path = self.folder / "asked"
        return path.read_text().split() if path.exists() else []

    def provider(self, shelf: Shelf) -> SdfProvider:
        return SdfProvider(
            self.library,
            pins=shelf.source,
            counters=shelf.counters,
            description=self.description,
            environment={"SDF_FOLDER": str(self.folder), "FAULT_FOLDER": str(self.faults.folder)},
            call_seconds=5.0,
        )


@pytest.fixture
def sdf_bench(compiled: Compile, faults: Faults, tmp_path: Path) -> SdfBench:
    """Give a device without keys."""
    folder = tmp_path / "device"
    (folder / "files").mkdir(parents=True)
    (folder / "serial").write_text("20260101001")
    return SdfBench(folder, compiled("sdf_emulator"), faults)


@pytest.fixture
def sdf_shelf(sdf_bench: SdfBench, tmp_path: Path) -> Iterator[Shelf]:
    """Yield an emulated SDF device whose keys the maker's tool makes."""

    def make(shelf: Shelf) -> KeyProvider:
        return sdf_bench.provider(shelf)

    def provide() -> KeyUri:
        uri = sdf_bench.uri(sdf_bench.make())
        (found,) = (key.uri for key in shelf.keys.keys(uri.token) if key.uri.object == uri.object)
        return found

    functions = ("create_token", "generate", "destroy", "change_pin", "unblock")
    shelf = Shelf(
        tmp_path,
        "sdf",
        make,
        plain=KeyKind.SM2,
        kinds=(KeyKind.SM2,),
        lacks={name: f"GM/T 0018 has no {name}" for name in functions},
        provide=provide,
    )
    yield shelf
    sdf_bench.faults.none()
    shelf.close()


@pytest.fixture
def vendor_bench(
    soft_hsm: SoftHsm, environment: dict[str, str], compiled: Compile, faults: Faults, tmp_path: Path
) -> VendorBench:
    """Give a PKCS#11 module that does SM2 by a mechanism of its own."""
    return VendorBench(compiled("pkcs11_sm2"), soft_hsm, environment, tmp_path / "sm2", faults)


@pytest.fixture
def vendor_shelf(vendor_bench: VendorBench, tmp_path: Path) -> Iterator[Shelf]:
    """Yield tokens that make and use SM2 pairs themselves; keys in software are refused there."""

    def make(shelf: Shelf) -> KeyProvider:
        return vendor_bench.provider(shelf)

    shelf = Shelf(tmp_path, "pkcs11", make, plain=KeyKind.SM2, kinds=(KeyKind.SM2, KeyKind.EC_P256))
    yield shelf
    vendor_bench.faults.none()
    shelf.close()
