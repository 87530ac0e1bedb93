"""The part of every backend that is the same: messages to digests, forms of signatures, limits of plaintexts."""

from __future__ import annotations

from abc import ABC, abstractmethod

from hsm.errors import DecryptionFailed, SignatureInvalid
from hsm.sm2.cipher import MAX_PLAINTEXT, Sm2Cipher
from hsm.sm2.curve import OCTETS
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import Scalar, check_scalar, random_scalar, wipe
from hsm.sm2.signature import DEFAULT_ID, Sm2Signature, message_digest


class Arithmetic(ABC):
    """A backend (:class:`hsm.sm2.backend.Sm2Backend`) over the five operations that a library brings."""

    def generate(self) -> bytearray:
        """Make a private key."""
        return random_scalar()

    def public(self, scalar: Scalar) -> Sm2PublicKey:
        """Compute the public half."""
        check_scalar(scalar)
        return self._public(scalar)

    def sign_digest(self, scalar: Scalar, digest: bytes) -> bytes:
        """Sign e (32 octets); DER ``SM2Signature``."""
        check_scalar(scalar)
        _check_digest(digest)
        return self._sign(scalar, digest).der

    def sign(self, scalar: Scalar, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
        """Sign a message; DER ``SM2Signature``."""
        return self.sign_digest(scalar, message_digest(self.public(scalar), message, identity))

    def verify_digest(self, public: Sm2PublicKey, digest: bytes, signature: bytes) -> None:
        """Prove a signature over e, or raise :class:`SignatureInvalid`."""
        _check_digest(digest)
        parsed = Sm2Signature.parse(signature)
        if not self._verify(public, digest, parsed):
            raise SignatureInvalid("sm2-sm3")

    def verify(
        self, public: Sm2PublicKey, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID
    ) -> None:
        """Prove a signature over a message, or raise :class:`SignatureInvalid`."""
        self.verify_digest(public, message_digest(public, message, identity), signature)

    def encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        """Encrypt (GB/T 32918.4 §6.1); a mask of zeros alone is drawn anew (A5)."""
        if not 1 <= len(plaintext) <= MAX_PLAINTEXT:
            raise ValueError(f"SM2 encrypts 1 to {MAX_PLAINTEXT} octets")
        while True:
            made = self._encrypt(public, plaintext)
            if made.text != plaintext:  # C2 = M exclusive-or mask: equal only when the mask is zero
                return made

    def decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        """Decrypt (GB/T 32918.4 §7.1); a mask of zeros alone is refused (B4)."""
        check_scalar(scalar)
        plain = self._decrypt(scalar, cipher)
        if plain == cipher.text:
            wipe(plain)
            raise DecryptionFailed("the mask is zero")
        return plain

    @abstractmethod
    def _public(self, scalar: Scalar) -> Sm2PublicKey: ...

    @abstractmethod
    def _sign(self, scalar: Scalar, digest: bytes) -> Sm2Signature: ...

    @abstractmethod
    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool: ...

    @abstractmethod
    def _encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher: ...

    @abstractmethod
    def _decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        """Raise :class:`DecryptionFailed` unless C3 is right."""


def _check_digest(digest: bytes) -> None:
    if len(digest) != OCTETS:
        raise ValueError("an SM2 digest e has 32 octets")
