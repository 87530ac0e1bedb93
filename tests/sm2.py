"""SM2 private keys in memory, for the test world: the call shape of ``cryptography``'s, which knows no SM2."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca import der
from ca.algorithm_identifiers import algorithm_identifier
from hsm.algorithms import PublicKey, SignatureAlgorithm
from hsm.public_keys import spki
from hsm.sm2.backend import Sm2Backend, open_backend
from hsm.sm2.curve import base_multiple
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import message_digest


@cache
def backend() -> Sm2Backend:
    """Return whichever implementation is here."""
    return open_backend(python_signing=True)


class Sm2TestKey:
    """A private scalar that nobody protects."""

    def __init__(self, scalar: bytes | None = None) -> None:
        self.scalar = bytes(backend().generate()) if scalar is None else scalar
        point = base_multiple(
            int.from_bytes(self.scalar)
        )  # a back end recovers it from signatures, ten times as long
        assert point is not None
        self._public = Sm2PublicKey(*point)

    def public_key(self) -> Sm2PublicKey:
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Sign with the default identity; DER ``SM2Signature``."""
        return self.sign_digest(message_digest(self._public, message))

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign e; DER ``SM2Signature``."""
        return backend().sign_digest(self.scalar, digest)


@cache
def stand_in() -> ec.EllipticCurvePrivateKey:
    """Return the key that ``cryptography``'s builders work with, where the real one is SM2."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(der_: bytes, key: PublicKey, signing: object) -> bytes:
    """Return a certificate made with stand-ins over the real ``key``, signed with the real key if that is SM2."""
    body = _elements(der.Reader(der_).enter(der.SEQUENCE).element())
    body[_KEY_IN_CERTIFICATE] = spki(key)
    return _joined(body, _ALGORITHM_IN_CERTIFICATE, signing)


def revocation_list(der_: bytes, signing: object) -> bytes:
    """Return a list made with a stand-in, signed with an SM2 key."""
    body = _elements(der.Reader(der_).enter(der.SEQUENCE).element())
    return _joined(body, _ALGORITHM_IN_LIST, signing)


def status_answer(der_: bytes, signing: Sm2TestKey) -> bytes:
    """Return an OCSP response made with a stand-in, signed with an SM2 key."""
    response = der.Reader(der_).enter(der.SEQUENCE)
    status, wrapped = response.element(), response.enter(0xA0).enter(der.SEQUENCE)
    name = wrapped.element()
    basic = _elements(wrapped.contents(der.OCTET_STRING))
    basic[1:3] = [_SM2_SM3, der.bit_string(signing.sign(basic[0]))]
    inner = der.sequence(name, der.octet_string(der.sequence(*basic)))
    return der.sequence(status, der.explicit(0, inner))


_KEY_IN_CERTIFICATE = 6
_ALGORITHM_IN_CERTIFICATE = 2
_ALGORITHM_IN_LIST = 1
_SM2_SM3 = algorithm_identifier(SignatureAlgorithm.SM2_SM3)


def _elements(octets: bytes) -> list[bytes]:
    reader = der.Reader(octets).enter(der.SEQUENCE)
    found = []
    while reader.more:
        found.append(reader.element())
    return found


def _joined(body: list[bytes], place: int, signing: object) -> bytes:
    """Sign a body whose algorithm stands at ``place``: with SM2, or as ECDSA with SHA-256 where a stand-in did."""
    algorithm = _SM2_SM3 if isinstance(signing, Sm2TestKey) else body[place]
    body[place] = algorithm
    tbs = der.sequence(*body)
    if isinstance(signing, Sm2TestKey):
        signature = signing.sign(tbs)
    elif isinstance(signing, ec.EllipticCurvePrivateKey):
        signature = signing.sign(tbs, ec.ECDSA(hashes.SHA256()))
    else:
        raise TypeError("an SM2 key is certified by SM2 or by ECDSA here")
    return der.sequence(tbs, algorithm, der.bit_string(signature))
