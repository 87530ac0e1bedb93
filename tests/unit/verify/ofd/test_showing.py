"""What shows of a seal is the seal that was signed, where and as large as it was put: nothing else is green."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest

from hsm.algorithms import DigestAlgorithm
from seals.ses.parts import SesVersion
from seals.ses.structure import read_signature
from signing.containers.envelope import Envelope
from tests.ofd_world import (
    PAGE,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    judged,
    only,
    packed,
    plain,
    seal,
    sealed,
    sealing,
    ses,
    signed_anew,
)
from tests.ses_world import png
from verify.verdict import SubIndication, Verdict

FOLDER = "Doc_0/Signs/Sign_0/"
PICTURE = f"{FOLDER}Other.png"
Change = Callable[[bytes], bytes]


def with_file(octets: bytes, name: str, content: bytes, change: Change, envelope: Envelope) -> bytes:
    """Let the signer put a file in, protect it and describe it."""
    files = entries(octets) | {name: content}
    digest = base64.b64encode(DigestAlgorithm.SM3.digest(content).value).decode()
    row = f'<ofd:Reference FileRef="/{name}"><ofd:CheckValue>{digest}</ofd:CheckValue></ofd:Reference></ofd:References>'
    files[SIGNATURE] = change(files[SIGNATURE]).replace(b"</ofd:References>", row.encode())
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[SIGNATURE]), f"/{SIGNATURE}")
    files[VALUE] = envelope.finish(sealing().keeper.signer.sign(tbs), None)
    return packed(files)


def inside_seal(element: bytes) -> Change:
    return lambda xml: xml.replace(b"</ofd:Seal>", element + b"</ofd:Seal>")


def shown(element: bytes) -> Change:
    """Show something on the first page."""
    stamp = b'<ofd:StampAnnot ID="77" PageRef="3" Boundary="120 200 40 40"/>'
    return lambda xml: xml.replace(
        b"</ofd:SignedInfo>", stamp + b"<ofd:Seal>" + element + b"</ofd:Seal></ofd:SignedInfo>"
    )


def named(tag: bytes, path: str) -> bytes:
    return b"<ofd:%s>/%s</ofd:%s>" % (tag, path.encode(), tag)


def test_a_picture_that_is_not_the_seals_is_never_green() -> None:
    """``ImageLoc``, protected by the signer's own signature: any company's seal, shown over a good name."""
    other = with_file(sealed(), PICTURE, png(64), inside_seal(named(b"ImageLoc", PICTURE)), ses())
    report = judged(other)
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.SEAL_NOT_VALID)
    assert "is not the one in the seal" in report.reason.en


def test_the_seals_own_picture_beside_it_is_no_matter() -> None:
    own = read_signature(entries(sealed())[VALUE]).seal.picture.data
    same = with_file(sealed(), PICTURE, own, inside_seal(named(b"ImageLoc", PICTURE)), ses())
    report = judged(same)
    assert report.verdict is Verdict.PASSED, report.reason.en


@pytest.mark.parametrize(
    "element",
    [named(b"ImageLoc", PICTURE), b"", named(b"BaseLoc", f"{FOLDER}absent.esl"), b"<ofd:Other/>"],
    ids=["a picture", "nothing", "a seal that is not there", "something else"],
)
def test_a_seal_shown_beside_a_plain_signature_is_never_green(element: bytes) -> None:
    unseen = seal(where="unseen", envelope=plain())
    report = judged(with_file(unseen, PICTURE, png(64), shown(element), plain()))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.SEAL_NOT_VALID)


@pytest.mark.parametrize("first", [b"", b"<ofd:BaseLoc/>"])
@pytest.mark.parametrize("tag", [b"BaseLoc", b"ImageLoc"])
def test_a_seal_named_twice_is_no_description(first: bytes, tag: bytes) -> None:
    other = sealing().esl(SesVersion.V4, name="某某市人民政府")
    twice = named(tag, f"{FOLDER}Other.esl")
    twice = first + twice if tag == b"BaseLoc" else twice + twice
    report = judged(with_file(sealed(), f"{FOLDER}Other.esl", other, inside_seal(twice), ses()))
    assert (report.verdict, "more than once" in report.reason.en) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    "tag", [b"SignatureMethod", b"SignatureDateTime", b"Seal", b"Provider", b"CheckValue"]
)
def test_what_a_description_says_once_it_says_once(tag: bytes) -> None:
    twice = signed_anew(
        sealed(),
        lambda xml: re.sub(
            rb"(<ofd:%s\b[^>]*?(?:/>|>.*?</ofd:%s>))" % (tag, tag), rb"\1\1", xml, count=1, flags=re.DOTALL
        ),
    )
    assert entries(twice)[SIGNATURE] != entries(sealed())[SIGNATURE]
    report = judged(twice)
    assert (report.verdict, "more than once" in report.reason.en) == (Verdict.FAILED, True)


@pytest.mark.parametrize("text", [b"Other.esl<!-- -->/../Seal.esl", b"Other.esl<ofd:x/>/../Seal.esl"])
def test_a_location_in_pieces_is_no_location(text: bytes) -> None:
    broken = signed_anew(
        sealed(),
        lambda xml: re.sub(rb"(<ofd:BaseLoc>)[^<]*", rb"\1/Doc_0/Signs/Sign_0/" + text, xml),
    )
    report = judged(broken)
    assert (report.verdict, "not one piece of text" in report.reason.en) == (Verdict.FAILED, True)


def bounded(text: bytes | None) -> Change:
    boundary = b"" if text is None else b' Boundary="%s"' % text
    return lambda xml: re.sub(rb' Boundary="[^"]*"', boundary, xml)


@pytest.mark.parametrize(
    "text",
    [
        b"210 297 -210 -297", b"210 0 -210 60", b"0 0 210 297 0", b"0 0 210mm 297mm", b"0,0,210,297", b"", None,
        b"0 0 2e9 2e9", b"0 0 0 0", b"0 0 40 0", b"0 0 nan 40", b"0 0 40",
    ],
)  # fmt: skip
def test_a_stamp_whose_size_readers_differ_on_is_never_green(text: bytes | None) -> None:
    report = judged(signed_anew(sealed(), bounded(text)))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert "size of the stamp" in report.reason.en


def carpet(clip: bytes, across: int = 5, down: int = 7) -> Change:
    """Lay stamps of the seal's size side by side over the page, each with a clip."""

    def lay(xml: bytes) -> bytes:
        stamp = re.search(rb"<ofd:StampAnnot[^>]*/>", xml)
        assert stamp is not None
        made = [
            re.sub(
                rb'Boundary="[^"]*"',
                b'Boundary="%d %d 40 40" Clip="%s"' % (40 * column, 40 * row, clip),
                stamp[0],
            ).replace(b' ID="', b' ID="%d' % (10 + column + 10 * row))
            for column in range(across)
            for row in range(down)
        ]
        return xml.replace(stamp[0], b"".join(made))

    return lay


@pytest.mark.parametrize(
    "clip",
    [b"0 0 0 0", b"500 500 40 40", b"40 40 -40 -40", b"0 0 5", b"a b c d", b"0 0 41.5 40", b"-2 0 20 40", b"0 0 5 5", b""],
)  # fmt: skip
def test_stamps_that_are_cut_away_count_whole(clip: bytes) -> None:
    """A reader that passes over a clip, good or bad, draws the whole seal."""
    report = judged(signed_anew(sealed(), carpet(clip)))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )


@pytest.mark.parametrize("clip", [b"0 0 40 40", b"10 0 20 40", b"0 0 40.4 40.4", b"32.0 0 8.0 40.0", b""])
def test_a_clip_inside_its_stamp_is_as_the_standard_has_it(clip: bytes) -> None:
    report = judged(signed_anew(sealed(), carpet(clip, 1, 1)))
    assert report.verdict is Verdict.PASSED, report.reason.en


def test_a_seam_seal_over_many_pages_is_green() -> None:
    report = judged(seal(document(6), "seam=right"))
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert len(only(report).placements) == 6


@pytest.mark.parametrize("box", [b"210 297 -210 -297", b"0 0 0 0", b"0 0 210", b"0 0 21e7 29e7", b"x"])
def test_a_page_without_a_size_shows_no_seal_that_counts(box: bytes) -> None:
    """How much of it stamps cover cannot be said."""
    area = b"<ofd:Area><ofd:PhysicalBox>%s</ofd:PhysicalBox></ofd:Area><ofd:Content>" % box
    files = entries(sealed())
    files[PAGE] = re.sub(rb"<ofd:Area>.*?</ofd:Area>", b"", files[PAGE], flags=re.DOTALL)
    assert b"<ofd:Content>" in files[PAGE]
    page = files[PAGE].replace(b"<ofd:Content>", area)
    digest = base64.b64encode(DigestAlgorithm.SM3.digest(page).value)

    def fit(xml: bytes) -> bytes:
        row = rb'(FileRef="/%s"><ofd:CheckValue>)[^<]*' % re.escape(PAGE).encode()
        return re.sub(row, rb"\g<1>" + digest, xml)

    report = judged(signed_anew(files | {PAGE: page}, fit))
    assert report.verdict is Verdict.INDETERMINATE
    assert "size of the stamp or of its page" in report.reason.en


PLACES = [
    b'<ofd:Appearance><ofd:StampAnnot ID="9" PageRef="3" Boundary="0 0 210 297"/></ofd:Appearance>',
    b"<ofd:More><ofd:Seal><ofd:BaseLoc>/x</ofd:BaseLoc></ofd:Seal></ofd:More>",
    b"<ofd:BaseLoc>/x</ofd:BaseLoc>",
    b"<ofd:ImageLoc>/x</ofd:ImageLoc>",
    b"<ofd:Reference/>",
    b"<ofd:SignedValue>/x</ofd:SignedValue>",
    b"<ofd:More><ofd:References/></ofd:More>",
    b"<ofd:Signature/>",
]


@pytest.mark.parametrize("element", PLACES)
def test_an_element_out_of_its_place_is_no_description(element: bytes) -> None:
    """Readers that search by name show it; nobody judged it."""
    report = judged(
        signed_anew(sealed(), lambda xml: xml.replace(b"</ofd:SignedInfo>", element + b"</ofd:SignedInfo>"))
    )
    assert (report.verdict, "where the standard does not have it" in report.reason.en) == (
        Verdict.FAILED,
        True,
    )


def test_elements_that_nobody_shows_may_stand_anywhere() -> None:
    more = b'<ofd:Parameters><ofd:Parameter Name="a">b</ofd:Parameter></ofd:Parameters></ofd:SignedInfo>'
    report = judged(signed_anew(sealed(), lambda xml: xml.replace(b"</ofd:SignedInfo>", more)))
    assert report.verdict is Verdict.PASSED, report.reason.en


def test_what_stands_beside_the_seal_and_is_not_there_shows_nothing() -> None:
    """Where it comes later it is a file that a reader uses."""
    absent = signed_anew(sealed(), inside_seal(named(b"ImageLoc", PICTURE)))
    assert judged(absent).verdict is Verdict.PASSED
    late = judged(changed(absent, PICTURE, png(64)))
    assert (late.verdict, late.coverage[0].open) == (Verdict.INDETERMINATE, (f"/{PICTURE}",))


@pytest.mark.parametrize(
    ("written", "evil"),
    [
        ("own.png", "own.png"),
        ("own.png", "Doc_0/OWN.png"),
        ("/Doc_0/Signs/Sign_0/OTHER.PNG", f"{FOLDER}other.png"),
        ("%6Fwn2.png", f"{FOLDER}own2.png"),
        ("/x /own.png", "x/own.png"),
    ],
)
def test_a_picture_that_only_some_readers_find_is_never_green(written: str, evil: str) -> None:
    """Beside the seal's own picture, or in its place: by the root, in another case, as a URI; the signer protects both."""
    own = read_signature(entries(sealed())[VALUE]).seal.picture.data
    files = entries(with_file(sealed(), f"{FOLDER}own.png", own, lambda xml: xml, ses()))
    here = inside_seal(b"<ofd:ImageLoc>%s</ofd:ImageLoc>" % written.encode())
    report = judged(with_file(packed(files), evil, png(64), here, ses()))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert "may mean several files" in report.reason.en


@pytest.mark.parametrize(
    ("other", "verdict"),
    [("03", Verdict.INDETERMINATE), ("+3", Verdict.INDETERMINATE), ("33", Verdict.PASSED)],
)
def test_pages_of_one_number_are_not_told_apart(other: str, verdict: Verdict) -> None:
    """Identifiers are unsigned integers: of 3 and 03 readers keep one, each its own."""
    files = entries(document())
    root = "Doc_0/Document.xml"
    first, second = re.findall(rb'<ofd:Page ID="(\d+)"', files[root])
    assert first == b"3"
    files[root] = files[root].replace(b'<ofd:Page ID="%s"' % second, b'<ofd:Page ID="%s"' % other.encode())
    assert judged(seal(packed(files))).verdict is verdict
