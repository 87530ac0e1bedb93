"""Which of a module's return values a new start can heal, and what the others mean to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pkcs11
from pkcs11 import exceptions as ck

from hsm.errors import (
    DuplicateKey,
    HsmError,
    KeyNotFound,
    PinLocked,
    PinRejected,
    TokenRefused,
    UnsupportedAlgorithm,
)
from hsm.worker.wire import SessionLost, WrongPin

HEALED_BY_A_NEW_START: Final = (
    ck.SessionHandleInvalid,
    ck.SessionClosed,
    ck.ObjectHandleInvalid,
    ck.KeyHandleInvalid,
    ck.UserNotLoggedIn,
    ck.GeneralError,
    ck.FunctionFailed,
    ck.DeviceError,
    ck.DeviceRemoved,
    ck.NoSuchToken,
    ck.TokenNotPresent,
    ck.TokenNotRecognised,
    ck.SlotIDInvalid,
    ck.OperationActive,
    ck.HostMemory,
)
"""The session, the login or the library's memory of the token is stale: drop everything and begin again, once."""

MEANINGS: Final[tuple[tuple[tuple[type[Exception], ...], type[HsmError]], ...]] = (
    (HEALED_BY_A_NEW_START, SessionLost),
    ((ck.PinIncorrect, ck.PinInvalid), WrongPin),
    ((ck.PinLocked, ck.UserPinNotInitialized), PinLocked),
    ((ck.PinLenRange, ck.PinTooWeak, ck.PinExpired), PinRejected),
    ((ck.NoSuchKey,), KeyNotFound),
    ((ck.MultipleObjectsReturned,), DuplicateKey),
    (
        (
            ck.MechanismInvalid,
            ck.MechanismParamInvalid,
            ck.KeySizeRange,
            ck.DomainParamsInvalid,
            ck.FunctionNotSupported,
            ck.AttributeValueInvalid,
        ),
        UnsupportedAlgorithm,
    ),
)


def meaning(wrong: Exception) -> HsmError:
    """Tell what an exception of the binding means. Its text is dropped: a vendor decides what stands in it."""
    if isinstance(wrong, HsmError):
        return wrong
    name = type(wrong).__name__
    if type(wrong) is pkcs11.PKCS11Error:
        return SessionLost(name)  # CKR_CRYPTOKI_NOT_INITIALIZED has no class of its own
    for kinds, error in MEANINGS:
        if isinstance(wrong, kinds):
            return error(name)
    return TokenRefused(name)


@contextmanager
def translated() -> Iterator[None]:
    """Let only :class:`hsm.errors.HsmError` out."""
    try:
        yield
    except pkcs11.PKCS11Error as wrong:
        raise meaning(wrong) from wrong
