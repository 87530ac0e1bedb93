"""The file that describes makers' libraries: what it may say, and that every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsm.device_descriptions import MAX_FILE, Descriptions, read_descriptions
from hsm.devices.errors import DescriptionInvalid
from hsm.devices.sm2_input import Sm2Input
from hsm.devices.structure import Abi
from hsm.sdf.layout import SdfDescription
from hsm.skf.layout import SkfDescription
from hsm.sm2.public_key import CURVE_OID
from hsm.vendor_mechanisms import PUBLISHED, SignatureForm, VendorMechanisms

WHOLE = """
[pkcs11]
key_type = 0x80000151
generate = 0x80000261
sign = 0x80000271
input = "z-message"
signature = "der"
curve = "06082a811ccf5501822d"
identity_parameter = true
source = "manual of the maker, 2026"

[skf]
ulong_octets = 8
packed = false
sm2_algorithm = 0x20200
encoding = "gbk"

[sdf]
label = "机房 HSM"
keys = [1, 7]
coordinate_octets = 32
public_order = ["bits", "x", "y"]
cipher_order = ["L", "x", "y", "C", "M"]
cipher_octets = 136
encryption_algorithm = 0x20400
"""


def read(folder: Path, text: str) -> Descriptions:
    path = folder / "devices.toml"
    path.write_text(text, encoding="utf-8")
    return read_descriptions(path)


def test_every_point_may_be_said(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    source = "manual of the maker, 2026"
    assert found.pkcs11 == VendorMechanisms(
        0x80000151, 0x80000261, 0x80000271, Sm2Input.Z_MESSAGE, SignatureForm.DER, CURVE_OID, True, source
    )
    assert found.skf == SkfDescription(Abi(8, False), 0x20200, "gbk")
    order = ("L", "x", "y", "C", "M")
    assert found.sdf == SdfDescription("机房 HSM", (1, 7), 32, ("bits", "x", "y"), order, 136, 0x20400)


def test_nothing_needs_to_be_said(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Descriptions(None, SkfDescription(), SdfDescription())


def test_a_published_description_is_a_start(tmp_path: Path) -> None:
    found = read(tmp_path, '[pkcs11]\nlike = "xipki-sm2-sm3"\nsignature = "der"\n').pkcs11
    start = PUBLISHED["xipki-sm2-sm3"]
    assert found is not None
    assert (found.sign, found.input, found.signature) == (start.sign, Sm2Input.MESSAGE, SignatureForm.DER)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[", "TOML"),
        ("[pkcs12]", "pkcs12"),
        ("pkcs11 = 1", "pkcs11"),
        ('[pkcs11]\nlike = "other"', "pkcs11.like"),
        ("[pkcs11]\nsign = 1", "pkcs11.key_type"),
        ('[pkcs11]\nlike = "xipki-sm2"\nsign = "1"', "pkcs11.sign"),
        ('[pkcs11]\nlike = "xipki-sm2"\nsign = -1', "pkcs11.sign"),
        ('[pkcs11]\nlike = "xipki-sm2"\ninput = "hash"', "pkcs11.input"),
        ('[pkcs11]\nlike = "xipki-sm2"\ncurve = "0g"', "pkcs11.curve"),
        ('[pkcs11]\nlike = "xipki-sm2"\nidentity_parameter = 1', "pkcs11.identity_parameter"),
        ('[pkcs11]\nlike = "xipki-sm2"\nhash = true', "pkcs11.hash"),
        ("[skf]\nulong_octets = 2", "skf.ulong_octets"),
        ('[skf]\nencoding = "latin1"', "skf.encoding"),
        ("[sdf]\nkeys = []", "sdf.keys"),
        ("[sdf]\nkeys = 1", "sdf.keys"),
        ("[sdf]\nkeys = [true]", "sdf.keys"),
        ('[sdf]\ncipher_order = ["x"]', "sdf.cipher_order"),
        ("#" * (MAX_FILE + 1), "longer"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(DescriptionInvalid) as wrong:
        read(tmp_path, text)
    assert named in wrong.value.detail


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DescriptionInvalid) as wrong:
        read_descriptions(tmp_path / "nothing.toml")
    assert "nothing.toml" in wrong.value.detail
