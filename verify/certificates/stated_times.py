"""Times that lists and answers state in extensions: since when a certificate is to be taken for invalid, and how far back states are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ca import der

INVALIDITY_DATE: Final = "2.5.29.24"
"""RFC 5280 §5.3.2, in an answer by RFC 6960 §4.4.5."""
ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
"""RFC 6960 §4.4.4: the states of certificates that ended since then are kept."""
EXPIRED_CERTS_ON_CRL: Final = "2.5.29.60"
"""The same of a list (ITU-T X.509 §9.5.2.8, ETSI EN 319 411-2 §6.3.9)."""
_EXTENSIONS: Final = 0xA1
_BOOLEAN: Final = 0x01


@dataclass(frozen=True, slots=True)
class StatedTimes:
    """What one answer states beside the state of its certificate."""

    invalid: datetime | None = None
    kept_since: datetime | None = None


NOTHING_STATED: Final = StatedTimes()


def generalized_time(octets: bytes) -> datetime | None:
    """Read a GeneralizedTime in the one form of RFC 5280 §4.1.2.5.2; ``None`` for anything else."""
    try:
        read = der.Reader(octets)
        text = read.contents(der.GENERALIZED_TIME).decode("ascii")
        read.finish()
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC) if len(text) == 15 else None
    except ValueError:
        return None


def stated_times(single: der.Reader) -> StatedTimes:
    """Read what stands in a SingleResponse (RFC 6960 §4.2.1) behind its thisUpdate; ``DerError``: it is none."""
    found: dict[str, datetime | None] = {}
    while single.more:
        if single.peek() != _EXTENSIONS:
            single.element()
            continue
        for name, value in _values(single.enter(_EXTENSIONS).enter(der.SEQUENCE)):
            found[name] = generalized_time(value)
    return StatedTimes(found.get(INVALIDITY_DATE), found.get(ARCHIVE_CUTOFF)) if found else NOTHING_STATED


def _values(listed: der.Reader) -> Iterator[tuple[str, bytes]]:
    while listed.more:
        one = listed.enter(der.SEQUENCE)
        name = one.oid()
        if one.peek() == _BOOLEAN:
            one.element()
        yield name, one.contents(der.OCTET_STRING)
