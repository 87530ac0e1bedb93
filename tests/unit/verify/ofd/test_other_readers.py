"""One file, two documents: a sealed package that readers of PDF open as well, and show what nobody sealed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from cryptography import x509

from ca import der
from seals.ses.writer import PictureContent, encode_info
from signing.mark import Evidence
from signing.ofd.evidence_file import encode_evidence
from tests.ofd_world import (
    LIST,
    PAGE,
    VALUE,
    changed,
    document,
    entries,
    judged,
    packed,
    plain,
    seal,
    sealed,
    sealing,
    ses,
    trust,
)
from tests.ses_world import ia5
from tests.verify_world import NOW
from verify.verdict import Verdict
from verify.verifier import Verifier

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
    """Put it into a certificate of anybody's, as an extension that nobody knows: evidence in form."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), PDF)
    certificate = sealing().pki.party(extra=[(unknown, False)]).der
    return written(files | {EVIDENCE: encode_evidence(Evidence((certificate,)))}, EVIDENCE)


@pytest.mark.parametrize("put", [in_the_list, in_an_extra_field, in_a_comment, in_evidence])
def test_a_pdf_in_octets_that_no_signature_covers(put: Callable[[dict[str, bytes]], bytes]) -> None:
    report = judged(put(entries(sealed())))
    assert [one.verdict for one in report.signatures] == [Verdict.INDETERMINATE]
    assert "opens as a PDF" in report.reason.en
    twice = judged(put(entries(seal(sealed(), "2:20,20"))))
    assert [one.verdict for one in twice.signatures] == [Verdict.INDETERMINATE] * 2


def with_a_package_beside(files: dict[str, bytes]) -> bytes:
    """Put another directory into the comment of the last entry: the true entries, but for one page that stands there too."""
    outer = written(files)
    end = outer.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack_from("<H2I", outer, end + 10)
    last = outer.rindex(b"PK\x01\x02", 0, end)
    name, extra = struct.unpack_from("<2H", outer, last + 28)
    base, page = last + 46 + name + extra, PAGE.encode()
    forged = files[PAGE].replace("合同第".encode(), "伪造第".encode())
    facts = (zlib.crc32(forged), len(forged), len(forged), len(page))
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, *facts, 0) + page + forged
    directory, at = b"", start
    for _ in range(count):
        one = outer[at : at + 46 + sum(struct.unpack_from("<3H", outer, at + 28))]
        at += len(one)
        if one[46 : 46 + len(page)] == page:
            numbers = (20, 20, 0, 0, 0, 33, *facts, 0, 0, 0, 0, 0, base)
            one = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *numbers) + page
        directory += one
    numbers = (0, 0, count, count, len(directory), base + len(local), 22)
    comment = local + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", *numbers)
    made = bytearray(outer[:base] + comment + outer[end:])
    struct.pack_into("<H", made, last + 32, len(comment))
    struct.pack_into("<I", made, len(made) - 10, size + len(comment))
    return bytes(made)


def test_a_second_directory_in_a_comment_is_refused() -> None:
    """Libzip reads from the front and keeps the directory that reaches further: it shows the page that nobody sealed."""
    report = Verifier(trust()).verify(with_a_package_beside(entries(sealed())), at=NOW)
    assert (report.verdict, "records of a package" in report.reason.en) == (Verdict.UNREADABLE, True)
    for extra in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"):
        octets = written(entries(sealed()), extra=struct.pack("<2H", 0xCAFE, len(extra)) + extra)
        assert Verifier(trust()).verify(octets, at=NOW).verdict is Verdict.UNREADABLE


END = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 22)


def with_unsigned_attribute(message: bytes, content: bytes) -> bytes:
    """Add an attribute that no signature covers to the one signer of a message."""
    outer = der.Reader(message).enter(der.SEQUENCE)
    kind, data = outer.element(), outer.enter(0xA0).enter(der.SEQUENCE)
    members = []
    while data.more:
        members.append(data.element())
    signer = der.Reader(members[-1]).enter(0x31).element()
    inside = der.Reader(signer).enter(der.SEQUENCE)
    attribute = der.sequence(der.oid("1.2.3.4.5"), der.tlv(0x31, der.octet_string(content)))
    own = signer[inside.position :] if inside.data is signer else inside.data[inside.position : inside.end]
    members[-1] = der.tlv(0x31, der.sequence(own, der.tlv(0xA1, attribute)))
    return der.sequence(kind, der.explicit(0, der.sequence(*members)))


@pytest.mark.parametrize(("content", "what"), [(END, "a ZIP package"), (PDF, "a PDF")])
def test_another_document_in_an_unsigned_attribute(content: bytes, what: str) -> None:
    files = entries(seal(where="unseen", envelope=plain()))
    harmless = files | {VALUE: with_unsigned_attribute(files[VALUE], b"x")}
    assert judged(written(harmless, plain=VALUE)).verdict is Verdict.PASSED
    report = judged(written(files | {VALUE: with_unsigned_attribute(files[VALUE], content)}, plain=VALUE))
    assert (report.verdict, what in report.reason.en) == (Verdict.INDETERMINATE, True)


@pytest.mark.parametrize("content", [END, PDF])
def test_another_document_in_the_time_stamp_of_a_seal(content: bytes) -> None:
    """It stands behind what was signed, and is a message with attributes of its own."""
    files = entries(seal(stamped=True))
    signature = der.Reader(files[VALUE]).enter(der.SEQUENCE)
    members = []
    while signature.more:
        members.append(signature.element())
    token = der.Reader(members[-1]).enter(0xA0).contents(der.BIT_STRING)[1:]
    members[-1] = der.explicit(0, der.bit_string(with_unsigned_attribute(token, content)))
    for plain_value in (VALUE, ""):
        report = judged(written(files | {VALUE: der.sequence(*members)}, plain=plain_value))
        assert (report.verdict, "opens as" in report.reason.en) == (Verdict.INDETERMINATE, True)


def test_a_seal_whose_picture_is_a_package_is_no_matter() -> None:
    """Tax seals are drawn so: the signed value, not packed, ends with a package of its own."""
    world = sealing()
    info = encode_info(world.content(picture=PictureContent(written({"OFD.xml": b"<a/>"}), 40, 40)))
    octets = seal(envelope=ses(seal=world.esl(info=info.replace(ia5("PNG"), ia5("OFD")))))
    assert octets.count(b"PK\x05\x06") > 1
    assert judged(octets).verdict is Verdict.PASSED
    assert judged(seal(octets, "2:20,20")).verdict is Verdict.PASSED


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
