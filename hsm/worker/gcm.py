"""AES-GCM inside the token, over buffers of ours that can be wiped (PKCS#11 v2.40 §2.12.2)."""

from __future__ import annotations

import ctypes
import os
from typing import Final

from hsm.errors import DecryptionFailed, UnsupportedAlgorithm
from hsm.worker.calls import CKR_OK, Calls, meaning_of
from hsm.worker.wire import SessionLost

CKM_AES_GCM: Final = 0x1087
CKR_MECHANISM_INVALID: Final = 0x70
NONCE_OCTETS: Final = 12
TAG_OCTETS: Final = 16
_WRONG_TAG: Final = frozenset((0x05, 0x06, 0x20, 0x21, 0x40, 0x41))
"""What modules answer to a wrong tag: GENERAL_ERROR (SoftHSM), FUNCTION_FAILED, DATA_INVALID, DATA_LEN_RANGE,
ENCRYPTED_DATA_INVALID (the standard's own), ENCRYPTED_DATA_LEN_RANGE."""


class _GcmParams(ctypes.Structure):
    """CK_GCM_PARAMS."""

    _fields_ = (
        ("iv", ctypes.c_void_p),
        ("iv_length", ctypes.c_ulong),
        ("iv_bits", ctypes.c_ulong),
        ("aad", ctypes.c_void_p),
        ("aad_length", ctypes.c_ulong),
        ("tag_bits", ctypes.c_ulong),
    )


class _Mechanism(ctypes.Structure):
    """CK_MECHANISM."""

    _fields_ = (
        ("mechanism", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("parameter_length", ctypes.c_ulong),
    )


class Gcm:
    """One AES key of the token, in one session, which no other thread uses meanwhile."""

    def __init__(self, calls: Calls, session: int, key: int) -> None:
        self._calls = calls
        self._session = session
        self._key = key

    def encrypt(self, aad: bytes, plaintext: bytes | bytearray) -> bytes:
        """Encrypt under a random nonce; return nonce, ciphertext and tag one after the other.

        NIST SP 800-38D §8.3 allows 2^32 random nonces with one key: more sealings than a province has certificates.
        """
        nonce = os.urandom(NONCE_OCTETS)
        given = bytearray(plaintext)
        room = bytearray(len(given) + TAG_OCTETS)
        value = self._run("Encrypt", (nonce, aad), given, room)
        given[:] = bytes(len(given))
        if value == CKR_MECHANISM_INVALID:
            raise UnsupportedAlgorithm("the token has no CKM_AES_GCM")
        if value != CKR_OK:
            raise meaning_of(value)
        return nonce + bytes(room)

    def decrypt(self, aad: bytes, sealed: bytes) -> bytearray:
        """Decrypt what :meth:`encrypt` made; :class:`DecryptionFailed` when it was altered. The caller wipes it."""
        if len(sealed) < NONCE_OCTETS + TAG_OCTETS:
            raise DecryptionFailed("too short for a nonce and a tag")
        bound = sealed[:NONCE_OCTETS], aad
        value = 0
        for _ in range(2):
            given = bytearray(sealed[NONCE_OCTETS:])
            room = bytearray(len(given))
            value = self._run("Decrypt", bound, given, room)
            if value == CKR_OK:
                plain = room[: len(given) - TAG_OCTETS]
                room[:] = bytes(len(room))
                return plain
            if value not in _WRONG_TAG:
                raise meaning_of(value)
            self._demand_works()
        raise DecryptionFailed("the tag is wrong")

    def _demand_works(self) -> None:
        """Raise :class:`SessionLost` unless the key opens its own work.

        Modules may have one answer for a wrong tag and for a lost token.
        """
        aad, given = b"yinxin probe", bytearray(1)
        nonce, room, back = os.urandom(NONCE_OCTETS), bytearray(1 + TAG_OCTETS), bytearray(1 + TAG_OCTETS)
        if (
            self._run("Encrypt", (nonce, aad), given, room) != CKR_OK
            or self._run("Decrypt", (nonce, aad), room, back) != CKR_OK
        ):
            raise SessionLost("the AES key does not answer")

    def _run(self, verb: str, bound: tuple[bytes, bytes], given: bytearray, room: bytearray) -> int:
        """C_EncryptInit and C_Encrypt, or their opposites; the result goes into ``room``, whose length it must fit."""
        nonce, aad = (ctypes.create_string_buffer(each, len(each)) for each in bound)
        parameters = _GcmParams(
            ctypes.addressof(nonce),
            len(bound[0]),
            8 * len(bound[0]),
            ctypes.addressof(aad),
            len(bound[1]),
            128,
        )
        mechanism = _Mechanism(CKM_AES_GCM, ctypes.addressof(parameters), ctypes.sizeof(parameters))
        value = self._calls.value(f"C_{verb}Init", self._session, ctypes.byref(mechanism), self._key)
        if value != CKR_OK:
            return value
        length = ctypes.c_ulong(len(room))
        source = (ctypes.c_char * len(given)).from_buffer(given)
        target = (ctypes.c_char * len(room)).from_buffer(room)
        return self._calls.value(f"C_{verb}", self._session, source, len(given), target, ctypes.byref(length))
