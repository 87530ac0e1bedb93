"""SM2 ciphertexts as octets (GM/T 0009 §7.2, GB/T 32918.4), and the derivation of their mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hsm.errors import Sm2Unreadable
from hsm.sm2.curve import OCTETS, on_curve
from hsm.sm2.signature import der_integer, sm3

MAX_PLAINTEXT: Final = 255
"""Most octets of a plaintext. SM2 encrypts keys, and whatever is longer goes under SM4; GmSSL takes no more either."""
MAX_DER: Final = 4 + 2 * 35 + 34 + 4 + MAX_PLAINTEXT
POINT_HEAD: Final = b"\x04"


@dataclass(frozen=True, slots=True)
class Sm2Cipher:
    """C1 = (x, y), a point of the curve; C3 = ``hash``, 32 octets; C2 = ``text``, 1 to MAX_PLAINTEXT octets.

    Anything else raises :class:`hsm.errors.Sm2Unreadable`: a point off the curve would let a forger learn the key.
    """

    x: int
    y: int
    hash: bytes
    text: bytes

    def __post_init__(self) -> None:
        if not on_curve(self.x, self.y):
            raise Sm2Unreadable("C1 is not a point of the SM2 curve")
        if len(self.hash) != OCTETS:
            raise Sm2Unreadable("C3 has 32 octets")
        if not 1 <= len(self.text) <= MAX_PLAINTEXT:
            raise Sm2Unreadable(f"C2 has 1 to {MAX_PLAINTEXT} octets")

    @property
    def der(self) -> bytes:
        """DER ``SM2Cipher``: XCoordinate, YCoordinate INTEGER, HASH, CipherText OCTET STRING (GM/T 0009 §7.2)."""
        parts = (
            der_integer(self.x),
            der_integer(self.y),
            _tlv(4, self.hash),
            _tlv(4, self.text),
        )
        return _tlv(0x30, b"".join(parts))

    @property
    def raw(self) -> bytes:
        """``04 ‖ x ‖ y ‖ C3 ‖ C2``: the order of GM/T 0009 and GB/T 32918.4-2016 (C1 C3 C2)."""
        return POINT_HEAD + self.x.to_bytes(OCTETS) + self.y.to_bytes(OCTETS) + self.hash + self.text

    @classmethod
    def from_raw(cls, octets: bytes) -> Sm2Cipher:
        """Read ``04 ‖ x ‖ y ‖ C3 ‖ C2``; nothing tells the older order C1 C2 C3 apart, it fails on decryption."""
        if not 98 <= len(octets) <= 97 + MAX_PLAINTEXT or octets[:1] != POINT_HEAD:
            raise Sm2Unreadable("a ciphertext is 04, x, y, 32 octets of C3, then C2")
        x, y = int.from_bytes(octets[1:33]), int.from_bytes(octets[33:65])
        return cls(x, y, octets[65:97], octets[97:])

    @classmethod
    def from_der(cls, octets: bytes) -> Sm2Cipher:
        """Read DER alone; BER forms, needless zeros, negative numbers and trailing octets are refused."""
        if len(octets) > MAX_DER:
            raise Sm2Unreadable("longer than any SM2Cipher that we read")
        content, rest = _element(octets, 0x30)
        if rest:
            raise Sm2Unreadable("octets after the SM2Cipher")
        x, content = _coordinate(content)
        y, content = _coordinate(content)
        digest, content = _element(content, 4)
        text, content = _element(content, 4)
        if content:
            raise Sm2Unreadable("octets after CipherText")
        return cls(x, y, digest, text)


def mask(shared: bytes, length: int) -> bytes:
    """KDF(x2 ‖ y2, klen) with SM3 (GB/T 32918.4 §5.4.3); ``length`` in octets."""
    blocks = -(-length // OCTETS)
    return b"".join(sm3(shared, count.to_bytes(4)) for count in range(1, blocks + 1))[:length]


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _element(octets: bytes, tag: int) -> tuple[bytes, bytes]:
    """Take one element off; its length must be in the fewest octets (X.690 §10.1)."""
    if len(octets) < 2 or octets[0] != tag:
        raise Sm2Unreadable(f"an element with tag {tag:02X} is missing")
    length, start = octets[1], 2
    if length >= 0x80:
        count = length - 0x80
        start = 2 + count
        length = int.from_bytes(octets[2:start])
        if not 1 <= count <= 2 or length < (0x80, 0x100)[count - 1]:
            raise Sm2Unreadable("a length is not DER")
    if len(octets) < start + length:
        raise Sm2Unreadable("an element is cut off")
    return octets[start : start + length], octets[start + length :]


def _coordinate(octets: bytes) -> tuple[int, bytes]:
    content, rest = _element(octets, 2)
    if not 1 <= len(content) <= OCTETS + 1 or content[0] & 0x80:
        raise Sm2Unreadable("a coordinate is negative or too long")
    if len(content) > 1 and not content[0] and not content[1] & 0x80:
        raise Sm2Unreadable("a coordinate is not written in the fewest octets")
    return int.from_bytes(content), rest
