"""Documents prepared before they are signed, to show something else afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    EVIL,
    SHADOW,
    Attack,
    Victims,
    collector,
    form_object,
    stream,
)
from tests.verify_world import append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


def _shadow(
    before: dict[int, bytes], after: dict[int, bytes], catalog: str = ""
) -> Callable[[Victims], bytes]:
    def make(victims: Victims) -> bytes:
        signed = victims.signing.sign(append(small_pdf(catalog=catalog), before))
        return append(signed, after)

    return make


PAGE: Final = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %s/Resources<</Font<</F1 3 0 R>>/XObject<</Im 30 0 R>>>>>>"
IMAGE: Final = stream(
    b"\xff" * 4, b"/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8"
)

attack("shadow, hide: the covering picture freed", SHADOW)(
    lambda victims: _freed(
        victims.signing.sign(
            append(small_pdf(), {4: PAGE % b"[5 0 R 31 0 R]", 30: IMAGE, 31: stream(b"/Im Do")})
        ),
        30,
    )
)
attack("shadow, hide: the covering picture emptied", SHADOW)(
    _shadow(
        {4: PAGE % b"[5 0 R 31 0 R]", 30: IMAGE, 31: stream(b"/Im Do")},
        {30: IMAGE.replace(b"\xff", b"\x00")},
    )
)
attack("shadow, hide: a reference to the covering content taken out", SHADOW)(
    _shadow({4: PAGE % b"[5 0 R 31 0 R]", 30: IMAGE, 31: stream(b"/Im Do")}, {4: PAGE % b"5 0 R"})
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
    _shadow({4: PAGE % b"[5 0 R 50 0 R]", 30: IMAGE}, {50: stream(EVIL)})
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
