"""SM2 by the system's libcrypto (OpenSSL 3 or later), through its EVP interface and ``ctypes``.

Distributions differ: Debian and Ubuntu have SM2 in libcrypto.so.3, Fedora, RHEL and SUSE build without. So nothing is
assumed: the library is looked for, asked for SM2 and put to the self-test.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from hsm.errors import DecryptionFailed, TokenRefused
from hsm.sm2.arithmetic import Arithmetic
from hsm.sm2.backend import BackendMissing
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.private_octets import sec1
from hsm.sm2.public_key import SPKI_HEAD, Sm2PublicKey
from hsm.sm2.scalar import Scalar, wipe
from hsm.sm2.signature import Sm2Signature

NAMES: Final = ("libcrypto.so.3", "libcrypto.so.4")
"""Tried first; then whatever the system calls ``crypto``."""
MAC_NAMES: Final = tuple(
    f"{place}/opt/openssl@3/lib/libcrypto.3.dylib" for place in ("/opt/homebrew", "/usr/local")
)
"""Tried alone on macOS, whose own ``crypto`` ends any process that loads it by that name."""
EVP_PKEY_EC: Final = 408
OCTETS_OUT: Final = 1024
"""Room for any answer: a public key, a signature or a ciphertext of 255 octets."""

_P: Final = ctypes.c_void_p
_SIZE: Final = ctypes.c_size_t
_SIZES: Final = ctypes.POINTER(ctypes.c_size_t)
_INT: Final = ctypes.c_int
_LONG: Final = ctypes.c_long
_BYTES: Final = ctypes.c_char_p
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "d2i_PrivateKey": (_P, (_INT, _P, _P, _LONG)),
    "d2i_PUBKEY": (_P, (_P, _P, _LONG)),
    "i2d_PUBKEY": (_INT, (_P, _P)),
    "EVP_PKEY_free": (None, (_P,)),
    "EVP_PKEY_CTX_new": (_P, (_P, _P)),
    "EVP_PKEY_CTX_free": (None, (_P,)),
    "EVP_PKEY_sign_init": (_INT, (_P,)),
    "EVP_PKEY_sign": (_INT, (_P, _P, _SIZES, _BYTES, _SIZE)),
    "EVP_PKEY_verify_init": (_INT, (_P,)),
    "EVP_PKEY_verify": (_INT, (_P, _BYTES, _SIZE, _BYTES, _SIZE)),
    "EVP_PKEY_encrypt_init": (_INT, (_P,)),
    "EVP_PKEY_encrypt": (_INT, (_P, _P, _SIZES, _P, _SIZE)),
    "EVP_PKEY_decrypt_init": (_INT, (_P,)),
    "EVP_PKEY_decrypt": (_INT, (_P, _P, _SIZES, _BYTES, _SIZE)),
    "ERR_clear_error": (None, ()),
}
"""Result and parameters of each function used; all have had these since OpenSSL 1.1.1."""


class LibcryptoBackend(Arithmetic):
    """OpenSSL. It lets other threads run while it computes."""

    name: Final = "libcrypto"
    constant_time: Final = True

    def __init__(self) -> None:
        self._calls = _load()

    def _public(self, scalar: Scalar) -> Sm2PublicKey:
        with self._private_key(scalar) as key:
            room = ctypes.create_string_buffer(OCTETS_OUT)
            at = _P(ctypes.addressof(room))
            length = self._calls["i2d_PUBKEY"](key, ctypes.byref(at))
        if not 0 < length <= OCTETS_OUT:
            raise TokenRefused("libcrypto gives no public key")
        return Sm2PublicKey.from_spki(room.raw[:length])

    def _sign(self, scalar: Scalar, digest: bytes) -> Sm2Signature:
        with self._private_key(scalar) as key:
            made = self._answer("EVP_PKEY_sign", key, digest)
        if made is None:
            raise TokenRefused("libcrypto did not sign")
        return Sm2Signature.from_der(bytes(made))

    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
        der = signature.der
        with self._public_key(public) as key, self._context("EVP_PKEY_verify", key) as context:
            verdict = self._calls["EVP_PKEY_verify"](context, der, len(der), digest, len(digest))
        self._calls["ERR_clear_error"]()
        return bool(verdict == 1)

    def _encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        held = (ctypes.c_char * len(plaintext)).from_buffer_copy(plaintext)
        try:
            with self._public_key(public) as key:
                made = self._answer("EVP_PKEY_encrypt", key, held)
        finally:
            ctypes.memset(held, 0, len(plaintext))
        if made is None:
            raise TokenRefused("libcrypto did not encrypt")
        return Sm2Cipher.from_der(bytes(made))

    def _decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        with self._private_key(scalar) as key:
            plain = self._answer("EVP_PKEY_decrypt", key, cipher.der)
        if plain is None or len(plain) != len(cipher.text):
            raise DecryptionFailed("C3 is not the digest of the plaintext")
        return plain

    def _answer(self, function: str, key: Any, given: Any) -> bytearray | None:
        """Call ``function(context, out, out length, given, its length)``; ``None`` when it refuses."""
        room = bytearray(OCTETS_OUT)
        length = _SIZE(OCTETS_OUT)
        out = (ctypes.c_char * OCTETS_OUT).from_buffer(room)
        with self._context(function, key) as context:
            verdict = self._calls[function](context, out, ctypes.byref(length), given, len(given))
        del out  # the buffer cannot be cut while it is lent
        made = bytearray(room[: length.value]) if verdict == 1 else None
        wipe(room)
        self._calls["ERR_clear_error"]()
        return made

    @contextmanager
    def _private_key(self, scalar: Scalar) -> Iterator[Any]:
        der = sec1(scalar)
        try:
            held = (ctypes.c_char * len(der)).from_buffer(der)
            at = _P(ctypes.addressof(held))
            key = self._calls["d2i_PrivateKey"](EVP_PKEY_EC, None, ctypes.byref(at), len(der))
            del held
        finally:
            wipe(der)
        with self._freed(key, "EVP_PKEY_free"):
            yield key

    @contextmanager
    def _public_key(self, public: Sm2PublicKey) -> Iterator[Any]:
        held = ctypes.create_string_buffer(SPKI_HEAD + public.point)
        at = _P(ctypes.addressof(held))
        key = self._calls["d2i_PUBKEY"](None, ctypes.byref(at), len(SPKI_HEAD) + len(public.point))
        with self._freed(key, "EVP_PKEY_free"):
            yield key

    @contextmanager
    def _context(self, function: str, key: Any) -> Iterator[Any]:
        context = self._calls["EVP_PKEY_CTX_new"](key, None)
        with self._freed(context, "EVP_PKEY_CTX_free"):
            if self._calls[f"{function}_init"](context) != 1:
                raise TokenRefused("libcrypto has no SM2")
            yield context

    @contextmanager
    def _freed(self, pointer: Any, free: str) -> Iterator[None]:
        if not pointer:
            self._calls["ERR_clear_error"]()
            raise TokenRefused("libcrypto does not take the key")
        try:
            yield
        finally:
            self._calls[free](pointer)


def _load() -> dict[str, Callable[..., Any]]:
    for name in _names():
        try:
            library = ctypes.CDLL(name)
            return {each: _typed(library, each) for each in _FUNCTIONS}
        except (OSError, AttributeError):
            continue
    raise BackendMissing("no libcrypto with the functions of OpenSSL 3")


def _names() -> Iterator[str]:
    if sys.platform == "darwin":
        yield from MAC_NAMES
        return
    yield from NAMES
    found = ctypes.util.find_library("crypto")
    if found is not None:
        yield found


def _typed(library: ctypes.CDLL, name: str) -> Callable[..., Any]:
    function = getattr(library, name)
    function.restype, function.argtypes = _FUNCTIONS[name]
    return function  # type: ignore[no-any-return]  # ctypes knows no better
