"""The signing interface: a key bound to one algorithm, hashing inside."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

from hsm.algorithms import PublicKey, SignatureAlgorithm


class Custody(StrEnum):
    """Who keeps a private key, as reports and pages say it."""

    TOKEN = "token"  # noqa: S105 - the word, not a secret
    """In a PKCS#11 token; it was made there and cannot leave."""
    DEVICE = "device"
    """In a cryptographic device behind SDF (GM/T 0018) or SKF (GM/T 0016); it was made there and cannot leave."""
    SEALED = "sealed"
    """An SM2 scalar sealed under an AES key that cannot leave a PKCS#11 token; open in our worker for each use."""
    SOFT = "soft"
    """In the soft key store: an encrypted file."""
    REMOTE = "remote"
    """Elsewhere: in another's remote signing service, or in the keeper's own token at a desk. We see signatures alone."""

    @property
    def is_hardware(self) -> bool:
        """Tell whether the module itself uses the key, so that our software never holds the private half."""
        return self in (Custody.TOKEN, Custody.DEVICE)


@runtime_checkable
class Signer(Protocol):
    """A private key that can do one thing: sign a message with its one algorithm."""

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """The algorithm of every signature."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""

    @property
    def custody(self) -> Custody:
        """Where the private half is kept."""

    def sign(self, message: bytes) -> bytes:
        """Sign ``message`` (octets, hashed inside).

        Returns RSASSA-PKCS1-v1_5 octets (RFC 8017 §8.2) DER ``Ecdsa-Sig-Value`` (RFC 3279 §2.2.3) or
        DER ``SM2Signature`` (GM/T 0009 §7.3).
        Raises :class:`hsm.errors.HsmError`.
        """
