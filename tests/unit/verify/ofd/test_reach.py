"""What a location means to some reader, however it is written: a file that comes later in its place is named, never green."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import pytest

from tests.ofd_world import LIST, SIGNATURE, changed, document, entries, judged, packed, seal, sealed
from tests.ses_world import png
from tests.verify_world import NOW
from verify.ofd import limits
from verify.ofd.locations import Around, readings
from verify.ofd.names import canonical, spellings
from verify.ofd.reach import Index
from verify.ofd.structure import numbers4
from verify.ofd.zip_records import CENTRAL_HEAD, END_HEAD, LOCAL_HEAD
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

DOC, PUB = "Doc_0/Document.xml", "Doc_0/PublicRes.xml"
LATE = "Doc_0/Annots/late.xml"
XML = b"<ofd:X/>"


def prepared(declared: str, before: str = "</ofd:Document>", encoding: str = "utf-8") -> dict[str, bytes]:
    files = entries(document())
    text = files[DOC].decode().replace(before, declared + before)
    if encoding != "utf-8":
        text = text.replace("UTF-8", encoding)
    files[DOC] = text.encode()
    return files


def named(location: str) -> dict[str, bytes]:
    return prepared(f"<ofd:Annotations>{location}</ofd:Annotations>")


def check_found(files: dict[str, bytes], late: str, octets: bytes = XML) -> None:
    """Seal what there is, put a file in, and find it named as one that a reader uses."""
    first = seal(packed(files))
    assert judged(first).verdict is Verdict.PASSED, judged(first).reason.en
    report = judged(changed(first, late, octets))
    assert report.verdict is Verdict.INDETERMINATE
    assert f"/{late}" in report.coverage[0].open, report.coverage[0]


@pytest.mark.parametrize(
    "location",
    [
        "../Doc_0/Annots/late.xml",
        "../../Doc_0/Annots/late.xml",
        "x/../../../Annots/late.xml",
        "./" * 520 + "Annots/late.xml",
        " " * 5000 + "Annots/late.xml" + "\n" * 5000,
        "Annots/late.xml" + "/." * 3000,
        "Annots /late.xml",
        "Annots./ late.xml .",
        "x/.. /Annots/late.xml",
        "ANNOTS\\LATE.XML",
        "Annots/%6Cate.xml",
        "Annots/late.xml#page=1",
        "file:///Doc_0/Annots/late.xml?x",
        "Annots/late.xml<!-- -->/../Other.xml",
        "<!-- -->Annots/late.xml<?x y?>.old",
        "Other.xml<ofd:x/>/../Annots/late.xml",
        "Annots/<ofd:x>late</ofd:x>.xml",
        "<ofd:x>Annots/</ofd:x><ofd:x>late.xml</ofd:x>",
        "<![CDATA[Annots/late.xml]]>.old",
    ],
    ids=range(19),
)
def test_a_location_in_every_spelling(location: str) -> None:
    check_found(named(location), LATE)


def test_a_location_that_is_stopped_at_the_root() -> None:
    check_found(named("../../Annots/late.xml"), "Annots/late.xml")


@pytest.mark.parametrize("blanks", [0, 2100, 100_000])
def test_an_attribute_with_blanks_around(blanks: int) -> None:
    files = entries(document())
    space = f'<ofd:ColorSpaces><ofd:ColorSpace ID="50" Type="RGB" Profile="{" " * blanks}late.icc"/></ofd:ColorSpaces>'
    files[PUB] = files[PUB].replace(b"<ofd:Fonts>", space.encode() + b"<ofd:Fonts>")
    check_found(files, "Doc_0/Res/late.icc")


@pytest.mark.parametrize("folder", ["Doc_0", "Doc_0/Res", "Doc_0/Res/Res", ""])
def test_a_picture_by_every_folder_in_which_readers_begin(folder: str) -> None:
    """By the document, by the resource file, by its ``BaseLoc``, by the root."""
    res = "<ofd:DocumentRes>Res/DocumentRes.xml</ofd:DocumentRes>"
    files = prepared(res, "</ofd:CommonData>")
    files["Doc_0/Res/DocumentRes.xml"] = (
        b'<ofd:Res xmlns:ofd="http://www.ofdspec.org/2016" BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="60" Type="Image">'
        b"<ofd:MediaFile>scan.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
    )
    check_found(files, f"{folder}/scan.png".removeprefix("/"), png(9))


@pytest.mark.parametrize(
    ("declared", "written", "entry"),
    [("ISO-8859-1", "é.xml", "é.xml"), ("windows-1252", "章.xml", "章.xml")],
)
def test_a_declared_encoding_that_some_readers_pass_over(declared: str, written: str, entry: str) -> None:
    files = prepared(f"<ofd:Annotations>Annots/{written}</ofd:Annotations>", encoding=declared)
    check_found(files, f"Doc_0/Annots/{entry}")


def test_a_name_as_readers_that_go_by_gbk_see_it() -> None:
    """``隆垄`` in GBK is ¡¢ in UTF-8, and the entry does not say which it is."""
    first = seal(packed(named("隆垄.xml")))
    assert judged(first).verdict is Verdict.PASSED
    late = changed(first, "Doc_0/@@@@.xml", XML).replace(b"@@@@", "隆垄".encode("gbk"))
    assert "Doc_0/隆垄.xml" in zipfile.ZipFile(io.BytesIO(late), metadata_encoding="gbk").namelist()
    report = judged(late)
    assert (report.verdict, report.coverage[0].open) == (Verdict.INDETERMINATE, ("/Doc_0/¡¢.xml",))


ANNOTATIONS = (
    b'<ofd:Annotations xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Page PageID="3"><ofd:FileLoc>late.xml</ofd:FileLoc>'
    b"</ofd:Page></ofd:Annotations>"
)


def test_xml_behind_blanks_is_followed() -> None:
    files = named("annots.dat") | {"Doc_0/annots.dat": b" " * 300_000 + ANNOTATIONS}
    check_found(files, "Doc_0/late.xml")


def test_zeros_without_end_are_no_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image of a disk, say: whatever comes later is judged as beside any other attachment."""
    monkeypatch.setattr("verify.ofd.limits.MAX_XML_OCTETS", 400_000)
    files = named("disk.img") | {"Doc_0/disk.img": bytes(900_000) + b"x"}
    assert judged(seal(seal(packed(files)), "2:20,20")).verdict is Verdict.PASSED


def test_xml_behind_blanks_without_end_may_lead_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.ofd.limits.MAX_XML_OCTETS", 400_000)
    files = named("annots.dat") | {"Doc_0/annots.dat": b" " * 900_000 + ANNOTATIONS}
    check_found(files, "Doc_0/anything.png", b"x")


def repacked(octets: bytes, name: str, empty: int) -> bytes:
    """Begin the stream of one entry with blocks that hold nothing."""
    out = central = b""
    files = entries(octets)
    for path, data in files.items():
        state = zlib.compressobj(9, zlib.DEFLATED, -15)
        stream = (
            b"\x00\x00\x00\xff\xff" * (empty if path == name else 0) + state.compress(data) + state.flush()
        )
        sizes, encoded = (zlib.crc32(data), len(stream), len(data)), path.encode()
        central += CENTRAL_HEAD.pack(
            b"PK\x01\x02", 20, 20, 0, 8, 0, 33, *sizes, len(encoded), 0, 0, 0, 0, 0, len(out)
        )
        central += encoded
        out += LOCAL_HEAD.pack(b"PK\x03\x04", 20, 0, 8, 0, 33, *sizes, len(encoded), 0) + encoded + stream
    count = len(files)
    return out + central + END_HEAD.pack(b"PK\x05\x06", 0, 0, count, count, len(central), len(out), 0)


def test_xml_that_begins_late_in_its_stream_is_followed() -> None:
    files = named("annots.dat") | {"Doc_0/annots.dat": ANNOTATIONS}
    late = changed(seal(packed(files)), "Doc_0/late.xml", XML)
    report = judged(repacked(late, "Doc_0/annots.dat", 60_000))
    assert (report.verdict, report.coverage[0].open) == (Verdict.INDETERMINATE, ("/Doc_0/late.xml",))
    sound = judged(repacked(seal(packed(files)), "Doc_0/annots.dat", 60_000))
    assert sound.verdict is Verdict.PASSED


def refusal(octets: bytes) -> str:

    report = Verifier(TrustStore(())).verify(octets, at=NOW)
    assert report.verdict is Verdict.UNREADABLE
    return report.reason.en


@pytest.mark.parametrize("part", ["DocRoot", "Signatures"])
@pytest.mark.parametrize("inside", ["<!-- -->", "<ofd:x/>"])
def test_what_the_main_entry_names_stands_in_one_piece(part: str, inside: str) -> None:
    files = entries(document())
    if part == "Signatures":
        declared = f"<ofd:Signatures>Doc_0/x{inside}/../Signs/S.xml</ofd:Signatures></ofd:DocBody>"
        files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:DocBody>", declared.encode())
        files["Doc_0/Signs/S.xml"] = b"<ofd:Signatures/>"
    else:
        files["OFD.xml"] = files["OFD.xml"].replace(b">Doc_0/", f">Doc_0/x{inside}/../".encode())
    reason = refusal(packed(files))
    assert "not one piece of text" in reason, reason


@pytest.mark.parametrize(
    ("location", "near", "found"),
    [
        ("a.xml", "/Doc_0/x.xml", ("/Doc_0/a.xml", "/a.xml")),
        ("../a.xml", "/Doc_0/Res/x.xml", ("/Doc_0/a.xml",)),
        ("/a.xml", "/Doc_0/x.xml", ("/a.xml",)),
    ],
)
def test_readings_by_the_standard(location: str, near: str, found: tuple[str, ...]) -> None:
    assert readings(location, near) == found


def test_readings_of_some_reader() -> None:
    around = Around("/b/C/d.xml")
    for location, paths in {
        "../a": {"a", "b/a"},
        "A": {"a", "b/a", "b/c/a"},
        "\\a": {"a"},
        "../../../../a": {"a"},
        "x/../../a ": {"a", "b/a"},
        " ./a./": {"a", "b/a", "b/c/a"},
        "a/..": set(),
    }.items():
        assert set(around.elsewhere(location)) == paths, location


def test_locations_that_are_no_plain_paths_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is taken in every way and from every folder above: twenty thousand long ones would take minutes."""
    octets = sealed()
    row = b'<ofd:Reference FileRef="%s%d"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>'
    deep = "Doc_0/" + "d/" * 29 + "Signature.xml"
    long = b"".join(row % (b"%41/" * 240, number) for number in range(300))
    described = re.sub(
        rb"<ofd:Reference .*</ofd:References>",
        lambda _: long + b"</ofd:References>",
        entries(octets)[SIGNATURE],
        flags=re.DOTALL,
    )
    listed = f'<ofd:Signature ID="s9" BaseLoc="/{deep}"/></ofd:Signatures>'.encode()
    crowded = changed(octets, LIST, lambda xml: xml.replace(b"</ofd:Signatures>", listed))
    crowded = changed(crowded, deep, described)
    assert "300 protected files" in judged(crowded).signatures[1].reason.en
    monkeypatch.setattr(limits, "MAX_LOCATIONS", 200_000)
    assert "no plain paths" in judged(crowded).signatures[1].reason.en


def test_an_index_finds_ends_of_paths_alone() -> None:
    index = Index((path, path) for path in ("/a/b.xml", "/ab.xml", "/B.XML", "/c/a/b.xml"))
    assert set(index.ending_in("b.xml")) == {"/a/b.xml", "/B.XML", "/c/a/b.xml"}
    assert set(index.ending_in("a/b.xml")) == {"/a/b.xml", "/c/a/b.xml"}
    for text in ("", " ", ".", "..", "/", "xml", ".xml", "b.xm", "a/../..", "第 1 页。", "M 1 2 L 3 4 C"):
        assert not index.query(text), text
    assert canonical("．．/Ａ/./b..c. /") == "a/b..c"
    assert set(spellings("x:y%20z#w")) == {"x:y%20z#w", "y%20z", "y z", "x:y z#w"}


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("0 0 210 297", (0, 0, 210, 297)),
        ("-1.5 .5 1.0E-4 +3.", (-1.5, 0.5, 1e-4, 3.0)),
        ("1_0 0 1 1", None),
        ("４ 0 1 1", None),
        ("inf 0 1 1", None),
        ("nan 0 1 1", None),
        ("0x10 0 1 1", None),
        ("1e9 0 1 1", None),
    ],
)
def test_numbers_are_those_that_every_reader_reads(text: str, box: tuple[float, ...] | None) -> None:
    assert numbers4(text) == box


def test_what_says_nothing_of_an_entry_leads_nowhere() -> None:
    """Attachments of any kind are gone through: their words are no locations."""
    files = prepared("<ofd:Attachments>Attachs/A.xml</ofd:Attachments>")
    files["Doc_0/Attachs/A.xml"] = (
        "<a><!-- x --><b>说明 <i>一</i> 与 <i>二</i>。</b><c>Signatures</c><d>100%</d><e>见：附件</e><f>http://x.cn/?a#b</f></a>"
    ).encode()
    twice = seal(seal(packed(files)), "2:20,20")
    assert judged(twice).verdict is Verdict.PASSED


@pytest.mark.parametrize("word", ["Signature.xml", "Signatures.xml", "Doc_0/Signs/Sign_0/SignedValue.dat"])
def test_letters_on_a_page_name_no_files(word: str) -> None:
    """A text about OFD names its parts; it is read by people."""
    assert judged(seal(document(word=word))).verdict is Verdict.PASSED
    files = prepared(f"<ofd:Annotations><ofd:TextCode>{word}</ofd:TextCode></ofd:Annotations>")
    assert judged(seal(packed(files))).verdict is Verdict.INDETERMINATE, "a location with a child is one"


ATTACHED = {
    "说明.html": "<!DOCTYPE html><html><body><p>说明<br></body></html>".encode(),
    "发票.xml": '<?xml version="1.0" encoding="GBK"?><发票/>'.encode("gbk"),
    "data.xml": b'<!DOCTYPE a SYSTEM "a.dtd"><a/>',
}
"""Files that are not read here, which other programs open."""


def with_attachment(name: str, element: str = "Attachment") -> dict[str, bytes]:
    files = prepared("<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>")
    row = f'<ofd:{element} ID="9" Name="{name}"><ofd:FileLoc>{name}</ofd:FileLoc></ofd:{element}>'
    namespace = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    files["Doc_0/Attachs/Attachments.xml"] = f"<ofd:Attachments {namespace}>{row}</ofd:Attachments>".encode()
    return files | {f"Doc_0/Attachs/{name}": ATTACHED[name]}


@pytest.mark.parametrize("name", ATTACHED)
def test_an_attachment_that_cannot_be_read_leads_nowhere(name: str) -> None:
    """It is sealed and handed out as it is; the parts of a second seal are not what it shows."""
    twice = seal(seal(packed(with_attachment(name))), "2:20,20")
    assert judged(twice).verdict is Verdict.PASSED
    assert judged(changed(twice, f"Doc_0/Attachs/{name}", b"<a/>")).verdict is Verdict.FAILED


@pytest.mark.parametrize("name", ATTACHED)
def test_what_is_attached_and_followed_as_well_may_lead_anywhere(name: str) -> None:
    files = with_attachment(name)
    named = f"<ofd:Annotations>Attachs/{name}</ofd:Annotations></ofd:Document>".encode()
    files[DOC] = files[DOC].replace(b"</ofd:Document>", named)
    for prepared_file in (files, with_attachment(name, "Annotation")):
        twice = seal(seal(packed(prepared_file)), "2:20,20")
        assert [one.verdict for one in judged(twice).signatures] == [Verdict.INDETERMINATE, Verdict.PASSED]
