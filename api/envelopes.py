"""Containers of signatures as the settings want them: which one an SM2 key gets, and the names that a PDF gives each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seals.ses.parts import SesVersion
from signing.containers.envelope import ContainerKind, PdfNames
from signing.containers.envelopes import EnvelopeDesk, EnvelopeRules

if TYPE_CHECKING:
    from api.settings import Settings
    from seals.ses.maker import SealDataMaker

_NATIONAL: Final = {
    "rfc5652": ContainerKind.CMS,
    "gbt35275": ContainerKind.GBT35275,
    "ses": ContainerKind.SES,
}
_VERSIONS: Final = {4: SesVersion.V4, 5: SesVersion.V5}


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
