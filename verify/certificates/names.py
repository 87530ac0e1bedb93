"""When two distinguished names are one (RFC 5280 §7.1): letters in either case, runs of blanks and string types aside. Pure.

A CA that renews its certificate may write its name in another string type; what issued by name alone is then proved by
the key, never by the name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from cryptography import x509

from verify.certificates.remembered import by_identity

KEPT_NAMES: Final = 8192
"""Names whose comparable form is remembered: a few hundred octets each."""

KEPT_CERTIFICATES: Final = 256
"""Certificates whose names are remembered: those of a document are asked about some twenty times each."""

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u1806\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""RFC 4518 §2.2, and what Unicode has declared ignorable since (Default_Ignorable_Code_Point, UAX #44): characters that stand for nothing.

Between the letters of a forbidden name they would make another of it.
"""

Part = tuple[tuple[str, str | bytes], ...]
NameKey = tuple[Part, ...]
"""A name in the form that is compared: its parts in order, the attributes of one part in none."""


@lru_cache(maxsize=KEPT_NAMES)
def name_key(name: x509.Name) -> NameKey:
    """Return the form of a name by which it is compared (RFC 4518 §2: folded, normalised, blanks collapsed)."""
    return tuple(part_key(part) for part in name.rdns)


def part_key(part: x509.RelativeDistinguishedName) -> Part:
    """Return the comparable form of one relative distinguished name."""
    return tuple(sorted((item.oid.dotted_string, _folded(item.value)) for item in part))


def _folded(value: str | bytes) -> str | bytes:
    if isinstance(value, bytes):  # a bit string (x500UniqueIdentifier) is its octets
        return value
    if value.isascii() and value.isprintable():
        return " ".join(value.lower().split())
    seen = _UNSEEN.sub("", value)
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


@by_identity(KEPT_CERTIFICATES)
def subject_key_of(certificate: x509.Certificate) -> NameKey:
    """Return the comparable form of a certificate's subject; a certificate is looked up by its identity, a name by its parts."""
    return name_key(certificate.subject)


@by_identity(KEPT_CERTIFICATES)
def issuer_key_of(certificate: x509.Certificate) -> NameKey:
    """Return the comparable form of a certificate's issuer."""
    return name_key(certificate.issuer)


@by_identity(KEPT_CERTIFICATES)
def subject_octets(certificate: x509.Certificate) -> bytes:
    """Return the DER of the subject's name, which the library encodes anew each time."""
    return certificate.subject.public_bytes()


@by_identity(KEPT_CERTIFICATES)
def issuer_octets(certificate: x509.Certificate) -> bytes:
    """Return the DER of the issuer's name."""
    return certificate.issuer.public_bytes()


def is_issuer(certificate: x509.Certificate, octets: bytes) -> bool:
    """Tell whether a name (DER) is that of a certificate's issuer, in whatever string types somebody wrote it anew (RFC 5280 §7.1)."""
    return issuer_octets(certificate) == octets or _key_of_octets(octets) == issuer_key_of(certificate)


@lru_cache(maxsize=KEPT_CERTIFICATES)
def _key_of_octets(octets: bytes) -> NameKey | None:
    """Return the comparable form of an encoded name; ``None`` for what cannot be read."""
    from asn1crypto import x509 as general  # noqa: PLC0415 - hardly ever asked for

    try:
        return tuple(
            tuple(sorted((one["type"].dotted, _folded(one["value"].native)) for one in part))
            for part in general.Name.load(octets).chosen
        )
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def is_self_issued(certificate: x509.Certificate) -> bool:
    """RFC 5280 §6.1: the same name stands as subject and as issuer."""
    return subject_key_of(certificate) == issuer_key_of(certificate)
