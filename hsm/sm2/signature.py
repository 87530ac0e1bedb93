"""SM2 signatures as octets, the digest that they sign, and their verification: public values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

from hsm.errors import SignatureInvalid
from hsm.sm2.curve import OCTETS, A, B, G, N, combined
from hsm.sm2.public_key import Sm2PublicKey

DEFAULT_ID: Final = b"1234567812345678"
"""Identity of the signer where none is agreed (GB/T 35276, GM/T 0009 §10); certificates, CRLs and OCSP use it."""
MAX_ID: Final = 8191
"""Longest identity (octets): ENTL counts its bits in 16 bits (GB/T 32918.2 §5.5)."""
MAX_DER: Final = 72
"""Longest DER SM2Signature: two INTEGERs of 33 octets each with their heads."""
RAW_OCTETS: Final = 2 * OCTETS
_CURVE: Final = b"".join(value.to_bytes(OCTETS) for value in (A, B, *G))


def sm3(*parts: bytes) -> bytes:
    """SM3 (GB/T 32905) of the parts, one after the other."""
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def identity_digest(public: Sm2PublicKey, identity: bytes = DEFAULT_ID) -> bytes:
    """Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA) (GB/T 32918.2 §5.5); more than MAX_ID octets is ``ValueError``."""
    if len(identity) > MAX_ID:
        raise ValueError(f"an SM2 identity has at most {MAX_ID} octets")
    return sm3((8 * len(identity)).to_bytes(2), identity, _CURVE, public.point[1:])


def message_digest(public: Sm2PublicKey, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
    """Return e = SM3(Z ‖ M) (GB/T 32918.2 §6.1, A1 and A2)."""
    return sm3(identity_digest(public, identity), message)


@dataclass(frozen=True, slots=True)
class Sm2Signature:
    """r and s, each in [1, n-1]; anything else is :class:`SignatureInvalid`."""

    r: int
    s: int

    def __post_init__(self) -> None:
        if not (0 < self.r < N and 0 < self.s < N):
            raise SignatureInvalid("r or s is out of range")

    @classmethod
    def parse(cls, octets: bytes) -> Sm2Signature:
        """Read DER ``SM2Signature`` (GM/T 0009 §7.3), or r ‖ s of 32 octets each, which some software writes.

        No DER signature is mistaken: one of 64 octets that starts as a SEQUENCE of 62 is read as DER when it is DER.
        """
        try:
            return cls.from_der(octets)
        except SignatureInvalid:
            if len(octets) != RAW_OCTETS:
                raise
            return cls.from_raw(octets)

    @classmethod
    def from_raw(cls, octets: bytes) -> Sm2Signature:
        """Read r ‖ s, 64 octets."""
        if len(octets) != RAW_OCTETS:
            raise SignatureInvalid("r and s have 32 octets each")
        return cls(int.from_bytes(octets[:OCTETS]), int.from_bytes(octets[OCTETS:]))

    @classmethod
    def from_der(cls, octets: bytes) -> Sm2Signature:
        """Read DER alone; BER forms, needless zeros, negative numbers and trailing octets are refused."""
        if not 8 <= len(octets) <= MAX_DER or octets[0] != 0x30 or octets[1] != len(octets) - 2:
            raise SignatureInvalid("not a DER SM2Signature")
        r, rest = _integer(octets[2:])
        s, rest = _integer(rest)
        if rest:
            raise SignatureInvalid("octets after s")
        return cls(r, s)

    @property
    def der(self) -> bytes:
        """DER ``SEQUENCE { r INTEGER, s INTEGER }``."""
        content = der_integer(self.r) + der_integer(self.s)
        return bytes((0x30, len(content))) + content

    @property
    def raw(self) -> bytes:
        """R ‖ s, 64 octets."""
        return self.r.to_bytes(OCTETS) + self.s.to_bytes(OCTETS)


def der_integer(value: int) -> bytes:
    """DER INTEGER of a number that is not negative and has at most 256 bits."""
    octets = value.to_bytes(value.bit_length() // 8 + 1)
    return bytes((2, len(octets))) + octets


def _integer(octets: bytes) -> tuple[int, bytes]:
    if len(octets) < 3 or octets[0] != 2 or not 1 <= octets[1] <= OCTETS + 1 or octets[1] > len(octets) - 2:
        raise SignatureInvalid("not a DER INTEGER")
    content, rest = octets[2 : 2 + octets[1]], octets[2 + octets[1] :]
    if content[0] & 0x80 or (len(content) > 1 and content[0] == 0 and not content[1] & 0x80):
        raise SignatureInvalid("an INTEGER is negative or not minimal")
    return int.from_bytes(content), rest


def holds(public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
    """Tell whether the signature over e (32 octets) is the key's (GB/T 32918.2 §7.1, B5 to B7)."""
    t = (signature.r + signature.s) % N
    point = combined(signature.s, t, (public.x, public.y)) if t else None
    return point is not None and (int.from_bytes(digest) + point[0]) % N == signature.r


def verify_message(
    public: Sm2PublicKey, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID
) -> None:
    """Prove that ``signature`` (DER or r ‖ s) over ``message`` is the key's (GB/T 32918.2 §7.1), or raise."""
    if not holds(public, message_digest(public, message, identity), Sm2Signature.parse(signature)):
        raise SignatureInvalid("sm2-sm3")
