"""What a signature is written in, told by its content: names in a PDF or a file's ending are claims, octets are not."""

from __future__ import annotations

from typing import Final

from asn1crypto import cms

from ca.cms_names import CONTENT_TYPE, GM_SIGNED_DATA, MESSAGE_DIGEST, SIGNED_DATA
from ca.der import OID, SEQUENCE, DerError, Reader
from ca.words import Words
from seals.ses.structure import is_seal_data, is_signature


class Container(Words):
    """The containers that are judged."""

    CMS = "cms", "CMS 签名", "a CMS signature"
    """SignedData of RFC 5652."""
    GBT35275 = "gbt35275", "GB/T 35275 签名", "a GB/T 35275 signature"
    """SignedData of the national message syntax, by its own content type."""
    SES = "ses", "电子签章数据（SES）", "a seal signature (SES)"
    """An electronic seal with a signature (GB/T 38540, GM/T 0031)."""
    TIME_STAMP = "rfc3161", "时间戳", "a time-stamp"
    """A time-stamp token, which is CMS too; known by where it stands."""


_BY_TYPE: Final = {SIGNED_DATA: Container.CMS, GM_SIGNED_DATA: Container.GBT35275}


PDF_HEADER: Final = b"%PDF-"
HEADER_WITHIN: Final = 1024
"""Readers take a file for a PDF whose header stands in its first 1,024 octets (ISO 32000-1, annex H.3.4.1)."""


def has_pdf_header(data: bytes) -> bool:
    """Tell whether readers of PDF open a file; it may be something else as well."""
    return PDF_HEADER in data[:HEADER_WITHIN]


def container_of(octets: bytes) -> Container | None:
    """Tell by the first member: an identifier makes it CMS or GB/T 35275, a seal's structure SES; ``None``: neither."""
    try:
        inside = Reader(octets).enter(SEQUENCE)
        if inside.peek() == OID:
            return _BY_TYPE.get(inside.oid())
    except DerError:
        return _indefinite(octets)
    return Container.SES if is_seal_data(octets) and is_signature(octets) else None


def _indefinite(octets: bytes) -> Container | None:
    """BER with an indefinite length (X.690 §8.1.3.6), as some writers of CMS use it: the identifier follows at once."""
    if octets[:2] != b"\x30\x80":
        return None
    try:
        return _BY_TYPE.get(Reader(octets, 2).oid())
    except DerError:
        return None


def without_padding(octets: bytes) -> bytes | None:
    """Cut the zero octets that fill a PDF's /Contents (ISO 32000-2 §12.8.3.3); ``None`` if anything else stands there."""
    try:
        whole = Reader(octets).element()
    except DerError:
        return None
    return None if octets[len(whole) :].strip(b"\0") else whole


def are_attributes(content: bytes) -> bool:
    """Tell what was signed as somebody's attributes: whoever takes them out of a signature could present them as a file it is over.

    The octets of a SET OF attributes, as RFC 5652 §5.4 has them signed, hold a content type and a message digest.
    """
    if content[:1] != b"\x31":
        return False
    try:
        found = {item["type"].dotted for item in cms.CMSAttributes.load(content, strict=True)}
    except (ValueError, TypeError):
        return False
    return found >= {CONTENT_TYPE, MESSAGE_DIGEST}
