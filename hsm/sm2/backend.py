"""Who computes with SM2 private keys: GmSSL, else the system's libcrypto, else our own Python where that is allowed.

Nothing is loaded when this module is imported; the choice is made at the first use, once, and only a library that passes
its self-test is chosen (:mod:`hsm.sm2.self_test`). ``verify/`` never imports this module.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Final, Protocol

from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import Scalar
from hsm.sm2.signature import DEFAULT_ID

LOG: Final = logging.getLogger("hsm.sm2")
CHAIN: Final = (("hsm.sm2.by_gmssl", "GmsslBackend"), ("hsm.sm2.by_libcrypto", "LibcryptoBackend"))
"""Modules and classes in the order of preference; :class:`hsm.sm2.by_python.PythonBackend` comes last."""


class BackendMissing(Exception):
    """The library is not here, or cannot do SM2: the next one is tried."""


class Sm2Backend(Protocol):
    """SM2 over SM3. Z and e are ours (:mod:`hsm.sm2.signature`); a ``Scalar`` is 32 octets, big endian, in [1, n-2].

    A scalar out of range is ``ValueError``. The caller owns each scalar and wipes it.
    """

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def constant_time(self) -> bool:
        """Whether its makers mean private scalars not to show in timing. We did not audit either library."""

    def generate(self) -> bytearray:
        """Make a private key."""

    def public(self, scalar: Scalar) -> Sm2PublicKey:
        """Compute the public half."""

    def sign_digest(self, scalar: Scalar, digest: bytes) -> bytes:
        """Sign e (32 octets); DER ``SM2Signature``."""

    def sign(self, scalar: Scalar, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        """Sign a message; DER ``SM2Signature``."""

    def verify_digest(self, public: Sm2PublicKey, digest: bytes, signature: bytes) -> None:
        """Prove a signature (DER or r ‖ s) over e, or raise :class:`hsm.errors.SignatureInvalid`."""

    def verify(
        self, public: Sm2PublicKey, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID
    ) -> None:
        """Prove a signature over a message, or raise :class:`hsm.errors.SignatureInvalid`."""

    def encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        """Encrypt 1 to :data:`hsm.sm2.cipher.MAX_PLAINTEXT` octets (``ValueError`` otherwise)."""

    def decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        """Decrypt, or raise :class:`hsm.errors.DecryptionFailed`. The caller wipes what comes out."""


def open_backend(*, python_signing: bool = False) -> Sm2Backend:
    """Return the first backend of the chain that works here.

    Where only our own Python is left it verifies and encrypts; with private keys it works only when ``python_signing`` is
    given, and raises :class:`hsm.errors.Sm2SigningUnavailable` otherwise: it is not constant time.
    """
    return _native() or python_backend(allowed=python_signing)


def python_backend(*, allowed: bool) -> Sm2Backend:
    """Return our own Python; ``allowed`` lets it use private keys."""
    from hsm.sm2.by_python import PythonBackend  # noqa: PLC0415 - loaded when needed

    return PythonBackend(allowed=allowed)


@cache
def _native() -> Sm2Backend | None:
    for module, name in CHAIN:
        try:
            return load(module, name)
        except BackendMissing as missing:
            LOG.info("SM2 by %s is not to be had: %s", module.rpartition("_")[2], missing)
    return None


def load(module: str, name: str) -> Sm2Backend:
    """Load one backend and let it pass its self-test, or raise :class:`BackendMissing`."""
    from hsm.sm2.self_test import self_test  # noqa: PLC0415 - loaded when needed

    backend: Sm2Backend = getattr(import_module(module), name)()
    self_test(backend)
    return backend
