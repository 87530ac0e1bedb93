"""Keys for ``cryptography``'s builders over a :class:`hsm.signer.Signer`.

The builders of certificates, requests, CRLs and OCSP responses take subclasses of the library's key classes. Ours can
sign and tell their public half; everything that would use or show the private half otherwise is refused.
"""

from __future__ import annotations

from typing import Any, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric import utils as asymmetric

from hsm.errors import KeyNotExportable, UnsupportedAlgorithm
from hsm.signer import Signer


def builder_key(signer: Signer) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Dress a signer as a private key that the builders accept.

    Use it with the signer's own hash (``signer.algorithm.digest.hash()``): any other hash or padding raises
    :class:`UnsupportedAlgorithm`, whatever would export or otherwise use the key :class:`KeyNotExportable`. The builders
    know no SM2 (:class:`UnsupportedAlgorithm`) and do not check what they are given back: verify after signing.
    """
    if isinstance(signer.public_key, rsa.RSAPublicKey):
        return SignerRsaKey(signer, signer.public_key)
    if isinstance(signer.public_key, ec.EllipticCurvePublicKey):
        return SignerEcKey(signer, signer.public_key)
    raise UnsupportedAlgorithm("the builders know no SM2; the structure is written by hand")


def _refuse() -> NoReturn:
    raise KeyNotExportable


def _same_hash(signer: Signer, wanted: Any) -> None:
    if isinstance(wanted, asymmetric.Prehashed) or not isinstance(wanted, hashes.HashAlgorithm):
        raise UnsupportedAlgorithm("a signer takes the whole message")
    if wanted.name != signer.algorithm.digest.label:
        raise UnsupportedAlgorithm(f"this key signs with {signer.algorithm.label}, not with {wanted.name}")


class SignerRsaKey(rsa.RSAPrivateKey):
    """An RSA key that signs with RSASSA-PKCS1-v1_5 through its signer."""

    def __init__(self, signer: Signer, public: rsa.RSAPublicKey) -> None:
        self._signer = signer
        self._public = public

    def public_key(self) -> rsa.RSAPublicKey:
        """Return the public half."""
        return self._public

    @property
    def key_size(self) -> int:
        """Length of the modulus in bits."""
        return self._public.key_size

    def sign(self, data: Any, padding: Any, algorithm: Any) -> bytes:
        """Sign ``data`` with the signer's algorithm."""
        _check_pkcs1(padding)
        _same_hash(self._signer, algorithm)
        return self._signer.sign(bytes(data))

    def decrypt(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: the key signs only."""
        _refuse()

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        _refuse()

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        _refuse()

    def __copy__(self) -> SignerRsaKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SignerRsaKey:
        return self

    def __reduce__(self) -> NoReturn:
        _refuse()


class SignerEcKey(ec.EllipticCurvePrivateKey):
    """An EC key that signs with ECDSA through its signer."""

    def __init__(self, signer: Signer, public: ec.EllipticCurvePublicKey) -> None:
        self._signer = signer
        self._public = public

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve of the key."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Size of the curve's field in bits."""
        return self._public.key_size

    def sign(self, data: Any, signature_algorithm: Any) -> bytes:
        """Sign ``data`` with the signer's algorithm; DER ``Ecdsa-Sig-Value``."""
        if not isinstance(signature_algorithm, ec.ECDSA):
            raise UnsupportedAlgorithm("an EC key signs with ECDSA")
        _same_hash(self._signer, signature_algorithm.algorithm)
        return self._signer.sign(bytes(data))

    def exchange(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: the key signs only."""
        _refuse()

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        _refuse()

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        _refuse()

    def __copy__(self) -> SignerEcKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SignerEcKey:
        return self

    def __reduce__(self) -> NoReturn:
        _refuse()


def _check_pkcs1(chosen: Any) -> None:
    if not isinstance(chosen, padding.PKCS1v15):
        raise UnsupportedAlgorithm("this key signs with RSASSA-PKCS1-v1_5 only")
