"""Times that lists and answers state in extensions: since when a certificate is to be taken for invalid, and how far back states are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ca import der
from verify.certificates.extensions import each_extension, value_of

INVALIDITY_DATE: Final = "2.5.29.24"
"""RFC 5280 §5.3.2, in an answer by RFC 6960 §4.4.5."""
ARCHIVE_CUTOFF: Final = "1.3.6.1.5.5.7.48.1.6"
"""RFC 6960 §4.4.4: the states of certificates that ended since then are kept."""
EXPIRED_CERTS_ON_CRL: Final = "2.5.29.60"
"""The same of a list (ITU-T X.509 §9.5.2.8, ETSI EN 319 411-2 §6.3.9)."""
_EXTENSIONS: Final = 0xA1


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
    found = {name: generalized_time(value_of(rest)) for name, rest in extensions_behind(single)}
    return StatedTimes(found.get(INVALIDITY_DATE), found.get(ARCHIVE_CUTOFF)) if found else NOTHING_STATED


def extensions_behind(part: der.Reader) -> Iterator[tuple[str, der.Reader]]:
    """Yield the extensions of a ResponseData or a SingleResponse behind the fields that are always there."""
    while part.more:
        if part.peek() == _EXTENSIONS:
            yield from each_extension(part.enter(_EXTENSIONS).enter(der.SEQUENCE))
        else:
            part.element()
