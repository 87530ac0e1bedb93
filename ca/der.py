"""DER by hand (X.690): a writer that only concatenates and a reader that refuses whatever is not DER.

The structures that are made often or long (OCSP answers, time-stamps, lists of 100,000 revocations) are spliced from
these pieces; a general ASN.1 library takes ten to four hundred times as long for the same octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_LENGTH_OCTETS: Final = 4
"""Length octets read: four say up to 4 GiB, more than any structure that we accept."""
MAX_OID_OCTETS: Final = 64
"""Longest object identifier read: a 128-bit UUID under 2.25 takes 20 octets; nothing real comes near 64."""
MAX_INTEGER_OCTETS: Final = 64
"""Longest integer read: serials have 20 octets (RFC 5280 §4.1.2.2) and nonces that we take as numbers 32."""


class DerError(ValueError):
    """The octets are not DER, or not the structure expected here."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one element: identifier octet, shortest definite length, contents (X.690 §8.1, §10.1)."""
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    return header(tag, size) + body


def header(tag: int, size: int) -> bytes:
    """Encode what stands before contents of ``size`` octets."""
    if size < 0x80:
        return bytes((tag, size))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE of encoded parts."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Encode a SET OF: encoded parts in ascending order (X.690 §11.6)."""
    return tlv(SET, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """Encode ``[number] EXPLICIT``, a constructed context tag."""
    return tlv(0xA0 | number, *parts)


def integer(value: int) -> bytes:
    """Encode an INTEGER in the fewest octets (X.690 §8.3)."""
    size = (value.bit_length() if value >= 0 else (value + 1).bit_length()) // 8 + 1
    return tlv(INTEGER, value.to_bytes(size, "big", signed=True))


def enumerated(value: int) -> bytes:
    """Encode a small ENUMERATED, 0 to 127."""
    return bytes((ENUMERATED, 1, value))


def boolean(*, value: bool) -> bytes:
    """Encode a BOOLEAN; true is all ones (X.690 §11.1)."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def octet_string(value: bytes) -> bytes:
    """Encode an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes, unused: int = 0) -> bytes:
    """Encode a BIT STRING whose last octet has ``unused`` bits."""
    return tlv(BIT_STRING, bytes((unused,)), value)


def null() -> bytes:
    """Encode NULL."""
    return b"\x05\x00"


def utf8_string(value: str) -> bytes:
    """Encode a UTF8String."""
    return tlv(UTF8_STRING, value.encode())


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER given as ``1.2.840`` (X.690 §8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, b"".join(_base128(arc) for arc in (40 * first + second, *rest)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def generalized_time(when: datetime, *, fraction: bool = False) -> bytes:
    """Encode an aware time as GeneralizedTime ending in Z (X.690 §11.7).

    Seconds only (RFC 5280 §4.1.2.5.2) unless ``fraction``: then microseconds without trailing zeros (RFC 3161 §2.4.2).
    """
    utc = when.astimezone(UTC)
    text = f"{utc:%Y%m%d%H%M%S}" if utc.year >= 1000 else f"{utc.year:04}{utc:%m%d%H%M%S}"
    if fraction and utc.microsecond:
        text += f".{utc.microsecond:06}".rstrip("0")
    return tlv(GENERALIZED_TIME, f"{text}Z".encode())


def x509_time(when: datetime) -> bytes:
    """Encode an aware time as RFC 5280 §4.1.2.5 asks: UTCTime through 2049, GeneralizedTime after."""
    utc = when.astimezone(UTC)
    if 1950 <= utc.year < 2050:
        return tlv(UTC_TIME, f"{utc:%y%m%d%H%M%SZ}".encode())
    return generalized_time(utc)


class Reader:
    """Reads the elements of ``data[start:end]`` one after the other; anything but DER raises :class:`DerError`."""

    __slots__ = ("data", "end", "position")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = start
        self.end = len(data) if end is None else end

    @property
    def more(self) -> bool:
        """Tell whether elements are left."""
        return self.position < self.end

    def peek(self) -> int:
        """Return the identifier octet of the next element, or -1 at the end."""
        return self.data[self.position] if self.position < self.end else -1

    def _next(self, tag: int | None) -> tuple[int, int]:
        """Pass the next element, which must have ``tag`` where one is due; return where its contents start and end."""
        data, begun, end = self.data, self.position, self.end
        if tag is not None and (begun >= end or data[begun] != tag):
            raise DerError(f"tag {self.peek():#04x} stands where {tag:#04x} is due")
        at = begun + 2
        if at > end:
            raise DerError("an element is cut short")
        if data[begun] & 0x1F == 0x1F:
            raise DerError("tag numbers above 30 are not used here")
        size = data[begun + 1]
        if size >= 0x80:
            count = size & 0x7F
            if not 0 < count <= MAX_LENGTH_OCTETS or at + count > end:
                raise DerError("indefinite or oversized length")
            size = int.from_bytes(data[at : at + count], "big")
            if size < 0x80 or data[at] == 0:
                raise DerError("a length is not in its shortest form (X.690 §10.1)")
            at += count
        if at + size > end:
            raise DerError("an element is longer than its surroundings")
        self.position = at + size
        return at, at + size

    def enter(self, tag: int) -> Reader:
        """Step into the next element, which must have ``tag``."""
        start, end = self._next(tag)
        return Reader(self.data, start, end)

    def contents(self, tag: int) -> bytes:
        """Return the contents of the next element, which must have ``tag``."""
        start, end = self._next(tag)
        return self.data[start:end]

    def element(self) -> bytes:
        """Return the next element whole, whatever its tag."""
        start = self.position
        _, end = self._next(None)
        return self.data[start:end]

    def elements(self) -> Iterator[bytes]:
        """Yield the elements that are left, each whole."""
        while self.more:
            yield self.element()

    def integer(self, tag: int = INTEGER) -> int:
        """Return an INTEGER, which must be in its shortest form and of at most 64 octets."""
        start, end = self._next(tag)
        octets = self.data[start:end]
        if not octets or len(octets) > MAX_INTEGER_OCTETS:
            raise DerError("an integer is empty or too long")
        if len(octets) > 1 and (octets[0], octets[1] >> 7) in ((0x00, 0), (0xFF, 1)):
            raise DerError("an integer is not in its shortest form (X.690 §8.3.2)")
        return int.from_bytes(octets, "big", signed=True)

    def boolean(self) -> bool:
        """Return a BOOLEAN: one octet, all zeros or all ones."""
        octets = self.contents(0x01)
        if octets not in (b"\x00", b"\xff"):
            raise DerError("a boolean is neither 00 nor FF (X.690 §11.1)")
        return octets == b"\xff"

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER in dotted form."""
        start, end = self._next(OID)
        octets = self.data[start:end]
        if not octets or len(octets) > MAX_OID_OCTETS or octets[-1] & 0x80:
            raise DerError("an object identifier is empty, too long or cut short")
        return _dotted(octets)

    def finish(self) -> None:
        """Demand that nothing is left."""
        if self.position < self.end:
            raise DerError("octets are left over")


@lru_cache(maxsize=512)
def _dotted(octets: bytes) -> str:
    arcs: list[int] = []
    arc, fresh = 0, True
    for octet in octets:
        if fresh and octet == 0x80:
            raise DerError("an arc is not in its shortest form (X.690 §8.19.2)")
        arc, fresh = arc << 7 | octet & 0x7F, not octet & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
