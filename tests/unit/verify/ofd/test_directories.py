"""One package, two directories: readers of ZIP look for theirs in different ways, also in what was signed and in how it is packed."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from datetime import timedelta

import pytest

from ca import der
from ca.cms_names import DATA, SIGNED_DATA
from signing.mark import Evidence
from signing.ofd.errors import OfdDamaged
from signing.ofd.evidence_file import encode_evidence
from tests.ofd_world import PAGE, changed, document, entries, judged, seal, sealed, sealing, trust
from tests.verify_world import NOW
from tests.zip_parts import Entry, deflated, directory, in_an_empty_block, locator, packed_entries
from verify.ofd.as_it_stands import as_it_stands
from verify.ofd.package import Package
from verify.verdict import Verdict
from verify.verifier import Verifier

ANNEX = "Doc_0/Attachs/annex.zip"
BESIDE = "Doc_0/Signs/Sign_0/Evidence.p7c"
LOCATOR_SIZE = 20
OBJECT = b"\n5 0 obj\n"


def refused(octets: bytes) -> str:
    report = Verifier(trust()).verify(octets, at=NOW + timedelta(hours=1), name="test.ofd")
    assert report.verdict is Verdict.UNREADABLE, report.reason.en
    assert "无法核验" in report.reason.zh
    return report.reason.en


def second(at: int, *, wide: bool = False) -> bytes:
    """Write a whole package with another page, which readers find if it stands at ``at``."""
    files = entries(document())
    forged = files | {PAGE: files[PAGE].replace("合同第".encode(), "伪造第".encode())}
    assert forged != files
    return directory(packed_entries(forged), at, wide=wide)


def place_of(octets: bytes, name: str) -> int:
    return Package(octets).record(f"/{name}").data_at


def with_annex(annex: bytes) -> bytes:
    """Write a document with an attachment that is not packed."""
    return directory([*packed_entries(entries(document())), Entry(ANNEX, annex)], 0)


def beside(files: dict[str, bytes], made: Callable[[int], bytes]) -> bytes:
    """Put a file beside the signature, not packed, that nobody signed and that knows its place."""
    listed = packed_entries(files)
    at = place_of(directory([*listed, Entry(BESIDE, made(0))], 0), BESIDE)
    return directory([*listed, Entry(BESIDE, made(at))], 0)


@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_prepared_before_sealing(wide: bool) -> None:
    """The attachment counts from where it will stand once somebody honest has sealed: libzip and minizip show the page in it."""
    honest = seal(with_annex(second(0, wide=wide)))
    assert judged(honest).verdict is Verdict.PASSED
    prepared = seal(with_annex(second(place_of(honest, ANNEX), wide=wide)))
    assert "another directory" in refused(prepared)
    with pytest.raises(OfdDamaged) as caught:
        seal(prepared, "2:20,20")
    assert "无法用印" in caught.value.zh


@pytest.mark.parametrize("name", [ANNEX, "Doc_0/Attachs/annex.ofd"])
def test_packages_as_attachments_are_no_matter(name: str) -> None:
    """They count from their own begin, at the end of the file too."""
    plain = packed_entries(entries(document()))
    octets = seal(directory([*plain, Entry(name, sealed())], 0))
    assert judged(octets).verdict is Verdict.PASSED
    files = entries(octets)
    last = Entry(name, files.pop(name))
    assert judged(directory([*packed_entries(files), last], 0)).verdict is Verdict.PASSED


def test_an_end_in_how_a_signed_file_is_packed() -> None:
    """Anybody packs a sealed file anew: the end stands in an empty block of a signed one, its directory beside the signature."""
    files = entries(sealed())
    main = files.pop("OFD.xml")

    def made(count: int, size: int, at: int) -> bytes:
        words = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, at, 0)
        listed = packed_entries(files)
        other = second(0)
        last = Entry("OFD.xml", main, in_an_empty_block(main, words))
        return directory([*listed, Entry(BESIDE, other), last], 0)

    place = place_of(made(0, 0, 0), BESIDE) + second(0).index(b"PK\x01\x02")
    assert "another directory" in refused(made(len(files) + 1, 1, place))
    by_chance = Entry("OFD.xml", main, in_an_empty_block(main, b"PK\x05\x06" + bytes(18)))
    octets = directory([*packed_entries(files), by_chance], 0)
    assert judged(octets).verdict is Verdict.PASSED, "it leads nowhere"


def test_the_locator_of_zip64() -> None:
    """Minizip seeks it before any end record, in the last 65,535 octets."""
    files = entries(sealed())
    assert "another directory" in refused(beside(files, lambda at: second(at, wide=True)))
    assert judged(beside(files, lambda _: locator(0))).verdict is Verdict.INDETERMINATE
    main = files.pop("OFD.xml")
    by_chance = Entry("OFD.xml", main, in_an_empty_block(main, locator(0)))
    assert judged(directory([*packed_entries(files), by_chance], 0)).verdict is Verdict.PASSED


def test_the_end_record_of_zip64_without_its_locator() -> None:
    """Rubyzip takes the last one of the last 64 kB, wherever a locator says that it is; the locator's mark may stand in packed octets."""
    files = entries(sealed())
    main = files.pop("OFD.xml")

    def made(inside: bytes) -> bytes:
        last = Entry("OFD.xml", main, in_an_empty_block(main, b"PK\x06\x07"))
        return directory([*packed_entries(files), Entry(BESIDE, inside), last], 0)

    def record(at: int) -> bytes:
        return second(at, wide=True)[:-LOCATOR_SIZE]

    at = place_of(made(record(0)), BESIDE)
    assert "another directory" in refused(made(record(at)))
    assert judged(made(record(0))).verdict is Verdict.INDETERMINATE, "a record that nobody signed"
    both = entries(seal(with_annex(record(0))))
    assert judged(directory(packed_entries(both), 0)).verdict is Verdict.PASSED
    packed = Entry("OFD.xml", main, in_an_empty_block(main, b"PK\x06\x06"))
    assert judged(directory([*packed_entries(files), packed], 0)).verdict is Verdict.PASSED, "by chance"


def test_marks_of_zip64_right_before_the_end() -> None:
    """adm-zip reads on to any record of ZIP64 if a locator's mark stands in the twenty octets before the end."""
    listed = packed_entries(entries(sealed()))
    for last, said in (
        (Entry("a/", b"", comment=b"PK\x06\x07" + bytes(12)), "ZIP64"),
        (Entry("a/", b"", comment=b"PK\x06\x07" + bytes(22)), "records of a package"),
        (Entry("a/", b"", comment=b"PK\x06\x06" + bytes(12)), "records of a package"),
        (Entry("a/", b"", attributes=int.from_bytes(b"PK\x06\x07", "little")), "ZIP64"),
    ):
        assert said in refused(directory([*listed, last], 0))
    assert judged(directory([*listed, Entry("a/", b"", comment=b"PK")], 0)).verdict is Verdict.PASSED


def test_parts_of_a_pdf_in_how_a_signed_file_is_packed() -> None:
    files = entries(sealed())
    main = files.pop("OFD.xml")
    for words, verdict in ((OBJECT, Verdict.INDETERMINATE), (b"\n5 0 words\n", Verdict.PASSED)):
        octets = directory(
            [*packed_entries(files), Entry("OFD.xml", main, in_an_empty_block(main, words))], 0
        )
        report = judged(octets)
        assert (report.verdict, "opens as a PDF" in report.reason.en) == (verdict, words == OBJECT)


def small_pdf(runs: int = 4, size: int = 40_000) -> bytes:
    """Make what a scan in a PDF looks like: octets that cannot be packed, and words between them."""
    return b"".join(OBJECT + b"<<>>stream\n" + os.urandom(size) + b"\nendstream\nendobj" for _ in range(runs))


@pytest.mark.parametrize("level", [0, 1])
def test_a_pdf_that_packing_left_as_it_is(level: int) -> None:
    """Octets that gain nothing stand in blocks of their own, also where the file is packed."""
    name, pdf = "Doc_0/Attachs/scan.pdf", small_pdf()
    body = deflated(pdf, level)
    if level:  # some block of this one stands as it is, whatever the library makes of the others
        body = (
            b"\x00"
            + struct.pack("<2H", 30_000, 30_000 ^ 0xFFFF)
            + pdf[:30_000]
            + deflated(pdf[30_000:], level)
        )
    assert OBJECT in body
    octets = seal(directory([*packed_entries(entries(document())), Entry(name, pdf, body)], 0))
    assert OBJECT in octets
    assert judged(octets).verdict is Verdict.PASSED


def test_what_stands_as_it_is_was_signed() -> None:
    """Every run is one of the content, where it stands there; a run that only looks so is none."""
    content = small_pdf() + b"\xff\xff\x00\x00" * 5000
    packed = deflated(content, 0)
    runs = list(as_it_stands(packed, content))
    assert b"".join(packed[begin:end] for begin, end in runs) == content
    other = content[:100] + b"x" + content[101:]
    left = list(as_it_stands(packed, other))
    assert left[0][0] > 100
    assert all(packed[begin:end] in other and end <= len(packed) for begin, end in left)
    assert list(as_it_stands(deflated(b"words " * 1000), b"words " * 1000)) == []
    assert list(as_it_stands(b"", b"")) == []


def evidence(
    *, version: int = 1, digests: bytes = b"", content: bytes = b"", extra: bytes = b"", more: bytes = b""
) -> bytes:
    certificate = sealing().pki.issuing.der
    return der.sequence(
        der.oid(SIGNED_DATA),
        der.explicit(
            0,
            der.sequence(
                der.integer(version),
                der.tlv(der.SET, digests),
                der.sequence(der.oid(DATA), content),
                der.tlv(0xA0, certificate, extra),
                der.tlv(der.SET),
                more,
            ),
        ),
    )


def test_evidence_holds_nothing_beside() -> None:
    """Nobody signs it where it was added later: a message with a content, or with members that are none, may be anything."""
    spare = der.octet_string(b"x")
    honest = Evidence((sealing().pki.issuing.der,), crls=tuple(sealing().crls()))
    for octets in (evidence(), encode_evidence(honest)):
        assert judged(changed(sealed(), BESIDE, octets)).verdict is Verdict.PASSED
    for octets in (
        evidence(version=3),
        evidence(digests=spare),
        evidence(content=der.explicit(0, spare)),
        evidence(extra=spare),
        evidence(more=spare),
    ):
        report = judged(changed(sealed(), BESIDE, octets))
        assert (report.verdict, report.coverage[0].loose) == (Verdict.INDETERMINATE, (f"/{BESIDE}",))
