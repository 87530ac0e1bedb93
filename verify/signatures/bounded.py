"""Sets of a container read only as far as they count: what nobody signed anybody may lengthen, by millions of empty values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from asn1crypto import cms, core, parser

from ca import der
from ca.cms_names import CERTIFICATE_VALUES, REVOCATION_VALUES, SIGNATURE_TIME_STAMP
from verify.signatures.cms_der import Attribute

MAX_VALUES: Final = 64
"""Values of one attribute; the longest that means anything has one time-stamp of each of some authorities."""
MAX_LOOKED_AT: Final = 1024
"""Unsigned attributes among which those that are read here are looked for."""
_READ: Final = frozenset({SIGNATURE_TIME_STAMP, CERTIFICATE_VALUES, REVOCATION_VALUES})
"""What is read of what nobody signed; the rest is left as it stands."""
_LONG: Final = 0x80


def members(contents: bytes) -> Iterator[bytes]:
    """Yield the elements of a set one by one, DER or BER; ``ValueError`` where there is none."""
    at = 0
    while at < len(contents):
        try:
            element = der.Reader(contents, at).element()
        except der.DerError:
            element = contents[at : at + parser.peek(contents[at:])]
        yield element
        at += len(element)


def count(value: Any, most: int) -> int:
    """Count the elements of a set as the library holds it, up to one more than ``most``; of none that is there, 0."""
    if isinstance(value, core.Void) or value is None:
        return 0
    return sum(1 for _ in islice(members(value.contents), most + 1))


def unsigned_attributes(attributes: Any) -> dict[str, list[Any]]:
    """Index the unsigned attributes that are read here; what cannot be read is left out, for nobody signed it."""
    found: dict[str, list[Any]] = {}
    if isinstance(attributes, core.Void) or attributes is None:
        return found
    for octets in islice(members(attributes.contents), MAX_LOOKED_AT):
        try:
            attribute = cms.CMSAttribute.load(octets)
            kind = attribute["type"].dotted
            values = [_value(one) for one in _first(attribute["values"])] if kind in _READ else []
        except (ValueError, TypeError):
            continue
        if values:
            known = found.setdefault(kind, [])
            known += values[: MAX_VALUES - len(known)]
    return found


def _first(values: Any) -> Iterator[bytes]:
    return islice(members(values.contents), MAX_VALUES)


def _value(octets: bytes) -> Attribute:
    """Take a value as it stands, which must be a SEQUENCE; its contents begin behind the octets of its length."""
    if octets[:1] != b"\x30":
        raise der.DerError("a value of another kind")
    return Attribute(octets, 2 + (octets[1] & ~_LONG if octets[1] & _LONG else 0))
