"""A package of which only one reading exists is read; every other is refused in words, before much work is done."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from tests.ofd_world import document, entries, judged, many_entries, packed, sealed
from tests.verify_world import NOW
from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.package import Package, is_package
from verify.ofd.structure import read_structure
from verify.ofd.xml import parse
from verify.ofd.zip_records import LOCAL_HEAD
from verify.report import Verdict
from verify.trust import TrustStore
from verify.verifier import Verifier


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read_structure(Package(data))
    assert "；" in caught.value.reason.zh, "it says what to do"
    return caught.value.reason.en


def named(*names: str) -> bytes:
    """Write a package of these names, twice the same where asked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name
            package.writestr(info, b"<a/>")
    return out.getvalue()


def test_our_own_and_foreign_packages_are_read() -> None:
    assert is_package(document())
    package = Package(sealed())
    assert {path.removeprefix("/"): package.read(path) for path in package.paths} == entries(sealed())


@pytest.mark.parametrize(
    "name",
    [
        "../OFD.xml", "a/../../b", "/OFD.xml", "a//b", "./a", "a/./b", "C:/a", "a\\b", "a\x00b", "a\nb", " a", "a ",
        "a.", "Doc_0./x", "a/b ", "e\u0301.xml", "\u202eab",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    data = named(name)
    assert zipfile.ZipFile(io.BytesIO(data)).namelist(), "another reader opens it"
    assert "unsafe name" in refused(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names",
    [
        ("OFD.xml", "OFD.xml"),
        ("OFD.xml", "ofd.XML"),
        ("Doc_0/a.xml", "doc_0/A.xml"),
        ("ﬁ.xml", "fi.xml"),
        ("Straße", "STRASSE"),
        ("a", "a/b"),
        ("A", "a/b"),
    ],
)
def test_two_entries_of_one_name_are_refused(names: tuple[str, str]) -> None:
    assert "one name" in refused(named(*names))


def test_a_hundred_thousand_entries_are_refused_by_the_count_alone() -> None:
    count = 100_000
    assert zipfile.ZipFile(io.BytesIO(many_entries(60_000))).namelist(), "within the form's 65,535"
    assert "entries, over the limit" in refused(many_entries(60_000))
    assert refused(many_entries(count)), "its count wraps around in the directory"
    assert limits.MAX_ENTRIES < 60_000


def bomb(size: int) -> bytes:
    return packed({"OFD.xml": bytes(size)})


def test_a_bomb_is_refused_by_its_stated_size() -> None:
    assert "a bomb" in refused(bomb(limits.RATIO_FROM * 2))


def test_a_bomb_that_lies_about_its_size_stops_at_that_size() -> None:
    data = bytearray(bomb(limits.RATIO_FROM * 2))
    central = data.index(b"PK\x01\x02")
    for at in (22, central + 24):
        data[at : at + 4] = struct.pack("<I", 1000)
    package = Package(bytes(data))
    with pytest.raises(Unreadable, match="damaged file"):
        package.read("/OFD.xml")


def test_what_is_cut_off_or_stuffed_is_refused() -> None:
    data = document()
    for size in range(0, len(data), 97):
        assert refused(data[:size])
    assert "behind its end" in refused(data + b"x")
    assert "outside its entries" in refused(_shifted(data, b"MZ stub"))
    with_comment = bytearray(data)
    with_comment[-2:] = struct.pack("<H", 3)
    assert "behind its end" in refused(bytes(with_comment) + b"abc")


def _shifted(data: bytes, stub: bytes) -> bytes:
    """Put octets in front and move every offset, so that the directory is right."""
    shifted = bytearray(data)
    end = len(data) - 22
    at, count = struct.unpack_from("<I", data, end + 16)[0], struct.unpack_from("<H", data, end + 10)[0]
    place = at
    for _ in range(count):
        name, extra, comment = struct.unpack_from("<3H", data, place + 28)
        old = struct.unpack_from("<I", data, place + 42)[0]
        struct.pack_into("<I", shifted, place + 42, old + len(stub))
        place += 46 + name + extra + comment
    struct.pack_into("<I", shifted, end + 16, at + len(stub))
    return stub + bytes(shifted)


def test_an_entry_that_the_directory_hides_is_refused() -> None:
    """Readers that go from header to header would show it."""
    hidden = LOCAL_HEAD.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(b"x"), 1, 1, 1, 0) + b"hx"
    data = document()
    end = len(data) - 22
    at = struct.unpack_from("<I", data, end + 16)[0]
    stuffed = bytearray(data[:at] + hidden + data[at:])
    struct.pack_into("<I", stuffed, len(stuffed) - 6, at + len(hidden))
    assert "between its entries and its directory" in refused(bytes(stuffed))


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (6, 1, "differs"),
        (8, 12, "differs"),
        (14, 99, "differs"),
        (18, 3, "differs"),
        (22, 3, "differs"),
        (30, ord("X"), "differs"),
    ],
)
def test_a_header_that_differs_from_the_directory_is_refused(at: int, value: int, told: str) -> None:
    data = bytearray(document())
    data[at] = value
    assert told in refused(bytes(data))


@pytest.mark.parametrize(
    ("flag", "method", "told"),
    [(0x801, 8, "encrypted"), (0x840, 8, "encrypted"), (0x800, 12, "unknown method")],
)
def test_encryption_and_odd_methods_are_refused(flag: int, method: int, told: str) -> None:
    data = bytearray(document())
    central = data.index(b"PK\x01\x02")
    for flags in (6, central + 8):
        struct.pack_into("<2H", data, flags, flag, method)
    assert told in refused(bytes(data))


def test_zip64_is_refused() -> None:
    data = bytearray(document())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 0xFFFFFFFF)
    assert "ZIP64" in refused(bytes(data))


def test_a_damaged_entry_is_found_when_it_is_read() -> None:
    data = bytearray(packed({"OFD.xml": b"<a>" + bytes(range(256)) * 4}))
    data[60] ^= 0x55
    with pytest.raises(Unreadable, match="damaged file"):
        Package(bytes(data)).read("/OFD.xml")


def test_names_of_older_domestic_programs_are_read() -> None:
    data = bytearray(packed({"OFD.xml": b"", "aa.xml": b""}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = data.index(b"aa.xml", data.index(mark))
        data[at : at + 2] = "章".encode("gbk")
    assert "/章.xml" in Package(bytes(data)).paths


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>&x;</a>", "no XML"),
        (b"<a>", "no XML"),
        (b"", "no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML"),
        (b"<a>" * 100 + b"</a>" * 100, "too deep"),
        (b'<a x="1" y:x="2" xmlns:y="urn:y"/>', "attribute twice"),
    ],
)
def test_xml_that_is_no_plain_tree_is_refused(octets: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        parse(octets, "/OFD.xml")


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_XML_NODES", 50)
    with pytest.raises(Unreadable, match="too large"):
        parse(b"<a>" + b"<b/>" * 60 + b"</a>", "/OFD.xml")


def test_both_namespaces_and_any_prefix_are_one() -> None:
    for opened in ('<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody/></ofd:OFD>',
                   '<OFD xmlns="http://www.ofdspec.org"><DocBody/></OFD>', "<OFD><DocBody/></OFD>"):  # fmt: skip
        tree = parse(opened.encode(), "/OFD.xml")
        assert (tree.name, [child.name for child in tree.children]) == ("OFD", ["DocBody"])


@pytest.mark.parametrize(
    ("name", "octets", "told"),
    [
        ("OFD.xml", None, "lacks its main entry"),
        ("OFD.xml", b"<a/>", "not as the standard has it"),
        ("Doc_0/Document.xml", None, "lacks the file of its document"),
    ],
)
def test_a_package_without_its_main_files_is_refused(name: str, octets: bytes | None, told: str) -> None:
    files = entries(document())
    if octets is None:
        del files[name]
    else:
        files[name] = octets
    assert told in refused(packed(files))


def test_references_out_of_the_package_are_refused() -> None:
    files = entries(document())
    files["OFD.xml"] = files["OFD.xml"].replace(b"Doc_0/Document.xml", b"../../etc/passwd")
    assert "outside itself" in refused(packed(files))


def test_a_missing_page_is_told_and_is_no_page() -> None:
    files = entries(sealed())
    del files["Doc_0/Pages/Page_1/Content.xml"]
    report = judged(packed(files))
    assert report.verdict is Verdict.FAILED
    assert any("Page_1" in change.object for change in report.signatures[0].integrity.where)
    assert any("Page_1" in location for location in report.missing)


def test_a_package_that_cannot_be_read_is_a_verdict() -> None:
    """Nothing is raised at the door, whatever the octets are."""
    verifier = Verifier(TrustStore(()))
    for data in (document()[:-5], named("OFD.xml", "../x"), b"PK\x03\x04 OFD.xml"):
        report = verifier.verify(data, at=NOW)
        assert report.verdict is Verdict.UNREADABLE
        assert "OFD" in report.reason.zh
