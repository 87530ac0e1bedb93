"""Forms that honest products write: fields with widgets of their own, names, appearances, locks, each beside an attack on it."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, form_object, stream
from tests.pdf_attacks.form_looks import APPEARANCE, BARE, FREE, SHOWN, grown, with_seal
from tests.pdf_attacks.forms import (
    AMOUNT,
    BOXLESS,
    EMPTY,
    LOOK,
    NINE,
    TEXT,
    WIDGET,
    amount_pdf,
    listed,
    locked,
    stamped,
    with_annotation,
)
from tests.pdf_attacks.limits import with_signature
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf
from verify.verdict import Verdict


def check_valid(signing: Signing, data: bytes) -> None:
    report = signing.verify(data)
    found = [one.integrity for one in report.signatures if one.integrity]
    assert report.verdict is Verdict.PASSED, [(item.where, item.doubts) for item in found]


WIDGETS = {
    "that names its field": b"/Parent %d 0 R",
    "that names no field": b"",
    "that names its type too": b"/FT/Sig/Parent %d 0 R",
}


@pytest.mark.parametrize("entries", WIDGETS.values(), ids=WIDGETS)
@pytest.mark.parametrize("what", ["empty", "signed", "stamped"])
def test_a_new_field_with_a_widget(signing: Signing, what: str, entries: bytes) -> None:
    data = signing.sign(page=1)
    value = b"" if what == "empty" else b"/V %d 0 R" % (size_of(data) + 2)
    widget = b"<</Type/Annot/Subtype/Widget/F 132/P 4 0 R/Rect[300 300 400 340]%s>>" % entries
    field = b"<</FT/Sig/T(B)/Kids[%d 0 R]%s>>" % (size_of(data) + 1, value)
    objects = listed(data, field, {1: widget}, page=4)
    if what == "empty":
        check_valid(signing, append(data, objects))
    else:
        number = size_of(data) + 2
        check_valid(signing, with_signature(signing, data, objects, number, stamp=what == "stamped"))


def test_a_time_stamp_on_no_page(signing: Signing) -> None:
    data = signing.sign(page=1)
    number = size_of(data) + 1
    objects = listed(data, b"<</FT/Sig/T(B)/V %d 0 R>>" % number)
    check_valid(signing, with_signature(signing, data, objects, number, stamp=True))


@pytest.mark.parametrize(
    "name",
    [
        b"<FEFF753265B97B7E7AE0>",
        "\ufeff甲方　签章".encode(),
        b"Party B \x85 seal",
        b"Party B, 2.",
        "\ufeff\U00031350 甲\u200c方".encode(),
        b"form1[0].#subform[0].B",
    ],
)
def test_a_new_field_with_a_name(signing: Signing, name: bytes) -> None:
    data = signing.sign(page=1)
    stated = name if name.startswith(b"<") else b"(%s)" % name
    field = BOXLESS.replace(b"/T(B)", b"/T%s" % stated) % b"/Rect[300 300 400 340]"
    check_valid(signing, append(data, listed(data, field, page=6)))


def _kept(signing: Signing) -> bytes:
    """Sign a document with an empty field whose widget, lists and structure are objects of their own."""
    widget = b"<</Subtype/Widget/F 4/P 4 0 R/Parent 39 0 R/Rect[300 300 400 340]/StructParent 0>>"
    catalog = EMPTY.replace("[]", " 42 0 R") + "/MarkInfo<</Marked true>>/StructTreeRoot 44 0 R"
    more = {
        39: b"<</FT/Sig/T(Later)/Kids 43 0 R>>",
        42: b"[39 0 R]",
        43: b"[40 0 R]",
        44: b"<</Type/StructTreeRoot/K 45 0 R/ParentTree<</Nums[0 45 0 R]>>>>",
        45: b"<</Type/StructElem/S/Form/P 44 0 R/Pg 4 0 R/K<</Type/OBJR/Obj 40 0 R>>>>",
        46: b"[40 0 R]",
    }
    data = with_annotation(widget, catalog, more)
    page = raw_object(data, 4).replace(b"[40 0 R]", b" 46 0 R")
    signed = signing.sign(append(data, {4: page}), page=1)
    assert b"/Kids 43 0 R" in raw_object(signed, 39)
    return signed


def test_an_empty_field_is_stamped(signing: Signing) -> None:
    check_valid(signing, stamped(signing, _kept(signing), {39: b"<</FT/Sig/T(Later)/Kids 43 0 R/V %d 0 R>>"}))


def test_an_empty_field_is_signed_with_a_look(signing: Signing) -> None:
    data = _kept(signing)
    new = size_of(data)
    widget = raw_object(data, 40).replace(b"/Subtype", b"/Type/Annot/AP<</N %d 0 R>>/Subtype" % (new + 1))
    objects = {
        39: b"<</FT/Sig/T(Later)/Kids 43 0 R/V %d 0 R>>" % new,
        40: widget,
        new + 1: stream(b"1 0 0 rg 0 0 99 39 re f", LOOK.replace(b"595 842", b"99 39")),
    }
    check_valid(signing, with_signature(signing, data, objects, new, stamp=False))


def test_a_field_beside_a_locked_one_is_filled_in(signing: Signing) -> None:
    """It has two widgets, and a button that clears both fields names it, as does the order of calculation."""
    note = b"<</FT/Tx/T(note)/V(%s)/Kids[28 0 R 29 0 R]>>"
    widget = WIDGET.replace(b"/Parent 20 0 R", b"/Parent 27 0 R").replace(b"24 0 R", b"25 0 R")
    button = TEXT % b"/FT/Btn/Ff 65536/T(clear)/A 31 0 R"
    kids = {
        25: NINE,
        27: note % b"x",
        28: widget,
        29: widget.replace(b"[50 50 150 70]", b"[50 90 150 110]"),
        30: button,
        31: b"<</S/ResetForm/Fields[20 0 R 27 0 R]>>",
    }
    document = amount_pdf(kids, b" 27 0 R 30 0 R")
    page = raw_object(document, 4).replace(b"/Annots[", b"/Annots[28 0 R 29 0 R 30 0 R ")
    form = raw_object(document, 1).replace(b"/Fields", b"/CO[20 0 R 27 0 R]/Fields")
    data = locked(signing, append(document, {1: form, 4: page}))
    check_valid(signing, data)
    new = size_of(data)
    objects = {27: note % b"y", 28: widget.replace(b"25 0 R", b"%d 0 R" % new), new: NINE}
    filled = append(data, objects)
    check_valid(signing, filled)
    check_valid(
        signing, append(filled, {29: raw_object(data, 29).replace(b"/F 4", b"/AS/N/F 4"), 27: note % b"z"})
    )
    assert signing.verify(append(data, {20: AMOUNT.replace(b"one", b"ten")})).verdict is Verdict.FAILED


def test_a_widget_now_says_that_it_is_an_annotation(signing: Signing) -> None:
    data = _kept(signing)
    new = size_of(data)
    catalog = raw_object(data, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % new
    widget = raw_object(data, 40).replace(b"/Subtype", b"/Type/Annot/Subtype")
    check_valid(signing, append(data, {1: catalog, 40: widget, new: stream(b"x")}))


OWN = {
    "text in no field": BARE % (b"/FT/Tx/T(o)/V(x)" + APPEARANCE),
    "text in no field, by its parent": BARE % b"/Parent 39 0 R",
    "free text": FREE % APPEARANCE,
    "a signature field's widget": BARE % b"",
    "a stamp": BARE.replace(b"Widget", b"Stamp") % b"",
}


@pytest.mark.parametrize("annotation", OWN.values(), ids=OWN)
def test_a_form_gains_what_nobody_asks_for(signing: Signing, annotation: bytes) -> None:
    fields = EMPTY.replace("[]", "[38 0 R]") if b"/Rect[60 500 560 560]>>" in annotation else EMPTY
    more = {38: b"<</FT/Sig/T(l)/Kids[40 0 R]>>", 39: b"<</FT/Tx/V(x)%s>>" % APPEARANCE}
    data = signing.sign(with_annotation(annotation, fields, more), page=1)
    number, form = form_object(data)
    new = size_of(data)
    wider = form.replace(b"/Helv", b"/Arial#2CBold %d 0 R/Helv" % new, 1)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"
    check_valid(signing, append(data, {number: wider, new: font}))
    check_valid(signing, grown(data, APPEARANCE))
    both = wider.replace(b"/Fields", APPEARANCE + b"/Fields", 1)
    check_valid(signing, append(data, {number: both, new: font}))


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_a_seal_on_a_page_that_shows_a_part(signing: Signing, shown: tuple[bytes, bytes, bytes]) -> None:
    own, above, box = shown
    left, bottom = (float(one) for one in box.split()[:2])
    seal = b"%d %d %d %d" % (left + 9, bottom + 9, left + 69, bottom + 69)
    check_valid(signing, with_seal(Victims(signing), own, above, seal))


def test_a_field_of_a_page_without_a_form(signing: Signing) -> None:
    """The document had no form, and a page that inherits what is null in it."""
    data = small_pdf(page="/CropBox null/Rotate null")
    check_valid(signing, signing.sign(signing.sign(data), field="B", page=1))
