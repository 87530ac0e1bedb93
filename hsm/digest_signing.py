"""Signing a digest that was made elsewhere: for callers who may not hand over, or do not have, what was hashed.

A :class:`hsm.signer.Signer` hashes inside, which is right for everything that this installation writes itself. A remote
client and a page that uses the keeper's own token bring the digest alone.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from hsm.algorithms import Digest, Family, PublicKey, SignatureAlgorithm
from hsm.errors import DigestNotSignable, SignatureInvalid
from hsm.signer import Signer
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature, holds, message_digest


@runtime_checkable
class DigestSigner(Signer, Protocol):
    """A signer that also takes the digest of a message."""

    def sign_digest(self, digest: Digest) -> bytes:
        """Sign a digest made with the algorithm's own function; for SM2 it is e, with Z of the default identity.

        The signature is the one that ``sign`` would make of the message, and of the same form.
        Raises :class:`DigestNotSignable` for a digest of another function, and :class:`hsm.errors.HsmError`.
        """


def digest_signer(signer: Signer) -> DigestSigner:
    """Return the signer as one that takes digests; :class:`DigestNotSignable` where its module hashes by itself."""
    if isinstance(signer, DigestSigner):
        return signer
    raise DigestNotSignable(f"a key with {signer.algorithm.label} in the custody {signer.custody.value}")


def check_digest(algorithm: SignatureAlgorithm, digest: Digest) -> bytes:
    """Return the octets of a digest made with the function of ``algorithm``; else :class:`DigestNotSignable`."""
    if digest.algorithm is not algorithm.digest:
        raise DigestNotSignable(
            f"{algorithm.label} signs {algorithm.digest.label}, not {digest.algorithm.label}"
        )
    return digest.value


def digest_to_sign(public_key: PublicKey, algorithm: SignatureAlgorithm, message: bytes) -> Digest:
    """Digest a message as its signature does; for SM2 that is e, with Z of the key and the default identity."""
    if isinstance(public_key, Sm2PublicKey):
        return Digest(algorithm.digest, message_digest(public_key, message))
    return algorithm.digest.digest(message)


def verify_digest(
    public_key: PublicKey, algorithm: SignatureAlgorithm, digest: Digest, signature: bytes
) -> None:
    """Prove that ``signature`` over a digest was made by the key, or raise :class:`SignatureInvalid`."""
    octets = check_digest(algorithm, digest)
    try:
        if isinstance(public_key, rsa.RSAPublicKey) and algorithm.is_rsa:
            public_key.verify(signature, octets, padding.PKCS1v15(), Prehashed(algorithm.digest.hash()))
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and algorithm.family is Family.EC:
            public_key.verify(signature, octets, ec.ECDSA(Prehashed(algorithm.digest.hash())))
        elif not (
            isinstance(public_key, Sm2PublicKey)
            and algorithm.family is Family.SM2
            and holds(public_key, octets, Sm2Signature.parse(signature))
        ):
            raise SignatureInvalid(f"{algorithm.label} over a digest")
    except InvalidSignature as wrong:
        raise SignatureInvalid(algorithm.label) from wrong
