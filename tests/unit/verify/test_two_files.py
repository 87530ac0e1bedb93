"""Files that other readers open as a document that nobody signed, and containers lengthened by whoever likes."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding

from ca import der
from ca.cms_names import DATA, SIGNATURE_TIME_STAMP, SIGNED_DATA
from tests import bare_world as bare
from tests.container_world import Containers, international
from tests.ses_world import DOCUMENT, sealing
from tests.trust_list_world import Publisher, service
from tests.verify_world import NOW, small_pdf
from tests.zip_parts import locator
from verify.policy import MAX_CERTIFICATES
from verify.report import DocumentReport
from verify.signatures.detached import ContentOctets
from verify.signatures.two_files import second_document, where_signed
from verify.trust import TrustStore
from verify.trusted_lists.source import Pin
from verify.trusted_lists.xml_writing import write_xml
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

TEXT: Final = b"An ordinary text of some company."
FOREIGN: Final = "1.2.3.4.5.6"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA512: Final = "2.16.840.1.101.3.4.2.3"


@pytest.fixture(scope="module")
def here() -> Containers:
    return international()


def judge(here: Containers, octets: bytes, content: bytes | None = None) -> DocumentReport:
    beside = None if content is None else ContentOctets(content)
    return Verifier(bare.trust(here)).verify(octets, at=here.now + timedelta(hours=1), content=beside)


def taken_apart(octets: bytes) -> list[bytes]:
    """Return the members of a SignedData."""
    info = der.Reader(octets).enter(der.SEQUENCE)
    info.oid()
    return list(info.enter(0xA0).enter(der.SEQUENCE).elements())


def put_together(parts: list[bytes]) -> bytes:
    return der.sequence(der.oid(SIGNED_DATA), der.explicit(0, der.sequence(*parts)))


def with_attributes(octets: bytes, *attributes: bytes, content: bytes | None = None) -> bytes:
    """Put attributes beside the signature, and the content in another encoding, as anybody can."""
    *before, signers = taken_apart(octets)
    if content is not None:
        before[2] = der.sequence(der.oid(DATA), der.explicit(0, content))
    parts = der.Reader(signers).enter(der.SET).enter(der.SEQUENCE).elements()
    signer = der.sequence(*[one for one in parts if one[0] != 0xA1], der.tlv(0xA1, *attributes))
    return put_together([*before, der.tlv(der.SET, signer)])


def attribute(octets: bytes, kind: str = FOREIGN) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(der.SET, octets))


def hidden(octets: bytes) -> bytes:
    return attribute(der.octet_string(octets))


def in_pieces(content: bytes, size: int) -> bytes:
    """Cut an OCTET STRING as writers do that stream (X.690 §8.7.3)."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return b"\x24\x80" + b"".join(der.octet_string(one) for one in pieces) + b"\0\0"


def broken_at_each_mark(content: bytes) -> bytes:
    """Cut it inside each word that a reader of PDF looks for."""
    marks = re.finditer(rb"[0-9]\s+[0-9]+\s*obj|startxref|trailer", content)
    cuts = [0, *(mark.end() - 1 for mark in marks), len(content)]
    pieces = [content[start:end] for start, end in pairwise(cuts)]
    assert b"".join(pieces) == content
    return b"\x24\x80" + b"".join(map(der.octet_string, pieces)) + b"\0\0"


def package() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("OFD.xml", "<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016'>Pay 999</ofd:OFD>")
    return made.getvalue()


OBJECTS: Final = {
    "plain": b"\n5 0 obj\n<<>>\nendobj\n",
    "a comment before the word": b"\n5 0%x\nobj\n<<>>\nendobj\n",
    "a comment between the numbers": b"\n5%x\n0 obj\n<<>>",
    "comments": b"\n5 %x\r%y\n 0%z\r\n  %w\robj<<>>",
    "a long comment": b"\n5 0%" + b"x" * 9000 + b"\nobj<<>>",
    "many comments": b"\n5 0" + b"%x\n" * 99 + b"obj<<>>",
    "zeros": b"\n0005 00000 obj<<>>",
    "nothing behind the generation": b"\n5 0obj<<>>",
    "blanks of pdf.js and PDFium": b"\n5\xa00\x80obj<<>>",
    "a sign": b"\n5+0 obj<<>>",
    "a far number": b"\n5" + b" " * 20_000 + b"0 obj<<>>",
    "a trailer": b"\ntrailer\n<</Root 1 0 R>>",
    "a commented trailer": b"\ntrailer%x\n<<>>",
    "a root": b"<</A 1/Ro#6ft 1 0 R>>",
    "an end mark": b"\nstartxref\n9\n%%EOF",
    "a header": b"%PDF-1.7",
}


@pytest.mark.parametrize("octets", OBJECTS.values(), ids=OBJECTS)
@pytest.mark.parametrize("content", [TEXT, small_pdf()], ids=["text", "a PDF"])
def test_parts_of_a_pdf_in_what_nobody_signed(here: Containers, octets: bytes, content: bytes) -> None:
    """Poppler and MuPDF need no header: they find objects wherever they stand."""
    report = judge(here, with_attributes(bare.attached(here, content), hidden(octets)))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    assert "PDF" in report.reason.zh
    beside = with_attributes(bare.detached(here, content), hidden(octets))
    assert judge(here, beside, content).verdict is Verdict.FAILED


def test_a_package_in_what_nobody_signed(here: Containers) -> None:
    octets = with_attributes(bare.attached(here, TEXT), hidden(package()))
    assert zipfile.is_zipfile(io.BytesIO(octets))
    report = judge(here, octets)
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    assert "OFD" in report.reason.zh
    for end in (package()[-22:], locator(0)):
        other_end = with_attributes(bare.attached(here, package()), hidden(end))
        assert judge(here, other_end).verdict is Verdict.FAILED, "a directory of its own over what was signed"


def test_a_signed_pdf_cut_so_that_no_reader_finds_it(here: Containers) -> None:
    """Attack: the words of the signed one are broken, and those of the other counted in their place."""
    honest = small_pdf(text="Pay 100")
    octets = bare.attached(here, honest)
    other = hidden(small_pdf(text="Pay 999"))
    for content in (broken_at_each_mark(honest), in_pieces(honest, 1000), der.octet_string(honest)):
        report = judge(here, with_attributes(octets, other, content=content))
        assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    alone = judge(here, with_attributes(octets, hidden(b"x"), content=broken_at_each_mark(honest)))
    assert alone.verdict is Verdict.FAILED, "a reader misses what was signed"


@pytest.mark.parametrize("size", [512, 1000, 1024, 4096, 5120, 10_000, 102_400])
@pytest.mark.parametrize("content", [small_pdf(30), package() * 30], ids=["a PDF", "packages"])
def test_writers_that_stream_are_read(here: Containers, content: bytes, size: int) -> None:
    """Bouncy Castle cuts by 1,000 octets, OpenSSL by 4,096: most files of the name .pdf.p7m."""
    octets = with_attributes(bare.attached(here, content), hidden(b"x"), content=in_pieces(content, size))
    report = judge(here, octets)
    assert report.verdict is Verdict.PASSED, report.reason.en


@pytest.mark.parametrize(
    "honest",
    [
        b"CN=Root?certificateRevocationList?base?objectClass=cRLDistributionPoint",
        b"http://pki.example.cn/Root.crl http://pki.example.cn/Root\n  30:45 an object, 1 object, 5 0 objects",
        b"www.trailer.example startxre %PD- PK\x03\x04 PK\x05",
        b"endobj 0 obj obj -1 obj x5 y0 obj",
    ],
)
def test_words_that_make_no_document(here: Containers, honest: bytes) -> None:
    octets = with_attributes(
        bare.attached(here, small_pdf()), hidden(honest.replace(b"5 0 objects", b"5 objects"))
    )
    report = judge(here, octets)
    assert report.verdict is Verdict.PASSED, report.reason.en


def certificates_only(here: Containers, *digests: bytes) -> bytes:
    listed = (der.integer(1), der.tlv(der.SET, *digests), der.sequence(der.oid(DATA)))
    return put_together([*listed, der.tlv(0xA0, here.keeper.der, here.pki.issuing.der), b"\x31\x00"])


def parameters(octets: bytes, digest: str = "2.16.840.1.101.3.4.2.17") -> bytes:
    """Make the identifier of a digest with parameters; that of SHAKE128 with a length may have some."""
    return der.sequence(der.oid(digest), der.octet_string(octets))


def stamp_with(here: Containers, digest: bytes) -> bytes:
    version, listed, *rest = taken_apart(bare.token(here))
    return put_together([version, der.tlv(der.SET, der.Reader(listed).contents(der.SET), digest), *rest])


BARE: Final[dict[str, Callable[[Containers, bytes], bytes]]] = {
    "certificates": lambda here, octets: certificates_only(here, parameters(octets)),
    "a time-stamp": lambda here, octets: stamp_with(here, parameters(octets)),
    "PEM behind words": lambda here, octets: (
        b"words\n" + octets + b"\n" + here.keeper.certificate.public_bytes(Encoding.PEM)
    ),
}


@pytest.mark.parametrize("made", BARE.values(), ids=BARE)
@pytest.mark.parametrize("other", [small_pdf()[9:], package()], ids=["PDF", "OFD"])
def test_a_bare_object_that_is_a_document_too(
    here: Containers, made: Callable[[Containers, bytes], bytes], other: bytes
) -> None:
    content = bare.CONTENT if made is BARE["a time-stamp"] else None
    report = judge(here, made(here, other), content)
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.FORMAT_FAILURE)
    assert "原件" in report.reason.zh
    honest = judge(here, made(here, b"x"), content)
    assert honest.verdict is Verdict.PASSED, honest.reason.en


def test_a_comment_in_a_list_that_nobody_signed() -> None:
    """An XML signature leaves comments out: whoever likes puts a document into the list of an honest publisher."""
    publisher = Publisher()
    octets = publisher.signed(publisher.list(service(publisher.pki.issuing.der)), write_xml)
    verifier = Verifier(TrustStore((), pins=[Pin(publisher.pin)]))
    for comment, verdict in (
        (b"<!-- a word -->", Verdict.PASSED),
        (b"<!--" + OBJECTS["plain"] + b"-->", Verdict.INDETERMINATE),
    ):
        report = verifier.verify(octets + comment, at=NOW)
        assert report.verdict is verdict, report.reason.en


@pytest.mark.parametrize("digest", [SHA256, SHA512, "1.3.14.3.2.26", "1.2.156.10197.1.401"])
def test_a_digest_has_no_parameters(here: Containers, digest: str) -> None:
    """RFC 3370 §2, RFC 5754 §2: absent or NULL; whatever else stands there nobody signed."""
    odd = parameters(b"x", digest)
    for octets, content in (
        (certificates_only(here, odd), None),
        (stamp_with(here, odd), bare.CONTENT),
    ):
        report = judge(here, octets, content)
        assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.FORMAT_FAILURE)
    null = der.sequence(der.oid(digest), der.null())
    assert judge(here, certificates_only(here, null)).verdict is Verdict.PASSED


def test_seal_data_that_is_a_document_too() -> None:
    """A seal signature's own time-stamp may carry what nobody signed; a picture in the seal is signed."""
    world = sealing()
    octets = world.signature(stamped=True)
    tbs, certificate, algorithm, value, stamp = der.Reader(octets).enter(der.SEQUENCE).elements()
    token = der.Reader(stamp).enter(0xA0).contents(der.BIT_STRING)[1:]
    assert world.judge(octets, document=DOCUMENT).verdict is Verdict.PASSED
    longer = der.explicit(0, der.bit_string(with_attributes(token, hidden(small_pdf()[9:]))))
    forged = der.sequence(tbs, certificate, algorithm, value, longer)
    verifier = Verifier(world.trust())
    for data, verdict in ((octets, Verdict.PASSED), (forged, Verdict.INDETERMINATE)):
        report = verifier.verify(data, at=world.now + timedelta(hours=1), content=ContentOctets(DOCUMENT))
        assert report.verdict is verdict, report.reason.en


@pytest.mark.parametrize(
    "octets",
    [b"%\n" * 500_000, b"0%" * 500_000, b" obj" * 250_000, b"\nobj%" * 200_000, b"5 " * 500_000, b"trailer" * 150_000, b"/Root " * 160_000],
    ids=["comments", "beginnings", "words", "lines", "numbers", "trailers", "roots"],
)  # fmt: skip
def test_looking_takes_time_by_length(octets: bytes) -> None:
    begun = time.perf_counter()
    second_document(octets)
    assert time.perf_counter() - begun < 2


def test_what_was_signed_is_found_where_it_stands() -> None:
    content = bytes(range(256)) * 40
    assert where_signed(b"abc" + content, content) == (3, 3 + len(content))
    pieces = in_pieces(content, 1000)
    assert where_signed(pieces, content) == (2, len(pieces) - 2)
    for other in (in_pieces(content, 1001), pieces.replace(content[1500:1510], b"0" * 10), pieces[:-2000]):
        assert where_signed(other, content) is None
    assert where_signed(b"abc", None) is None
    assert where_signed(b"abc", b"") is None


# --- lengthened by whoever likes -----------------------------------------------------------------------------------


def test_values_by_the_million_are_left_unread(here: Containers) -> None:
    many = der.sequence(der.oid(FOREIGN), der.tlv(der.SET, b"\x05\x00" * 1_000_000))
    stamps = der.sequence(der.oid(SIGNATURE_TIME_STAMP), der.tlv(der.SET, b"\x30\x00" * 500_000))
    listed = b"".join([hidden(b"x")] * 50_000)
    for attributes in (many, listed):
        octets = with_attributes(bare.attached(here), attributes)
        begun = time.perf_counter()
        report = judge(here, octets)
        assert report.verdict is Verdict.PASSED, report.reason.en
        assert time.perf_counter() - begun < 3
    begun = time.perf_counter()
    assert judge(here, with_attributes(bare.attached(here), stamps)).verdict is Verdict.PASSED
    assert time.perf_counter() - begun < 3


@pytest.mark.parametrize("place", ["certificates", "lists", "signers"])
def test_members_by_the_million_are_counted_no_further_than_they_count(here: Containers, place: str) -> None:
    parts, many = taken_apart(bare.attached(here)), b"\x30\x00" * 1_000_000
    if place == "certificates":
        parts[3] = der.tlv(0xA0, der.Reader(parts[3]).contents(0xA0), many)
    elif place == "lists":
        parts.insert(4, der.tlv(0xA1, many))
    else:
        parts[-1] = der.tlv(der.SET, der.Reader(parts[-1]).contents(der.SET), many)
    begun = time.perf_counter()
    report = judge(here, put_together(parts))
    assert (report.verdict is Verdict.PASSED) is (place == "lists"), "what is no list is left out"
    assert time.perf_counter() - begun < 3


def test_as_many_certificates_as_count_are_read(here: Containers) -> None:
    parts = taken_apart(bare.attached(here))
    own = der.Reader(parts[3]).contents(0xA0)
    parts[3] = der.tlv(0xA0, own, here.pki.issuing.der * (MAX_CERTIFICATES - 2))
    assert judge(here, put_together(parts)).verdict is Verdict.PASSED


def test_the_library_reads_the_same(here: Containers) -> None:
    """What is built here is what others read: the honest neighbour is a container to the general library too."""
    read = cms.ContentInfo.load(with_attributes(bare.attached(here, TEXT), hidden(b"x")))
    assert read["content"]["encap_content_info"]["content"].native == TEXT
