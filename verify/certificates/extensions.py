"""The extensions of a certificate (RFC 5280 §4.2), also of one whose issuer did not write DER as the standard has it.

One certificate in thirty of the European trust lists says ``cA FALSE`` where the default goes without saying (X.690 §11.5), gives
somebody who is no authority a path length, or puts Chinese or Greek into a VisibleString of its notice. Every other reader takes
these for what they mean; the library that reads certificates here refuses all extensions of such a one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der

KEPT: Final = 256
"""Certificates kept mended: those of authorities come again in every document."""
WARNED_OF: Final = r"Invalid ASN\.1|Parsed a |The parsed certificate"
warnings.filterwarnings(
    "ignore", message=WARNED_OF
)  # how others write certificates is no news to who verifies them
_EXTENSIONS, _BOOLEAN = 0xA3, 0x01


def extensions_of(certificate: x509.Certificate | x509.CertificateRevocationList) -> x509.Extensions:
    """Return the extensions; those of a list as they are. ``ValueError``: nobody can read them, or one stands twice."""
    try:
        return certificate.extensions
    except ValueError:
        if not isinstance(certificate, x509.Certificate):
            raise
        return _mended(certificate.public_bytes(Encoding.DER)).extensions


@lru_cache(maxsize=KEPT)
def _mended(der_octets: bytes) -> x509.Certificate:
    """Write a certificate's flawed extensions as they ought to be; its signature stays that of the original, and is not looked at."""
    whole = der.Reader(der_octets).enter(der.SEQUENCE)
    fields = whole.enter(der.SEQUENCE)
    *parts, last = fields.elements()
    listed = der.Reader(last).enter(_EXTENSIONS).enter(der.SEQUENCE)
    signed = der.sequence(*parts, der.explicit(3, der.sequence(*map(_extension, listed.elements()))))
    return x509.load_der_x509_certificate(der.sequence(signed, whole.element(), whole.element()))


def _extension(octets: bytes) -> bytes:
    inside = der.Reader(octets).enter(der.SEQUENCE)
    kind = inside.oid()
    critical = inside.element() if inside.peek() == _BOOLEAN else b""
    mend = _MENDED.get(kind)
    if mend is None:
        return octets
    value = der.octet_string(mend(der.Reader(inside.contents(der.OCTET_STRING)).enter(der.SEQUENCE)))
    inside.finish()
    return der.sequence(der.oid(kind), critical, value)


def _constraints(stated: der.Reader) -> bytes:
    """Leave out what is the default, and the path length of who is no authority, which says nothing (RFC 5280 §4.2.1.9)."""
    authority = stated.contents(_BOOLEAN) != b"\0" if stated.more and stated.peek() == _BOOLEAN else False
    length = der.integer(stated.integer()) if stated.more else b""
    stated.finish()
    return der.sequence(der.boolean(value=True), length) if authority else der.sequence()


def _policies(stated: der.Reader) -> bytes:
    """Leave out the qualifiers: where the practice statement is found, and a notice to be shown."""
    named = [der.Reader(one).enter(der.SEQUENCE).oid() for one in stated.elements()]
    return der.sequence(*(der.sequence(der.oid(one)) for one in named))


_MENDED: Final = {"2.5.29.19": _constraints, "2.5.29.32": _policies}


def each_extension(listed: der.Reader) -> Iterator[tuple[str, der.Reader]]:
    """Yield the name of each of Extensions (RFC 5280 §4.1; of CRL entries and OCSP answers too), and what stands behind it, in order."""
    while listed.more:
        one = listed.enter(der.SEQUENCE)
        yield one.oid(), one


def critical_names(stated: Iterable[tuple[str, der.Reader]]) -> Iterator[str]:
    """Yield the names of the critical ones among extensions."""
    return (name for name, rest in stated if rest.peek() == _BOOLEAN and rest.boolean())


def value_of(rest: der.Reader) -> bytes:
    """Return the value of an extension, whether it is critical or not."""
    if rest.peek() == _BOOLEAN:
        rest.element()
    return rest.contents(der.OCTET_STRING)
