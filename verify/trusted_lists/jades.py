"""The signature of a list in JSON (TS 119 602 §6.8): JAdES baseline B, compact serialisation (ETSI TS 119 182-1, RFC 7515).

One form is accepted: three parts, the payload enclosed and encoded (RFC 7797's ``b64`` may be named and is true), the signer's
certificate in ``x5c`` or pinned with its octets, and no critical header that is not understood.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hsm.errors import HsmError
from hsm.sm2.public_key import Sm2PublicKey
from seals.errors import StatementInvalid
from seals.jws import Form, read_object
from verify.algorithms import MAX_RSA_BITS, MIN_RSA_BITS, key_of
from verify.certificates import gm
from verify.trusted_lists.errors import not_signed, too_large, unknown_signer, unreadable
from verify.trusted_lists.limits import (
    MAX_CERTIFICATE_OCTETS,
    MAX_CHAIN,
    MAX_DEPTH,
    MAX_HEADER_OCTETS,
    MAX_LIST_OCTETS,
)

SM2_NAME: Final = "SM2SM3"
"""A private name (RFC 7518 §7.1), the same as in our other signed JSON."""
UNDERSTOOD: Final = frozenset({"b64", "sigT", "iat", "x5t#S256"})
"""What ``crit`` may name: TS 119 182-1 §5.1.11; each of them is acted on here or changes nothing."""

FORM: Final = Form(depth=MAX_DEPTH, fractions=True)
"""Extensions of other schemes may hold what our own statements never do."""

_EC: Final[dict[str, tuple[type[ec.EllipticCurve], hashes.HashAlgorithm, int]]] = {
    "ES256": (ec.SECP256R1, hashes.SHA256(), 32),
    "ES384": (ec.SECP384R1, hashes.SHA384(), 48),
    "ES512": (ec.SECP521R1, hashes.SHA512(), 66),
}
_RSA: Final[dict[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class SignedPayload:
    """What was signed, and by which certificate (DER)."""

    payload: dict[str, Any]
    signer: bytes


def check_json(octets: bytes, pinned: Mapping[str, bytes | None]) -> SignedPayload:
    """Check a list in JSON against pinned signers: SHA-256 (hex) and, where at hand, DER.

    Raises ``ListUnreadable``, ``ListSignatureInvalid``, ``ListSignerUnknown``.
    """
    if len(octets) > MAX_LIST_OCTETS:
        raise too_large("文件过大", "it is too large")
    parts = octets.strip().split(b".")
    if len(parts) != 3:
        raise unreadable("不是紧凑格式的 JWS", "it is no compact JWS (RFC 7515 §3.1)")
    if len(parts[0]) > MAX_HEADER_OCTETS:
        raise unreadable("签名头过大", "its header is too large")
    header = _object(_decode(parts[0]), "header")
    _check_header(header)
    signer = _signer(header, pinned)
    _check_value(signer, header.get("alg"), parts[0] + b"." + parts[1], _decode(parts[2]))
    return SignedPayload(_object(_decode(parts[1]), "payload"), signer)


def _object(octets: bytes, what: str) -> dict[str, Any]:
    try:
        return read_object(octets, what, FORM)
    except StatementInvalid as wrong:
        raise unreadable(f"JSON 不正确（{what}）", str(wrong)) from wrong


def _decode(text: bytes) -> bytes:
    """RFC 7515 §2: base64url without padding, in the one way that these octets are written."""
    try:
        found = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise unreadable("编码不是 base64url", "it is not base64url") from wrong
    if base64.urlsafe_b64encode(found).rstrip(b"=") != text:
        raise unreadable("编码不是 base64url", "it is not base64url in its one form")
    return found


def _check_header(header: dict[str, Any]) -> None:
    critical = header.get("crit", [])
    if not isinstance(critical, list) or ("crit" in header and not critical):
        raise not_signed("crit 头不正确", "its crit header is wrong (RFC 7515 §4.1.11)")
    strange = [
        str(name)
        for name in critical
        if not isinstance(name, str) or name not in UNDERSTOOD or name not in header
    ]
    if strange:
        raise not_signed(
            f"含有不支持的关键头（{strange[0][:40]}）",
            f"a critical header is not understood ({strange[0][:40]})",
        )
    if header.get("b64", True) is not True or "sigD" in header:
        raise not_signed("签名内容不在文件之内", "what it signs is not enclosed (b64, sigD)")


def _signer(header: dict[str, Any], pinned: Mapping[str, bytes | None]) -> bytes:
    """RFC 7515 §4.1.6: the first certificate is the signer's; it, and nothing else that the header names, is looked up."""
    chain = header.get("x5c")
    if chain is None:
        at_hand = [der for der in pinned.values() if der is not None]
        if len(at_hand) != 1:
            raise unknown_signer()
        leaf = at_hand[0]
    else:
        leaf = _leaf(chain)
        digest = hashlib.sha256(leaf).hexdigest()
        if digest not in pinned:
            raise unknown_signer(digest)
    _check_thumbprint(header, leaf)
    return leaf


def _leaf(chain: Any) -> bytes:
    if not isinstance(chain, list) or not 1 <= len(chain) <= MAX_CHAIN or not isinstance(chain[0], str):
        raise not_signed("x5c 不正确", "its x5c header is wrong")
    if len(chain[0]) > 2 * MAX_CERTIFICATE_OCTETS:
        raise not_signed("x5c 中的证书过大", "a certificate in x5c is too large")
    try:
        return base64.b64decode(chain[0], validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise not_signed("x5c 不是 base64", "its x5c header is not base64") from wrong


def _check_thumbprint(header: dict[str, Any], leaf: bytes) -> None:
    """TS 119 182-1 §5.1.7: where a digest names the signing certificate, it is this one."""
    said = header.get("x5t#S256")
    if said is not None and said != base64.urlsafe_b64encode(hashlib.sha256(leaf).digest()).rstrip(
        b"="
    ).decode("ascii"):
        raise not_signed("所签的签名证书不是该证书", "it was made for another certificate")


def _check_value(signer: bytes, alg: Any, message: bytes, value: bytes) -> None:
    try:
        key = key_of(x509.load_der_x509_certificate(signer))
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise not_signed("签名证书无法使用", "its certificate cannot be used") from wrong
    check = _check_for(key, alg if isinstance(alg, str) else "")
    try:
        check(message, value)
    except (InvalidSignature, HsmError, ValueError) as wrong:
        raise not_signed("内容与签名不符", "its content and its value do not agree") from wrong


def _check_for(key: Any, alg: str) -> Any:
    """RFC 7518 §3: an algorithm fits one kind of key; none, and what shares a secret, fit no certificate."""
    if isinstance(key, ec.EllipticCurvePublicKey) and alg in _EC:
        curve, hashed, size = _EC[alg]
        if isinstance(key.curve, curve):
            return lambda message, value: key.verify(_der(value, size), message, ec.ECDSA(hashed))
    if isinstance(key, rsa.RSAPublicKey) and alg[2:] in _RSA and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        hashed = _RSA[alg[2:]]
        if alg.startswith("RS"):
            return lambda message, value: key.verify(value, message, padding.PKCS1v15(), hashed)
        if alg.startswith("PS"):
            scheme = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
            return lambda message, value: key.verify(value, message, scheme, hashed)
    if isinstance(key, Sm2PublicKey) and alg == SM2_NAME:
        return lambda message, value: gm.check_value(key, message, _der(value, 32))
    raise not_signed(
        f"签名算法不被接受或与密钥不符（{alg[:20]}）",
        f"its algorithm is not accepted, or not its key's ({alg[:20]})",
    )


def _der(value: bytes, size: int) -> bytes:
    """RFC 7518 §3.4: r ‖ s, each as long as the field."""
    if len(value) != 2 * size:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(value[:size]), int.from_bytes(value[size:]))
