"""Forged PDFs, built from what was published about forging them and from our own malice (D1, D2).

Each attack takes documents that were signed rightly (:class:`Victims`) and returns one that shows something else. Whoever reads
it must not call it valid: ``docs/attacks.md`` lists them with their papers and what the verifier says.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pyhanko.sign import fields, signers

from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

EVIL: Final = b"BT /F1 24 Tf 72 720 Td (Pay ten million) Tj ET"
COVER: Final = b"1 1 1 rg 0 0 595 842 re f " + EVIL
DRAWING: Final = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
_SIGNED: Final = re.compile(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+) *\]")
_CONTENTS: Final = re.compile(rb"/Contents ?(<[0-9a-fA-F]+>)")

FORM: Final = b"/AcroForm<</Fields[20 0 R 22 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 3 0 R>>>>>>"
FIELDS: Final = {
    20: b"<</FT/Tx/T(amount)/V(1.00)/DA(/Fx 12 Tf 0 g)/Type/Annot/Subtype/Widget/Rect[50 50 150 70]/P 4 0 R/AP<</N 24 0 R>>>>",
    22: b"<</FT/Sig/T(PartyB)/Type/Annot/Subtype/Widget/F 4/Rect[300 300 440 440]/P 4 0 R>>",
}


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Write the body of a stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


@dataclass
class Victims:
    """Documents that were signed rightly, each made once."""

    signing: Signing
    _kept: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def plain(self) -> bytes:
        """Return a document of two pages with one visible signature."""
        return self.signing.sign()

    @cached_property
    def layered(self) -> bytes:
        """Return a document whose second page has a layer that is not shown."""
        layers = "/OCProperties<</OCGs[30 0 R]/D<</OFF[30 0 R]>>>>"
        plain = small_pdf(catalog=layers)
        page = raw_object(plain, 6).replace(b"/Resources<<", b"/Resources<</Properties<</L 30 0 R>>")
        return self.signing.sign(append(plain, {30: b"<</Type/OCG/Name(L)>>", 6: page}))

    @cached_property
    def form(self) -> bytes:
        """Return a signed form that nobody certified."""
        return self.signing.sign(form_pdf())

    def certified(self, level: int) -> bytes:
        """Return a certified form."""
        key = f"certified {level}"
        if key not in self._kept:
            self._kept[key] = self.signing.sign(
                form_pdf(), certify=True, docmdp_permissions=fields.MDPPerm(level)
            )
        return self._kept[key]


def form_pdf() -> bytes:
    """Return a form with an amount, its look, and an empty signature field."""
    plain = small_pdf(catalog=FORM.decode())
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R 22 0 R]>>"
    look = stream(b"BT /Helv 12 Tf (1.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]")
    return append(plain, {**FIELDS, 4: page, 24: look})


@dataclass(frozen=True)
class Attack:
    """One forged file: what it is called, who published it, and how it is made."""

    name: str
    paper: str
    make: Callable[[Victims], bytes]

    def __str__(self) -> str:
        return self.name


ATTACKS: Final[list[Attack]] = []
TRILLION: Final = "Mladenov, Mainka, Meyer zu Selhausen, Grothe, Schwenk: 1 Trillion Dollar Refund, CCS 2019"
SHADOW: Final = "Mainka, Mladenov, Rohlmann: Shadow Attacks, NDSS 2021"
CERTIFIED: Final = "Rohlmann, Mladenov, Mainka, Schwenk: Breaking the Specification, IEEE S&P 2021"
OURS: Final = "-"


def attack(name: str, paper: str) -> Callable[[Callable[[Victims], bytes]], Callable[[Victims], bytes]]:
    """Add a builder to the catalogue."""

    def add(make: Callable[[Victims], bytes]) -> Callable[[Victims], bytes]:
        ATTACKS.append(Attack(name, paper, make))
        return make

    return add


# --- incremental saving -------------------------------------------------------------------------------------------


def body_of(number: int, body: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


@attack("ISA: body, table and trailer", TRILLION)
def _isa_full(victims: Victims) -> bytes:
    return append(victims.plain, {5: stream(EVIL)})


@attack("ISA: body alone", TRILLION)
def _isa_body(victims: Victims) -> bytes:
    return victims.plain + b"\n" + body_of(5, stream(EVIL))


@attack("ISA: body and trailer without a table", TRILLION)
def _isa_no_table(victims: Victims) -> bytes:
    data = victims.plain
    start = re.findall(rb"startxref\s+(\d+)", data)[-1]
    return (
        data
        + b"\n"
        + body_of(5, stream(EVIL))
        + b"trailer\n<</Size 99/Root 1 0 R/Prev %s>>\nstartxref\n%s\n%%%%EOF\n" % (start, start)
    )


@attack("ISA: body and table without a trailer", TRILLION)
def _isa_no_trailer(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    return data[: data.rindex(b"trailer")] + data[data.rindex(b"startxref") :]


@attack("ISA: body with a second end mark", TRILLION)
def _isa_end_mark(victims: Victims) -> bytes:
    data = victims.plain
    end = data[data.rindex(b"startxref") :]
    return data + b"\n" + body_of(5, stream(EVIL)) + end


@attack("ISA: with a copy of the signature", TRILLION)
def _isa_copied(victims: Victims) -> bytes:
    number = signature_number(victims.plain)
    return append(victims.plain, {5: stream(EVIL), number: raw_object(victims.plain, number)})


@attack("ISA: with a copy of the signature and no table", TRILLION)
def _isa_copied_no_table(victims: Victims) -> bytes:
    data = _isa_copied(victims)
    return data[: data.rindex(b"xref\n0 1")]


@attack("ISA: table whose offsets point into the air", TRILLION)
def _isa_wrong_offsets(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    at = data.rindex(b"5 1\n") + 4
    return data[:at] + b"%010d" % (len(data) - 5) + data[at + 10 :]


def signature_number(data: bytes) -> int:
    """Return the number of the object that holds the newest signature."""
    headers = list(re.finditer(rb"(\d+) 0 obj", data[: data.rindex(b"/ByteRange")]))
    return int(headers[-1][1])


# --- signature wrapping -------------------------------------------------------------------------------------------


def in_gap(data: bytes, filling: bytes) -> bytes:
    """Cut the padding of a signature's value and put something in its place: the digest stays right."""
    found = _CONTENTS.search(data)
    assert found is not None
    digits = found[1][1:-1].rstrip(b"0")
    digits += b"0" * (len(digits) % 2)
    room = len(found[1]) - len(digits) - 2
    return data[: found.start(1)] + b"<" + digits + b">" + filling.ljust(room) + data[found.end(1) :]


@attack("SWA: objects in the gap", TRILLION)
def _swa_gap(victims: Victims) -> bytes:
    return in_gap(victims.plain, b">>\nendobj\n" + body_of(5, stream(EVIL)))


@attack("SWA: a second ByteRange in the gap", TRILLION)
def _swa_range(victims: Victims) -> bytes:
    stated = _SIGNED.search(victims.plain)
    assert stated is not None
    return in_gap(victims.plain, stated[0] + b">>\nendobj\n" + body_of(5, stream(EVIL)))


@attack("SWA: the second signed part moved to the end", TRILLION)
def _swa_moved(victims: Victims) -> bytes:
    """What the table of the moved part points to is now the forger's."""
    data = victims.plain
    stated = _SIGNED.search(data)
    assert stated is not None
    second, length = int(stated[3]), int(stated[4])
    moved = second + length
    malice = append(data, {5: stream(EVIL)})[second + length :]
    new = b"/ByteRange [0 %s %d %d]>>\nendobj\n" % (stated[2], moved + len(malice), length)
    filled = in_gap(data, new)
    return filled[:moved] + malice + data[second:]


@attack("SWA: short ByteRange before the update", TRILLION)
def _swa_short(victims: Victims) -> bytes:
    return in_range(_isa_full(victims), lambda r: [r[0], r[1], r[2], r[3] - 40])


def in_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    """Rewrite the numbers of a ByteRange in place."""
    found = _SIGNED.search(data)
    assert found is not None
    numbers = change([int(found[i]) for i in range(1, 5)])
    return _written(data, found, b"/ByteRange [" + b" ".join(b"%d" % n for n in numbers) + b"]")


def _written(data: bytes, found: re.Match[bytes], text: bytes) -> bytes:
    room = found.end() - found.start()
    if len(text) > room:
        text = text.replace(b"/ByteRange [", b"/ByteRange[")
    assert len(text) <= room, (text, room)
    return data[: found.start()] + text.ljust(room) + data[found.end() :]


# --- universal signature forgery ----------------------------------------------------------------------------------


def forged(data: bytes) -> bytes:
    """Change what the page says where it stands: no digest would be right."""
    assert b"Contract No. 2026-001" in data
    return data.replace(b"Contract No. 2026-001", b"Contract No. 2026-999")


RANGES: Final = {
    "missing": b"",
    "without a value": b"/ByteRange",
    "null": b"/ByteRange null",
    "empty": b"/ByteRange []",
    "of zeros": b"/ByteRange [0 0 0 0]",
    "negative": b"/ByteRange [-1 -1 -1 -1]",
    "from -1": b"/ByteRange [0 -1 0 -1]",
    "beyond any number": b"/ByteRange [0 99999999999 0 1]",
    "beyond the file": b"/ByteRange [0 10 20 99999999]",
    "overlapping": b"/ByteRange [0 900 100 900]",
    "of strings": b"/ByteRange [(0)(1)(2)(3)]",
    "of names": b"/ByteRange [/A /B /C /D]",
    "of reals": b"/ByteRange [0.0 10.5 20.5 9.9]",
    "of three": b"/ByteRange [0 10 20]",
    "of references": b"/ByteRange [1 0 R 2 0 R 3 0 R]",
    "a number": b"/ByteRange 0",
    "a dictionary": b"/ByteRange <<>>",
}
VALUES: Final = {
    "missing": b"",
    "without a value": b"/Contents",
    "null": b"/Contents null",
    "empty": b"/Contents <>",
    "0x00": b"/Contents <00>",
    "an empty string": b"/Contents ()",
    "a number": b"/Contents 0",
    "a reference": b"/Contents 5 0 R",
    "odd": b"/Contents <0>",
}


def _with_range(text: bytes) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        data = forged(victims.plain)
        found = _SIGNED.search(data)
        assert found is not None
        return _written(data, found, text)

    return make


def _with_value(text: bytes) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        data = forged(victims.plain)
        found = _CONTENTS.search(data)
        assert found is not None
        return data[: found.start()] + text.ljust(found.end() - found.start()) + data[found.end() :]

    return make


for _name, _text in RANGES.items():
    attack(f"USF: ByteRange {_name}", TRILLION)(_with_range(_text))
for _name, _text in VALUES.items():
    attack(f"USF: Contents {_name}", TRILLION)(_with_value(_text))


@attack("USF: SubFilter unknown and content forged", TRILLION)
def _usf_sub_filter(victims: Victims) -> bytes:
    return forged(victims.plain).replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.deteched")


# --- shadow attacks -----------------------------------------------------------------------------------------------


def _shadow(
    before: dict[int, bytes], after: dict[int, bytes], catalog: str = ""
) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        signed = victims.signing.sign(append(small_pdf(catalog=catalog), before))
        return append(signed, after)

    return make


_PAGE: Final = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %s/Resources<</Font<</F1 3 0 R>>/XObject<</Im 30 0 R>>>>>>"
_IMAGE: Final = stream(
    b"\xff" * 4, b"/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8"
)

attack("shadow, hide: the covering picture freed", SHADOW)(
    lambda victims: _freed(
        victims.signing.sign(
            append(small_pdf(), {4: _PAGE % b"[5 0 R 31 0 R]", 30: _IMAGE, 31: stream(b"/Im Do")})
        ),
        30,
    )
)
attack("shadow, hide: the covering picture emptied", SHADOW)(
    _shadow(
        {4: _PAGE % b"[5 0 R 31 0 R]", 30: _IMAGE, 31: stream(b"/Im Do")},
        {30: _IMAGE.replace(b"\xff", b"\x00")},
    )
)
attack("shadow, hide: a reference to the covering content taken out", SHADOW)(
    _shadow({4: _PAGE % b"[5 0 R 31 0 R]", 30: _IMAGE, 31: stream(b"/Im Do")}, {4: _PAGE % b"5 0 R"})
)
attack("shadow, replace: a font redefined", SHADOW)(
    _shadow({}, {3: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})
)
attack("shadow, replace: the value of a form", SHADOW)(
    lambda victims: append(victims.form, {20: raw_object(victims.form, 20).replace(b"(1.00)", b"(9.99)")})
)
attack("shadow, replace: the look of a form's value", SHADOW)(
    lambda victims: append(victims.form, {24: stream(COVER, DRAWING)})
)
attack("shadow, hide and replace: another page tree", SHADOW)(
    _shadow({40: b"<</Type/Pages/Kids[6 0 R]/Count 1>>"}, {1: b"<</Type/Catalog/Pages 40 0 R>>"})
)
attack("shadow, hide and replace: a dangling reference filled", SHADOW)(
    _shadow({4: _PAGE % b"[5 0 R 50 0 R]", 30: _IMAGE}, {50: stream(EVIL)})
)


def _freed(data: bytes, number: int) -> bytes:
    switched = append(data, {})
    return switched.replace(
        b"xref\n0 1\n0000000000 65535 f \ntrailer", b"xref\n%d 1\n0000000000 00001 f \ntrailer" % number
    )


@attack("shadow, hide: a layer switched on", SHADOW)
def _layer_on(victims: Victims) -> bytes:
    data = victims.layered
    return append(data, {1: raw_object(data, 1).replace(b"/OFF", b"/ON")})


@attack("shadow, replace: a colour of the field's text, in a certified form", SHADOW)
def _white_text(victims: Victims) -> bytes:
    data = victims.certified(2)
    return append(data, {20: raw_object(data, 20).replace(b"0 g", b"1 g")})


@attack("shadow, replace: the look of a certified field without its value", SHADOW)
def _look_only(victims: Victims) -> bytes:
    return append(victims.certified(2), {24: stream(b"BT /Helv 12 Tf (9999) Tj ET", DRAWING)})


@attack("shadow, replace: another look object of a certified field without its value", SHADOW)
def _look_exchanged(victims: Victims) -> bytes:
    data = victims.certified(2)
    new = size_of(data)
    return append(
        data,
        {
            20: raw_object(data, 20).replace(b"24 0 R", b"%d 0 R" % new),
            new: stream(b"BT (9999) Tj ET", DRAWING),
        },
    )


@attack("shadow, replace: looks drawn anew from prepared values (NeedAppearances)", SHADOW)
def _need_appearances(victims: Victims) -> bytes:
    data = victims.certified(2)
    number, body = form_object(data)
    return append(data, {number: body.replace(b"/Fields", b"/NeedAppearances true/Fields")})


@attack("shadow, replace: a font under the name that a field already asks for", SHADOW)
def _font_asked_for(victims: Victims) -> bytes:
    data = victims.form
    number, body = form_object(data)
    new = size_of(data)
    wider = re.sub(rb"(/Helv 3 0 R|/Helv\s+3 0 R)", rb"\1/Fx %d 0 R" % new, body)
    assert wider != body
    return append(data, {number: wider, new: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


def form_object(data: bytes) -> tuple[int, bytes]:
    """Return the number and octets of the object that holds the form."""
    found = re.search(rb"/AcroForm\s+(\d+) 0 R", raw_object(data, 1))
    number = 1 if found is None else int(found[1])
    return number, raw_object(data, number)


# --- certification ------------------------------------------------------------------------------------------------


def annotated(data: bytes, entries: bytes, more: dict[int, bytes] | None = None, page: int = 6) -> bytes:
    """Append an annotation to a page; ``%d`` in its entries is the number of the next object."""
    new = size_of(data)
    note = b"<</Type/Annot/P %d 0 R%s>>" % (page, entries.replace(b"%d", b"%d" % (new + 1)))
    old = raw_object(data, page)
    listed = re.sub(rb"/Annots\s*\[", b"/Annots[%d 0 R " % new, old)
    body = old[:-2] + b"/Annots[%d 0 R]>>" % new if listed == old else listed
    return append(data, {page: body, new: note, **(more or {})})


LOOK: Final = b"/AP<</N %d 0 R>>"
for _level in (1, 2, 3):
    for _subtype in (
        b"FreeText",
        b"Redact",
        b"Stamp",
        b"Square",
        b"Highlight",
        b"Ink",
        b"FileAttachment",
        b"Watermark",
    ):
        attack(f"EAA: {_subtype.decode()} at P={_level}", CERTIFIED)(
            lambda victims, level=_level, subtype=_subtype: _with_look(  # type: ignore[misc]
                victims.certified(level), b"/Subtype/" + subtype + b"/Rect[0 0 595 842]/Contents(x)" + LOOK
            )
        )
for _entries in (
    b"/Subtype/Text/Rect[0 0 595 842]/Contents(Pay ten million)" + LOOK,
    b"/Subtype/Text/Rect[0 0 9 9]/Open true/Contents(Pay ten million)",
    b"/Subtype/Text/Rect[0 0 595 842]/Contents(Pay ten million)",
    b"/Subtype/Popup/Rect[0 0 595 842]/Open true/C[1 1 1]/Contents(Pay ten million)",
    b"/Subtype/Text/Rect[0 0 9 9]/Contents(x)/AA<</E<</S/JavaScript/JS(x)>>>>",
    b"/Subtype/Screen/Rect[0 0 9 9]/A<</S/Rendition>>",
    b"/Subtype/Link/Rect[0 0 595 842]/A<</S/URI/URI(http://example.test)>>",
    b"/Subtype/Widget/FT/Tx/T(new)/V(x)/Rect[0 0 595 842]",
):
    attack(f"EAA: {_entries[9:].split(b'/')[0].decode()} {len(_entries)} at P=3", CERTIFIED)(
        lambda victims, entries=_entries: _with_look(victims.certified(3), entries)  # type: ignore[misc]
    )


def _with_look(data: bytes, entries: bytes) -> bytes:
    new = size_of(data)
    return annotated(data, entries, {new + 1: stream(COVER, DRAWING)})


def signed_over(victims: Victims, data: bytes, box: tuple[int, int, int, int]) -> bytes:
    """Sign in a new field with a real certificate; pyHanko's own refusal is put aside."""
    kept = signers.PdfSigner._enforce_certification_constraints
    signers.PdfSigner._enforce_certification_constraints = lambda *_: None  # type: ignore[assignment]
    try:
        return victims.signing.sign(data, field="Sneaky", page=1, box=box)
    finally:
        signers.PdfSigner._enforce_certification_constraints = kept  # type: ignore[method-assign]


for _level in (1, 2, 3):
    attack(f"SSA: a signature over the page at P={_level}", CERTIFIED)(
        lambda victims, level=_level: signed_over(victims, victims.certified(level), (0, 0, 595, 842))  # type: ignore[misc]
    )


@attack("permission escalation: /P raised in a copy of the certification", CERTIFIED)
def _escalated(victims: Victims) -> bytes:
    data = victims.certified(1)
    number = signature_number(data)
    body = re.sub(rb"/P\s+1", b"/P 3", raw_object(data, number))
    filled = raw_object(data, 20).replace(b"(1.00)", b"(9.99)")
    return append(data, {number: body, 20: filled})


@attack("permission escalation: /Perms taken away", CERTIFIED)
def _perms_gone(victims: Victims) -> bytes:
    data = victims.certified(2)
    return append(data, {1: re.sub(rb"/Perms\s*<<.*?>>", b"", raw_object(data, 1), flags=re.DOTALL)})


@attack("permission escalation: /Perms written into a document that nobody certified", CERTIFIED)
def _perms_added(victims: Victims) -> bytes:
    data = victims.form
    number = signature_number(data)
    catalog = raw_object(data, 1)[:-2] + b"/Perms<</DocMDP %d 0 R>>>>" % number
    return append(data, {1: catalog, 20: raw_object(data, 20).replace(b"(1.00)", b"(9.99)")})


# --- structure ----------------------------------------------------------------------------------------------------


def in_catalog(entry: bytes, more: dict[int, bytes] | None = None) -> Callable[[Victims], bytes]:
    return lambda victims: append(
        victims.plain, {1: raw_object(victims.plain, 1)[:-2] + entry + b">>", **(more or {})}
    )


def in_page(entry: bytes, more: dict[int, bytes] | None = None) -> Callable[[Victims], bytes]:
    return lambda victims: append(
        victims.plain, {6: raw_object(victims.plain, 6)[:-2] + entry + b">>", **(more or {})}
    )


for _entry in (
    b"/OpenAction<</S/JavaScript/JS(x)>>",
    b"/AA<</WC<</S/JavaScript/JS(x)>>>>",
    b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
    b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a.pdf)>>]>>>>",
    b"/AF[<</Type/Filespec/F(a.pdf)>>]",
    b"/PageLabels<</Nums[0<</S/r>>]>>",
    b"/OCProperties<</OCGs[]/D<<>>>>",
    b"/PageLayout/TwoColumnRight",
    b"/ViewerPreferences<</HideToolbar true>>",
    b"/Collection<</View/H>>",
    b"/Outlines<</Type/Outlines>>",
    b"/StructTreeRoot<</Type/StructTreeRoot>>",
    b"/OutputIntents[]",
    b"/URI<</Base(http://example.test)>>",
    b"/Requirements[]",
    b"/NeedsRendering true",
    b"/Lang(xx)",
):
    attack(f"added to the catalog: {_entry[1:].split(b'<')[0].split(b'[')[0].split(b'(')[0].decode()}", OURS)(
        in_catalog(_entry)
    )
for _entry in (
    b"/Rotate 180",
    b"/UserUnit 10",
    b"/CropBox[0 0 9 9]",
    b"/Annots[<</Subtype/FreeText/Rect[0 0 99 99]>>]",
    b"/AA<</O<</S/JavaScript/JS(x)>>>>",
    b"/Contents 99 0 R",
    b"/Group<</S/Transparency>>",
    b"/Thumb 5 0 R",
    b"/Trans<</S/Fly>>",
    b"/TemplateInstantiated/X",
):
    attack(f"added to a page: {_entry[1:].split(b'<')[0].split(b'[')[0].decode()}", OURS)(in_page(_entry))


@attack("the boxes of a page changed", OURS)
def _media_box(victims: Victims) -> bytes:
    return append(victims.plain, {6: raw_object(victims.plain, 6).replace(b"0 0 595 842", b"0 0 595 100")})


@attack("pages exchanged", OURS)
def _pages_swapped(victims: Victims) -> bytes:
    return append(victims.plain, {2: b"<</Type/Pages/Kids[6 0 R 4 0 R]/Count 2>>"})


@attack("a page taken out", OURS)
def _page_gone(victims: Victims) -> bytes:
    return append(victims.plain, {2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>"})


@attack("XFA added to the form", OURS)
def _xfa(victims: Victims) -> bytes:
    number, body = form_object(victims.plain)
    return append(victims.plain, {number: body[:-2] + b"/XFA 90 0 R>>", 90: stream(b"<xdp/>")})


@attack("a calculation order added to the form", OURS)
def _order(victims: Victims) -> bytes:
    number, body = form_object(victims.form)
    return append(victims.form, {number: body[:-2] + b"/CO[20 0 R]>>"})


@attack("another /Root in the trailer", OURS)
def _root(victims: Victims) -> bytes:
    data = append(
        victims.plain, {90: b"<</Type/Catalog/Pages 91 0 R>>", 91: b"<</Type/Pages/Kids[]/Count 0>>"}
    )
    at = data.rindex(b"/Root 1 0 R")
    grown = data[:at] + b"/Root 90 0 R" + data[at + 11 :]
    return grown


@attack("encryption added later", OURS)
def _encrypted(victims: Victims) -> bytes:
    entry = b"/Encrypt<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"00" * 32, b"00" * 32)
    return append(victims.plain, {90: b"<<>>"}, trailer=entry)


@attack("a loop of /Prev", OURS)
def _prev_loop(victims: Victims) -> bytes:
    data = append(victims.plain, {5: stream(EVIL)})
    start = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    return re.sub(rb"/Prev \d+(?!.*/Prev)", b"/Prev %d" % start, data, flags=re.DOTALL)


@attack("a hybrid table", OURS)
def _hybrid(victims: Victims) -> bytes:
    start = len(victims.plain) + 1
    hidden = stream(b"\x01" + start.to_bytes(3, "big") + b"\x00", b"/Type/XRef/W[1 3 1]/Index[5 1]/Size 99")
    return append(victims.plain, {5: stream(EVIL), 91: hidden}, trailer=b"/XRefStm %d" % start)


@attack("the document turned round: an older table named last", OURS)
def _older_table(victims: Victims) -> bytes:
    twice = victims.signing.sign(victims.plain, field="Seal2", page=1)
    first = re.findall(rb"startxref\s+(\d+)", victims.plain)[0]
    return twice + b"startxref\n%s\n%%%%EOF\n" % first


# --- object streams -----------------------------------------------------------------------------------------------


def with_object_stream(
    data: bytes, head: list[tuple[int, bytes]], listed: list[tuple[int, int]], extra: bytes = b""
) -> bytes:
    """Append an object stream and a cross-reference stream; ``listed``: numbers with the index that the table gives."""
    new = max(size_of(data), 200)
    offsets, text = [], b""
    for number, body in head:
        offsets.append(b"%d %d" % (number, len(text)))
        text += body + b" "
    first = b" ".join(offsets) + b" "
    packed = zlib.compress(first + text)
    out = bytearray(data if data.endswith(b"\n") else data + b"\n")
    place = len(out)
    holder = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode%s/Length %d>>stream\n%s\nendstream"
    out += body_of(new, holder % (len(head), len(first), extra, len(packed), packed))
    start = len(out)
    entries = {new: (1, place, 0), new + 1: (1, start, 0), **{n: (2, new, i) for n, i in listed}}
    rows = b"".join(
        bytes([kind]) + at.to_bytes(4, "big") + index.to_bytes(2, "big")
        for _, (kind, at, index) in sorted(entries.items())
    )
    index = b" ".join(b"%d 1" % number for number in sorted(entries))
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    table = b"<</Type/XRef/W[1 4 2]/Index[%s]/Size %d/Root 1 0 R/Prev %s/Length %d>>stream\n%s\nendstream"
    out += body_of(new + 1, table % (index, new + 2, previous, len(rows), rows))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


@attack("an object stream with another body under the same number", OURS)
def _twice_in_stream(victims: Victims) -> bytes:
    """The table points at the body that was signed; readers that go by the number show the other."""
    page = raw_object(victims.plain, 4)
    evil = page.replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, evil), (4, page)], [(4, 1)])


@attack("an object stream whose index names another number", OURS)
def _index_differs(victims: Victims) -> bytes:
    page = raw_object(victims.plain, 4)
    evil = page.replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, evil), (300, page)], [(4, 1)])


@attack("an object stream with an object that no table lists", OURS)
def _unlisted_in_stream(victims: Victims) -> bytes:
    page = raw_object(victims.plain, 4).replace(b"/Contents 5 0 R", b"/Contents 7 0 R")
    return with_object_stream(victims.plain, [(4, page), (310, b"<<>>")], [(310, 1)])


@attack("an object stream that extends another", OURS)
def _extends(victims: Victims) -> bytes:
    return with_object_stream(victims.plain, [(310, b"<<>>")], [(310, 0)], b"/Extends 5 0 R")


# --- what repairing readers find ----------------------------------------------------------------------------------


@attack("raw objects inside an appended stream", OURS)
def _raw_in_stream(victims: Victims) -> bytes:
    inner = b"\nendstream\nendobj\n" + body_of(5, stream(EVIL))
    return append(victims.plain, {90: stream(inner)})


@attack("raw objects inside a stream of the validation data", OURS)
def _raw_in_store(victims: Victims) -> bytes:
    catalog = raw_object(victims.plain, 1)[:-2] + b"/DSS<</Certs[91 0 R]>>>>"
    return append(
        victims.plain, {1: catalog, 91: stream(b"\n" + body_of(5, stream(EVIL).replace(b"stream", b"strea")))}
    )


@attack("a raw trailer inside an appended stream", OURS)
def _raw_trailer(victims: Victims) -> bytes:
    catalog = raw_object(victims.plain, 1)[:-2] + b"/DSS<</Certs[91 0 R]>>>>"
    return append(victims.plain, {1: catalog, 91: stream(b"\ntrailer\n<</Root 7 0 R/Size 9>>\n")})


@attack("a raw object inside a string", OURS)
def _raw_in_string(victims: Victims) -> bytes:
    catalog = raw_object(victims.plain, 1)[:-2] + b"/DSS<</Certs[]/VRI 91 0 R>>>>"
    return append(victims.plain, {1: catalog, 91: b"<</Type(\n5 0 obj\n<</Length 0>>\nendobj\n)>>"})


@attack("an appended object that nothing refers to", OURS)
def _unreferenced(victims: Victims) -> bytes:
    return append(victims.plain, {90: stream(EVIL)})


# --- false faces --------------------------------------------------------------------------------------------------


def with_field(
    data: bytes, entries: bytes, more: dict[int, bytes] | None = None, name: bytes = b"More"
) -> bytes:
    """Append a field on page 2, listed in the form and on the page."""
    new = size_of(data)
    number, form = form_object(data)
    listed = re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % new, form)
    item = b"<</Type/Annot/FT/Sig/T(%s)/F 4/P 6 0 R/Rect[0 0 595 842]%s>>" % (name, entries)
    page = raw_object(data, 6)[:-2] + b"/Annots[%d 0 R]>>" % new
    return append(data, {number: listed, new: item, 6: page, **(more or {})})


@attack("an empty signature field that is free text as well", OURS)
def _field_as_text(victims: Victims) -> bytes:
    return with_field(victims.plain, b"/Subtype/FreeText/Contents(Pay ten million)/DA(/Helv 24 Tf 0 g)")


@attack("an empty signature field that is a white square as well", OURS)
def _field_as_square(victims: Victims) -> bytes:
    return with_field(victims.plain, b"/Subtype/Square/IC[1 1 1]/C[1 1 1]")


@attack("an empty signature field without any subtype", OURS)
def _field_without_subtype(victims: Victims) -> bytes:
    return with_field(victims.plain, b"/Contents(Pay ten million)/IC[1 1 1]")


@attack("a new field under the name of one that is there", OURS)
def _same_name(victims: Victims) -> bytes:
    return with_field(victims.form, b"/Subtype/Widget", name=b"amount")


@attack("a later signature whose look covers the page", OURS)
def _covering_signature(victims: Victims) -> bytes:
    return signed_over(victims, victims.plain, (0, 0, 595, 842))


@attack("a later signature whose look covers an earlier seal", OURS)
def _covering_seal(victims: Victims) -> bytes:
    return victims.signing.sign(victims.plain, field="Seal2", page=0, box=(100, 600, 219, 719))


@attack("the signature taken out of the form", OURS)
def _taken_out(victims: Victims) -> bytes:
    number, form = form_object(victims.plain)
    emptied = append(victims.plain, {number: re.sub(rb"/Fields\s*\[[^\]]*\]", b"/Fields[]", form)})
    return victims.signing.sign(emptied, field="Seal2", page=1)


@attack("a page whose picture is drawn from another file", OURS)
def _external(victims: Victims) -> bytes:
    image = _IMAGE.replace(b"/Length", b"/F(http://example.test/a.raw)/Length")
    return victims.signing.sign(
        append(small_pdf(), {4: _PAGE % b"[5 0 R 31 0 R]", 30: image, 31: stream(b"/Im Do")})
    )


@attack("a page drawn from another document (reference XObject)", OURS)
def _reference_object(victims: Victims) -> bytes:
    drawing = stream(b"", DRAWING + b"/Ref<</F(other.pdf)/Page 0>>")
    return victims.signing.sign(
        append(small_pdf(), {4: _PAGE % b"[5 0 R 31 0 R]", 30: drawing, 31: stream(b"/Im Do")})
    )
