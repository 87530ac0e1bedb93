"""The two suites of an installation: which keys and digests it makes by default."""

from __future__ import annotations

from enum import StrEnum

from hsm.algorithms import DigestAlgorithm, KeyKind


class Suite(StrEnum):
    """The international algorithms, or those of the Chinese State Cryptography Administration (国密)."""

    INTERNATIONAL = "international"
    GM = "gm"

    @property
    def key_kind(self) -> KeyKind:
        """Kind of a signing key."""
        return KeyKind.SM2 if self is Suite.GM else KeyKind.EC_P256

    @property
    def root_key_kind(self) -> KeyKind:
        """Kind of a root's key; GM knows one strength."""
        return KeyKind.SM2 if self is Suite.GM else KeyKind.EC_P384

    @property
    def digest(self) -> DigestAlgorithm:
        """Digest of documents and messages."""
        return DigestAlgorithm.SM3 if self is Suite.GM else DigestAlgorithm.SHA256
