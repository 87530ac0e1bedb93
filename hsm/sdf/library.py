"""An SDF library (GM/T 0018) as functions: what our service asks of it, and what its answers mean. Worker only."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hsm.devices.errors import OperationNotOffered
from hsm.devices.keys import coordinate, public_key
from hsm.devices.native import Handle, Library, Prototype
from hsm.devices.structure import text_of
from hsm.errors import HsmError, KeyNotFound, TokenNotFound, TokenRefused, UnsupportedAlgorithm
from hsm.sdf.layout import ABI, DEVICEINFO, MAX_CERTIFICATE, SdfDescription
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature
from hsm.worker.wire import SessionLost, WrongPin

KEY_MISSING: Final = 0x01000008
ACCESS_DENIED: Final = 0x01000007
WRONG_PASSWORD: Final = 0x01000018
FILE_MISSING: Final = 0x01000012
MEANINGS: Final[dict[int, tuple[type[HsmError], str]]] = {
    0x01000002: (OperationNotOffered, "SDR_NOTSUPPORT"),
    0x01000003: (SessionLost, "SDR_COMMFAIL"),
    0x01000004: (SessionLost, "SDR_HARDFAIL"),
    0x01000005: (TokenNotFound, "SDR_OPENDEVICE"),
    0x01000006: (SessionLost, "SDR_OPENSESSION"),
    ACCESS_DENIED: (SessionLost, "SDR_PARDENY"),
    KEY_MISSING: (KeyNotFound, "SDR_KEYNOTEXIST"),
    0x01000009: (UnsupportedAlgorithm, "SDR_ALGNOTSUPPORT"),
    0x0100000A: (UnsupportedAlgorithm, "SDR_ALGMODNOTSUPPORT"),
    FILE_MISSING: (KeyNotFound, "SDR_FILENOEXIST"),
    WRONG_PASSWORD: (SessionLost, "SDR_PRKRERR"),
}
"""Return values with a meaning of their own (GM/T 0018 annex A); the others are refusals.

An access right that is missing where it was given before means that the device has forgotten us: a new session asks again.
"""
_POINTER: Final = ctypes.c_void_p
_NUMBER: Final = ctypes.c_uint32
_OCTETS: Final = ctypes.c_char_p
PROTOTYPES: Final[Mapping[str, Prototype]] = {
    "SDF_OpenDevice": (_POINTER,),
    "SDF_OpenSession": (_POINTER, _POINTER),
    "SDF_GetDeviceInfo": (_POINTER, _POINTER),
    "SDF_GetPrivateKeyAccessRight": (_POINTER, _NUMBER, _OCTETS, _NUMBER),
    "SDF_ReleasePrivateKeyAccessRight": (_POINTER, _NUMBER),
    "SDF_ExportSignPublicKey_ECC": (_POINTER, _NUMBER, _POINTER),
    "SDF_ExportEncPublicKey_ECC": (_POINTER, _NUMBER, _POINTER),
    "SDF_InternalSign_ECC": (_POINTER, _NUMBER, _OCTETS, _NUMBER, _POINTER),
    "SDF_InternalDecrypt_ECC": (_POINTER, _NUMBER, _NUMBER, _OCTETS, _POINTER, _POINTER),
    "SDF_CreateFile": (_POINTER, _OCTETS, _NUMBER, _NUMBER),
    "SDF_ReadFile": (_POINTER, _OCTETS, _NUMBER, _NUMBER, _POINTER, _POINTER),
    "SDF_WriteFile": (_POINTER, _OCTETS, _NUMBER, _NUMBER, _NUMBER, _OCTETS),
    "SDF_DeleteFile": (_POINTER, _OCTETS, _NUMBER),
}
"""Parameters by function (GM/T 0018 §6)."""
_LENGTH: Final = 4
"""Octets before a certificate in its file that say its length: a file has a fixed size."""


def meaning(function: str, value: int) -> HsmError:
    """Tell what an SDR value means."""
    kind, name = MEANINGS.get(value, (TokenRefused, f"{function}: SDR 0x{value:08X}"))
    return kind(name)


class SdfLibrary:
    """A loaded library with one open session."""

    def __init__(self, path: Path, description: SdfDescription) -> None:
        self.description = description
        self._library = Library(path, PROTOTYPES, "SDF_OpenDevice", meaning)
        device, self._session = Handle(), Handle()
        self._library.check("SDF_OpenDevice", ctypes.byref(device))
        self._library.check("SDF_OpenSession", device, ctypes.byref(self._session))

    def _check(self, function: str, *arguments: Any) -> None:
        self._library.check(function, self._session, *arguments)

    def info(self) -> dict[str, str]:
        """Read who made the device and its serial number."""
        buffer = ctypes.create_string_buffer(DEVICEINFO.size(ABI) + 64)
        self._check("SDF_GetDeviceInfo", buffer)
        found = DEVICEINFO.unpack(buffer.raw, ABI)
        return {name: text_of(found[name]) for name in ("IssuerName", "DeviceName", "DeviceSerial")}

    def admit(self, index: int, password: str) -> None:
        """Ask for the right to use a private key; :class:`WrongPin` for a wrong password."""
        octets = password.encode()
        function = "SDF_GetPrivateKeyAccessRight"
        value = self._library.value(function, self._session, index, octets, len(octets))
        if value in (WRONG_PASSWORD, ACCESS_DENIED):
            raise WrongPin(f"index {index}")
        if value:
            raise meaning(function, value)

    def release(self, index: int) -> None:
        """Give the right back."""
        self._library.value("SDF_ReleasePrivateKeyAccessRight", self._session, index)

    def public(self, index: int, *, signing: bool = True) -> Sm2PublicKey | None:
        """Export the public half at an index; ``None`` where there is none."""
        layout = self.description.public_key
        buffer = ctypes.create_string_buffer(layout.size(ABI) + 64)
        try:
            self._check(f"SDF_Export{'Sign' if signing else 'Enc'}PublicKey_ECC", index, buffer)
        except KeyNotFound:
            return None
        found = layout.unpack(buffer.raw, ABI)
        return public_key(found["x"], found["y"])

    def sign(self, index: int, digest: bytes) -> bytes:
        """Sign e, 32 octets; return r ‖ s of 32 octets each."""
        layout = self.description.signature
        buffer = ctypes.create_string_buffer(layout.size(ABI) + 64)
        self._check("SDF_InternalSign_ECC", index, digest, len(digest), buffer)
        found = layout.unpack(buffer.raw, ABI)
        return Sm2Signature(coordinate(found["r"]), coordinate(found["s"])).raw

    def decrypt(self, index: int, cipher: Sm2Cipher) -> bytes:
        """Decrypt with the encryption key at an index."""
        wide, length = self.description.coordinate_octets, len(cipher.text)
        fixed = self.description.cipher_octets
        if fixed and length > fixed:
            raise UnsupportedAlgorithm(f"this device decrypts at most {fixed} octets")
        values: dict[str, int | bytes] = {
            "x": cipher.x.to_bytes(wide),
            "y": cipher.y.to_bytes(wide),
            "M": cipher.hash,
            "L": length,
            "C": cipher.text,
        }
        octets = self.description.cipher(length).pack(values, ABI)
        plain, size = ctypes.create_string_buffer(length + 64), ctypes.c_uint32(length + 64)
        algorithm = self.description.encryption_algorithm
        self._check("SDF_InternalDecrypt_ECC", index, algorithm, octets, plain, ctypes.byref(size))
        return plain.raw[: min(size.value, length)]

    def read_file(self, name: bytes) -> bytes | None:
        """Read what :meth:`write_file` wrote; ``None`` where there is no such file."""
        try:
            head = self._read(name, 0, _LENGTH)
            length = int.from_bytes(head)
            return self._read(name, _LENGTH, length) if 0 < length <= MAX_CERTIFICATE else None
        except KeyNotFound:
            return None

    def _read(self, name: bytes, offset: int, length: int) -> bytes:
        buffer, size = ctypes.create_string_buffer(length), ctypes.c_uint32(length)
        self._check("SDF_ReadFile", name, len(name), offset, ctypes.byref(size), buffer)
        return buffer.raw[: min(size.value, length)]

    def write_file(self, name: bytes, octets: bytes) -> None:
        """Write a file in place of an older one. Cut off in between, there is none: a certificate is imported again."""
        value = self._library.value("SDF_DeleteFile", self._session, name, len(name))
        if value not in (0, FILE_MISSING):
            raise meaning("SDF_DeleteFile", value)
        content = len(octets).to_bytes(_LENGTH) + octets
        self._check("SDF_CreateFile", name, len(name), len(content))
        self._check("SDF_WriteFile", name, len(name), 0, len(content), content)
