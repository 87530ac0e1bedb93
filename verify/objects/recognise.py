"""What a file is, told by its content and never by its name; nothing is believed here and little is read.

The structures of X.509 and its kin have no marks of their own: they are told apart by the tags of their first members.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from ca import der
from ca.cms_names import TST_INFO
from seals.jws import type_of
from seals.licence_identifier import ROOT
from seals.lookup.answer import LOOKUP_TYPE
from seals.statement import LIST_TYPE, STATEMENT_TYPE
from verify.objects.report import ObjectKind
from verify.policy import MAX_CRL_OCTETS
from verify.signatures.containers import Container, container_of
from verify.signatures.merkle import PROOF_FORM
from verify.trusted_lists.limits import MAX_HEADER_OCTETS
from verify.voided.form import VOID_LIST_TYPE, VOID_RECORD_TYPE

MAX_PEM_OCTETS: Final = MAX_CRL_OCTETS * 4 // 3 + MAX_CRL_OCTETS // 16 + 1024
"""The largest object in base64 with its line breaks and frame."""
MAX_BLOCKS: Final = 64
"""PEM blocks of one file: a chain has five, a bundle of roots some dozens."""
MAX_IDENTIFIER_TEXT: Final = 256
"""Octets of a text that is only an identifier, with what a scanner puts around it."""
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s([A-Za-z0-9+/=\s]*)-----END \1-----")
MAX_EXPLAINED: Final = 64 * 1024
"""Octets of explanatory text before the first block (RFC 7468 §2), as ``openssl x509 -text`` writes it."""
_BEGUN: Final = re.compile(rb"[\r\n]-----BEGIN ")
_BASE64: Final = re.compile(
    rb"[A-Za-z0-9+/\s]++={0,2}\s*+"
)  # possessive: blanks by the megabyte are not gone over again
_JWS: Final = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\s*")
_TYPES: Final = {
    LOOKUP_TYPE: ObjectKind.SEAL_ANSWER,
    STATEMENT_TYPE: ObjectKind.SEAL_STATEMENT,
    LIST_TYPE: ObjectKind.SEAL_LIST,
    VOID_LIST_TYPE: ObjectKind.VOID_LIST,
    VOID_RECORD_TYPE: ObjectKind.VOID_RECORD,
}
LIST_WITHIN: Final = 4096
"""Octets in which a trust list in XML names its root: declaration, style sheet and comments lie before it."""
_LIST_XML: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<[?!][^<]*+)*+<(?:[\w.-]{1,40}:)?TrustServiceStatusList[\s>]"
)
"""ETSI TS 119 612: the root behind a declaration, instructions and comments; each of those begins with ``<?`` or ``<!``."""
_LIST_JSON: Final = re.compile(rb'\s*\{\s*"LoTE"\s*:')
_VERSION: Final = 0xA0
_TIMES: Final = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is, how it is written (DER, PEM, base64, JWS, JSON, text), and the octets of each object in it."""

    kind: ObjectKind
    form: str
    octets: tuple[bytes, ...]


def recognise(data: bytes) -> Recognised | None:
    """Tell a bare object; ``None`` for documents, seals, signatures and whatever else."""
    head = data[:64].lstrip()
    if head.startswith(b"-----BEGIN"):
        return _pem(data)
    if data[:1] == b"\x30":
        kind = kind_of_der(data)
        return None if kind is None else Recognised(kind, "DER", (data,))
    if head.startswith(b"{"):
        return _json(data)
    if _LIST_XML.match(data[:LIST_WITHIN]):
        return Recognised(ObjectKind.TRUST_LIST, "XML", (data,))
    return _pem(data) if _BEGUN.search(data, 0, MAX_EXPLAINED) else _text(data)


def _json(data: bytes) -> Recognised | None:
    """Tell a proof, and a trust list that nobody signed: its members are in the open."""
    if PROOF_FORM.encode() in data:
        return Recognised(ObjectKind.TREE_PROOF, "JSON", (data,))
    return (
        Recognised(ObjectKind.TRUST_LIST, "JSON", (data,)) if _LIST_JSON.match(data[:LIST_WITHIN]) else None
    )


def _text(data: bytes) -> Recognised | None:
    if data[:3] == b"eyJ" and _JWS.fullmatch(data):
        kind = _TYPES.get(type_of(data[: 1 << 17].decode("ascii").strip())) or _listed(data)
        return None if kind is None else Recognised(kind, "JWS", (data.strip(),))
    if len(data) <= MAX_IDENTIFIER_TEXT and data.strip().startswith(f"{ROOT}.".encode()):
        return Recognised(ObjectKind.LICENCE_IDENTIFIER, "text", (data.strip(),))
    octets = unwrapped(data)
    kind = None if octets is None else kind_of_der(octets)
    return None if octets is None or kind is None else Recognised(kind, "base64", (octets,))


def _listed(data: bytes) -> ObjectKind | None:
    """TS 119 602 §6.8: the payload of a list begins with the name of its only member, whatever the header says."""
    payload = data[:MAX_HEADER_OCTETS].partition(b".")[2][:64]
    begins = base64.urlsafe_b64decode(payload[: len(payload) // 4 * 4])
    return ObjectKind.TRUST_LIST if _LIST_JSON.match(begins) else None


def unwrapped(data: bytes) -> bytes | None:
    """Return the DER that a file holds in base64 without a frame, as domestic systems hand certificates around."""
    if data[:1] != b"M" or len(data) > MAX_PEM_OCTETS or not _BASE64.fullmatch(data):  # 0x30 begins with M
        return None
    try:
        return base64.b64decode(data, validate=False)
    except binascii.Error:
        return None


def _pem(data: bytes) -> Recognised | None:
    """Take PEM apart (RFC 7468): what the label says counts for nothing, the content tells."""
    found = _blocks(data) if len(data) <= MAX_PEM_OCTETS else []
    kinds = [kind_of_der(octets) for octets in found]
    if len(found) == 1 and kinds[0] is not None:
        return Recognised(kinds[0], "PEM", tuple(found))
    if len(found) > 1 and set(kinds) == {ObjectKind.CERTIFICATE}:
        return Recognised(ObjectKind.CERTIFICATES, "PEM", tuple(found))
    return None


def _blocks(data: bytes) -> list[bytes]:
    """Return what each block holds; nothing where one is damaged, a key, or one too many: none is passed over."""
    found: list[bytes] = []
    for block in _BLOCK.finditer(data):
        if len(found) == MAX_BLOCKS or b"PRIVATE" in block[1]:
            return []
        try:
            found.append(base64.b64decode(block[2], validate=False))
        except binascii.Error:
            return []
    return [] if b"---" in _BLOCK.sub(b"", data) else found


def kind_of_der(octets: bytes) -> ObjectKind | None:
    """Tell a certificate, a revocation list, an OCSP response, a time-stamp, or a message that only carries certificates."""
    try:
        outer = der.Reader(octets).enter(der.SEQUENCE)
        if outer.peek() == der.ENUMERATED:
            return ObjectKind.OCSP
        if outer.peek() == der.OID:
            return _message(octets)
        first = outer.element()
        inside = der.Reader(first)
        return _status(inside.enter(der.SEQUENCE), outer) or _signed(der.Reader(first).enter(der.SEQUENCE))
    except der.DerError:
        return None


def _message(octets: bytes) -> ObjectKind | None:
    """RFC 5652 §5.1: the type of the content tells a time-stamp, a message without signers only carries things."""
    if container_of(octets) not in {Container.CMS, Container.GBT35275}:
        return None
    info = der.Reader(octets).enter(der.SEQUENCE)
    info.oid()
    data = info.enter(_VERSION).enter(der.SEQUENCE)
    data.element()  # version
    data.element()  # digestAlgorithms
    if data.enter(der.SEQUENCE).oid() == TST_INFO:
        return ObjectKind.TIME_STAMP
    last = b""
    while data.more:
        last = data.element()
    return ObjectKind.CERTIFICATES if last == b"\x31\x00" else None


def _status(inner: der.Reader, outer: der.Reader) -> ObjectKind | None:
    """RFC 3161 §2.4.2: PKIStatusInfo, then a token or nothing; a refusal may carry a text and a reason."""
    if inner.peek() != der.INTEGER:
        return None
    number = der.Reader(inner.element())
    if number.integer() > 5:
        return None
    if inner.more and inner.peek() == der.SEQUENCE and inner.enter(der.SEQUENCE).peek() != der.UTF8_STRING:
        return None
    if inner.more and inner.peek() != der.BIT_STRING:
        return None
    behind = _tags(outer)
    return ObjectKind.TIME_STAMP if behind in {(), (der.SEQUENCE,)} else None


def _signed(inner: der.Reader) -> ObjectKind | None:
    """RFC 5280 §4.1, §5.1: both are SIGNED; a certificate has a serial, a list a time where the other has a validity."""
    if inner.peek() == _VERSION:
        return ObjectKind.CERTIFICATE if _tags(inner)[1:6] == _CERTIFICATE else None
    tags = _tags(inner)
    if tags[:5] == _CERTIFICATE:  # version 1 states none
        return ObjectKind.CERTIFICATE
    after = tags[1:] if tags[:1] == (der.INTEGER,) else tags
    listed = after[:2] == (der.SEQUENCE, der.SEQUENCE) and len(after) > 2 and after[2] in _TIMES
    return ObjectKind.CRL if listed else None


_CERTIFICATE: Final = (der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.SEQUENCE, der.SEQUENCE)
"""Serial, algorithm, issuer, validity, subject."""
_FIRST: Final = 6
"""Members looked at."""


def _tags(inner: der.Reader) -> tuple[int, ...]:
    found: list[int] = []
    while inner.more and len(found) < _FIRST:
        found.append(inner.peek())
        inner.element()
    return tuple(found)
