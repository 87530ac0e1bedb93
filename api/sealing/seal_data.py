"""Electronic seal data and the containers of signatures as the settings want them: makers, marks, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.settings import Settings, read_seal_data_types
from seals.ses.maker import MakingRules, SealDataMaker
from seals.ses.parts import CertListType, SesVersion
from signing.containers.envelope import ContainerKind, PdfNames
from signing.containers.envelopes import EnvelopeDesk, EnvelopeRules

if TYPE_CHECKING:
    from ca.authority import CertificateAuthority
    from ca.tsa import TimeStampAuthority
    from hsm.provider import KeyRing
    from seals.registry import SealRegistry

_NATIONAL: Final = {
    "rfc5652": ContainerKind.CMS,
    "gbt35275": ContainerKind.GBT35275,
    "ses": ContainerKind.SES,
}
_VERSIONS: Final = {4: SesVersion.V4, 5: SesVersion.V5}


def making_rules(settings: Settings) -> MakingRules:
    """Return what the settings say about seal data."""
    digests = settings.seal_data_list == "digests"
    return MakingRules(
        vendor=settings.seal_data_vendor,
        types=read_seal_data_types(settings.seal_data_types),
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


def open_envelopes(settings: Settings, seal_data: SealDataMaker) -> EnvelopeDesk:
    """Return the desk of an installation."""
    rules = EnvelopeRules(
        national=_NATIONAL[settings.gm_container],
        names={
            ContainerKind.GBT35275: PdfNames.parse(settings.pdf_names_gbt35275),
            ContainerKind.SES: PdfNames.parse(settings.pdf_names_ses),
        },
        ses_version=_VERSIONS[settings.ses_version],
    )
    return EnvelopeDesk(rules, seal_data)
