"""What kind of file a finished one is: media type and ending, told by its first octets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signing.formats import DocumentKind, kind_of


@dataclass(frozen=True, slots=True)
class Media:
    """A media type and the ending of a file name."""

    type: str
    ending: str


MEDIA: Final = {
    DocumentKind.PDF: Media("application/pdf", ".pdf"),
    DocumentKind.OFD: Media("application/ofd", ".ofd"),
    DocumentKind.FILE: Media("application/pkcs7-signature", ".p7s"),
}
"""RFC 8118; the type that OFD readers register, for which IANA has none; RFC 8551 §3.2.1."""


def media_of(path: Path) -> Media:
    """Tell a finished document or a detached signature. ``OSError``."""
    with path.open("rb") as stream:
        return MEDIA[kind_of(stream)]


def finished_name(name: str, media: Media) -> str:
    """Name the result of sealing ``name``: ``contract-sealed.pdf``, ``data.bin.p7s``."""
    if media is MEDIA[DocumentKind.FILE]:
        return f"{name}{media.ending}"
    return f"{name.removesuffix(media.ending)}-sealed{media.ending}"
