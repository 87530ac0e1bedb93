"""An object that may change for what it is used for, led to another use; and entries that only seem to say the same."""

from __future__ import annotations

import re
from typing import Final

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    EVIL,
    OURS,
    Attack,
    Victims,
    collector,
    form_object,
    stream,
)
from tests.pdf_attacks.limits import OVER_ALL, signed_by_hand
from tests.pdf_attacks.lost import CERTIFICATE
from tests.verify_world import append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
STAMP: Final = b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N %d 0 R>>>>"
TEXT: Final = b"<</Type/Annot/Subtype/Widget/F 4/P 4 0 R/Rect[60 500 560 560]/DA(/Helv 30 Tf 0 g)/V(Pay ten million)%s>>"
FORM: Final = "/AcroForm<</Fields[]/SigFlags 3/DR<</Font<</Helv 3 0 R>>>>>>"
PACKET: Final = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
METADATA: Final = b"/Type/Metadata/Subtype/XML"


def with_annotation(data: bytes, number: int, page: int = 4) -> bytes:
    """Return a page that lists an annotation too."""
    body = raw_object(data, page)
    grown = re.sub(rb"(/Annots\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % number, body)
    return body[:-2] + b"/Annots[%d 0 R]>>" % number if grown == body else grown


def with_empty_field(data: bytes, widget: bytes) -> dict[int, bytes]:
    """Return what an empty signature field with this widget on the first page brings."""
    new = size_of(data)
    number, form = form_object(data)
    listed = re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % new, form)
    field = b"<</FT/Sig/T(Empty)/Kids[%d 0 R]>>" % (new + 1)
    return {number: listed, 4: with_annotation(data, new + 1), new: field, new + 1: widget}


@attack("a list of validation data that a step between makes a page's annotations", OURS)
def _annotations(victims: Victims) -> bytes:
    signed = victims.signing.sign(append(small_pdf(catalog="/DSS<</Certs 50 0 R>>"), {50: b"[]"}))
    led = append(signed, {6: raw_object(signed, 6)[:-2] + b"/Annots 50 0 R>>"})
    new = size_of(led)
    return append(led, {50: b"[%d 0 R]" % new, new: STAMP % (new + 1), new + 1: stream(COVER, DRAWING)})


def described(victims: Victims) -> bytes:
    made = append(small_pdf(catalog="/Metadata 50 0 R" + FORM), {50: stream(PACKET, METADATA)})
    return signed_by_hand(victims.signing, made, b"/F 4/Rect[100 600 219 719]", OVER_ALL_SMALL, stamp=False)


OVER_ALL_SMALL: Final = OVER_ALL.replace(b"/Form", b"/Form/BBox[0 0 119 119]", 1)
LOOK: Final = b"/Rect[60 500 560 600]/AP<</N 50 0 R>>"


@attack("the document's metadata that an empty field takes for its look, and that is drawn later", OURS)
def _drawn_metadata(victims: Victims) -> bytes:
    signed = described(victims)
    widget = b"<</Type/Annot/Subtype/Widget/F 4/P 4 0 R%s>>" % LOOK
    led = append(signed, with_empty_field(signed, widget) | {50: stream(b"", METADATA)})
    return append(led, {50: stream(EVIL, METADATA + b"/BBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>")})


@attack("the document's metadata emptied and taken for a look in one step", OURS)
def _emptied_metadata(victims: Victims) -> bytes:
    signed = described(victims)
    widget = b"<</Type/Annot/Subtype/Widget/F 4/P 4 0 R%s>>" % LOOK
    return append(signed, with_empty_field(signed, widget) | {50: stream(b"", METADATA)})


@attack(
    "the document's description that a new widget takes for its field, and that gains a value later", OURS
)
def _valued_description(victims: Victims) -> bytes:
    info = b"/Info 30 0 R"
    signed = victims.signing.sign(append(small_pdf(catalog=FORM), {30: b"<</Producer(x)>>"}, trailer=info))
    led = append(signed, with_empty_field(signed, TEXT % b"/Parent 30 0 R"), trailer=info)
    gained = b"<</Producer(x)/FT/Tx/V(Pay ten million)/DA(/Helv 30 Tf 0 g)>>"
    return append(led, {30: gained}, trailer=info)


for _open, _body in {b"/FT %d 0 R": b"/Tx", b"/Parent %d 0 R": b"<</FT/Tx/V(Pay ten million)>>"}.items():

    @attack(
        f"a gap that an addition leaves, filled later as if it were lost: {_open.split()[0].decode()}", OURS
    )
    def _gap(victims: Victims, left: bytes = _open, body: bytes = _body) -> bytes:
        signed = victims.signing.sign(small_pdf(catalog=FORM))
        gap = size_of(signed) + 2
        led = append(signed, with_empty_field(signed, TEXT % (left % gap)), size=gap + 1)
        catalog = raw_object(led, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % (gap + 1)
        return append(led, {1: catalog, gap: body, gap + 1: CERTIFICATE})


for _name, _before, _after in (
    ("that gains a colour where one reader sees a blank", rb"/Helv 30 Tf 1 g 0\vg", b"/Helv 30 Tf 1 g 0 g"),
    ("that loses a remark's end", b"/Helv 30 Tf 0 g %\n1 g", b"/Helv 30 Tf 0 g % 1 g"),
    ("whose string is written apart", b"(a b) /Helv 30 Tf 0 g", b"(a  b) /Helv 30 Tf 0 g"),
):

    @attack(f"a default appearance {_name}", OURS)
    def _appearance(victims: Victims, before: bytes = _before, after: bytes = _after) -> bytes:
        made = small_pdf(catalog=FORM)
        free = b"<</Type/Annot/Subtype/FreeText/F 4/Rect[60 500 560 560]/Contents(Pay ten million)/DA<%s>>>"
        first = free % before.replace(rb"\v", b"\x0b").hex().encode()
        signed = victims.signing.sign(append(made, {4: with_annotation(made, 40), 40: first}))
        return append(signed, {40: free % after.hex().encode()})


@attack("a box beyond what readers compute with, in other digits", OURS)
def _box(victims: Victims) -> bytes:
    made = small_pdf()
    stamp = b"<</Type/Annot/Subtype/Stamp/F 4/P 4 0 R/Rect[0 0 4294967296%s 842]/AP<</N 41 0 R>>>>"
    signed = victims.signing.sign(
        append(made, {4: with_annotation(made, 40), 40: stamp % b"", 41: stream(COVER, DRAWING)})
    )
    return append(signed, {40: stamp % b".0"})


@attack("a page that states what it inherits by its /Parent, which is not the node that lists it", OURS)
def _other_parent(victims: Victims) -> bytes:
    made = small_pdf(catalog=FORM)
    page = b"<</Type/Page/Parent 90 0 R/MediaBox[0 0 595 842]/Contents 5 0 R%s>>"
    first, second = (b"/Resources<</XObject<</X %d 0 R>>>>" % number for number in (91, 92))
    objects = {
        2: raw_object(made, 2)[:-2] + first + b">>",
        4: page % b"",
        5: stream(b"/X Do"),
        90: b"<</Type/Pages/Count 1/Kids[4 0 R]/Parent 2 0 R%s>>" % second,
        91: stream(b"BT /F1 24 Tf 72 720 Td (Pay one) Tj ET", DRAWING),
        92: stream(EVIL, DRAWING),
    }
    signed = signed_by_hand(
        victims.signing, append(made, objects), b"/F 4/Rect[100 600 219 719]", OVER_ALL_SMALL, stamp=False
    )
    return append(signed, {4: page % second})


for _name, _page in {
    "with an empty list of kids": b"/Kids[]/Annots[]",
    "that takes its size from a false parent": b"/Parent 90 0 R/Annots[]",
}.items():

    @attack(f"a signature over all of a page {_name}", OURS)
    def _covered(victims: Victims, entries: bytes = _page) -> bytes:
        made = small_pdf(catalog=FORM)
        page = (
            raw_object(made, 6).replace(b"/Parent 2 0 R", b"")
            if b"/Parent" in entries
            else raw_object(made, 6)
        )
        page = page.replace(b"/MediaBox[0 0 595 842]", b"") if b"/Parent" in entries else page
        false = b"<</Type/Pages/Kids[6 0 R]/Count 1/MediaBox[0 0 9000 9000]>>"
        root = raw_object(made, 2)[:-2] + b"/MediaBox[0 0 595 842]>>"
        signed = victims.signing.sign(append(made, {2: root, 6: page[:-2] + entries + b">>", 90: false}))
        look = OVER_ALL.replace(b"/Form", b"/Form/BBox[0 0 595 842]", 1)
        return signed_by_hand(victims.signing, signed, b"/F 4/Rect[0 0 595 842]", look, stamp=False)
