"""Chips behind an SKF library (GM/T 0016): what the desk does to them. See :class:`hsm.chip.Chips` for the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hsm.algorithms import KeyKind
from hsm.chip import ChipCertificate, ChipInfo, Container, PinInfo, PinOwner
from hsm.key_uri import KeyUri
from hsm.pins import Pin, PinSource
from hsm.sm2.public_key import Sm2PublicKey

DeviceKeySource = Callable[[str], bytes]
"""Asked with a serial number for the chip's device authentication key (16 octets, GM/T 0016 §7.2.3)."""


class SkfChips:
    """The chips that one SKF library sees; implements :class:`hsm.chip.Chips`."""

    scheme = "skf"

    def __init__(
        self,
        library: Path,
        *,
        pins: PinSource,
        counters: Path,
        device_keys: DeviceKeySource | None = None,
    ) -> None:
        raise NotImplementedError

    def chips(self) -> tuple[ChipInfo, ...]:
        raise NotImplementedError

    def applications(self, serial: str) -> tuple[str, ...]:
        raise NotImplementedError

    def create_application(self, serial: str, name: str, so_pin: Pin, user_pin: Pin, tries: int) -> None:
        raise NotImplementedError

    def delete_application(self, serial: str, application: str) -> None:
        raise NotImplementedError

    def pin_info(self, serial: str, application: str, owner: PinOwner = PinOwner.HOLDER) -> PinInfo:
        raise NotImplementedError

    def change_pin(
        self, serial: str, application: str, old: Pin, new: Pin, owner: PinOwner = PinOwner.HOLDER
    ) -> None:
        raise NotImplementedError

    def unblock(self, serial: str, application: str, so_pin: Pin, new: Pin) -> None:
        raise NotImplementedError

    def containers(self, serial: str, application: str) -> tuple[Container, ...]:
        raise NotImplementedError

    def generate(
        self,
        serial: str,
        application: str,
        container: str,
        *,
        kind: KeyKind = KeyKind.SM2,
        pin: Pin | None = None,
    ) -> Sm2PublicKey:
        raise NotImplementedError

    def import_encryption_pair(
        self, serial: str, application: str, container: str, enveloped: bytes, *, pin: Pin | None = None
    ) -> Sm2PublicKey:
        raise NotImplementedError

    def import_certificate(
        self,
        serial: str,
        application: str,
        container: str,
        der: bytes,
        *,
        encryption: bool,
        pin: Pin | None = None,
    ) -> None:
        raise NotImplementedError

    def certificates(self, serial: str, application: str) -> tuple[ChipCertificate, ...]:
        raise NotImplementedError

    def delete_container(
        self, serial: str, application: str, container: str, *, pin: Pin | None = None
    ) -> None:
        raise NotImplementedError

    def uri(self, serial: str, application: str, container: str) -> KeyUri:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError
