"""Electronic seal data as the settings want it: who makes it, under which mark, with which list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from seals.seal import SealKind
from seals.ses.maker import MakingRules, SealDataMaker, kind_types
from seals.ses.parts import CertListType

if TYPE_CHECKING:
    from api.settings import Settings
    from ca.authority import CertificateAuthority
    from ca.tsa import TimeStampAuthority
    from hsm.provider import KeyRing
    from seals.registry import SealRegistry

_PAIR: Final = re.compile(r"([0-9]{2})=([0-9]{1,9})")


def read_types(text: str) -> Mapping[str, int]:
    """Read ``01=1,02=2``: the number of ``SES_ESPropertyInfo.type`` for a kind of seal; ``ValueError`` for all else."""
    types = kind_types()
    for pair in filter(None, (part.strip() for part in text.split(","))):
        found = _PAIR.fullmatch(pair)
        if found is None or found[1] not in types:
            kinds = " ".join(kind.code for kind in SealKind)
            raise ValueError(f"pairs KIND=NUMBER, separated by commas; the kinds are {kinds}")
        types[found[1]] = int(found[2])
    return types


def making_rules(settings: Settings) -> MakingRules:
    """Return what the settings say about seal data."""
    digests = settings.seal_data_list == "digests"
    return MakingRules(
        vendor=settings.seal_data_vendor,
        types=read_types(settings.seal_data_types),
        list_type=CertListType.DIGESTS if digests else CertListType.CERTIFICATES,
        stamped=settings.seal_data_time_stamp,
    )


def open_maker(
    settings: Settings,
    seals: SealRegistry,
    authority: CertificateAuthority,
    keys: KeyRing,
    tsa: TimeStampAuthority,
) -> SealDataMaker:
    """Return the maker of an installation."""
    return SealDataMaker(seals, authority, keys, stamper=tsa.stamp, rules=making_rules(settings))
