"""Makers' libraries beside the PKCS#11 module: SDF devices and SKF chips, as the settings name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hsm.csc import CscProvider
from hsm.csc_service import read_services
from hsm.device_descriptions import Descriptions, read_descriptions
from hsm.errors import ModuleUnavailable
from hsm.pins import PinSource
from hsm.provider import KeyProvider
from hsm.sdf.provider import SdfProvider
from hsm.skf.provider import SkfProvider


@dataclass(frozen=True, slots=True)
class DeviceLibraries:
    """Paths of libraries, the file that describes what is a maker's own in them, and the chips' authentication key.

    ``csc_services`` names the remote signing services of others (:mod:`hsm.csc_service`).
    """

    sdf: Path | None = None
    skf: Path | None = None
    descriptions: Path | None = None
    skf_device_key: bytes = field(default=b"", repr=False)
    csc_services: Path | None = None

    def described(self) -> Descriptions:
        """Read the file; without one every interface is as its standard has it."""
        return read_descriptions(self.descriptions) if self.descriptions is not None else Descriptions()

    def providers(self, pins: PinSource, counters: Path) -> tuple[KeyProvider, ...]:
        """Open a provider for each library that is named; :class:`ModuleUnavailable` for a path that is not there."""
        found: list[KeyProvider] = []
        described = self.described()
        if self.sdf is not None:
            found.append(
                SdfProvider(existing(self.sdf), pins=pins, counters=counters, description=described.sdf)
            )
        if self.skf is not None:
            skf = SkfProvider(
                existing(self.skf),
                pins=pins,
                counters=counters,
                device_keys=lambda _serial: self.skf_device_key,
                description=described.skf,
            )
            found.append(skf)
        if self.csc_services is not None:
            found.append(CscProvider(read_services(self.csc_services), pins))
        return tuple(found)


NO_DEVICES: Final = DeviceLibraries()


def existing(library: Path) -> Path:
    """Return the path; :class:`ModuleUnavailable` when there is no file."""
    if not library.is_file():
        raise ModuleUnavailable(str(library))
    return library
