"""Public keys as tokens, certificates and requests hold them.

``cryptography`` parses a certificate with an SM2 key but cannot give the key: nobody calls ``certificate.public_key()``,
everybody calls :func:`certificate_key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm as NotSupported
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from hsm.algorithms import PublicKey
from hsm.errors import Sm2Unreadable, UnsupportedAlgorithm
from hsm.sm2.public_key import CURVE_OID, Sm2PublicKey
from hsm.spki_octets import spki_of_certificate, spki_of_request

CURVES: Final[dict[str, type[ec.EllipticCurve]]] = {
    "06082a8648ce3d030107": ec.SECP256R1,
    "06052b81040022": ec.SECP384R1,
}
"""CKA_EC_PARAMS: DER of the curve's object identifier (RFC 5480 §2.1.1.1)."""
OCTET_STRING: Final = 0x04


def public_key_from(attributes: Mapping[str, str]) -> PublicKey:
    """Build a key from CKA values in hexadecimal: modulus and exponent, curve and point, certificate, or an SM2 point.

    CKA_EC_POINT is DER OCTET STRING of the point (PKCS#11 v2.40 §2.3.3); some tokens leave the wrapper out.
    Raises :class:`UnsupportedAlgorithm` for anything that is not a key of ours.
    """
    try:
        if "sm2" in attributes:
            return Sm2PublicKey.from_point(bytes.fromhex(attributes["sm2"]))
        if "modulus" in attributes:
            numbers = rsa.RSAPublicNumbers(int(attributes["exponent"], 16), int(attributes["modulus"], 16))
            return numbers.public_key()
        if attributes.get("curve") == CURVE_OID.hex():
            return Sm2PublicKey.from_point(_point(bytes.fromhex(attributes["point"])))
        if "curve" in attributes:
            curve = CURVES[attributes["curve"]]()
            return ec.EllipticCurvePublicKey.from_encoded_point(
                curve, _point(bytes.fromhex(attributes["point"]))
            )
        if "certificate" in attributes:
            return certificate_key(x509.load_der_x509_certificate(bytes.fromhex(attributes["certificate"])))
    except (ValueError, KeyError, Sm2Unreadable) as wrong:
        raise UnsupportedAlgorithm("the token describes a public key that cannot be read") from wrong
    raise UnsupportedAlgorithm("the token holds no public half of this key")


def _point(octets: bytes) -> bytes:
    """Take the wrapper off: a bare uncompressed point also starts with 04, but has an odd length of 65 or 97."""
    if len(octets) in (67, 99) and octets[0] == OCTET_STRING and octets[1] == len(octets) - 2:
        return octets[2:]
    return octets


def load_spki(der: bytes) -> PublicKey:
    """Read DER SubjectPublicKeyInfo; :class:`UnsupportedAlgorithm` for what is none or has no key of ours.

    An SM2 key whose point is not on the curve raises :class:`hsm.errors.Sm2Unreadable`.
    """
    try:
        return _ours(load_der_public_key(der))
    except NotSupported:
        return Sm2PublicKey.from_spki(der)
    except ValueError as wrong:
        raise UnsupportedAlgorithm("not a DER SubjectPublicKeyInfo") from wrong


def certificate_key(certificate: x509.Certificate) -> PublicKey:
    """Return the key of a certificate; raises as :func:`load_spki`."""
    try:
        return _ours(certificate.public_key())
    except NotSupported:
        return Sm2PublicKey.from_spki(spki_of_certificate(certificate.tbs_certificate_bytes))
    except ValueError as wrong:
        raise UnsupportedAlgorithm("the certificate holds no key that can be read") from wrong


def request_key(request: x509.CertificateSigningRequest) -> PublicKey:
    """Return the key of a PKCS#10 request; raises as :func:`load_spki`. Its signature is not checked here."""
    try:
        return _ours(request.public_key())
    except NotSupported:
        return Sm2PublicKey.from_spki(spki_of_request(request.tbs_certrequest_bytes))
    except ValueError as wrong:
        raise UnsupportedAlgorithm("the request holds no key that can be read") from wrong


def _ours(key: object) -> PublicKey:
    if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return key
    raise UnsupportedAlgorithm(type(key).__name__)


def same_key(one: PublicKey, other: PublicKey) -> bool:
    """Compare two public keys by their SubjectPublicKeyInfo."""
    return spki(one) == spki(other)


def spki(key: PublicKey) -> bytes:
    """Encode as DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7)."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
