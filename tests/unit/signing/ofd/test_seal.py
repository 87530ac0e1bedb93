"""Sealing OFD packages: what changes and what keeps its octets, where the seal shows, and what is refused in words (C1, C3, C6)."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from seals.ses.parts import SesVersion
from signing.containers.certification import Certification, FieldLock, LockAction
from signing.containers.cms import ContainerForm
from signing.containers.envelope import CmsEnvelope
from signing.errors import DocumentError, OutsidePage, PageMissing, PlacementError
from signing.mark import Evidence
from signing.ofd.errors import (
    IntegrityIsASignature,
    LockIsAllOrNothing,
    NationalContainerNeeded,
    OfdDamaged,
    OfdLocked,
    OfdUnfit,
    PlainSignatureShowsNothing,
)
from signing.ofd.figures import deltas
from signing.placing.errors import CoversSignature, KeywordMissing, SeamNeedsPages
from tests.conftest import missing
from tests.ofd_world import (
    LIST,
    PAGE,
    SAMPLES,
    SEAL,
    SIGNATURE,
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
    signatory,
)
from tests.verify_world import NOW
from verify.ofd.package import Package
from verify.report import Verdict
from verify.trust import TrustStore
from verify.verifier import Verifier


def stamps(octets: bytes, path: str = SIGNATURE) -> list[dict[str, str]]:
    """Read the stamp annotations by another way than our own reader."""
    found = re.findall(rb"<ofd:StampAnnot ([^>]*)/>", entries(octets)[path])
    return [dict(re.findall(r'(\w+)="([^"]*)"', item.decode())) for item in found]


def test_only_the_main_entry_changes_and_everything_is_protected() -> None:
    before, after = entries(document()), entries(sealed())
    assert {name for name in before if before[name] != after[name]} == {"OFD.xml"}
    assert set(after) - set(before) == {LIST, SIGNATURE, SEAL, "Doc_0/Signs/Sign_0/SignedValue.dat"}
    named = set(re.findall(rb'FileRef="/([^"]+)"', after[SIGNATURE]))
    assert named == {name.encode() for name in after} - {
        LIST.encode(), SIGNATURE.encode(), b"Doc_0/Signs/Sign_0/SignedValue.dat",
    }  # fmt: skip


def test_entries_keep_their_packed_octets() -> None:
    """Copied, not packed anew: every octet of every record that stays, whatever packed it."""
    for octets in (document(), *(_sample(name) for name in ("DigitalSign.ofd", "SESV4SignDoc.ofd"))):
        source = Package(octets)
        after = Package(seal(octets))
        for path in source.paths:
            if path in {"/OFD.xml", f"/{LIST}"}:
                continue
            old, new = source.record(path), after.record(path)
            assert octets[old.start : old.end] == after.data[new.start : new.end], path


def _sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        missing("samples", f"no {name}")
    return path.read_bytes()


def test_the_main_entry_gets_one_element_and_no_other_change() -> None:
    before, after = entries(document())["OFD.xml"], entries(sealed())["OFD.xml"]
    assert after.replace(b"<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures>", b"") == before


def test_a_second_seal_changes_the_list_alone() -> None:
    before, after = entries(sealed()), entries(seal(sealed(), "2:20,20"))
    assert {name for name in before if before[name] != after[name]} == {LIST}
    assert b"MaxSignId>s004<" in after[LIST]
    assert [
        stamp["ID"] for stamp in stamps(seal(sealed(), "2:20,20"), "Doc_0/Signs/Sign_1/Signature.xml")
    ] == ["s004"]


def test_the_same_input_gives_the_same_octets_but_for_the_signature_value() -> None:
    one, other = entries(seal()), entries(seal())
    assert {name for name in one if one[name] != other[name]} <= {"Doc_0/Signs/Sign_0/SignedValue.dat"}
    assert document.__wrapped__(2) == document.__wrapped__(2)


def test_another_reader_of_packages_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(seal(sealed(), "2:20,20"))) as package:
        assert package.testzip() is None


def test_both_versions_write_what_they_say() -> None:
    for version in (SesVersion.V4, SesVersion.V5):
        (found,) = judged(seal(envelope=ses(version))).signatures
        assert found.seal_data is not None
        assert found.seal_data.standard == version.standard


def test_a_seam_seal_keeps_the_whole_seal_and_cuts_by_clip() -> None:
    """GB/T 33190 §18.2.3: full boundary, a clip for each page; the clips add up to the seal (C3)."""
    found = stamps(seal(document(5), "seam=right"))
    assert len(found) == 5
    boundaries = [tuple(map(float, item["Boundary"].split())) for item in found]
    clips = [tuple(map(float, item["Clip"].split())) for item in found]
    assert all(box[2:] == (40.0, 40.0) for box in boundaries)
    assert sum(clip[2] for clip in clips) == pytest.approx(40)
    assert [clip[0] for clip in clips] == pytest.approx([0, 8, 16, 24, 32])
    assert [box[0] for box in boundaries] == pytest.approx([202, 194, 186, 178, 170])
    assert judged(seal(document(5), "seam=right")).verdict is Verdict.PASSED


def test_places_by_keyword_and_on_many_pages() -> None:
    """C2, C4: the seal's centre on the text's."""
    report = judged(seal(document(3), "keyword=甲方（盖章）;which=all"))
    assert [place.page for place in report.signatures[0].placements] == [1, 2, 3]
    place = report.signatures[0].placements[0]
    assert place.y_mm + place.height_mm / 2 == pytest.approx(120 - 4 * 0.38, abs=0.1)
    assert place.x_mm + place.width_mm / 2 == pytest.approx(30 + 6 * 4 / 2, abs=0.1)
    many = judged(seal(document(3), "pages=1,3;at=20,30")).signatures[0]
    assert [(place.page, place.x_mm) for place in many.placements] == [(1, 20), (3, 20)]


def test_a_text_across_objects_is_found_and_a_missing_one_named() -> None:
    split = document(1, "甲方")
    page = "Doc_0/Pages/Page_0/Content.xml"
    files = entries(split)
    one = re.search(rb"<ofd:TextObject [^>]*Size=\"4\".*?</ofd:TextObject>", files[page])
    assert one is not None
    second = one[0].replace("甲方".encode(), "盖章".encode()).replace(b'Boundary="30 ', b'Boundary="38 ')
    files[page] = files[page].replace(one[0], one[0] + second)
    assert judged(seal(packed(files), "keyword=甲方盖章")).verdict is Verdict.PASSED
    with pytest.raises(KeywordMissing, match="1 pages searched"):
        seal(where="keyword=乙方;pages=1")


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("9:20,20", PageMissing),
        ("1:190,20", OutsidePage),
        ("1:120,200", CoversSignature),
        ("field=Signature1", PlacementError),
    ],
)
def test_places_that_cannot_be(where: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        seal(sealed(), where)


def test_one_page_has_no_seam() -> None:
    with pytest.raises(SeamNeedsPages):
        seal(document(1), "seam=right")


def test_it_may_cover_if_told_to() -> None:
    assert judged(seal(sealed(), "1:120,200", may_cover=True)).verdict is Verdict.PASSED


def test_a_lock_protects_the_list_and_forbids_the_next() -> None:
    locked = seal(lock=FieldLock(LockAction.ALL))
    assert f'FileRef="/{LIST}"'.encode() in entries(locked)[SIGNATURE]
    assert judged(locked).coverage[0].locked
    with pytest.raises(OfdLocked, match="s001"):
        seal(locked, "2:20,20")


def certified(octets: bytes | None = None, where: str = "unseen", **more: object) -> bytes:
    return seal(
        sealed() if octets is None else octets, where, plain(), certify=Certification.NO_CHANGES, **more
    )


def test_an_integrity_file_closes_a_package() -> None:
    """GM/T 0099: every entry is named in a signed list; nothing can be added, by us or by anybody."""
    closed = certified(seal(lock=FieldLock(LockAction.ALL)))
    report = judged(closed)
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert report.integrity_file is not None
    assert (report.integrity_file.state.value, report.integrity_file.listed) == ("passed", 11)
    assert [item.verdict for item in report.signatures] == [Verdict.PASSED] * 2
    assert report.coverage[0].loose == ()
    with pytest.raises(OfdLocked, match="OFDEntries"):
        seal(certified(), "2:20,20")
    smuggled = judged(changed(closed, "Doc_0/extra.xml", b"<a/>"))
    assert (smuggled.verdict, smuggled.integrity_file is not None) == (Verdict.FAILED, True)
    assert judged(changed(closed, "OFDEntries.xml", lambda octets: octets + b" ")).verdict is Verdict.FAILED
    assert judged(changed(closed, "OFDEntries/SignedValue.dat", None)).verdict is Verdict.FAILED
    assert judged(changed(closed, SIGNATURE, lambda octets: octets + b" ")).verdict is Verdict.FAILED


def test_names_alone_are_no_seal() -> None:
    """A list of names says nothing of what the files hold: it is not written without a seal, and never green alone."""
    with pytest.raises(OfdUnfit, match="seal it first"):
        certified(document())
    files = {name: octets for name, octets in entries(certified()).items() if "Signs" not in name}
    files["OFD.xml"] = entries(document())["OFD.xml"]
    assert judged(packed(files)).verdict is Verdict.FAILED


def test_an_integrity_file_is_a_plain_signature() -> None:
    with pytest.raises(IntegrityIsASignature):
        seal(sealed(), "2:20,20", certify=Certification.NO_CHANGES)
    with pytest.raises(IntegrityIsASignature):
        certified(where="2:20,20")
    with pytest.raises(LockIsAllOrNothing):
        certified(lock=FieldLock(LockAction.ALL))
    with pytest.raises(LockIsAllOrNothing):
        seal(sealed(), "unseen", plain(), certify=Certification.FORM_FILLING)


@pytest.mark.parametrize("name", ["V4RideRight.ofd", "allprotected.ofd", "hello-integrity.ofd"])
def test_locked_packages_of_others_are_refused(name: str) -> None:
    with pytest.raises(OfdLocked) as caught:
        seal(_sample(name))
    assert "锁定" in caught.value.zh


@pytest.mark.parametrize("name", ["SESV4SignDoc.ofd", "DigitalSign.ofd"])
def test_packages_of_others_are_sealed_and_their_signatures_stay_as_they_were(name: str) -> None:
    before = judged(_sample(name)).signatures[0]
    report = judged(seal(_sample(name), "1:120,200"))
    assert report.signatures[1].verdict is Verdict.PASSED
    assert report.signatures[0].indication is before.indication
    assert report.signatures[0].integrity.modified is False


def test_a_lock_of_named_fields_is_refused() -> None:
    with pytest.raises(LockIsAllOrNothing):
        seal(lock=FieldLock(LockAction.INCLUDE, ("a",)))


def test_a_plain_signature_shows_nothing() -> None:
    signed = seal(where="unseen", envelope=plain())
    assert b'Type="Sign"' in entries(signed)[LIST]
    assert stamps(signed) == []
    with pytest.raises(PlainSignatureShowsNothing):
        seal(envelope=plain())


def test_international_containers_are_refused() -> None:
    with pytest.raises(NationalContainerNeeded):
        seal(envelope=CmsEnvelope(signatory(form=ContainerForm.RFC5652)))


def test_the_chain_travels_beside_the_signature() -> None:
    """A seal signature has no place for it; a verifier that knows the root alone finds its way."""
    world = sealing()
    alone = TrustStore([world.pki.root.certificate], crls=world.trust().crls)
    assert Verifier(alone).verify(sealed(), at=NOW).verdict is Verdict.INDETERMINATE
    carried = seal(evidence=Evidence((world.pki.issuing.der,)))
    assert "Doc_0/Signs/Sign_0/Evidence.p7c" in entries(carried)
    assert Verifier(alone).verify(carried, at=NOW).verdict is Verdict.PASSED
    with_lists = seal(evidence=Evidence((world.pki.issuing.der,), crls=tuple(world.trust().crls)))
    bare = TrustStore([world.pki.root.certificate])
    assert Verifier(bare).verify(carried, at=NOW).verdict is Verdict.INDETERMINATE
    assert Verifier(bare).verify(with_lists, at=NOW).verdict is Verdict.PASSED
    broken = changed(with_lists, "Doc_0/Signs/Sign_0/Evidence.p7c", b"junk")
    assert Verifier(bare).verify(broken, at=NOW).verdict is Verdict.FAILED


def _without(name: str) -> bytes:
    return changed(document(), name, None)


def _main(old: bytes, new: bytes) -> bytes:
    return changed(document(), "OFD.xml", lambda octets: octets.replace(old, new))


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (document()[:-30], OfdDamaged),
        (_without("Doc_0/Document.xml"), OfdDamaged),
        (_without("Doc_0/Pages/Page_1/Content.xml"), OfdUnfit),
        (_main(b"</ofd:DocBody>", b"</ofd:DocBody><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"), OfdUnfit),
        (_main(b'encoding="UTF-8"?>', b'encoding="UTF-8"?><!DOCTYPE a>'), OfdDamaged),
        (changed(document(), LIST, b"<ofd/>"), OfdUnfit),
        (changed(document(), "Doc_0/../x", b""), OfdDamaged),
        (changed(document(), "doc_0/document.xml", b"<a/>"), OfdDamaged),
    ],
    ids=["cut", "no document", "no page", "two documents", "document type", "unnamed list", "escape", "case"],
)  # fmt: skip
def test_what_cannot_be_sealed_is_refused_in_words(octets: bytes, error: type[DocumentError]) -> None:
    with pytest.raises(error) as caught:
        seal(octets)
    assert caught.value.zh
    assert "无法核验" not in caught.value.zh
    assert caught.value.en


def test_a_page_without_a_number_takes_no_seal() -> None:
    bare = changed(
        document(),
        "Doc_0/Document.xml",
        lambda octets: re.sub(rb'<ofd:Page ID="\d+"', b"<ofd:Page", octets, count=1),
    )
    with pytest.raises(OfdUnfit, match="no number"):
        seal(bare)


def test_pages_that_do_not_begin_at_zero() -> None:
    """A physical box may begin anywhere; places count from the page as displayed."""
    moved = changed(
        document(),
        "Doc_0/Pages/Page_0/Content.xml",
        lambda octets: octets.replace(b"0 0 210 297", b"10 20 210 297"),
    )
    after = seal(moved, "1:30,40")
    assert stamps(after)[0]["Boundary"] == "40 60 40 40"
    place = judged(after).signatures[0].placements[0]
    assert (place.x_mm, place.y_mm) == (30, 40)


def test_advances_that_ask_for_more_than_there_is_text_cost_nothing() -> None:
    """``g 999999999 1`` a thousand times on a page: a place by keyword is found at once."""
    files = entries(document())
    text = '<ofd:TextObject ID="9" Boundary="0 0 9 9" Size="3"><ofd:TextCode X="0" Y="0" DeltaX="g 99999999 1">a</ofd:TextCode></ofd:TextObject>'
    layer = text.encode() * 5000 + b"</ofd:Layer>"
    files[PAGE] = files[PAGE].replace(b"</ofd:Layer>", layer)
    assert judged(seal(packed(files), "keyword=甲方（盖章）;which=first")).verdict is Verdict.PASSED
    assert deltas("g 99999999 1", 3) == [1.0] * 3


def test_a_place_is_found_among_thousands_of_folders() -> None:
    files = entries(document()) | {f"Doc_0/Signs/sign_{number}/a": b"" for number in range(5000)}
    assert "Doc_0/Signs/Sign_5000/Signature.xml" in entries(seal(packed(files)))


def test_what_hides_behind_the_end_of_a_stream_is_not_sealed() -> None:
    """A folder may have packed octets and no size: nothing in it was looked at so far."""
    data = bytearray(packed(entries(document()) | {"Doc_0/odd/": b""}))
    at = data.index(b"Doc_0/odd/")
    assert data[at + 10 : at + 12] == b"\x03\x00", "an empty stream"
    data[at + 10 : at + 12] = b"\xff\xff"
    with pytest.raises(OfdDamaged):
        seal(bytes(data))
