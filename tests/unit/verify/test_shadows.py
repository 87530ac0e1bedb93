"""Documents prepared before signing or extended afterwards so that they show something else (D1): shadows, borrowed seals.

Shadow attacks hide what is switched on later behind names that sound harmless; sneaky signatures lay a field over a page.
"""

from __future__ import annotations

import re

import pytest

from tests.unit.verify.test_tampering import modified
from tests.verify_world import Signing, append, in_store, raw_object, size_of, small_pdf
from verify.policy import Policy
from verify.report import SignatureReport
from verify.verdict import Indication

EVIL = b"1 1 1 rg 0 0 400 400 re f BT /F1 24 Tf 72 72 Td (Pay ten million) Tj ET"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]"
HELVETICA, SYMBOL = (b"<</Type/Font/Subtype/Type1/BaseFont/%s>>" % name for name in (b"Helvetica", b"Symbol"))
PARTY_B = b"<</FT/Sig/T(PartyB)/Type/Annot/Subtype/Widget/F 4/Rect[0 0 500 800]/P 4 0 R>>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def with_field(data: bytes, entries: bytes, box: bytes = b"0 0 595 842") -> bytes:
    """Append a signature field on page 2; ``%d`` in its entries is the object that holds a drawing over everything."""
    new = size_of(data)
    form = int(re.search(rb"/AcroForm\s+(\d+) 0 R", raw_object(data, 1))[1])  # type: ignore[index]
    listed = re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % new, raw_object(data, form))
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(More)/F 4/P 6 0 R/Rect[%s]%s>>" % (
        box, entries.replace(b"%d", b"%d" % (new + 1)),
    )  # fmt: skip
    page = raw_object(data, 6)[:-2] + b"/Annots[%d 0 R]>>" % new
    drawing = {new + 1: stream(EVIL, FORM)} if b"%d" in entries else {}
    return append(data, {form: listed, new: field, 6: page, **drawing})


@pytest.mark.parametrize(
    "entries",
    [
        b"/AP<</N %d 0 R>>",
        b"/AP<</N<</On %d 0 R>>>>",
        b"/AP 99 0 R",
        b"/AP<</N 99 0 R>>",
        b"/MK<</BG[1 1 1]>>",
        b"/MK 99 0 R",
    ],
)
def test_an_unsigned_field_shows_nothing(signing: Signing, b_b: bytes, entries: bytes) -> None:
    """Nobody answers for what it would lay over the page; without a look it may be added. Nothing is object 99, yet."""
    assert modified(signing.only(with_field(b_b, entries)))
    assert signing.only(with_field(b_b, b"/MK<<>>", b"100 100 219 219")).indication is Indication.TOTAL_PASSED


def test_a_new_field_cannot_borrow_an_earlier_signature(signing: Signing, b_b: bytes) -> None:
    field = int(re.search(rb"/Fields \[ (\d+)", b_b)[1])  # type: ignore[index]
    value = re.search(rb"/V (\d+ 0 R)", raw_object(b_b, field))
    assert value is not None
    for look in (b"/AP<</N %d 0 R>>", b""):
        assert modified(signing.only(with_field(b_b, b"/V " + value[1] + look)))


def test_an_empty_field_changes_only_by_being_signed(signing: Signing) -> None:
    plain = small_pdf(catalog="/AcroForm<</Fields[20 0 R]>>")
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R]>>"
    data = signing.sign(append(plain, {20: PARTY_B, 4: page}))
    drawn = raw_object(data, 20)[:-2] + b"/AP<</N 90 0 R>>>>"
    assert modified(signing.only(append(data, {20: drawn, 90: stream(EVIL, FORM)})))


def test_a_time_stamp_shows_nothing(signing: Signing, b_b: bytes) -> None:
    """Anyone can buy one: a drawing over the page beside it would pass with two valid signatures."""
    data = signing.add_time_stamp(b_b)
    assert signing.verify(data).verdict.value == "passed"
    added = re.search(rb"/Rect ?\[[ 0.]+\]\s/P \d+ 0 R", data[len(b_b) :])
    assert added is not None
    box = b"/Rect[0 0 9 9]/MK 4 0 R".ljust(len(added[0]))
    shown = data[: len(b_b)] + data[len(b_b) :].replace(added[0], box)
    assert modified(signing.verify(shown).signatures[0])
    bare = data[: len(b_b)] + data[len(b_b) :].replace(added[0], b"/Rect[0 0 9 9]".ljust(len(added[0])))
    assert not modified(signing.verify(bare).signatures[0]), "a box without a look shows nothing"


def switched(
    signing: Signing, resource: bytes, before: bytes, after: bytes, trailer: bytes = b""
) -> SignatureReport:
    """Sign a document whose page uses object 30 under some name, then replace that object."""
    plain = small_pdf()
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/Resources<<" + resource)
    data = signing.sign(append(plain, {4: page, 30: before}, trailer=trailer))
    return signing.only(append(data, {30: after}, trailer=trailer))


@pytest.mark.parametrize("name", [b"DSS", b"Cert", b"VRI", b"Extensions", b"Info"])
def test_a_font_whose_name_sounds_harmless(signing: Signing, name: bytes) -> None:
    trailer = b"/Info 30 0 R" if name == b"Info" else b""
    assert modified(switched(signing, b"/Font<</%s 30 0 R>>" % name, HELVETICA, SYMBOL, trailer))


@pytest.mark.parametrize("subtype", [b"Form", b"XML"])
def test_a_drawing_that_calls_itself_metadata(signing: Signing, subtype: bytes) -> None:
    kind = b"/Type/Metadata/Subtype/%s/BBox[0 0 400 400]" % subtype
    resource = b"/XObject<</Metadata 30 0 R>>"
    assert modified(switched(signing, resource, stream(b"", kind), stream(EVIL, kind)))


def test_a_colour_that_calls_itself_validation_data(signing: Signing) -> None:
    """The hidden text of a shadow turns visible when its colour is redefined."""
    grey = b"[/CalGray<</WhitePoint[1 1 1]/Gamma %d>>]"
    assert modified(switched(signing, b"/ColorSpace<</Certs 30 0 R>>", grey % 1, grey % 9))


def test_a_page_that_is_a_field_too(signing: Signing) -> None:
    """Its drawing called /N is no appearance of the field, and what the pages list is not filled in as a field."""
    plain = small_pdf(catalog="/AcroForm<</Fields[4 0 R]>>")
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/FT/Tx/T(f)/Resources<</XObject<</N 30 0 R>>")
    data = signing.sign(append(plain, {4: page, 30: stream(b"", FORM)}))
    filled = raw_object(data, 4)[:-2] + b"/V(1)>>"
    lenient = Policy(allow_form_filling=True)
    assert modified(signing.only(append(data, {4: filled}), policy=lenient))
    assert modified(signing.only(append(data, {4: filled, 30: stream(EVIL, FORM)}), policy=lenient))


def test_an_object_that_says_another_number(signing: Signing, b_b: bytes) -> None:
    """The table lists a new object, its header an old one: who repairs the file by its headers shows that."""
    data = in_store(b_b, {90: raw_object(b_b, 3)})
    assert signing.only(data).indication is Indication.TOTAL_PASSED
    assert modified(signing.only(data.replace(b"90 0 obj", b"03 0 obj")))


@pytest.mark.parametrize("place", [b"/Contents %d 0 R", b"/#43ontents %d 0 R"])
def test_a_key_that_stands_twice(signing: Signing, b_b: bytes, place: bytes) -> None:
    """Readers take the first or the last; a fault beside it does not make anyone less strict about it."""
    new = size_of(b_b) + 1
    data = with_field(b_b, b"", b"0 0 0 0")
    assert signing.only(data).indication is Indication.TOTAL_PASSED
    at = len(b_b)
    page = raw_object(data, 6)
    twice = with_field(b_b, b"", b"0 0 0 0")[:at] + data[at:].replace(page, page[:-2] + place % new + b">>")
    grown = len(twice) - len(data)
    moved = re.sub(
        rb"(startxref\n)(\d+)(\n%%EOF\n)\Z", lambda m: m[1] + b"%d" % (int(m[2]) + grown) + m[3], twice
    )
    moved = _shift(moved, at, moved.index(place % new, at), grown)
    assert modified(signing.only(moved))
    careless = moved[:at] + re.sub(
        rb"(trailer\n<<)(?!.*trailer)", rb"\1/Size 1 ", moved[at:], flags=re.DOTALL
    )
    assert modified(signing.only(careless))


def _shift(data: bytes, start: int, behind: int, by: int) -> bytes:
    """Move the entries of the last table that point behind an octet."""

    def moved(match: re.Match[bytes]) -> bytes:
        offset = int(match[1])
        return b"%010d 00000 n " % (offset + by if offset > behind - by else offset)

    return data[:start] + re.sub(rb"(\d{10}) 00000 n ", moved, data[start:])


def test_another_generation_of_an_object_in_use(signing: Signing) -> None:
    """Readers that heed no generations show the newest entry of a number."""
    plain = small_pdf()
    body = stream(b"BT ET")
    made = append(plain, {4: raw_object(plain, 4).replace(b"5 0 R", b"40 1 R"), 40: body})
    made = made.replace(b"40 0 obj", b"40 1 obj")
    offset = made.index(b"40 1 obj")
    made = made.replace(b"%010d 00000 n" % offset, b"%010d 00001 n" % offset)
    data = signing.sign(made)
    assert modified(signing.only(append(data, {40: stream(EVIL)})))


def test_a_hidden_field_is_not_shown_by_a_time_stamp(signing: Signing) -> None:
    """What an empty field would show was never seen; only who signs it for themselves may let it be seen."""
    plain = small_pdf(catalog="/AcroForm<</Fields[20 0 R]>>")
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R]>>"
    hidden = PARTY_B.replace(b"/F 4", b"/F 2")[:-2] + b"/AP<</N 30 0 R>>>>"
    data = signing.sign(append(plain, {20: hidden, 4: page, 30: stream(EVIL, FORM)}))
    stamp = b"<</Type/DocTimeStamp/SubFilter/ETSI.RFC3161/Contents<00>/ByteRange[0 0 0 0]>>"
    for flags, expected in ((b"/F 4", True), (b"/F 2", False)):
        filled = raw_object(data, 20).replace(b"/F 2", flags)[:-2] + b"/V 90 0 R>>"
        report = signing.verify(append(data, {20: filled, 90: stamp}))
        (first,) = [item for item in report.signatures if item.field == "Seal1"]
        assert modified(first) is expected
        assert report.verdict.value == "failed"


def test_an_object_listed_twice_in_one_table(signing: Signing, b_b: bytes) -> None:
    """Readers take the first entry or the last; one is as it was signed, the other may be anything."""
    data = append(b_b, {7: raw_object(b_b, 7)})
    assert signing.only(data).indication is Indication.TOTAL_PASSED
    hidden = b"7 1\n%010d 00000 n \n" % data.index(b"7 0 obj", len(b_b))
    start = data.rindex(b"xref\n0 1\n")
    at = data.index(b"7 1\n", start)
    assert modified(signing.only(data[:at] + hidden + data[at:]))
    assert modified(signing.only(data[: at + len(hidden)] + hidden + data[at + len(hidden) :]))


def test_objects_hidden_by_the_size(signing: Signing, b_b: bytes) -> None:
    """What is numbered beyond /Size is missing to some readers: page two would be."""
    data = append(b_b, {}, size=size_of(b_b))
    assert signing.only(data).indication is Indication.TOTAL_PASSED
    assert modified(signing.only(append(b_b, {}, size=6)))


def overlong(length: bytes, entries: bytes = b"") -> bytes:
    """Prepare a picture that is the last thing in its file and says that it goes on for ``length`` octets."""
    plain = small_pdf()
    page = raw_object(plain, 4).replace(b"/Resources<<", b"/Resources<</XObject<</Im 30 0 R>>")
    image = b"/Type/XObject/Subtype/Image/Width 90/Height 90/BitsPerComponent 8/ColorSpace/DeviceGray"
    picture = b"<<%s%s%s>>stream\n%s\nendstream" % (image, entries, length, bytes(90))
    return append(plain, {4: page, 31: b"12000", 30: picture})


@pytest.mark.parametrize(
    "length",
    [
        b"/Length 12000",
        b"/Length 31 0 R",
        b"/Le#6egth 12000",
        b"/Length%90\n+12000",
        b"/A(a(b(c)stream\n)/Length 90)/Length 12000",
        b"/Length 90/Length 12000",
    ],
)
def test_a_picture_that_reaches_into_the_signature(signing: Signing, length: bytes) -> None:
    """Its pixels would be the value of the signature, which may be exchanged for another without a trace."""
    data = signing.sign(overlong(length))
    assert data.index(b"30 0 obj") + 12000 > data.rindex(b"/Contents <")
    assert modified(signing.only(data))
    assert modified(signing.only(append(data, {})))
    assert signing.only(signing.sign(overlong(b"/Length 90"))).indication is Indication.TOTAL_PASSED


def test_a_picture_that_reaches_into_what_is_appended(signing: Signing) -> None:
    """Whoever appends a time-stamp would choose its pixels; so it is with one whose end is nowhere."""
    data = signing.sign(overlong(b"/Length 99000"))
    assert modified(signing.only(data))
    head, tail = overlong(b"/Length 95").rsplit(b"endstream", 1)
    assert modified(signing.only(signing.sign(head + b"endstraem" + tail, box=None)))


def test_a_string_that_reaches_into_the_signature(signing: Signing) -> None:
    plain = append(small_pdf(), {30: b"(no end"})
    assert modified(signing.only(signing.sign(plain)))
