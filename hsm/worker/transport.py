"""Private encryption keys in the clear, for the moment between two wrappings. Imported by the worker process alone.

A key travels as one run of octets: an SM2 scalar (32 octets), or PKCS#8 DER. Whoever gets a ``bytearray`` wipes it; see
:mod:`hsm.sm2.scalar` for what that means in Python.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from hsm.algorithms import KeyKind, PublicKey
from hsm.enveloped_key import SM4_KEY_OCTETS
from hsm.envelopes import EnvelopeFormat, Recipient, WrappedKey
from hsm.errors import DecryptionFailed, UnsupportedAlgorithm
from hsm.public_keys import spki
from hsm.sm2.backend import Sm2Backend
from hsm.sm2.private_octets import pkcs8
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import wipe

AES_OCTETS: Final = 32
OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
"""RFC 8017 §7.1 with SHA-1 and MGF1-SHA-1: the one variant that every token has (SoftHSM has no other). OAEP asks neither
of the hash to resist collisions."""
POINT_OCTETS: Final = 65
_SHARED_HEAD: Final = bytes.fromhex("300b060960864801650304013 0".replace(" ", ""))
"""AlgorithmIdentifier id-aes256-wrap-pad (RFC 5649 §5; 2.16.840.1.101.3.4.1.48), parameters absent."""


@contextmanager
def wiped(octets: bytearray) -> Iterator[bytearray]:
    """Lend ``octets`` and overwrite them afterwards."""
    try:
        yield octets
    finally:
        wipe(octets)


def make_pair(kind: KeyKind, backend: Sm2Backend) -> tuple[PublicKey, bytearray]:
    """Make an encryption key pair; the caller wipes the private half."""
    if kind is KeyKind.SM2:
        scalar = backend.generate()
        return backend.public(scalar), scalar
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if kind in (KeyKind.RSA_2048, KeyKind.RSA_3072):
        key = rsa.generate_private_key(65537, kind.bits)
    elif kind is KeyKind.EC_P256:
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        raise UnsupportedAlgorithm(f"no encryption keys of kind {kind.value}")
    private = bytearray(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key(), private


def wrap(private: bytearray, public: PublicKey, recipient: Recipient, backend: Sm2Backend) -> WrappedKey:
    """Wrap a private key (with its public half) for ``recipient``."""
    to = recipient.public_key
    if isinstance(to, Sm2PublicKey) and isinstance(public, Sm2PublicKey):
        return _sm2_to_sm2(private, to, backend)
    with wiped(_pkcs8(private, public)) as octets:
        if isinstance(to, Sm2PublicKey):
            return _to_sm2(octets, to, backend)
        if isinstance(to, rsa.RSAPublicKey):
            return _to_rsa(octets, to)
        if isinstance(to.curve, ec.SECP256R1):
            return _to_p256(octets, to, recipient.binding)
    raise UnsupportedAlgorithm("no envelope for a recipient of this kind")


def _pkcs8(private: bytearray, public: PublicKey) -> bytearray:
    return pkcs8(private, public) if isinstance(public, Sm2PublicKey) else bytearray(private)


def _sm2_to_sm2(private: bytearray, to: Sm2PublicKey, backend: Sm2Backend) -> WrappedKey:
    with wiped(bytearray(secrets.token_bytes(SM4_KEY_OCTETS))) as key:
        return WrappedKey(EnvelopeFormat.SM2, backend.encrypt(to, key).raw, sm4_ecb(key, private))


def sm4_ecb(key: bytearray, octets: bytearray) -> bytes:
    """Encrypt whole blocks with SM4 in mode ECB: one random key, two blocks that never repeat (GM/T 0009 §7.4)."""
    running = Cipher(algorithms.SM4(bytes(key)), modes.ECB()).encryptor()  # noqa: S305 - the standard's mode
    return running.update(octets) + running.finalize()


def sm4_ecb_open(key: bytearray, octets: bytes) -> bytearray:
    """Decrypt what :func:`sm4_ecb` made."""
    running = Cipher(algorithms.SM4(bytes(key)), modes.ECB()).decryptor()  # noqa: S305 - the standard's mode
    return bytearray(running.update(octets) + running.finalize())


def _to_sm2(octets: bytearray, to: Sm2PublicKey, backend: Sm2Backend) -> WrappedKey:
    with wiped(bytearray(secrets.token_bytes(AES_OCTETS))) as key:
        body = aes_key_wrap_with_padding(bytes(key), bytes(octets))
        return WrappedKey(EnvelopeFormat.SM2_KWP, backend.encrypt(to, key).raw, body)


def _to_rsa(octets: bytearray, to: rsa.RSAPublicKey) -> WrappedKey:
    with wiped(bytearray(secrets.token_bytes(AES_OCTETS))) as key:
        body = aes_key_wrap_with_padding(bytes(key), bytes(octets))
        return WrappedKey(EnvelopeFormat.RSA_KWP, to.encrypt(bytes(key), OAEP), body)


def _to_p256(octets: bytearray, to: ec.EllipticCurvePublicKey, binding: bytes) -> WrappedKey:
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    with wiped(agreed_key(ephemeral.exchange(ec.ECDH(), to), binding)) as key:
        return WrappedKey(
            EnvelopeFormat.ECDH_KWP, point, aes_key_wrap_with_padding(bytes(key), bytes(octets))
        )


def agreed_key(shared: bytes, binding: bytes) -> bytearray:
    """Derive the AES-256 key of an ECDH envelope: X9.63 KDF with SHA-256 over ECC-CMS-SharedInfo (RFC 5753 §7.2).

    ``entityUInfo`` is the recipient's binding, so that an envelope moved to another serial or container does not open.
    """
    party = b"\xa0\x22\x04\x20" + binding
    size = b"\xa2\x06\x04\x04" + (8 * AES_OCTETS).to_bytes(4)
    content = _SHARED_HEAD + party + size
    info = bytes((0x30, len(content))) + content
    return bytearray(X963KDF(hashes.SHA256(), AES_OCTETS, info).derive(shared))


def check_halves(private: bytearray, public: Sm2PublicKey, backend: Sm2Backend) -> None:
    """Prove that d·G is the public key that came along, or raise :class:`DecryptionFailed`."""
    try:
        same = spki(backend.public(private)) == spki(public)
    except (ValueError, InvalidTag) as wrong:
        raise DecryptionFailed("what was enveloped is no SM2 private key") from wrong
    if not same:
        raise DecryptionFailed("the enveloped private key is not that of the public key beside it")
