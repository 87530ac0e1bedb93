"""An OFD on the seal page: the sizes of its pages, each page as a sheet, and which seals can be put on it."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from cryptography import x509

from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from seals.seal import SealRecord
from signing.containers.envelope import ContainerKind
from signing.formats import DocumentKind, kind_of
from signing.ofd.errors import NationalContainerNeeded, OfdUnfit, reading
from signing.ofd.format import open_subject
from signing.ofd.sheet import page_svg

MAX_PAGES: Final = 5_000
"""As of a PDF (:mod:`api.pages.render_worker`)."""
MIN_SIDE_MM: Final = 1.0
MAX_SIDE_MM: Final = 100_000.0
"""A page side outside is damage, not paper."""


def is_ofd(document: Path) -> bool:
    """Tell an OFD package by its content. ``OSError``."""
    with document.open("rb") as stream:
        return kind_of(stream) is DocumentKind.OFD


def sheet_sizes(document: Path) -> tuple[tuple[float, float], ...]:
    """Measure the pages of a package that may be sealed; raises what sealing it would raise (:func:`open_subject`)."""
    with reading():
        pages = open_subject(document.read_bytes()).pages
    if not 1 <= pages.count <= MAX_PAGES:
        raise OfdUnfit(
            f"该 OFD 有 {pages.count} 页，用印页面只接受 1 至 {MAX_PAGES} 页；请拆分后再试，或用命令行 yinxin seal-ofd。",
            f"The OFD has {pages.count} pages; the seal page takes 1 to {MAX_PAGES}. Split it, or use yinxin seal-ofd.",
        )
    sizes = tuple(pages.size_mm(number) for number in range(1, pages.count + 1))
    for number, size in enumerate(sizes, start=1):
        if not all(MIN_SIDE_MM <= side <= MAX_SIDE_MM for side in size):
            raise OfdUnfit(
                f"该 OFD 第 {number} 页的大小（{size[0]:g} × {size[1]:g} 毫米）不是纸张的大小；请重新导出。",
                f"Page {number} of the OFD measures {size[0]:g} × {size[1]:g} mm, which is no paper; export it anew.",
            )
    return sizes


def draw_sheet(document: Path, page: int, sheet: Path) -> None:
    """Write a page as SVG at ``sheet``. :class:`signing.errors.DocumentError`."""
    with reading():
        drawn = page_svg(open_subject(document.read_bytes(), closing=True).pages, page)
    partial = sheet.with_name(f".{os.getpid()}-{threading.get_ident()}-{sheet.name}")
    try:
        partial.write_bytes(drawn)
        partial.replace(sheet)
    finally:
        partial.unlink(missing_ok=True)


def demand_national(seal: SealRecord) -> None:
    """Refuse, before a PIN is asked for, a seal whose certificate has no SM2 key. :class:`NationalContainerNeeded`."""
    bound = seal.electronic.certificate
    if bound is None:
        return  # a seal without certificate is refused for that
    if not isinstance(certificate_key(x509.load_der_x509_certificate(bound.der)), Sm2PublicKey):
        raise NationalContainerNeeded(ContainerKind.CMS.value)
