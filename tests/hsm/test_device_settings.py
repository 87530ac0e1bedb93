"""From the settings to a signature: SDF and SKF libraries and a vendor's mechanism in the ring, and what the doctor says."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.doctor import Health, tokens_of
from api.errors import SettingsInvalid
from api.home import Home
from api.settings import Settings, load_settings
from api.tokens.device_libraries import DeviceLibraries
from api.tokens.key_stores import open_key_stores
from hsm.algorithms import KeyKind
from hsm.chip import Chips
from hsm.devices.errors import DescriptionInvalid
from hsm.errors import ModuleUnavailable
from hsm.key_uri import KeyUri
from hsm.provider import open_signer
from hsm.signer import Custody
from hsm.skf.chip import SkfChips
from hsm.skf.provider import SkfProvider
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.device_shelves import SdfBench, SkfBench
from tests.hsm.vendor_bench import VendorBench

DEVICE_KEY = "31323334353637383132333435363738"


def settings(folder: Path, **given: object) -> Settings:
    return load_settings(folder, key_store="soft", **given)


def home(folder: Path) -> Home:
    made = Home(folder)
    made.prepare()
    return made


def test_devices_join_the_ring(
    sdf_bench: SdfBench, skf_bench: SkfBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A description in TOML, two libraries, the chips' authentication key: keys of both open by their addresses."""
    sdf_bench.make()
    skf_bench.extra["SKF_DEVICE_KEY"] = DEVICE_KEY
    for name, value in {"SDF_FOLDER": str(sdf_bench.folder), **skf_bench.environment()}.items():
        monkeypatch.setenv(name, value)
    described = tmp_path / "devices.toml"
    described.write_text('[sdf]\nlabel = "机房"\nkeys = [1]\n[skf]\nulong_octets = 4\n')
    chosen = settings(
        tmp_path / "home",
        vendor_mechanisms=described,
        sdf_library=sdf_bench.library,
        skf_library=skf_bench.library,
        skf_device_key=DEVICE_KEY,
    )
    assert DEVICE_KEY not in repr(chosen)
    assert "1234" not in repr(chosen.devices)
    stores = open_key_stores(
        "soft", home(tmp_path / "home"), lambda _token: USER_PIN, chosen.key_policy, chosen.devices
    )
    try:
        assert [each.scheme for each in stores.ring.providers()] == ["file", "sdf", "skf"]
        assert stores.scheme == "file"
        skf = stores.ring.provider(KeyUri("skf", "CHIP1/bank", "c"))
        assert isinstance(skf, SkfProvider)
        chips: Chips = SkfChips(skf)
        chips.create_application("CHIP1", "bank", SO_PIN, USER_PIN, 6)
        chips.generate("CHIP1", "bank", "c", kind=KeyKind.SM2)
        for uri in (KeyUri("sdf", "机房", "1"), chips.uri("CHIP1", "bank", "c")):
            signer = open_signer(stores.ring, KeyUri.parse(str(uri)))
            assert signer.custody is Custody.DEVICE
            verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
        rows = [row for provider in stores.ring.providers() for row in tokens_of(provider)]
        assert {row.health for row in rows} == {Health.OK}
        assert any("CHIP1" in row.zh and "octets free" in row.en for row in rows)
        assert any("机房" in row.zh for row in rows)
        sdf_bench.folder.rename(tmp_path / "gone")
        (row,) = tokens_of(stores.ring.provider(KeyUri("sdf", "机房", "1")))
        assert (row.health, bool(row.fix_zh)) == (Health.BROKEN, True)
        (skf_bench.plugged / "key-CHIP1").rename(tmp_path / "unplugged")
        (row,) = tokens_of(skf)
        assert (row.health, "未插入" in row.zh) == (Health.OK, True)
    finally:
        stores.ring.close()


@pytest.mark.token
def test_a_vendors_mechanism_is_named_in_the_settings(
    vendor_bench: VendorBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With require_hardware_keys an SM2 key is made in the token, where it would otherwise be refused."""
    habits = vendor_bench.habits
    vendor_bench.folder.mkdir()
    environment = {
        **vendor_bench.environment,
        "SM2_KEY_TYPE": f"{habits.key_type:x}",
        "SM2_GENERATE": f"{habits.generate:x}",
        "SM2_SIGN": f"{habits.sign:x}",
        "SM2_INPUT": "e",
        "SM2_SIGNATURE": "raw",
        "SM2_CURVE": habits.curve.hex(),
        "SM2_FOLDER": str(vendor_bench.folder),
        "REAL_MODULE": str(vendor_bench.soft_hsm.module),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    described = tmp_path / "devices.toml"
    numbers = (("key_type", habits.key_type), ("generate", habits.generate), ("sign", habits.sign))
    described.write_text("[pkcs11]\n" + "".join(f"{name} = {value:#x}\n" for name, value in numbers))
    chosen = load_settings(
        tmp_path / "home",
        key_store=str(vendor_bench.module),
        require_hardware_keys=True,
        vendor_mechanisms=described,
    )
    stores = open_key_stores(
        chosen.key_store,
        home(tmp_path / "home"),
        lambda _token: USER_PIN,
        chosen.key_policy,
        chosen.devices,
    )
    try:
        stores.chosen.create_token("vendor", SO_PIN, USER_PIN)
        uri = stores.chosen.generate(KeyUri("pkcs11", "vendor", "k"), KeyKind.SM2)
        signer = open_signer(stores.ring, uri)
        assert signer.custody is Custody.TOKEN
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    finally:
        stores.ring.close()


def test_what_is_wrong_in_the_settings_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid):
        settings(tmp_path, skf_device_key="1234")
    place = home(tmp_path)

    def start(devices: DeviceLibraries) -> None:
        open_key_stores("soft", place, lambda _token: USER_PIN, devices=devices)

    for devices in (DeviceLibraries(sdf=tmp_path / "no.so"), DeviceLibraries(skf=tmp_path / "no.so")):
        with pytest.raises(ModuleUnavailable):
            start(devices)
    with pytest.raises(DescriptionInvalid):
        start(DeviceLibraries(descriptions=tmp_path / "no.toml"))
