"""Which key stores this installation has: a PKCS#11 module where one is, else the soft key store, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.home import Home
from api.tokens.device_libraries import NO_DEVICES, DeviceLibraries, existing
from hsm.cryptoki import CryptokiProvider
from hsm.errors import SoftwareKeyRefused
from hsm.key_policy import OPEN_POLICY, KeyPolicy
from hsm.pins import PinSource
from hsm.provider import KeyProvider, KeyRing
from hsm.soft_keys import SoftProvider
from hsm.softhsm import find_or_fetch
from hsm.vendor_mechanisms import VendorMechanisms

AUTO: Final = "auto"
SOFT: Final = "soft"

SERVICE_TOKEN: Final = "yinxin-service"  # noqa: S105 - the label of a token
"""Label of the token that holds the service's own keys."""


@dataclass(frozen=True, slots=True)
class KeyStores:
    """All key stores joined in a ring; new keys go to the ``chosen`` one, and ``zh``/``en`` say which and why."""

    ring: KeyRing
    chosen: KeyProvider
    zh: str
    en: str

    @property
    def scheme(self) -> str:
        """The key URI scheme of new keys."""
        return self.chosen.scheme


def open_key_stores(
    choice: str,
    home: Home,
    pins: PinSource,
    policy: KeyPolicy = OPEN_POLICY,
    devices: DeviceLibraries = NO_DEVICES,
) -> KeyStores:
    """Open the stores: ``auto`` (SoftHSM 2 if found or fetched), ``soft``, or the path of a PKCS#11 module.

    The soft key store is always in the ring, so that keys made there stay usable; the libraries of ``devices`` join it.
    Raises :class:`ModuleUnavailable` for a path that is not there, :class:`SoftwareKeyRefused` when the policy wants
    hardware and no module is named, since SoftHSM is software too, and
    :class:`hsm.devices.errors.DescriptionInvalid` for a description that cannot be used.
    """
    stores = _stores(choice, home, pins, policy, devices)
    joined = (*stores.ring.providers(), *devices.providers(pins, home.counters))
    return replace(stores, ring=KeyRing({each.scheme: each for each in joined}, policy))


def _stores(
    choice: str, home: Home, pins: PinSource, policy: KeyPolicy, devices: DeviceLibraries
) -> KeyStores:
    if policy.require_hardware and choice in (AUTO, SOFT):
        raise SoftwareKeyRefused(f"key_store is {choice}; name the PKCS#11 module of the hardware")
    soft = SoftProvider(home.soft, pins=pins, counters=home.counters, policy=policy)
    if choice == SOFT:
        return KeyStores(
            KeyRing({soft.scheme: soft}, policy),
            soft,
            "使用软件密钥库（按设置）。",
            "Using the soft key store, as configured.",
        )
    if choice != AUTO:
        return _module(Path(choice), home, pins, soft, devices.described().pkcs11)
    found = find_or_fetch(home.cache)
    if found is None:
        zh = "未找到 PKCS#11 模块，改用软件密钥库。"
        return KeyStores(
            KeyRing({soft.scheme: soft}, policy),
            soft,
            zh,
            "No PKCS#11 module found; using the soft key store.",
        )
    token = CryptokiProvider(
        found.module,
        pins=pins,
        counters=home.counters,
        environment=found.configure(home.tokens),
        policy=policy,
    )
    ring = KeyRing({token.scheme: token, soft.scheme: soft}, soft.policy)
    return KeyStores(ring, token, f"使用 SoftHSM 2：{found.module}", f"Using SoftHSM 2: {found.module}")


def _module(
    module: Path, home: Home, pins: PinSource, soft: SoftProvider, vendor: VendorMechanisms | None
) -> KeyStores:
    token = CryptokiProvider(
        existing(module), pins=pins, counters=home.counters, policy=soft.policy, vendor=vendor
    )
    ring = KeyRing({token.scheme: token, soft.scheme: soft}, soft.policy)
    return KeyStores(ring, token, f"使用 PKCS#11 模块：{module}", f"Using the PKCS#11 module {module}")
