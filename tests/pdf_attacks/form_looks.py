"""What a form gives to text that has no look of its own: an appearance, fonts, drawings; and what shows of a page that a signature covers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.pdf_attacks.catalogue import COVER, DRAWING, OURS, Attack, Victims, collector, form_object, stream
from tests.pdf_attacks.forms import EMPTY, MILLIONS, TEXT, listed, with_annotation
from tests.pdf_attacks.limits import FORM, with_signature
from tests.verify_world import append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
BARE: Final = TEXT.replace(b"/DA(/Helv 30 Tf 0 g)", b"")
APPEARANCE: Final = b"/DA(/Helv 30 Tf 0 g)"
FREE: Final = BARE.replace(b"Widget", b"FreeText") % b"/Contents(Pay ten million)%s"
SYMBOL: Final = b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"


def grown(data: bytes, entries: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    """Append a form with more entries."""
    number, form = form_object(data)
    changed = form.replace(b"/Fields", entries + b"/Fields", 1)
    assert changed != form
    return append(data, {number: changed, **(more or {})})


def _with_appearance(
    victims: Victims, annotation: bytes, field: int = 0, more: Mapping[int, bytes] | None = None
) -> bytes:
    catalog = EMPTY.replace("[]", f"[{field} 0 R]") if field else EMPTY
    return grown(victims.signing.sign(with_annotation(annotation, catalog, more), page=1), APPEARANCE)


for _name, (_entries, _field, _more) in {
    "text in no field": (b"/FT/Tx/T(o)" + MILLIONS, 0, {}),
    "text in a signature field": (
        b"/FT/Tx/Parent 39 0 R" + MILLIONS,
        39,
        {39: b"<</FT/Sig/T(l)/Kids[40 0 R]>>"},
    ),
    "a field whose own is null": (b"/FT/Tx/T(o)/DA null" + MILLIONS, 40, {}),
    "a field whose own is not there": (b"/FT/Tx/T(o)/DA 999 0 R" + MILLIONS, 40, {}),
    "a field whose own is empty": (b"/FT/Tx/T(o)/DA()" + MILLIONS, 40, {}),
    "a field whose own has no font": (b"/FT/Tx/T(o)/DA(0 g)" + MILLIONS, 40, {}),
    "a field whose own calls no font": (b"/FT/Tx/T(o)/DA(/Tf 0 g)" + MILLIONS, 40, {}),
    "a field whose own has a font in a remark": (b"/FT/Tx/T(o)/DA(0 g % /Helv 9 Tf)" + MILLIONS, 40, {}),
    "text in no field whose parent's is null": (
        b"/Parent 39 0 R",
        0,
        {39: b"<</FT/Tx/T(o)/DA null/V(Pay ten million)/Kids[40 0 R]>>"},
    ),
    "text in no field, of a type of null": (
        b"/FT null/Parent 39 0 R" + MILLIONS,
        0,
        {39: b"<</FT/Tx/T(o)>>"},
    ),
}.items():

    @attack(f"a default appearance for {_name}", OURS)
    def _default(
        victims: Victims,
        entries: bytes = _entries,
        field: int = _field,
        more: Mapping[int, bytes] = _more,
    ) -> bytes:
        return _with_appearance(victims, BARE % entries, field, more)


@attack("a default appearance for free text", OURS)
def _free(victims: Victims) -> bytes:
    return _with_appearance(victims, FREE % b"")


@attack("a default appearance for free text whose own is null", OURS)
def _free_null(victims: Victims) -> bytes:
    return _with_appearance(victims, FREE % b"/DA null")


@attack("a default appearance for a form that is free text", OURS)
def _form_as_text(victims: Victims) -> bytes:
    note = FREE % b"/SigFlags 3/Fields[]"
    return grown(victims.signing.sign(with_annotation(note, "/AcroForm 40 0 R"), page=1), APPEARANCE)


@attack("a default appearance for a form that text inherits from", OURS)
def _form_as_parent(victims: Victims) -> bytes:
    text = BARE % (b"/FT/Sig/T(o)/Parent 39 0 R/Contents(x)")
    form = {39: b"<</SigFlags 3/Fields[]>>"}
    return grown(victims.signing.sign(with_annotation(text, "/AcroForm 39 0 R", form), page=1), APPEARANCE)


ASKING: Final = BARE % (b"/FT/Tx/T(o)/DA(/Fx 30 Tf 0 g)" + MILLIONS)
FONTS: Final = "/AcroForm<</Fields[40 0 R]/SigFlags 3%s>>"


def _asked(victims: Victims, resources: str = "") -> bytes:
    return victims.signing.sign(with_annotation(ASKING, FONTS % resources), page=1)


for _name, _names in {
    "ends at an octet of zero": b"/Fx#00",
    "ends at an octet of zero, and goes on": b"/Fx#00x",
    "is of other octets": b"/Fx#e9",
}.items():

    @attack(f"a font that a field asks for, under a name that {_name}", OURS)
    def _zero(victims: Victims, name: bytes = _names) -> bytes:
        data = _asked(victims, "/DR<</Font<</Helv 3 0 R>>>>")
        number, form = form_object(data)
        new = size_of(data)
        changed = form.replace(b"/Helv", b"%s %d 0 R/Helv" % (name, new))
        assert changed != form
        return append(data, {number: changed, new: SYMBOL})


@attack("a font that a field asks for, in a category whose name ends at an octet of zero", OURS)
def _category(victims: Victims) -> bytes:
    data = _asked(victims)
    new = size_of(data)
    return grown(data, b"/DR<</Font#00<</Fx %d 0 R>>>>" % new, {new: SYMBOL})


@attack("a font that text in no field asks for through its parent", OURS)
def _through_parent(victims: Victims) -> bytes:
    parent = b"<</FT/Tx/T(o)/Kids[40 0 R]/V(Pay ten million)/DA(/Fx 30 Tf 0 g)>>"
    document = with_annotation(BARE % b"/Parent 39 0 R", FONTS.replace("40 0 R", "") % "", {39: parent})
    data = victims.signing.sign(document, page=1)
    new = size_of(data)
    return grown(data, b"/DR<</Font<</Fx %d 0 R>>>>" % new, {new: SYMBOL})


for _kind in (b"/Subtype/Stamp", b"/Subtype/Widget/FT/Btn/T(o)"):

    @attack(
        f"a drawing that a look asks for, of {'text' if b'Btn' in _kind else 'a stamp'} in no field", OURS
    )
    def _drawing(victims: Victims, kind: bytes = _kind) -> bytes:
        note = b"<</Type/Annot%s/F 4/P 4 0 R/Rect[0 0 595 842]/AP<</N 41 0 R>>>>" % kind
        document = with_annotation(note, FONTS.replace("40 0 R", "") % "", {41: stream(b"/FRM Do", DRAWING)})
        data = victims.signing.sign(document, page=1)
        new = size_of(data)
        return grown(data, b"/DR<</XObject<</FRM %d 0 R>>>>" % new, {new: stream(COVER, DRAWING)})


SHOWN: Final = {
    "a crop box of null": (b"/CropBox null", b"/CropBox[0 642 400 842]", b"0 690 400 842"),
    "a crop box that is not there": (b"/CropBox 999 0 R", b"/CropBox[0 642 400 842]", b"0 690 400 842"),
    "a crop box that is none": (b"/CropBox[0 642 400]", b"/CropBox[0 642 400 842]", b"0 690 400 842"),
    "a crop box that lies beside the page": (b"/CropBox[395 642 990 1484]", b"", b"395 700 595 842"),
}
"""What a page states, what the pages above it state, and a box that covers most of what shows."""


def with_seal(victims: Victims, own: bytes, above: bytes, box: bytes) -> bytes:
    """Append a further signature on a page that shows only a part."""
    data = small_pdf(catalog=EMPTY)
    pages = raw_object(data, 2)[:-2] + above + b">>"
    page = raw_object(data, 4)[:-2] + own + b"/Annots[]>>"
    signed = victims.signing.sign(append(data, {2: pages, 4: page}), page=1)
    new = size_of(signed)
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/F 4/P 4 0 R/Rect[%s]/AP<</N %d 0 R>>/V %d 0 R>>"
    objects = {
        **listed(signed, field % (box, new + 2, new + 1), page=4),
        new + 2: stream(b"1 1 1 rg 0 0 400 152 re f", FORM + b"/BBox[0 0 400 152]"),
    }
    return with_signature(victims.signing, signed, objects, new + 1, stamp=False)


for _name, _stated in SHOWN.items():

    @attack(f"a later signature over most of what shows, by {_name}", OURS)
    def _shown(victims: Victims, stated: tuple[bytes, bytes, bytes] = _stated) -> bytes:
        return with_seal(victims, *stated)
