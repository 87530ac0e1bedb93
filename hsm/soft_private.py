"""Private keys of the soft key store in memory: how they are made, written as PKCS#8 and used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from hsm.algorithms import Digest, KeyKind, PublicKey, SignatureAlgorithm
from hsm.digest_signing import check_digest
from hsm.errors import Sm2Unreadable
from hsm.public_keys import load_spki
from hsm.sm2.backend import open_backend
from hsm.sm2.private_octets import pkcs8, read_pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import message_digest

PUBLIC_EXPONENT: Final = 65537


@dataclass(frozen=True, slots=True)
class Sm2PrivateKey:
    """Both halves of an SM2 key; ``python_signing`` as in :class:`hsm.key_policy.KeyPolicy`."""

    public: Sm2PublicKey
    scalar: bytearray = field(repr=False, compare=False)
    python_signing: bool = False

    def sign(self, message: bytes) -> bytes:
        """Sign with the default identity; DER ``SM2Signature``."""
        return self.sign_digest(message_digest(self.public, message))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign e (32 octets); DER ``SM2Signature``."""
        backend = open_backend(python_signing=self.python_signing)
        return backend.sign_digest(self.scalar, digest)


PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Sm2PrivateKey


def make(kind: KeyKind, *, python_signing: bool) -> PrivateKey:
    """Make a key pair."""
    if kind.is_rsa:
        return rsa.generate_private_key(PUBLIC_EXPONENT, kind.bits)
    if kind is KeyKind.SM2:
        backend = open_backend(python_signing=python_signing)
        scalar = backend.generate()
        return Sm2PrivateKey(backend.public(scalar), scalar, python_signing)
    return ec.generate_private_key(kind.curve())


def public_half(key: PrivateKey) -> PublicKey:
    """Return the public half."""
    return key.public if isinstance(key, Sm2PrivateKey) else key.public_key()


def write(key: PrivateKey) -> bytes:
    """Write PKCS#8 without a password: it is sealed before it goes anywhere."""
    if isinstance(key, Sm2PrivateKey):
        return bytes(pkcs8(key.scalar, key.public))
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load(octets: bytes, spki: bytes, *, python_signing: bool) -> PrivateKey:
    """Read what :func:`write` wrote, for the key whose public half is ``spki``; anything else is ``ValueError``."""
    if isinstance(load_spki(spki), Sm2PublicKey):
        try:
            scalar, public = read_pkcs8(octets)
        except Sm2Unreadable as wrong:
            raise ValueError("not an SM2 key") from wrong
        return Sm2PrivateKey(public, scalar, python_signing)
    key = load_der_private_key(octets, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("another kind of key")  # noqa: TRY004 - wrong content, not a wrong argument
    return key


def sign(key: PrivateKey, algorithm: SignatureAlgorithm, message: bytes) -> bytes:
    """Sign; see :meth:`hsm.signer.Signer.sign`."""
    if isinstance(key, Sm2PrivateKey):
        return key.sign(message)
    digest = algorithm.digest.hash()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), digest)
    return key.sign(message, ec.ECDSA(digest))


def sign_digest(key: PrivateKey, algorithm: SignatureAlgorithm, digest: Digest) -> bytes:
    """Sign a digest; see :meth:`hsm.digest_signing.DigestSigner.sign_digest`."""
    octets = check_digest(algorithm, digest)
    if isinstance(key, Sm2PrivateKey):
        return key.sign_digest(octets)
    prehashed = Prehashed(algorithm.digest.hash())
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), prehashed)
    return key.sign(octets, ec.ECDSA(prehashed))
