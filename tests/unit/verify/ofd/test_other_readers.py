"""One file, two documents: a sealed package that readers of PDF open as well, and show what nobody sealed."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from ca import der
from ca.cms_names import SIGNED_DATA
from tests.ofd_world import LIST, PAGE, changed, document, entries, judged, packed, seal, sealed
from verify.verdict import Verdict

EVIDENCE = "Doc_0/Signs/Sign_0/Evidence.p7c"
PDF = (
    b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n"
)
"""Readers that repair a file need no header and no table."""


def written(files: dict[str, bytes], plain: str = "", extra: bytes = b"", comment: bytes = b"") -> bytes:
    """Write a package with one entry that is not packed, or with more beside that of the page."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, octets in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == plain else zipfile.ZIP_DEFLATED
            if name == PAGE:
                info.extra, info.comment = extra, comment
            package.writestr(info, octets)
    return out.getvalue()


def in_the_list(files: dict[str, bytes]) -> bytes:
    return written(files | {LIST: files[LIST] + b"<!--\n" + PDF + b"-->"}, plain=LIST)


def in_an_extra_field(files: dict[str, bytes]) -> bytes:
    return written(files, extra=struct.pack("<2H", 0xCAFE, len(PDF)) + PDF)


def in_a_comment(files: dict[str, bytes]) -> bytes:
    return written(files, comment=PDF)


def in_evidence(files: dict[str, bytes]) -> bytes:
    content = der.sequence(der.oid("1.2.840.113549.1.7.1"), der.explicit(0, der.octet_string(PDF)))
    message = der.sequence(der.integer(1), der.tlv(0x31, b""), content)
    return written(files | {EVIDENCE: der.sequence(der.oid(SIGNED_DATA), der.explicit(0, message))}, EVIDENCE)


@pytest.mark.parametrize("put", [in_the_list, in_an_extra_field, in_a_comment, in_evidence])
def test_a_pdf_in_octets_that_no_signature_covers(put: Callable[[dict[str, bytes]], bytes]) -> None:
    report = judged(put(entries(sealed())))
    assert [one.verdict for one in report.signatures] == [Verdict.INDETERMINATE]
    assert "opens as a PDF" in report.reason.en
    twice = judged(put(entries(seal(sealed(), "2:20,20"))))
    assert [one.verdict for one in twice.signatures] == [Verdict.INDETERMINATE] * 2


def test_a_list_that_holds_one_packed_is_no_pdf() -> None:
    """Nothing of it stands in the file as readers of PDF look for it."""
    files = entries(sealed())
    assert judged(packed(files | {LIST: files[LIST] + b"<!--\n" + PDF + b"-->"})).verdict is Verdict.PASSED


def test_an_attachment_that_was_sealed_may_be_a_pdf() -> None:
    """Written as it is, as some programs do: what a reader of PDF finds there was sealed."""
    files = entries(seal(changed(document(), "Doc_0/Attachs/invoice.pdf", b"%PDF-1.4\n" + PDF)))
    octets = written(files, plain="Doc_0/Attachs/invoice.pdf")
    assert octets.find(b"%PDF-") > 1024
    assert judged(octets).verdict is Verdict.PASSED
    assert judged(in_a_comment(files)).verdict is Verdict.INDETERMINATE
