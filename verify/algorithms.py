"""Which digests and signature algorithms count, and the one place that checks a signature's value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import algos, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import DigestAlgorithm
from hsm.errors import HsmError
from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from verify.certificates import gm
from verify.certificates.remembered import by_identity
from verify.digests import SHAKE256, SM3
from verify.errors import failed, unsure
from verify.verdict import SubIndication

DIGESTS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
    SM3: hashes.SM3,
}
"""Digests accepted (ETSI TS 119 312 §5.2; GB/T 32905); SHA-1 and MD5 are collision-broken and never count."""

SHAKE256_BITS: Final = 512
"""RFC 8419 §3.1, RFC 8702 §3.1: how much of SHAKE256 is a digest in a CMS; Ed448 goes with it."""
OLD_DIGESTS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
}
"""Digests that counted once: computed only for whoever judges by :mod:`verify.strength` when a proof shows they were sound."""
MIN_OLD_RSA_BITS: Final = 1024
"""Below it anyone with a desk computer factors the key; no proof of age helps what was never sound in this century."""
MIN_RSA_BITS: Final = 2048
"""ETSI TS 119 312 §8.2."""
MAX_RSA_BITS: Final = 16_384
"""A larger modulus only costs time; OpenSSL itself stops here."""
EXPONENT_LIMIT: Final = 1 << 32
"""Real exponents are 3, 17 and 65537, and many readers take none of more than 31 bits; longer ones only cost time."""
KEPT_ALGORITHMS: Final = 64
"""Algorithm identifiers of which one process remembers what they name; the same few come again in every document."""
MIN_CURVE_BITS: Final = 256
"""ETSI TS 119 312 §8.3: P-256 and more; SM2's one curve has as many, for a strength of 128 bits."""


def _weak(name: str) -> Exception:
    return unsure(
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        f"签名使用了不被接受的算法（{name}），无法作为可靠证明；请要求重新签章。",
        f"The signature uses an algorithm that is not accepted ({name}); ask for it to be signed again.",
    )


def digest_name(algorithm: algos.DigestAlgorithm, *, old: bool = False) -> str:
    """Return the ``hashlib`` name of an accepted digest; raises CRYPTO_CONSTRAINTS_FAILURE for any other.

    ``old``: digests of the past are named too; the caller judges whether they were sound when it mattered.
    """
    name = str(algorithm["algorithm"].native)
    if name == DigestAlgorithm.SM3.oid:  # asn1crypto has no name for it
        return SM3
    if name == "shake256" or (name == "shake256_len" and algorithm["parameters"].native == SHAKE256_BITS):
        return SHAKE256
    if name not in DIGESTS and not (old and name in OLD_DIGESTS):
        raise _weak(name)
    return name


def key_of(certificate: x509.Certificate) -> Any:
    """Return the key of a certificate, SM2 included.

    ``ValueError`` for a key that cannot be read, ``UnsupportedAlgorithm`` for one that nothing here can use: another
    curve, a point that is not on it.
    """
    try:
        return certificate.public_key()
    except UnsupportedAlgorithm:
        try:
            return certificate_key(certificate)
        except HsmError as wrong:
            raise UnsupportedAlgorithm("a key that is neither RSA, EC, EdDSA nor SM2") from wrong


def spki_of(certificate: x509.Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate (DER); raises as :func:`key_of`."""
    octets: bytes = key_of(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return octets


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """How a value was signed: the algorithm, the SignerInfo's digest, and whether algorithms of the past may be computed."""

    algorithm: algos.SignedDigestAlgorithm
    digest: str
    old: bool = False


def check_value(
    key: Any, algorithm: algos.SignedDigestAlgorithm, digest: str, signature: bytes, message: bytes
) -> None:
    """Check a signature value over ``message`` (RFC 5652 §5.6) by what counts today.

    ``digest`` is the SignerInfo's digest, used where the algorithm itself names none. Raises
    ``InvalidSignature``, or CRYPTO_CONSTRAINTS_FAILURE for algorithms that are unknown, weak, or not the key's.
    """
    check_scheme(key, SignatureScheme(algorithm, digest), signature, message)


def check_scheme(key: Any, used: SignatureScheme, signature: bytes, message: bytes) -> None:
    """Check a signature value as :func:`check_value` does; with ``used.old`` by algorithms of the past too."""
    algorithm = used.algorithm
    if isinstance(key, Sm2PublicKey):
        _check_sm2(algorithm, used.digest)
        gm.check_value(key, message, signature)
        return
    name = _scheme(algorithm)
    if name in {"rsassa_pkcs1v15", "rsassa_pss"} and isinstance(key, rsa.RSAPublicKey):
        least = MIN_OLD_RSA_BITS if used.old else MIN_RSA_BITS
        if not least <= key.key_size <= MAX_RSA_BITS:
            raise _weak(f"RSA-{key.key_size}")
        if key.public_numbers().e >= EXPONENT_LIMIT:  # before it costs its time
            raise _weak("RSA, exponent")
        scheme, hashed = _rsa(used)
        key.verify(signature, message, scheme, hashed)
    elif name == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < MIN_CURVE_BITS:
            raise _weak(key.curve.name)
        key.verify(signature, message, ec.ECDSA(_hash(_own_digest(used), old=used.old)))
    elif (name == "ed25519" and isinstance(key, ed25519.Ed25519PublicKey)) or (
        name == "ed448" and isinstance(key, ed448.Ed448PublicKey)
    ):
        key.verify(signature, message)
    else:
        raise _weak(str(algorithm["algorithm"].native))


def _check_sm2(algorithm: algos.SignedDigestAlgorithm, digest: str) -> None:
    """GM/T 0009, GB/T 35275: SM2 or SM2-with-SM3, without parameters, and SM3 for the attributes too."""
    oid = algorithm["algorithm"].dotted
    if oid not in gm.SIGNATURE_OIDS or digest != SM3:
        raise _weak(f"SM2, {oid}, {digest}")
    if (
        not isinstance(algorithm["parameters"], core.Void | core.Null)
        and algorithm["parameters"].native is not None
    ):
        raise _weak(f"{oid} with parameters")


@by_identity(KEPT_ALGORITHMS)
def _scheme(algorithm: algos.SignedDigestAlgorithm) -> str:
    """Name the scheme; nothing for an algorithm that nobody here knows, or that is SM2's."""
    try:
        return str(algorithm.signature_algo)
    except ValueError:
        return ""


def _own_digest(used: SignatureScheme) -> str:
    own = _named_digest(used.algorithm)
    if own and own != used.digest:
        raise InvalidSignature  # RFC 5652 §5.6: one digest for the attributes and for the signature
    return used.digest


@by_identity(KEPT_ALGORITHMS)
def _named_digest(algorithm: algos.SignedDigestAlgorithm) -> str:
    """Name the digest that a signature algorithm names itself; nothing where it names none."""
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return ""


def _hash(name: str, *, old: bool) -> hashes.HashAlgorithm:
    if old and name in OLD_DIGESTS:
        return OLD_DIGESTS[name]()
    if name not in DIGESTS or name == SM3:  # nobody signs SM3 digests with RSA or ECDSA
        raise _weak(name)
    return DIGESTS[name]()


def _named(wrapped: algos.DigestAlgorithm, used: SignatureScheme) -> hashes.HashAlgorithm:
    """Return a digest that parameters name: one of the past only where the whole signature says that it rests on it."""
    name = str(wrapped["algorithm"].native)
    return _hash(name, old=used.old and name == used.digest)


def _rsa(used: SignatureScheme) -> tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]:
    if used.algorithm.signature_algo == "rsassa_pkcs1v15":
        return padding.PKCS1v15(), _hash(_own_digest(used), old=used.old)
    parameters = used.algorithm["parameters"]
    hashed = _named(parameters["hash_algorithm"], used)
    _check_pss(parameters, used)
    mask = _named(parameters["mask_gen_algorithm"]["parameters"], used)
    return padding.PSS(mgf=padding.MGF1(mask), salt_length=int(parameters["salt_length"].native)), hashed


def _check_pss(parameters: algos.RSASSAPSSParams, used: SignatureScheme) -> None:
    """RFC 4055 §3.1, RFC 4056 §3: the parameters name the digest that the signature states, MGF1, and the one trailer there is.

    Whoever asks for a digest by its name must not be given another: raises ``Finding`` FORMAT_FAILURE.
    """
    if str(parameters["hash_algorithm"]["algorithm"].native) != used.digest:
        raise failed(
            SubIndication.FORMAT_FAILURE,
            "签名参数（RSA-PSS）中的摘要算法与签名声明的摘要算法不一致，签章不能成立；请要求重新签章。",
            "The digest in the parameters of RSA-PSS is not the one that the signature states: it cannot hold; ask for it to be signed again.",
        )
    generator = str(parameters["mask_gen_algorithm"]["algorithm"].native)
    if generator != "mgf1" or parameters["trailer_field"].native not in _TRAILERS:
        raise _weak(f"RSA-PSS, {generator}")


_TRAILERS: Final = frozenset({1, "trailer_field_bc"})
"""``trailerFieldBC``, by number and by the library's name."""
