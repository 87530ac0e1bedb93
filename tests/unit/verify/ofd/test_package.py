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
from verify.ofd.zip_records import CENTRAL_HEAD, END_HEAD, LOCAL_HEAD
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


def with_field(data: bytes, name: str, extra: bytes, *, local: bool) -> bytes:
    """Put an extra field into the directory's or the header's record of one entry, with all offsets right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as package:
        for info in source.infolist():
            octets = source.read(info)
            info.extra = extra if local and info.filename == name else b""
            package.writestr(info, octets)
        for info in package.infolist():
            info.extra = extra if not local and info.filename == name else b""
    return out.getvalue()


@pytest.mark.parametrize("local", [False, True])
def test_an_entry_of_two_names_is_refused(local: bool) -> None:
    """Readers that heed the Unicode path of Info-ZIP would take a loose entry for the page."""
    page = "Doc_0/Pages/Page_0/Content.xml"
    loose = packed(entries(sealed()) | {"Doc_0/loose.xml": b"<Page/>"})

    def other(name: str) -> bytes:
        body = struct.pack("<BI", 1, zlib.crc32(b"Doc_0/loose.xml")) + name.encode()
        return struct.pack("<2H", 0x7075, len(body)) + body

    assert "two names" in refused(with_field(loose, "Doc_0/loose.xml", other(page), local=local))
    same = with_field(loose, "Doc_0/loose.xml", other("Doc_0/loose.xml"), local=local)
    assert "/Doc_0/loose.xml" in Package(same).paths


@pytest.mark.parametrize("system", [0, 3, 19], ids=["DOS", "Unix", "Darwin"])
def test_links_and_special_files_are_refused(system: int) -> None:
    """Readers go by the mode whatever system is named; a page that calls itself a folder is missing for some."""
    data = bytearray(document())
    central = data.index(b"PK\x01\x02")
    data[central + 5] = system
    for mode in (0o100644, 0):
        struct.pack_into("<I", data, central + 38, mode << 16 | 0x20)
        assert Package(bytes(data)).paths
    for mode, low in ((0o120777, 0), (0o020666, 0), (0o040755, 0), (0, 0x10)):
        struct.pack_into("<I", data, central + 38, mode << 16 | low)
        assert "a link" in refused(bytes(data))


def test_folders_may_call_themselves_folders() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document())) as package, zipfile.ZipFile(out, "w") as made:
        made.mkdir("Doc_0/Res")
        for name in package.namelist():
            made.writestr(name, package.read(name))
    assert "/OFD.xml" in Package(out.getvalue()).paths


def test_a_name_that_is_another_entrys_in_another_encoding_is_refused() -> None:
    """``茅`` in GBK is é in UTF-8: a reader that goes by GBK would see one entry twice."""
    other = b"\xc3\xa9"  # é, or 茅
    data = bytearray(packed({"OFD.xml": b"<a/>", f"{other.decode('gbk')}.xml": b"<a/>", "aa.xml": b"<b/>"}))
    assert len(Package(bytes(data)).paths) == 3
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = data.index(b"aa.xml", data.index(mark))
        data[at : at + 2] = other
    assert "one name" in refused(bytes(data))


def test_an_entry_that_hides_others_behind_the_end_of_its_stream_is_refused() -> None:
    """A reader that goes from header to header ends an entry where its stream ends, and finds another page behind it."""
    page = "Doc_0/Pages/Page_0/Content.xml"
    inner = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = inner.compress(b"x") + inner.flush()
    behind = LOCAL_HEAD.pack(b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(b"evil"), 4, 4, len(page), 0)
    whole = stream + struct.pack("<4s3I", b"PK\x07\x08", zlib.crc32(b"x"), len(stream), 1)
    whole += behind + page.encode() + b"evil"
    data = bytearray(sealed())
    end = len(data) - 22
    size, at = struct.unpack_from("<2I", data, end + 12)
    count = struct.unpack_from("<H", data, end + 10)[0] + 1
    name = b"Doc_0/loose.bin"
    stated = (zlib.crc32(b"x"), len(whole), 1)
    local = LOCAL_HEAD.pack(b"PK\x03\x04", 20, 8, 8, 0, 33, 0, 0, 0, len(name), 0) + name + whole
    local += struct.pack("<4s3I", b"PK\x07\x08", *stated)
    central = (
        CENTRAL_HEAD.pack(b"PK\x01\x02", 20, 20, 8, 8, 0, 33, *stated, len(name), 0, 0, 0, 0, 0, at) + name
    )
    stuffed = bytes(data[:at]) + local + bytes(data[at:end]) + central
    stuffed += END_HEAD.pack(b"PK\x05\x06", 0, 0, count, count, size + len(central), at + len(local), 0)
    assert len(Package(stuffed).paths) == count, "its records are in order"
    report = Verifier(TrustStore(())).verify(stuffed, at=NOW)
    assert (report.verdict, "loose.bin" in report.reason.en) == (Verdict.UNREADABLE, True)


def streamed(inner: bytes, *, marked: bool = True, stated: bool = False) -> bytes:
    """Add an entry that is not packed and whose size follows it, as programs that write to a pipe do."""
    base, name = sealed(), b"Doc_0/note.bin"
    count, size, at = struct.unpack_from("<HII", base, len(base) - 12)
    sizes = (zlib.crc32(inner), len(inner), len(inner))
    local = LOCAL_HEAD.pack(b"PK\x03\x04", 20, 8, 0, 0, 33, *(sizes if stated else (0, 0, 0)), len(name), 0)
    entry = local + name + inner + (b"PK\x07\x08" if marked else b"") + struct.pack("<3I", *sizes)
    central = (
        CENTRAL_HEAD.pack(b"PK\x01\x02", 20, 20, 8, 0, 0, 33, *sizes, len(name), 0, 0, 0, 0, 0, at) + name
    )
    end = END_HEAD.pack(b"PK\x05\x06", 0, 0, count + 1, count + 1, size + len(central), at + len(entry), 0)
    return base[:at] + entry + base[at : at + size] + central + end


def hidden_page() -> bytes:
    """Hold a page of another wording, for readers that go from header to header."""
    page = b"Doc_0/Pages/Page_0/Content.xml"
    evil = entries(sealed())[page.decode()].replace("合同".encode(), "协议".encode())
    head = LOCAL_HEAD.pack(
        b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(evil), len(evil), len(evil), len(page), 0
    )
    return b"abc" + struct.pack("<4s3I", b"PK\x07\x08", zlib.crc32(b"abc"), 3, 3) + head + page + evil


@pytest.mark.parametrize("stated", [False, True])
@pytest.mark.parametrize(
    ("inner", "marked"),
    [
        (hidden_page(), True),
        (b"x" * 50 + b"PK\x01\x02" + b"x" * 50, True),
        (b"x" * 50 + b"PK\x03\x04", True),
        (b"plain", False),
    ],
    ids=["a page", "a directory", "a header", "no mark behind it"],
)
def test_an_entry_of_unknown_end_that_holds_others_is_refused(
    inner: bytes, marked: bool, stated: bool
) -> None:
    data = streamed(inner, marked=marked, stated=stated)
    assert zipfile.ZipFile(io.BytesIO(data)).read("Doc_0/note.bin") == inner, "another reader opens it"
    assert "whose size follows it" in refused(data)


@pytest.mark.parametrize(("inner", "marked"), [(b"plain", True), (b"", True), (b"", False)])
def test_an_entry_of_unknown_end_that_can_end_in_one_place_is_read(inner: bytes, marked: bool) -> None:
    assert Package(streamed(inner, marked=marked)).read("/Doc_0/note.bin") == inner


def test_deep_folders_are_refused() -> None:
    assert "unsafe name" in refused(named("/".join("a" * 40)))


def test_elements_are_counted_over_the_whole_package() -> None:
    package = Package(document())
    package._nodes.left = 40
    with pytest.raises(Unreadable, match="too large"):
        read_structure(package)


def test_digests_by_many_methods_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DIGESTED", 3000)
    package = Package(packed({"OFD.xml": bytes(2000)}))
    assert package.digest("/OFD.xml", "sm3") == package.digest("/OFD.xml", "sm3"), "once for each method"
    with pytest.raises(Unreadable, match="several digest methods"):
        package.digest("/OFD.xml", "md5")


def test_signed_values_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_VALUE_TOTAL", 3000)
    package = Package(packed({"OFD.xml": bytes(2000)}))
    assert package.read_value("/OFD.xml")
    with pytest.raises(Unreadable, match="signed values"):
        package.read_value("/OFD.xml")
