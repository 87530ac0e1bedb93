"""A SignedData in strict DER taken apart by our own reader: the ordinary container, of one signer, with ordinary attributes.

Anything else, BER or a rare attribute, is left to the general library (:mod:`verify.signatures.cms`): this reader only says what both would.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from asn1crypto import core, tsp

from ca import der
from ca.cms_names import (
    ALGORITHM_PROTECTION,
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNATURE_TIME_STAMP,
    SIGNED_DATA,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
    TST_INFO,
)
from seals.statement import SEAL_STATEMENT_OID
from verify.policy import MAX_CERTIFICATES, MAX_REVOCATION_ITEMS

_TAGS: Final = {
    CONTENT_TYPE: der.OID,
    MESSAGE_DIGEST: der.OCTET_STRING,
    SIGNING_TIME: der.UTC_TIME,
    SIGNING_CERTIFICATE: der.SEQUENCE,
    SIGNING_CERTIFICATE_V2: der.SEQUENCE,
    ALGORITHM_PROTECTION: der.SEQUENCE,
    SIGNATURE_TIME_STAMP: der.SEQUENCE,
    SEAL_STATEMENT_OID: der.UTF8_STRING,
}
"""The attributes read here, each with the tag of its one value."""
_CONTENTS: Final = frozenset({DATA, TST_INFO})
_CERTIFICATES, _CRLS, _SIGNED, _UNSIGNED, _KEY = 0xA0, 0xA1, 0xA0, 0xA1, 0x80
_VERSIONS: Final = range(6)
_UTC: Final = re.compile(
    rb"([0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])Z"
)
KEPT_ATTRIBUTES: Final = 256
"""Attributes kept read: what a signatory says of itself and of its algorithms is the same in all documents."""
MAX_KEPT_OCTETS: Final = 512
"""Longest of them; ours have some two hundred."""
_LASTING: Final = re.compile(
    b"|".join(
        re.escape(der.oid(kind))
        for kind in (CONTENT_TYPE, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, ALGORITHM_PROTECTION)
    )
)
_KIND_WITHIN: Final = 18
"""Octets in which the kind of an attribute stands: behind its tag and at most three octets of length."""
_PIVOT: Final = 50
"""RFC 5280 §4.1.2.5.1: years of two digits from 50 are of the last century."""


class Attribute:
    """One value of an attribute: its octets, and what they say."""

    __slots__ = ("_at", "octets")

    def __init__(self, octets: bytes, at: int) -> None:
        self.octets, self._at = octets, at

    @property
    def dotted(self) -> str:
        """Read it as an object identifier."""
        return der.Reader(self.octets).oid()

    @property
    def native(self) -> Any:
        """Read it as octets, text or a time."""
        contents = self.octets[self._at :]
        tag = self.octets[0]
        if tag == der.OCTET_STRING:
            return contents
        if tag == der.UTF8_STRING:
            return contents.decode()
        found = _UTC.fullmatch(contents) if tag == der.UTC_TIME else None
        if found is None:
            return core.Asn1Value.load(self.octets).native
        year, month, day, hour, minute, second = map(int, found.groups())
        year += 1900 if year >= _PIVOT else 2000
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an ordinary container holds; algorithms and the signer as they stand."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signer: bytes
    digest_algorithm: bytes
    signature_algorithm: bytes
    signature: bytes
    signed_octets: bytes
    issuer: bytes | None = None
    serial: int | None = None
    key: bytes | None = None
    signed: dict[str, list[Any]] = field(default_factory=dict)
    unsigned: dict[str, list[Any]] = field(default_factory=dict)


def take_apart(octets: bytes) -> Parts | None:
    """Read an ordinary container; ``None``: the general library has to say what it is."""
    try:
        return _parts(octets)
    except (der.DerError, IndexError):
        return None


def _parts(octets: bytes) -> Parts | None:
    whole = der.Reader(octets)
    info = whole.enter(der.SEQUENCE)
    if octets[whole.position :].strip(b"\0") or info.oid() != SIGNED_DATA:
        return None
    wrapped = info.enter(0xA0)
    info.finish()
    data = wrapped.enter(der.SEQUENCE)
    wrapped.finish()
    if data.integer() not in _VERSIONS:
        return None
    digests = _digests(data.enter(der.SET))
    kind, content = _content(data.enter(der.SEQUENCE))
    certificates = _listed(data, _CERTIFICATES, MAX_CERTIFICATES)
    crls = _listed(data, _CRLS, MAX_REVOCATION_ITEMS)
    signers = data.enter(der.SET)
    data.finish()
    signer = signers.element()
    signers.finish()
    if kind not in _CONTENTS or not (kind == DATA or content is None or _says_time(content)):
        return None
    found = _signer(signer, (kind, content, certificates, crls))
    listed = found is not None and der.Reader(found.digest_algorithm).enter(der.SEQUENCE).oid() in digests
    return found if listed else None


def _digests(listed: der.Reader) -> set[str]:
    """Return the digests of all signers, one of which each names (RFC 5652 §5.1)."""
    found = set()
    while listed.more:
        algorithm = listed.enter(der.SEQUENCE)
        found.add(algorithm.oid())
        if algorithm.more and algorithm.element() != der.null():
            raise der.DerError("parameters of a digest")
        algorithm.finish()
    return found


def _content(encapsulated: der.Reader) -> tuple[str, bytes | None]:
    kind = encapsulated.oid()
    if not encapsulated.more:
        return kind, None
    wrapped = encapsulated.enter(0xA0)
    encapsulated.finish()
    content = wrapped.contents(der.OCTET_STRING)
    wrapped.finish()
    return kind, content


def _says_time(content: bytes) -> bool:
    """Tell whether the library reads what a token states: it does so at once, and says of any other that it is damaged."""
    try:
        _ = tsp.TSTInfo.load(content, strict=True).native
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


def _listed(data: der.Reader, tag: int, most: int) -> tuple[bytes, ...]:
    """Return certificates or lists; those of other kinds, and more than count, are not ordinary."""
    if data.peek() != tag:
        return ()
    items = data.enter(tag)
    found: list[bytes] = []
    while items.more:
        if items.peek() != der.SEQUENCE or len(found) == most:
            raise der.DerError("of another kind, or too many")
        found.append(items.element())
    return tuple(found)


def _signer(
    octets: bytes, around: tuple[str, bytes | None, tuple[bytes, ...], tuple[bytes, ...]]
) -> Parts | None:
    signer = der.Reader(octets).enter(der.SEQUENCE)
    if signer.integer() not in _VERSIONS:
        return None
    issuer = serial = key = None
    if signer.peek() == _KEY:
        key = signer.contents(_KEY)
    else:
        named = signer.enter(der.SEQUENCE)
        if named.peek() != der.SEQUENCE:
            return None
        issuer, serial = named.element(), named.integer()
        named.finish()
    digest = signer.element()
    attributes = signer.element() if signer.peek() == _SIGNED else b""
    algorithm = signer.element()
    signature = signer.contents(der.OCTET_STRING)
    unsigned = signer.element() if signer.peek() == _UNSIGNED else b""
    signer.finish()
    if not attributes or (digest[0], algorithm[0]) != (der.SEQUENCE, der.SEQUENCE):
        return None
    return Parts(
        *around, octets, digest, algorithm, signature, b"\x31" + attributes[1:], issuer, serial, key,
        _attributes(attributes, _SIGNED), _attributes(unsigned, _UNSIGNED) if unsigned else {},
    )  # fmt: skip


def _attributes(octets: bytes, tag: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    listed = der.Reader(octets).enter(tag)
    while listed.more:
        one = listed.element()
        kept = len(one) <= MAX_KEPT_OCTETS and _LASTING.search(one, 2, _KIND_WITHIN) is not None
        kind, value = (_attribute_kept if kept else _attribute)(one)
        if kind in found:
            raise der.DerError("not an ordinary attribute")
        found[kind] = [value]
    return found


def _attribute(octets: bytes) -> tuple[str, Attribute]:
    attribute = der.Reader(octets).enter(der.SEQUENCE)
    kind = attribute.oid()
    values = attribute.enter(der.SET)
    attribute.finish()
    if values.peek() != _TAGS.get(kind):
        raise der.DerError("not an ordinary attribute")
    start = values.position
    inner = values.enter(_TAGS[kind])
    values.finish()
    return kind, Attribute(octets[start : inner.end], inner.position - start)


_attribute_kept = lru_cache(maxsize=KEPT_ATTRIBUTES)(_attribute)
