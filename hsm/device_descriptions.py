"""The file that describes makers' libraries: TOML with a table for each interface, every point in it optional.

``[pkcs11]`` is :class:`hsm.vendor_mechanisms.VendorMechanisms` (``like`` starts from a published one), ``[skf]`` is
:class:`hsm.skf.layout.SkfDescription`, ``[sdf]`` is :class:`hsm.sdf.layout.SdfDescription`. docs/devices.md lists the points.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hsm.devices.errors import DescriptionInvalid
from hsm.devices.sm2_input import Sm2Input
from hsm.devices.structure import Abi
from hsm.sdf.layout import SdfDescription
from hsm.skf.layout import SkfDescription
from hsm.vendor_mechanisms import PUBLISHED, SignatureForm, VendorMechanisms

MAX_FILE: Final = 64 * 1024
"""Longest description file (octets): a few dozen short lines."""
Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What a file says; an interface that it does not name is as its standard has it."""

    pkcs11: VendorMechanisms | None = None
    skf: SkfDescription = field(default_factory=SkfDescription)
    sdf: SdfDescription = field(default_factory=SdfDescription)


def read_descriptions(path: Path) -> Descriptions:
    """Read the file; :class:`DescriptionInvalid` names the table and the point that is wrong."""
    try:
        octets = path.read_bytes()
        if len(octets) > MAX_FILE:
            raise DescriptionInvalid(f"{path.name} is longer than {MAX_FILE} octets")
        content = tomllib.loads(octets.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise DescriptionInvalid(f"{path.name} cannot be read as TOML") from wrong
    unknown = set(content) - {"pkcs11", "skf", "sdf"}
    if unknown:
        raise DescriptionInvalid(f"no interface is called {', '.join(sorted(unknown))}")
    return Descriptions(
        _pkcs11(_table(content, "pkcs11")) if "pkcs11" in content else None,
        _skf(_points("skf", _table(content, "skf"), _SKF)),
        _sdf(_points("sdf", _table(content, "sdf"), _SDF)),
    )


def _table(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise DescriptionInvalid(f"{name} is a table")
    return found


def _points(interface: str, table: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read each point by its reader; an unknown name or a value of another type is named."""
    read = {}
    for name, value in table.items():
        if name not in readers:
            raise DescriptionInvalid(f"{interface}.{name}: no such point; there are {', '.join(readers)}")
        try:
            read[name] = readers[name](value)
        except (ValueError, TypeError) as wrong:
            raise DescriptionInvalid(f"{interface}.{name}: {wrong}") from wrong
    return read


def _pkcs11(table: dict[str, Any]) -> VendorMechanisms:
    like = table.pop("like", None)
    values = _points("pkcs11", table, _PKCS11)
    if like is None:
        return _vendor(values)
    if like not in PUBLISHED:
        raise DescriptionInvalid(f"pkcs11.like: one of {', '.join(sorted(PUBLISHED))}")
    start = PUBLISHED[like]
    names = ("key_type", "generate", "sign", "input", "signature", "curve", "identity_parameter", "source")
    return _vendor({name: getattr(start, name) for name in names} | values)


def _vendor(values: Mapping[str, Any]) -> VendorMechanisms:
    missing = [name for name in ("key_type", "generate", "sign") if name not in values]
    if missing:
        raise DescriptionInvalid(f"pkcs11.{missing[0]}: needed, unless like names a published description")
    try:
        return VendorMechanisms(**values)
    except DescriptionInvalid as wrong:
        raise DescriptionInvalid(f"pkcs11.{wrong.detail}") from wrong


def _skf(values: dict[str, Any]) -> SkfDescription:
    abi = Abi(values.pop("ulong_octets", 4), values.pop("packed", True))
    return SkfDescription(abi, **values)


def _sdf(values: Mapping[str, Any]) -> SdfDescription:
    try:
        return SdfDescription(**values)
    except DescriptionInvalid as wrong:
        raise DescriptionInvalid(f"sdf.{wrong.detail}") from wrong


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number, as 0x80000001 or 12")
    return value


def _word(value: Any) -> int:
    if value not in (4, 8):
        raise ValueError("4 or 8")
    return int(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _encoding(value: Any) -> str:
    if value not in ("utf-8", "gbk", "gb18030"):
        raise ValueError("utf-8, gbk or gb18030")
    return str(value)


def _octets(value: Any) -> bytes:
    return bytes.fromhex(_text(value))


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(_number(each) for each in _list(value))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(each) for each in _list(value))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list")
    return value


_PKCS11: Final[dict[str, Reader]] = {
    "key_type": _number,
    "generate": _number,
    "sign": _number,
    "input": Sm2Input,
    "signature": SignatureForm,
    "curve": _octets,
    "identity_parameter": _flag,
    "source": _text,
}
_SKF: Final[dict[str, Reader]] = {
    "ulong_octets": _word,
    "packed": _flag,
    "sm2_algorithm": _number,
    "encoding": _encoding,
}
_SDF: Final[dict[str, Reader]] = {
    "label": _text,
    "keys": _numbers,
    "coordinate_octets": _number,
    "public_order": _texts,
    "cipher_order": _texts,
    "cipher_octets": _number,
    "encryption_algorithm": _number,
}
