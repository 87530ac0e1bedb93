"""The tables of algorithms: key kinds, digests, signature algorithms and their identifiers.

A digest never travels without its algorithm (:class:`Digest`). New suites are new rows here, not new branches elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hsm.errors import UnsupportedAlgorithm
from hsm.sm2.public_key import Sm2PublicKey

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Sm2PublicKey


class Family(Enum):
    """What a key is: keys and signature algorithms of one family fit together."""

    RSA = "rsa"
    EC = "ec"
    SM2 = "sm2"


class DigestAlgorithm(Enum):
    """Digest algorithms by name; ``oid`` is from RFC 5754 (NIST hash arc), that of SM3 from GB/T 33560."""

    SHA256 = ("sha256", "2.16.840.1.101.3.4.2.1", 32)
    SHA384 = ("sha384", "2.16.840.1.101.3.4.2.2", 48)
    SHA512 = ("sha512", "2.16.840.1.101.3.4.2.3", 64)
    SM3 = ("sm3", "1.2.156.10197.1.401", 32)

    def __init__(self, label: str, oid: str, size: int) -> None:
        self.label = label
        self.oid = oid
        self.size = size
        """Length of the digest in octets."""

    def hash(self) -> hashes.HashAlgorithm:
        """Return the same algorithm as ``cryptography`` names it."""
        return _HASHES[self]()

    def digest(self, data: bytes | memoryview) -> Digest:
        """Digest ``data`` (octets)."""
        running = self.running()
        running.update(data)
        return Digest(self, running.digest())

    def running(self) -> RunningDigest:
        """Begin a digest over octets that come piece by piece."""
        # Several distributions build hashlib's OpenSSL without SM3; cryptography has it everywhere.
        return _RunningSm3() if self is DigestAlgorithm.SM3 else getattr(hashlib, self.label)()


class RunningDigest(Protocol):
    """A digest that is fed piece by piece, as ``hashlib`` has it."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next octets."""

    def digest(self) -> bytes:
        """Return the digest of what was taken so far."""


class _RunningSm3:
    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes | memoryview, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


_HASHES: Final[dict[DigestAlgorithm, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SM3]]] = {
    DigestAlgorithm.SHA256: hashes.SHA256,
    DigestAlgorithm.SHA384: hashes.SHA384,
    DigestAlgorithm.SHA512: hashes.SHA512,
    DigestAlgorithm.SM3: hashes.SM3,
}


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest with its algorithm; ``value`` has exactly the algorithm's length."""

    algorithm: DigestAlgorithm
    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != self.algorithm.size:
            raise ValueError(f"a {self.algorithm.label} digest has {self.algorithm.size} octets")

    @property
    def hex(self) -> str:
        """Lower-case hexadecimal digits of the value."""
        return self.value.hex()

    def __str__(self) -> str:
        return f"{self.algorithm.label}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read what :meth:`__str__` writes, ``algorithm:hex`` in lower case; anything else is a ``ValueError``."""
        label, _, digits = text.partition(":")
        for algorithm in DigestAlgorithm:
            if algorithm.label == label and digits == digits.lower():
                found = cls(algorithm, bytes.fromhex(digits))
                if str(found) == text:
                    return found
        raise ValueError("a digest is written algorithm:hex, such as sha256:9f86…")


class KeyKind(Enum):
    """Kinds of key pairs that the module makes."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    SM2 = "sm2"

    @property
    def family(self) -> Family:
        """The family of the key."""
        return Family(self.value.partition("-")[0])

    @property
    def is_rsa(self) -> bool:
        """Tell whether this is an RSA kind."""
        return self.family is Family.RSA

    @property
    def bits(self) -> int:
        """Modulus length, or field size of the curve."""
        return _BITS[self]

    def curve(self) -> ec.EllipticCurve:
        """Return the curve as ``cryptography`` has it; an RSA kind or SM2 has none there (``ValueError``)."""
        if self is KeyKind.EC_P256:
            return ec.SECP256R1()
        if self is KeyKind.EC_P384:
            return ec.SECP384R1()
        raise ValueError(f"{self.value} has no curve")


_BITS: Final = {
    KeyKind.RSA_2048: 2048,
    KeyKind.RSA_3072: 3072,
    KeyKind.RSA_4096: 4096,
    KeyKind.EC_P256: 256,
    KeyKind.EC_P384: 384,
    KeyKind.SM2: 256,
}


class SignatureAlgorithm(Enum):
    """Signature algorithms: name, identifier (RFC 4055, RFC 5758, GB/T 33560), digest."""

    RSA_SHA256 = ("rsa-sha256", "1.2.840.113549.1.1.11", DigestAlgorithm.SHA256)
    RSA_SHA384 = ("rsa-sha384", "1.2.840.113549.1.1.12", DigestAlgorithm.SHA384)
    RSA_SHA512 = ("rsa-sha512", "1.2.840.113549.1.1.13", DigestAlgorithm.SHA512)
    ECDSA_SHA256 = ("ecdsa-sha256", "1.2.840.10045.4.3.2", DigestAlgorithm.SHA256)
    ECDSA_SHA384 = ("ecdsa-sha384", "1.2.840.10045.4.3.3", DigestAlgorithm.SHA384)
    SM2_SM3 = ("sm2-sm3", "1.2.156.10197.1.501", DigestAlgorithm.SM3)

    def __init__(self, label: str, oid: str, digest: DigestAlgorithm) -> None:
        self.label = label
        self.oid = oid
        self.digest = digest

    @property
    def family(self) -> Family:
        """The family of keys that make such signatures."""
        return _FAMILIES[self.label.partition("-")[0]]

    @property
    def is_rsa(self) -> bool:
        """Tell whether this is RSASSA-PKCS1-v1_5."""
        return self.family is Family.RSA


_FAMILIES: Final = {"rsa": Family.RSA, "ecdsa": Family.EC, "sm2": Family.SM2}


DEFAULT_ALGORITHM: Final = {
    KeyKind.RSA_2048: SignatureAlgorithm.RSA_SHA256,
    KeyKind.RSA_3072: SignatureAlgorithm.RSA_SHA256,
    KeyKind.RSA_4096: SignatureAlgorithm.RSA_SHA256,
    KeyKind.EC_P256: SignatureAlgorithm.ECDSA_SHA256,
    KeyKind.EC_P384: SignatureAlgorithm.ECDSA_SHA384,
    KeyKind.SM2: SignatureAlgorithm.SM2_SM3,
}


def kind_of(key: PublicKey) -> KeyKind:
    """Tell which kind a public key is; one that we do not make raises :class:`UnsupportedAlgorithm`."""
    if isinstance(key, Sm2PublicKey):
        return KeyKind.SM2
    if isinstance(key, rsa.RSAPublicKey):
        for kind in KeyKind:
            if kind.is_rsa and kind.bits == key.key_size:
                return kind
    elif isinstance(key, ec.EllipticCurvePublicKey):
        for kind in (KeyKind.EC_P256, KeyKind.EC_P384):
            if key.curve.name == kind.curve().name:
                return kind
    raise UnsupportedAlgorithm(f"{type(key).__name__} of {key.key_size} bits")
