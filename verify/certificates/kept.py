"""Since when authorities still tell of certificates that have ended: expiredCertsOnCRL (X.509 §9.5.2.8), archive cutoff (RFC 6960 §4.4.4). Pure.

Others drop a certificate at its end, so their silence about it means nothing from then on. Who keeps it on says so, and then
their word of today counts for a signature of then (EN 319 102-1 §5.2.5, EN 319 411-2 §6.3.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from ca import der

_EXPIRED_CERTS_ON_CRL: Final = x509.ObjectIdentifier("2.5.29.60")
_ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
_NAMED: Final = der.oid(_ARCHIVE_CUTOFF)
_EXTENSIONS: Final = 0xA1
_BOOLEAN: Final = 0x01
_TIME: Final = re.compile(rb"\x18\x0f([0-9]{14})Z")


def kept_on_list(extensions: x509.Extensions) -> datetime | None:
    """Return since when ended certificates stay on a list; ``None``: it does not say so."""
    for extension in extensions:
        if extension.oid == _EXPIRED_CERTS_ON_CRL and isinstance(extension.value, x509.UnrecognizedExtension):
            return _time_of(extension.value.value)
    return None


def kept_by_responder(singles: Iterator[der.Reader], octets: bytes) -> tuple[datetime | None, ...]:
    """Return the archive cutoff of each answer in a response: ``singles`` stand behind what every answer has, ``octets`` are all of it."""
    return tuple(map(_cutoff, singles)) if _NAMED in octets else ()


def _cutoff(single: der.Reader) -> datetime | None:
    while single.more:
        if single.peek() != _EXTENSIONS:
            single.element()
            continue
        listed = single.enter(_EXTENSIONS).enter(der.SEQUENCE)
        while listed.more:
            one = listed.enter(der.SEQUENCE)
            name = one.oid()
            if one.peek() == _BOOLEAN:
                one.element()
            if name == _ARCHIVE_CUTOFF:
                return _time_of(one.contents(der.OCTET_STRING))
    return None


def _time_of(octets: bytes) -> datetime | None:
    """Read a GeneralizedTime as RFC 5280 §4.1.2.5.2 has it; ``None`` for anything else."""
    found = _TIME.fullmatch(octets)
    try:
        return (
            None
            if found is None
            else datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        )
    except ValueError:
        return None
