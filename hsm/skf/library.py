"""An SKF library (GM/T 0016) as functions: what our service asks of it, and what its answers mean. Worker only."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from hsm.chip import ChipInfo, PinInfo
from hsm.devices.errors import ChipFull, DeviceKeyRefused, OperationNotOffered
from hsm.devices.native import Handle, Library, Prototype
from hsm.devices.structure import text_of
from hsm.errors import (
    DuplicateKey,
    HsmError,
    KeyNotFound,
    PinLocked,
    PinRejected,
    TokenExists,
    TokenNotFound,
    TokenRefused,
)
from hsm.skf.layout import DEVINFO, MAX_NAMES, SECURE_USER_ACCOUNT, USER_TYPE, SkfDescription
from hsm.worker.wire import SessionLost, WrongPin

CERTIFICATE_MISSING: Final = 0x0A00001C
KEY_MISSING: Final = 0x0A00001B
PIN_INCORRECT: Final = 0x0A000024
PIN_LOCKED: Final = 0x0A000025

MEANINGS: Final[dict[int, tuple[type[HsmError], str]]] = {
    0x0A000003: (OperationNotOffered, "SAR_NOTSUPPORTYETERR"),
    0x0A000005: (SessionLost, "SAR_INVALIDHANDLEERR"),
    KEY_MISSING: (KeyNotFound, "SAR_KEYNOTFOUNTERR"),
    CERTIFICATE_MISSING: (KeyNotFound, "SAR_CERTNOTFOUNTERR"),
    0x0A000023: (SessionLost, "SAR_DEVICE_REMOVED"),
    PIN_INCORRECT: (WrongPin, "0"),
    PIN_LOCKED: (PinLocked, "SAR_PIN_LOCKED"),
    0x0A000026: (PinRejected, "SAR_PIN_INVALID"),
    0x0A000027: (PinRejected, "SAR_PIN_LEN_RANGE"),
    0x0A000028: (TokenRefused, "SAR_USER_ALREADY_LOGGED_IN: the chip did not judge the PIN"),
    0x0A000029: (PinLocked, "SAR_USER_PIN_NOT_INITIALIZED"),
    0x0A00002C: (TokenExists, "SAR_APPLICATION_EXISTS"),
    0x0A00002D: (SessionLost, "SAR_USER_NOT_LOGGED_IN"),
    0x0A00002E: (TokenNotFound, "SAR_APPLICATION_NOT_EXISTS"),
    0x0A000030: (ChipFull, "SAR_NO_ROOM"),
    0x0A000032: (ChipFull, "SAR_REACH_MAX_CONTAINER_COUNT"),
    0x0B000033: (DeviceKeyRefused, "SAR_SECURITY_INVALID"),
    0x0B000035: (KeyNotFound, "SAR_CONTAINER_NOT_FOUND"),
    0x0B000036: (DuplicateKey, "SAR_CONTAINER_EXIST"),
    0x0B000037: (DeviceKeyRefused, "SAR_AUTH_LOCKED"),
}
"""Return values with a meaning of their own (GM/T 0016 annex A, and makers' headers for 0x0B…); the others are refusals."""


def meaning(function: str, value: int) -> HsmError:
    """Tell what a SAR value means."""
    kind, name = MEANINGS.get(value, (TokenRefused, f"{function}: SAR 0x{value:08X}"))
    return kind(name)


def _prototypes(word: Any) -> dict[str, Prototype]:
    """Parameters by function (GM/T 0016 §7); every number is a word, every pointer an address."""
    pointer, text, boolean = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    return {
        "SKF_EnumDev": (boolean, pointer, pointer),
        "SKF_ConnectDev": (text, pointer),
        "SKF_DisConnectDev": (pointer,),
        "SKF_GetDevInfo": (pointer, pointer),
        "SKF_GenRandom": (pointer, pointer, word),
        "SKF_DevAuth": (pointer, text, word),
        "SKF_EnumApplication": (pointer, pointer, pointer),
        "SKF_CreateApplication": (pointer, text, text, word, text, word, word, pointer),
        "SKF_DeleteApplication": (pointer, text),
        "SKF_OpenApplication": (pointer, text, pointer),
        "SKF_CloseApplication": (pointer,),
        "SKF_GetPINInfo": (pointer, word, pointer, pointer, pointer),
        "SKF_VerifyPIN": (pointer, word, text, pointer),
        "SKF_ChangePIN": (pointer, word, text, text, pointer),
        "SKF_UnblockPIN": (pointer, text, text, pointer),
        "SKF_ClearSecureState": (pointer,),
        "SKF_EnumContainer": (pointer, pointer, pointer),
        "SKF_CreateContainer": (pointer, text, pointer),
        "SKF_DeleteContainer": (pointer, text),
        "SKF_OpenContainer": (pointer, text, pointer),
        "SKF_CloseContainer": (pointer,),
        "SKF_GenECCKeyPair": (pointer, word, pointer),
        "SKF_ExportPublicKey": (pointer, boolean, pointer, pointer),
        "SKF_ECCSignData": (pointer, text, word, pointer),
        "SKF_ImportECCKeyPair": (pointer, text),
        "SKF_ECCDecrypt": (pointer, text, pointer, pointer),
        "SKF_ImportCertificate": (pointer, boolean, text, word),
        "SKF_ExportCertificate": (pointer, boolean, pointer, pointer),
    }


class SkfLibrary:
    """A loaded library: devices, applications and PINs. Containers are in :mod:`hsm.skf.containers`."""

    def __init__(self, path: Path, description: SkfDescription) -> None:
        self.description = description
        self.word = ctypes.c_uint32 if description.abi.word == 4 else ctypes.c_uint64
        self._library = Library(path, _prototypes(self.word), "SKF_EnumDev", meaning)
        self.check, self.value = self._library.check, self._library.value

    def encoded(self, name: str) -> bytes:
        """Write a name as the library wants it."""
        try:
            return name.encode(self.description.encoding)
        except UnicodeEncodeError as wrong:
            raise TokenRefused(f"the name cannot be written in {self.description.encoding}") from wrong

    def names(self, function: str, *before: Any) -> list[str]:
        """Read a list of names: each ended by NUL, the list by another (GM/T 0016 §7.1.4)."""
        size = self.word(0)
        self.check(function, *before, None, ctypes.byref(size))
        room = min(max(size.value, 2), MAX_NAMES)
        buffer = ctypes.create_string_buffer(room)
        size.value = room
        self.check(function, *before, buffer, ctypes.byref(size))
        listed = buffer.raw[: min(size.value, room)]
        return [text_of(name, self.description.encoding) for name in listed.split(b"\0") if name]

    def variable(self, function: str, most: int, *before: Any) -> bytes:
        """Read octets whose length the library tells, at most ``most``."""
        buffer, size = ctypes.create_string_buffer(most), self.word(most)
        self.check(function, *before, buffer, ctypes.byref(size))
        return buffer.raw[: min(size.value, most)]

    def opened(self, function: str, *before: Any) -> Handle:
        """Call a function whose last parameter takes a handle."""
        handle = Handle()
        self.check(function, *before, ctypes.byref(handle))
        return handle

    @contextmanager
    def held(self, close: str, handle: Handle) -> Iterator[Handle]:
        """Hold a handle for a while; what closing answers is of no interest."""
        try:
            yield handle
        finally:
            self.value(close, handle)

    def devices(self) -> list[str]:
        """Names of the devices that are plugged in."""
        return self.names("SKF_EnumDev", 1)

    def info(self, device: Handle) -> dict[str, Any]:
        """Read DEVINFO."""
        abi = self.description.abi
        buffer = ctypes.create_string_buffer(DEVINFO.size(abi) + 64)
        self.check("SKF_GetDevInfo", device, buffer)
        return DEVINFO.unpack(buffer.raw, abi)

    def chip(self, info: dict[str, Any]) -> ChipInfo:
        """Describe a device by its DEVINFO."""
        names = ("SerialNumber", "Label", "Manufacturer", "Issuer")
        serial, label, maker, issuer = (text_of(info[each], self.description.encoding) for each in names)
        return ChipInfo(serial, label, maker, issuer, info["TotalSpace"], info["FreeSpace"])

    def connect(self, serial: str) -> Handle:
        """Connect the one device of that serial number; none or several raise :class:`TokenNotFound`."""
        found: list[Handle] = []
        for name in self.devices():
            device = self.opened("SKF_ConnectDev", self.encoded(name))
            if self.chip(self.info(device)).serial == serial:
                found.append(device)
            else:
                self.value("SKF_DisConnectDev", device)
        if len(found) != 1:
            for device in found:
                self.value("SKF_DisConnectDev", device)
            raise TokenNotFound(f"{len(found)} chips have the serial number {serial}")
        return found[0]

    def create_application(
        self, device: Handle, name: str, officer: tuple[str, int], holder: tuple[str, int]
    ) -> None:
        """Make an application with two PINs, each with its number of tries."""
        pins = (officer[0].encode(), officer[1], holder[0].encode(), holder[1])
        _demand_whole(pins)
        made = self.opened("SKF_CreateApplication", device, self.encoded(name), *pins, SECURE_USER_ACCOUNT)
        self.value("SKF_CloseApplication", made)

    def pin_info(self, application: Handle, kind: int) -> PinInfo:
        """Read the count of a PIN: SKF_GetPINInfo, which costs no try."""
        most, left, initial = self.word(0), self.word(0), ctypes.c_int(0)
        numbers = (ctypes.byref(most), ctypes.byref(left), ctypes.byref(initial))
        self.check("SKF_GetPINInfo", application, kind, *numbers)
        return PinInfo(most.value, left.value, bool(initial.value))

    def judged(self, application: Handle, kind: int, function: str, *arguments: Any) -> None:
        """Call a function that judges a PIN, once.

        A wrong one raises :class:`WrongPin` with the tries left: those that the function tells, else those that the
        device reads out.
        """
        _demand_whole(arguments)
        left = self.word(0)
        value = self.value(function, application, *arguments, ctypes.byref(left))
        if value == PIN_INCORRECT:
            raise WrongPin(str(left.value or self.pin_info(application, kind).left))
        if value:
            raise meaning(function, value)

    def forget(self, application: Handle) -> None:
        """End whatever login the application has (GM/T 0016 §7.2.8)."""
        with suppress(OperationNotOffered):
            self.value("SKF_ClearSecureState", application)

    def verify(self, application: Handle, pin: str) -> None:
        """Log the holder in.

        Any login there is ends first: a chip that answers SAR_USER_ALREADY_LOGGED_IN has not judged the PIN, and a wrong
        one would pass. A chip that answers so all the same is refused.
        """
        self.forget(application)
        self.judged(application, USER_TYPE, "SKF_VerifyPIN", USER_TYPE, pin.encode())


def _demand_whole(arguments: tuple[Any, ...]) -> None:
    """Refuse a PIN with a zero octet: the library would take what stands before it for the whole."""
    if any(isinstance(each, bytes) and b"\0" in each for each in arguments):
        raise PinRejected("a zero octet")
