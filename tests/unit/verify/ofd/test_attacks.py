"""Attacks on sealed packages, each a file that shows something nobody signed while as much as possible still holds (D1, D2).

Two kinds: files changed after sealing, and files prepared by whoever sealed them, to be exchanged or read otherwise later.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest

from ca import der
from hsm.algorithms import DigestAlgorithm
from seals.ses.parts import SesVersion
from seals.ses.writer import PictureContent
from tests.ofd_world import (
    LIST,
    PAGE,
    SEAL,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    judged,
    only,
    packed,
    seal,
    sealed,
    sealing,
    ses,
    signed_anew,
    trust,
)
from tests.ses_world import SM2_SM3, ia5, png
from tests.verify_world import NOW
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

ROOT, DOC = "OFD.xml", "Doc_0/Document.xml"
Files = dict[str, bytes]


def verdict_of(octets: bytes) -> Verdict:
    return Verifier(trust()).verify(octets, at=NOW + timedelta(hours=1)).verdict


def without(name: str) -> Callable[[bytes], bytes]:
    """Leave one file out of the references."""
    return lambda xml: re.sub(
        rb'<ofd:Reference FileRef="/%s">.*?</ofd:Reference>' % re.escape(name).encode(), b"", xml
    )


def prepared(declared: bytes, into: str = DOC, before: bytes = b"</ofd:Document>") -> bytes:
    """Seal a document that names something which is not there yet."""
    files = entries(document())
    assert before in files[into]
    files[into] = files[into].replace(before, declared + before)
    return seal(packed(files))


LATER: dict[str, tuple[bytes, str]] = {
    "annotations": (
        b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        "Doc_0/Annots/Annotations.xml",
    ),
    "attachments": (
        b"<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        "Doc_0/Attachs/Attachments.xml",
    ),
    "custom tags": (b"<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>", "Doc_0/Tags/CustomTags.xml"),
    "extensions": (b"<ofd:Extensions>Extensions.xml</ofd:Extensions>", "Doc_0/Extensions.xml"),
    "a URI that some readers follow": (
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="late.xml"/>',
        "Doc_0/late.xml",
    ),
    "a name in another case": (b"<ofd:Extensions>EXT/late.XML</ofd:Extensions>", "Doc_0/Ext/Late.xml"),
    "a path through the root": (b"<ofd:Extensions>/Doc_0/x/../late.xml</ofd:Extensions>", "Doc_0/late.xml"),
}


@pytest.mark.parametrize("name", LATER)
def test_what_was_named_and_comes_later_is_never_green(name: str) -> None:
    """The document names a file that is not there, the seal covers all there is, then the file is put in."""
    declared, entry = LATER[name]
    first = prepared(declared)
    assert verdict_of(first) is Verdict.PASSED
    report = judged(changed(first, entry, b"<ofd:X/>"))
    assert report.verdict is Verdict.INDETERMINATE
    assert f"/{entry}" in report.coverage[0].open


def test_a_template_page_that_comes_later() -> None:
    """Templates are drawn under or over every page that uses them."""
    declared = b'<ofd:TemplatePage ID="90" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
    first = prepared(declared, before=b"</ofd:CommonData>")
    late = changed(first, "Doc_0/Tpls/Tpl_0/Content.xml", b"<ofd:Page/>")
    assert judged(late).verdict is Verdict.INDETERMINATE


CHANGES: dict[str, Callable[[Files], None]] = {}


def attack(name: str) -> Callable[[Callable[[Files], None]], Callable[[Files], None]]:
    def keep(change: Callable[[Files], None]) -> Callable[[Files], None]:
        CHANGES[name] = change
        return change

    return keep


@attack("page resources swapped")
def _(files: Files) -> None:
    files["Doc_0/Res/song.ttf"], files["Doc_0/Res/hei.ttf"] = (
        files["Doc_0/Res/hei.ttf"],
        files["Doc_0/Res/song.ttf"],
    )


@attack("pages swapped")
def _(files: Files) -> None:
    other = "Doc_0/Pages/Page_1/Content.xml"
    files[PAGE], files[other] = files[other], files[PAGE]


@attack("common data: another page area")
def _(files: Files) -> None:
    files[DOC] = files[DOC].replace(b"<ofd:PhysicalBox>0 0 210 297", b"<ofd:PhysicalBox>0 90 210 297")


@attack("a second root of the document")
def _(files: Files) -> None:
    files[ROOT] = files[ROOT].replace(
        b"<ofd:DocRoot>", b"<ofd:DocRoot>Doc_0/Other.xml</ofd:DocRoot><ofd:DocRoot>"
    )
    files["Doc_0/Other.xml"] = files[DOC]


def _unsigned(body: bytes) -> bytes:
    return re.sub(rb"<ofd:Signatures>.*?</ofd:Signatures>", b"", body)


@attack("a second document")
def _(files: Files) -> None:
    body = re.search(rb"<ofd:DocBody>.*</ofd:DocBody>", files[ROOT], re.DOTALL)
    assert body is not None
    files[ROOT] = files[ROOT].replace(body[0], _unsigned(body[0].replace(b"Doc_0", b"Doc_1")) + body[0])
    for name in [name for name in files if name.startswith("Doc_0/") and "Signs" not in name]:
        files[name.replace("Doc_0", "Doc_1")] = files[name]


@attack("an annotation declared")
def _(files: Files) -> None:
    files[DOC] = files[DOC].replace(
        b"</ofd:Document>", b"<ofd:Annotations>A.xml</ofd:Annotations></ofd:Document>"
    )
    files["Doc_0/A.xml"] = b"<ofd:Annotations/>"


@attack("the stamp moved to another page")
def _(files: Files) -> None:
    files[SIGNATURE] = re.sub(rb'PageRef="\d+"', b'PageRef="9"', files[SIGNATURE])


@attack("the seal exchanged beside the signature")
def _(files: Files) -> None:
    files[SEAL] = sealing().esl(SesVersion.V4, name="某某市人民政府")


@attack("MD5 in the place of SM3")
def _(files: Files) -> None:
    files[SIGNATURE] = re.sub(rb'CheckMethod="[^"]*"', b'CheckMethod="MD5"', files[SIGNATURE])


@attack("a document type in the main entry")
def _(files: Files) -> None:
    files[ROOT] = files[ROOT].replace(b"?>", b'?><!DOCTYPE ofd:OFD [<!ENTITY a "b">]>', 1)


@attack("the page in UTF-16")
def _(files: Files) -> None:
    files[PAGE] = files[PAGE].decode().replace("UTF-8", "UTF-16").encode("utf-16")


@attack("a shadow of the root in another namespace")
def _(files: Files) -> None:
    files[ROOT] = files[ROOT].replace(
        b"<ofd:DocRoot>", b'<x:DocRoot xmlns:x="urn:x">/Doc_0/Document.xml</x:DocRoot><ofd:DocRoot>'
    )


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_sealing_is_never_green(name: str) -> None:
    files = entries(sealed())
    before = dict(files)
    CHANGES[name](files)
    assert files != before, "the attack does something"
    assert verdict_of(packed(files)) in {Verdict.FAILED, Verdict.UNREADABLE, Verdict.INDETERMINATE}


@pytest.mark.parametrize("spared", ["OFD.xml", "Doc_0/PublicRes.xml", "Doc_0/Res/song.ttf", DOC])
def test_what_the_signer_left_out_can_be_exchanged_and_is_never_green(spared: str) -> None:
    """A font in which the figures are others, a resource, another document: every digest that is there holds."""
    loose = signed_anew(entries(sealed()), without(spared))
    report = judged(changed(loose, spared, lambda octets: octets + b"\n"))
    assert (report.verdict, f"/{spared}" in report.coverage[0].open) == (Verdict.INDETERMINATE, True)


def test_another_document_beside_the_sealed_one_shows_unprotected() -> None:
    """OFD.xml left out, then a second document put in, which a reader opens first."""
    files = entries(signed_anew(entries(sealed()), without(ROOT)))
    CHANGES["a second document"](files)
    report = judged(packed(files))
    assert report.verdict is Verdict.INDETERMINATE
    assert "/Doc_1/Document.xml" in report.coverage[0].open


def test_a_signature_from_another_document_fails() -> None:
    """Replay: seal and signature of one contract laid into another."""
    files, other = entries(seal(document(2, "乙方（盖章）"))), entries(sealed())
    for name in (SIGNATURE, VALUE, SEAL):
        files[name] = other[name]
    report = judged(packed(files))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.DOCUMENT_MODIFIED)


def test_a_signed_value_over_another_description_fails() -> None:
    """The value of one document over the description of another: its data hash names the first."""
    files, other = entries(seal(document(2, "乙方（盖章）"))), entries(sealed())
    files[VALUE] = other[VALUE]
    assert judged(packed(files)).verdict is Verdict.FAILED


def test_a_file_that_is_both_list_of_signatures_and_content_is_reached() -> None:
    """The list is not protected by what it lists: content that hides in it could be exchanged."""
    files = entries(document())
    files[DOC] = files[DOC].replace(
        b"</ofd:Document>", b"<ofd:Extensions>/Doc_0/Signs/Signatures.xml</ofd:Extensions></ofd:Document>"
    )
    report = judged(seal(packed(files)))
    assert report.verdict is Verdict.INDETERMINATE
    assert f"/{LIST}" in report.coverage[0].open


@pytest.mark.parametrize(
    ("file", "tag"),
    [
        (ROOT, b"DocRoot"), (ROOT, b"Signatures"), (DOC, b"CommonData"), (DOC, b"Pages"),
    ],
)  # fmt: skip
def test_what_stands_twice_is_read_in_two_ways(file: str, tag: bytes) -> None:
    """The signer prepared it: one reader takes the first, another the last, and each shows another document."""
    files = entries(document())
    if tag == b"Signatures":
        files[ROOT] = files[ROOT].replace(
            b"</ofd:DocBody>",
            b"<ofd:Signatures>a</ofd:Signatures><ofd:Signatures>b</ofd:Signatures></ofd:DocBody>",
        )
        octets = packed(files)
    else:
        found = re.search(rb"<ofd:%s[ >].*?</ofd:%s>" % (tag, tag), files[file], re.DOTALL)
        assert found is not None
        files[file] = files[file].replace(found[0], found[0] * 2)
        octets = packed(files)
    report = Verifier(trust()).verify(octets, at=NOW)
    assert (report.verdict, "more than once" in report.reason.en) == (Verdict.UNREADABLE, True), (
        report.reason.en
    )


@pytest.mark.parametrize("tag", [b"SignedInfo", b"References", b"SignedValue"])
def test_a_description_that_says_something_twice_is_none(tag: bytes) -> None:
    twice = signed_anew(
        entries(sealed()),
        lambda xml: re.sub(rb"(<ofd:%s[ >].*?</ofd:%s>)" % (tag, tag), rb"\1\1", xml, flags=re.DOTALL),
    )
    report = judged(twice)
    assert (report.verdict, "more than once" in report.reason.en) == (Verdict.FAILED, True), report.reason.en


def test_a_picture_as_large_as_the_page_is_never_green() -> None:
    """Shadow: another enterprise with a good certificate seals with a picture that covers what the first one sealed."""
    whole = sealing().esl(picture=PictureContent(png(), 210, 297))
    over = seal(sealed(), "1:0,0", ses(seal=whole), may_cover=True)
    files = entries(over)
    name = next(name for name in files if name.endswith("Signature.xml") and name != SIGNATURE)
    files[name] = re.sub(rb'Boundary="[^"]*"', b'Boundary="0 0 210 297"', files[name])
    envelope = ses(seal=whole)
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[name]), f"/{name}")
    files[name.replace("Signature.xml", "SignedValue.dat")] = envelope.finish(
        sealing().keeper.signer.sign(tbs), None
    )
    report = judged(packed(files))
    assert [item.verdict for item in report.signatures] == [Verdict.PASSED, Verdict.INDETERMINATE]
    assert "drawn larger" in report.reason.en


def test_a_seal_over_another_is_told() -> None:
    """It hides who sealed first; the report lists both, and says so."""
    report = judged(seal(sealed(), "1:121,201", may_cover=True))
    hidden, over = report.signatures
    assert report.verdict is Verdict.PASSED
    assert any("over an earlier one" in note.en for note in over.notes)
    assert not hidden.notes or "over an earlier one" not in hidden.notes[0].en
    aside = judged(seal(sealed(), "1:160,200", may_cover=True))
    assert not any("over an earlier one" in note.en for note in aside.signatures[1].notes)


@pytest.mark.parametrize(
    ("before", "after"),
    [(rb'PageRef="\d+"', b'PageRef="9999"'), (rb'Boundary="120 200 40 40"', b'Boundary="0 0 210 297"')],
)
def test_a_stamp_that_readers_show_in_several_ways_is_never_green(before: bytes, after: bytes) -> None:
    report = judged(signed_anew(entries(sealed()), lambda xml: re.sub(before, after, xml)))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )


@pytest.mark.parametrize(
    ("across", "down", "verdict"),
    [(2, 3, Verdict.PASSED), (5, 7, Verdict.INDETERMINATE)],
    ids=["six", "a carpet"],
)
def test_stamps_side_by_side_never_cover_a_page(across: int, down: int, verdict: Verdict) -> None:
    """Shadow: each stamp has the size of its seal, and together they are the page."""

    def carpet(xml: bytes) -> bytes:
        stamp = re.search(rb"<ofd:StampAnnot[^>]*/>|<ofd:StampAnnot.*?</ofd:StampAnnot>", xml, re.DOTALL)
        assert stamp is not None
        made = [
            re.sub(
                rb'Boundary="[^"]*"', b'Boundary="%d %d 40 40"' % (40 * column, 40 * row), stamp[0]
            ).replace(b' ID="', b' ID="%d' % (10 + column + 10 * row))
            for column in range(across)
            for row in range(down)
        ]
        return xml.replace(stamp[0], b"".join(made))

    report = judged(signed_anew(entries(sealed()), carpet))
    assert report.verdict is verdict, report.reason.en
    assert verdict is Verdict.PASSED or "合计占页面的" in report.reason.zh


def test_a_stated_time_of_another_day_is_told_and_never_counts() -> None:
    """Readers show ``SignatureDateTime``; the time inside the signature is the one that is judged."""
    old = signed_anew(
        entries(sealed()),
        lambda xml: re.sub(rb"<ofd:SignatureDateTime>[^<]*<", b"<ofd:SignatureDateTime>20200101120000<", xml),
    )
    found = only(judged(old))
    assert found.time.value == NOW
    assert any("20200101120000" in note.en for note in found.notes)
    assert not any(
        "SignatureDateTime" in note.en or "states the time" in note.en
        for note in only(judged(sealed())).notes
    )


def test_a_seal_of_the_first_standard_in_a_package() -> None:
    """GM/T 0031-2014: its own layout and BIT STRING time; the same demands."""
    files, world = entries(sealed()), sealing()
    files.pop(SEAL)
    files[SIGNATURE] = re.sub(rb"<ofd:Seal>.*?</ofd:Seal>", b"", files[SIGNATURE], flags=re.DOTALL)
    files[SIGNATURE] = without(SEAL)(files[SIGNATURE])
    tbs = der.sequence(
        der.integer(11),
        world.esl_v1(),
        der.bit_string(f"{NOW:%Y-%m-%dT%H:%M:%S}Z".encode()),
        der.bit_string(DigestAlgorithm.SM3.digest(files[SIGNATURE]).value),
        ia5(f"/{SIGNATURE}"),
        der.octet_string(world.keeper.der),
        SM2_SM3,
    )
    files[VALUE] = der.sequence(tbs, der.bit_string(world.keeper.signer.sign(tbs)))
    found = only(judged(packed(files)))
    assert found.verdict is Verdict.PASSED, found.reason.en
    assert found.seal_data is not None
    assert "2014" in found.seal_data.standard
    assert judged(changed(packed(files), PAGE, lambda octets: octets + b" ")).verdict is Verdict.FAILED


def _prepended(octets: bytes) -> bytes:
    return b"%PDF-ish junk\n" + octets


def _second_directory(octets: bytes) -> bytes:
    """Another package behind the first: readers that look from the end see the second, others the first."""
    return octets + packed({"OFD.xml": b"<OFD/>"})


def _lying_about_zip64(octets: bytes) -> bytes:
    at = octets.rindex(b"PK\x05\x06")
    wide = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 0, 0)
    return octets[:at] + wide + struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1) + octets[at:]


def _overlapping(octets: bytes) -> bytes:
    """Two rows of the directory for one entry's octets."""
    out = bytearray(octets)
    end = octets.rindex(b"PK\x05\x06")
    at = struct.unpack_from("<I", octets, end + 16)[0]
    first_start = struct.unpack_from("<I", octets, at + 42)[0]
    second = octets.index(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", out, second + 42, first_start)
    return bytes(out)


def _two_spellings(octets: bytes) -> bytes:
    return packed(entries(octets) | {PAGE.upper(): b"<ofd:Page/>"})


def _backslashes(octets: bytes) -> bytes:
    return packed(entries(octets) | {PAGE.replace("/", "\\"): b"<ofd:Page/>"})


def _commented(octets: bytes) -> bytes:
    out = io.BytesIO(octets)
    with zipfile.ZipFile(out, "a") as package:
        package.comment = b"PK\x05\x06" + bytes(18)
    return out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        _prepended,
        _second_directory,
        _lying_about_zip64,
        _overlapping,
        _two_spellings,
        _backslashes,
        _commented,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_an_archive_of_two_readings_is_refused(change: Callable[[bytes], bytes]) -> None:
    assert verdict_of(change(sealed())) is Verdict.UNREADABLE
