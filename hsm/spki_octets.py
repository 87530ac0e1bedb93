"""Where SubjectPublicKeyInfo stands in a certificate or a request: for keys that ``cryptography`` does not know."""

from __future__ import annotations

from typing import Final

from hsm.errors import UnsupportedAlgorithm

SEQUENCE: Final = 0x30
VERSION_TAG: Final = 0xA0
MAX_LENGTH_OCTETS: Final = 4
"""Length octets read: four say up to 4 GiB, more than any certificate that was parsed before."""
BEFORE_KEY: Final = {"certificate": 5, "request": 2}
"""Elements before the key: serial, algorithm, issuer, validity, subject (RFC 5280 §4.1); version, subject (RFC 2986 §4)."""


def spki_of_certificate(tbs: bytes) -> bytes:
    """Return the key of a TBSCertificate; :class:`UnsupportedAlgorithm` when the octets are not one."""
    start, end = _body(tbs)
    if start < end and tbs[start] == VERSION_TAG:
        start = _after(tbs, start, end)
    return _skip(tbs, start, end, BEFORE_KEY["certificate"])


def spki_of_request(info: bytes) -> bytes:
    """Return the key of a CertificationRequestInfo; :class:`UnsupportedAlgorithm` when the octets are not one."""
    return _skip(info, *_body(info), BEFORE_KEY["request"])


def _skip(octets: bytes, at: int, end: int, count: int) -> bytes:
    for _ in range(count):
        at = _after(octets, at, end)
    stop = _after(octets, at, end)
    if octets[at] != SEQUENCE:
        raise UnsupportedAlgorithm("no SubjectPublicKeyInfo where it must stand")
    return octets[at:stop]


def _body(octets: bytes) -> tuple[int, int]:
    start, end = _extent(octets, 0, len(octets))
    if octets[0] != SEQUENCE or end != len(octets):
        raise UnsupportedAlgorithm("not one SEQUENCE")
    return start, end


def _after(octets: bytes, at: int, end: int) -> int:
    return _extent(octets, at, end)[1]


def _extent(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """Return where the contents of the element at ``at`` begin and end (X.690 §8.1.3, definite lengths)."""
    if at + 2 > end:
        raise UnsupportedAlgorithm("an element is missing")
    length, start = octets[at + 1], at + 2
    if length >= 0x80:
        count = length - 0x80
        if not 1 <= count <= MAX_LENGTH_OCTETS or start + count > end:
            raise UnsupportedAlgorithm("a length cannot be read")
        length, start = int.from_bytes(octets[start : start + count]), start + count
    if start + length > end:
        raise UnsupportedAlgorithm("an element is longer than what holds it")
    return start, start + length
