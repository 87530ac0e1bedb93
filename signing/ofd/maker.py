"""Making OFD documents of our own (GB/T 33190-2016): sheets in, a package out. The same input gives the same octets."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from seals.drawing.fonts import Face
from seals.drawing.typesetting import A4, NAMES, characters, font_file
from signing.ofd.canvas import Image, Numbers, Resources, Sheet, page_xml
from signing.ofd.descriptions import number
from signing.ofd.font_file import Measure
from signing.ofd.zip_writer import ZipWriter
from verify.ofd.package import ROOT
from verify.ofd.xml import NAMESPACE

DOCUMENT: Final = "/Doc_0"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
PNG: Final = b"\x89PNG"
JPEG: Final = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself; ``when`` is aware."""

    title: str
    when: datetime
    author: str = ""
    subject: str = ""
    creator: str = "Yinxin"


def make_document(
    about: About, sheets: Sequence[Sheet], size: tuple[float, float] = A4, measure: Measure | None = None
) -> bytes:
    """Make a package of these pages, each ``size`` (mm).

    :class:`signing.ofd.errors.TextUnprintable`; ``ValueError``: no page, or a picture that is neither PNG nor JPEG.
    """
    if not sheets:
        raise ValueError("a document has at least one page")
    measure = measure or Measure()
    numbers = Numbers()
    files: dict[str, bytes] = {}
    used = characters(item for sheet in sheets for item in sheet.items)
    faces = [face for face in Face if face in used]
    resources = Resources(
        {face: numbers.next() for face in faces}, {octets: numbers.next() for octets in _images(sheets)}
    )
    for face in faces:
        files[f"{DOCUMENT}/Res/{face.value}.ttf"] = font_file(face, used[face], measure)
    for octets, identifier in resources.images.items():
        files[f"{DOCUMENT}/Res/image_{identifier}.{_kind(octets).lower()}"] = octets
    files[f"{DOCUMENT}/PublicRes.xml"] = _fonts(resources)
    if resources.images:
        files[f"{DOCUMENT}/DocumentRes.xml"] = _media(resources)
    pages = []
    for place, sheet in enumerate(sheets):
        pages.append((numbers.next(), f"Pages/Page_{place}/Content.xml"))
        files[f"{DOCUMENT}/{pages[-1][1]}"] = page_xml(sheet, size, resources, numbers, measure)
    files[f"{DOCUMENT}/Document.xml"] = _document(pages, size, numbers.last, media=bool(resources.images))
    document_id = hashlib.sha256(
        b"".join(hashlib.sha256(files[path]).digest() for path in sorted(files))
    ).hexdigest()[:32]
    return _packed({ROOT: _main(about, document_id), **files})


def _packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = ZipWriter(out)
    for path, octets in files.items():
        writer.add(path, octets)
    writer.close()
    return out.getvalue()


def _images(sheets: Sequence[Sheet]) -> list[bytes]:
    return list(
        dict.fromkeys(item.octets for sheet in sheets for item in sheet.items if isinstance(item, Image))
    )


def _kind(octets: bytes) -> str:
    if octets.startswith(PNG):
        return "PNG"
    if octets.startswith(JPEG):
        return "JPG"
    raise ValueError("a picture is PNG or JPEG")


def _main(about: About, identifier: str) -> bytes:
    said = "".join(
        f"<ofd:{name}>{escape(value)}</ofd:{name}>"
        for name, value in (
            ("DocID", identifier),
            ("Title", about.title),
            ("Author", about.author),
            ("Subject", about.subject),
            ("CreationDate", about.when.strftime("%Y-%m-%d")),
            ("Creator", about.creator),
        )
        if value
    )
    return (
        f'{_HEAD}<ofd:OFD xmlns:ofd="{NAMESPACE}" Version="1.0" DocType="OFD"><ofd:DocBody>'
        f"<ofd:DocInfo>{said}</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    ).encode()


def _document(pages: list[tuple[int, str]], size: tuple[float, float], last: int, *, media: bool) -> bytes:
    listed = "".join(f'<ofd:Page ID="{identifier}" BaseLoc="{path}"/>' for identifier, path in pages)
    extra = "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>" if media else ""
    return (
        f'{_HEAD}<ofd:Document xmlns:ofd="{NAMESPACE}"><ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID>'
        f"<ofd:PageArea><ofd:PhysicalBox>0 0 {number(size[0])} {number(size[1])}</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{extra}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages></ofd:Document>"
    ).encode()


def _fonts(resources: Resources) -> bytes:
    fonts = "".join(
        f'<ofd:Font ID="{identifier}" FontName={quoteattr(NAMES[face])} FamilyName={quoteattr(NAMES[face])}>'
        f"<ofd:FontFile>{face.value}.ttf</ofd:FontFile></ofd:Font>"
        for face, identifier in resources.fonts.items()
    )
    body = f"<ofd:Fonts>{fonts}</ofd:Fonts>" if fonts else ""
    return f'{_HEAD}<ofd:Res xmlns:ofd="{NAMESPACE}" BaseLoc="Res">{body}</ofd:Res>'.encode()


def _media(resources: Resources) -> bytes:
    items = "".join(
        f'<ofd:MultiMedia ID="{identifier}" Type="Image" Format="{_kind(octets)}">'
        f"<ofd:MediaFile>image_{identifier}.{_kind(octets).lower()}</ofd:MediaFile></ofd:MultiMedia>"
        for octets, identifier in resources.images.items()
    )
    return (
        f'{_HEAD}<ofd:Res xmlns:ofd="{NAMESPACE}" BaseLoc="Res"><ofd:MultiMedias>{items}</ofd:MultiMedias></ofd:Res>'
    ).encode()
