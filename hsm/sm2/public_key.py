"""An SM2 public key with the call shape of ``cryptography``'s key classes, which know no SM2."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.errors import Sm2Unreadable
from hsm.sm2.curve import OCTETS, on_curve

SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""DER SubjectPublicKeyInfo up to the point: id-ecPublicKey (RFC 5480 §2.1.1) with curve 1.2.156.10197.1.301."""
CURVE_OID: Final = bytes.fromhex("06082a811ccf5501822d")
"""DER of 1.2.156.10197.1.301 (GB/T 33560)."""
POINT_OCTETS: Final = 1 + 2 * OCTETS
UNCOMPRESSED: Final = 4


@dataclass(frozen=True, slots=True)
class Sm2PublicKey:
    """A point of the SM2 curve; one that is not on it cannot be made (:class:`hsm.errors.Sm2Unreadable`)."""

    x: int
    y: int

    def __post_init__(self) -> None:
        if not on_curve(self.x, self.y):
            raise Sm2Unreadable("the public key is not a point of the SM2 curve")

    @classmethod
    def from_point(cls, octets: bytes) -> Sm2PublicKey:
        """Read ``04 ‖ x ‖ y`` (GB/T 32918.1 §4.2.9, uncompressed), 65 octets."""
        if len(octets) != POINT_OCTETS or octets[0] != UNCOMPRESSED:
            raise Sm2Unreadable("a public key is 65 octets: 04, x, y")
        return cls(int.from_bytes(octets[1:33]), int.from_bytes(octets[33:]))

    @classmethod
    def from_spki(cls, der: bytes) -> Sm2PublicKey:
        """Read DER SubjectPublicKeyInfo; any other curve, form of point or length is refused."""
        if not der.startswith(SPKI_HEAD):
            raise Sm2Unreadable("SubjectPublicKeyInfo does not name the SM2 curve")
        return cls.from_point(der[len(SPKI_HEAD) :])

    @property
    def key_size(self) -> int:
        """Size of the curve's field in bits."""
        return 8 * OCTETS

    @property
    def point(self) -> bytes:
        """``04 ‖ x ‖ y``."""
        return bytes((UNCOMPRESSED,)) + self.x.to_bytes(OCTETS) + self.y.to_bytes(OCTETS)

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:  # noqa: A002 - cryptography's name
        """Encode: DER or PEM SubjectPublicKeyInfo, or the X9.62 uncompressed point."""
        if (encoding, format) == (Encoding.X962, PublicFormat.UncompressedPoint):
            return self.point
        if format is PublicFormat.SubjectPublicKeyInfo and encoding in (Encoding.DER, Encoding.PEM):
            der = SPKI_HEAD + self.point
            return der if encoding is Encoding.DER else _pem(der)
        raise ValueError("an SM2 public key is written as SubjectPublicKeyInfo or as an uncompressed point")


def _pem(der: bytes) -> bytes:
    """RFC 7468 §13."""
    text = base64.b64encode(der).decode()
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", "")).encode()
