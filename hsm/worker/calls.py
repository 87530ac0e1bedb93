"""The calls of PKCS#11 that the binding lacks, through the module's own function list (PKCS#11 v2.40 §3.6).

``C_Initialize`` with arguments, ``C_InitToken``, ``C_Login`` on a session that is open already, and encryption into
buffers of ours that can be wiped, and mechanisms by a maker's number.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Final

from hsm.errors import HsmError, ModuleUnavailable, PinLocked, PinRejected, TokenRefused, UnsupportedAlgorithm
from hsm.worker.wire import SessionLost, WrongPin

CKF_OS_LOCKING_OK: Final = 2
CKU_SO: Final = 0
CKU_USER: Final = 1
CKR_OK: Final = 0
CKR_CANT_LOCK: Final = 0x0A
CKR_PIN_LEN_RANGE: Final = 0xA2
CKR_USER_ALREADY_LOGGED_IN: Final = 0x100
CKR_CRYPTOKI_NOT_INITIALIZED: Final = 0x190
CKR_CRYPTOKI_ALREADY_INITIALIZED: Final = 0x191

_MEANINGS: Final[dict[int, tuple[type[HsmError], str]]] = {
    0x02: (SessionLost, "CKR_HOST_MEMORY"),
    0x03: (SessionLost, "CKR_SLOT_ID_INVALID"),
    0x05: (SessionLost, "CKR_GENERAL_ERROR"),
    0x06: (SessionLost, "CKR_FUNCTION_FAILED"),
    0x30: (SessionLost, "CKR_DEVICE_ERROR"),
    0x32: (SessionLost, "CKR_DEVICE_REMOVED"),
    0x54: (UnsupportedAlgorithm, "CKR_FUNCTION_NOT_SUPPORTED"),
    0x60: (SessionLost, "CKR_KEY_HANDLE_INVALID"),
    0x63: (UnsupportedAlgorithm, "CKR_KEY_TYPE_INCONSISTENT"),
    0x70: (UnsupportedAlgorithm, "CKR_MECHANISM_INVALID"),
    0x71: (UnsupportedAlgorithm, "CKR_MECHANISM_PARAM_INVALID"),
    0x82: (SessionLost, "CKR_OBJECT_HANDLE_INVALID"),
    0x90: (SessionLost, "CKR_OPERATION_ACTIVE"),
    0xA0: (WrongPin, "CKR_PIN_INCORRECT"),
    0xA1: (PinRejected, "CKR_PIN_INVALID"),
    CKR_PIN_LEN_RANGE: (PinRejected, "CKR_PIN_LEN_RANGE"),
    0xA3: (PinRejected, "CKR_PIN_EXPIRED"),
    0xA4: (PinLocked, "CKR_PIN_LOCKED"),
    0xB3: (SessionLost, "CKR_SESSION_HANDLE_INVALID"),
    0xE0: (SessionLost, "CKR_TOKEN_NOT_PRESENT"),
    0xE1: (SessionLost, "CKR_TOKEN_NOT_RECOGNIZED"),
    CKR_USER_ALREADY_LOGGED_IN: (
        TokenRefused,
        "CKR_USER_ALREADY_LOGGED_IN: the module did not judge the PIN",
    ),
    0x101: (SessionLost, "CKR_USER_NOT_LOGGED_IN"),
    0x102: (PinLocked, "CKR_USER_PIN_NOT_INITIALIZED"),
    CKR_CRYPTOKI_NOT_INITIALIZED: (SessionLost, "CKR_CRYPTOKI_NOT_INITIALIZED"),
}
"""Return values with a meaning of their own (PKCS#11 v2.40 §5.1); the others are refusals."""

_FUNCTIONS: Final = {
    "C_Initialize": 0,
    "C_Finalize": 1,
    "C_InitToken": 9,
    "C_InitPIN": 10,
    "C_SetPIN": 11,
    "C_CloseAllSessions": 14,
    "C_Login": 18,
    "C_Logout": 19,
    "C_EncryptInit": 29,
    "C_Encrypt": 30,
    "C_DecryptInit": 33,
    "C_Decrypt": 34,
    "C_SignInit": 42,
    "C_Sign": 43,
    "C_GenerateKeyPair": 59,
}
"""Places in CK_FUNCTION_LIST, which every module of version 2 and 3 has in this order."""

_ULONG: Final = ctypes.c_ulong
_BYTES: Final = ctypes.c_char_p
_PARAMETERS: Final[dict[str, tuple[Any, ...]]] = {
    "C_Initialize": (ctypes.c_void_p,),
    "C_Finalize": (ctypes.c_void_p,),
    "C_InitToken": (_ULONG, _BYTES, _ULONG, _BYTES),
    "C_InitPIN": (_ULONG, _BYTES, _ULONG),
    "C_SetPIN": (_ULONG, _BYTES, _ULONG, _BYTES, _ULONG),
    "C_CloseAllSessions": (_ULONG,),
    "C_Login": (_ULONG, _ULONG, _BYTES, _ULONG),
    "C_Logout": (_ULONG,),
    "C_EncryptInit": (_ULONG, ctypes.c_void_p, _ULONG),
    "C_Encrypt": (_ULONG, ctypes.c_void_p, _ULONG, ctypes.c_void_p, ctypes.c_void_p),
    "C_DecryptInit": (_ULONG, ctypes.c_void_p, _ULONG),
    "C_Decrypt": (_ULONG, ctypes.c_void_p, _ULONG, ctypes.c_void_p, ctypes.c_void_p),
    "C_SignInit": (_ULONG, ctypes.c_void_p, _ULONG),
    "C_Sign": (_ULONG, _BYTES, _ULONG, ctypes.c_void_p, ctypes.c_void_p),
    "C_GenerateKeyPair": (
        _ULONG,
        ctypes.c_void_p,
        ctypes.c_void_p,
        _ULONG,
        ctypes.c_void_p,
        _ULONG,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ),
}


class _InitializeArgs(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS: four mutex callbacks (unused), flags, reserved."""

    _fields_ = (
        ("create", ctypes.c_void_p),
        ("destroy", ctypes.c_void_p),
        ("lock", ctypes.c_void_p),
        ("unlock", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


class _FunctionList(ctypes.Structure):
    """The head of CK_FUNCTION_LIST: a version, then the functions."""

    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("functions", ctypes.c_void_p * (max(_FUNCTIONS.values()) + 1)),
    )


def meaning_of(value: int) -> HsmError:
    """Tell what a CK_RV other than CKR_OK means."""
    kind, name = _MEANINGS.get(value, (TokenRefused, f"CK_RV 0x{value:08X}"))
    return kind(name)


class Calls:
    """The functions of one loaded module; a return value other than CKR_OK raises :class:`hsm.errors.HsmError`."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        listed = ctypes.POINTER(_FunctionList)()
        self._library.C_GetFunctionList.restype = ctypes.c_ulong
        if self._library.C_GetFunctionList(ctypes.byref(listed)) != CKR_OK:
            raise ModuleUnavailable(f"{path.name} gives no function list")
        self._functions = {
            name: ctypes.CFUNCTYPE(ctypes.c_ulong, *_PARAMETERS[name])(listed.contents.functions[place])
            for name, place in _FUNCTIONS.items()
        }

    def value(self, name: str, *arguments: Any) -> int:
        """Call and return the CK_RV."""
        return int(self._functions[name](*arguments))

    def check(self, name: str, *arguments: Any) -> None:
        """Call; anything but CKR_OK raises its meaning."""
        value = self.value(name, *arguments)
        if value != CKR_OK:
            raise meaning_of(value)

    def initialize(self) -> bool:
        """Finalize and initialise with CKF_OS_LOCKING_OK; tell whether the module allows threads.

        A module that was initialised with NULL, as the binding does it, may switch its locks off and crash when two
        threads use it (PKCS#11 v2.40 §5.4).
        """
        self.value("C_Finalize", None)
        value = self.value("C_Initialize", ctypes.byref(_InitializeArgs(flags=CKF_OS_LOCKING_OK)))
        if value == CKR_CANT_LOCK:
            self.check("C_Initialize", None)
            return False
        if value not in (CKR_OK, CKR_CRYPTOKI_ALREADY_INITIALIZED):
            raise ModuleUnavailable(meaning_of(value).detail)
        return True

    def login(self, session: int, user: int, pin: str) -> None:
        """Log in once on an open session, which stays open and clean when the PIN is wrong (C_Login, §5.6).

        A module that answers CKR_USER_ALREADY_LOGGED_IN has not judged the PIN, and a wrong one would pass: that login is
        ended, and the PIN put to the module again. One that answers so all the same is refused.
        """
        octets = pin.encode()
        value = self.value("C_Login", session, user, octets, len(octets))
        if value == CKR_USER_ALREADY_LOGGED_IN:
            self.value("C_Logout", session)
            value = self.value("C_Login", session, user, octets, len(octets))
        if value == CKR_PIN_LEN_RANGE:  # a PIN of impossible length is a wrong one
            raise WrongPin("CKR_PIN_LEN_RANGE")
        if value != CKR_OK:
            raise meaning_of(value)
