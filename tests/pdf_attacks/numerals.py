"""Numbers that readers take differently: beyond what they compute with, words for zero, reals for flags."""

from __future__ import annotations

from typing import Final

from tests.pdf_attacks.catalogue import (
    CERTIFIED,
    OURS,
    SHADOW,
    Attack,
    Victims,
    collector,
    form_object,
    stream,
)
from tests.pdf_attacks.certified import annotated
from tests.pdf_attacks.filled import LOCK, SMALL, certified, filled, form_of, locked_by, text, with_price
from tests.pdf_attacks.limits import FORM, signed_by_hand
from tests.pdf_attacks.page_tree import WIDGET, listed
from tests.pdf_attacks.xfa import drawn_from_xfa, with_field
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
MEDIA_BOX: Final = b"/MediaBox[0 0 595 842]"
WIDE: Final = stream(b"1 1 1 rg 0 0 595 842 re f", FORM + b"/BBox[-999999 -999999 999999 999999]")
SQUARE: Final = stream(b"1 1 1 rg 0 0 119 119 re f", FORM + b"/BBox[0 0 119 119]")


def on_page(signing: Signing, stated: bytes, box: bytes) -> bytes:
    """Append a further signature on a page that states this box in the place of its own."""
    plain = small_pdf()
    page = raw_object(plain, 6).replace(MEDIA_BOX, stated)
    sealed = signing.sign(append(plain, {6: page}), page=0)
    return signed_by_hand(signing, sealed, b"/F 4/Rect[%s]" % box, SQUARE, stamp=False)


for _rect in (
    b"4294967295 4294967295 4294967296 4294967296",
    b"2147483647 2147483647 2147483648 2147483648",
    b"1000000 1000000 1000001 1000001",
    b"-2147483649 0 -2147483648 1",
    b"false false true true",
):

    @attack(f"a box in numbers that wrap: a later signature in [{_rect.decode()}]", OURS)
    def _wrapped(victims: Victims, rect: bytes = _rect) -> bytes:
        return signed_by_hand(victims.signing, victims.plain, b"/F 4/Rect[%s]" % rect, WIDE, stamp=False)


@attack("a box in numbers that wrap: a look, of a later signature of no size", OURS)
def _wrapped_look(victims: Victims) -> bytes:
    look = stream(b"1 1 1 rg 0 0 595 842 re f", FORM + b"/BBox[0 0 4294967296 4294967296]")
    return signed_by_hand(victims.signing, victims.plain, b"/F 4/Rect[9 9 69 69]", look, stamp=False)


for _corner in (b"%d", b"%d.0"):

    @attack(f"a box in numbers that wrap: a later signature over a seal, as {_corner.decode()}", OURS)
    def _over_seal(victims: Victims, corner: bytes = _corner) -> bytes:
        sealed = victims.signing.sign(small_pdf(), page=1, box=(100, 600, 219, 719))
        rect = b" ".join(corner % (2**32 + at) for at in (100, 600, 219, 719))
        return signed_by_hand(victims.signing, sealed, b"/F 4/Rect[%s]" % rect, SQUARE, stamp=False)


@attack("a box in numbers that wrap: an empty field of no size in a certified document", OURS)
def _empty(victims: Victims) -> bytes:
    return with_field(victims.certified(2), b"/Rect[4294967296 4294967296 4294967296.0 4294967296.0]")


@attack("a box in numbers that wrap: a field filled in by its value alone", OURS)
def _filled(victims: Victims) -> bytes:
    data = certified(victims.signing, form_of({20: text(b"0 0 4294967891 4294968138")}))
    return append(data, {20: raw_object(data, 20)[:-2] + b"/V(x)>>"})


for _box in (
    b"[false false 14400 14400]",
    b"[0 0 true 14400]",
    b"[false false 100 100]",
    b"[0 0 4294967891 4294968138]",
    b"[0 0 1000000 1000000]",
):

    @attack(f"a box in numbers that wrap, or in words: a page of {_box.decode()}", OURS)
    def _page(victims: Victims, box: bytes = _box) -> bytes:
        return on_page(victims.signing, b"/MediaBox" + box, b"0 0 100 100")


for _page_of in (b"", b"/P 4 0 R"):

    @attack(
        f"a form drawn from its XFA: an empty signature field in a box of words, on {'a' if _page_of else 'no'} page",
        OURS,
    )
    def _words(victims: Victims, page: bytes = _page_of) -> bytes:
        data, field = drawn_from_xfa(victims), page + b"/Rect[false false false false]"
        new = size_of(data)
        return with_field(data, field) if page else append(data, {**listed(data, new), new: WIDGET % field})


def beside(signing: Signing, rect: bytes, flags: bytes, turn: str = "90") -> bytes:
    """Append a further signature beside a seal, or over it, on a turned page."""
    turned = signing.sign(small_pdf(page=f"/Rotate {turn}"), page=1, box=(300, 300, 419, 419))
    return signed_by_hand(signing, turned, b"/Rect[%s]/F %s" % (rect, flags), SQUARE, stamp=False)


for _rect, _flags, _turn in (
    (b"300 180 419 299", b"20.0", "90"),
    (b"300 180 419 299", b"19.5", "90"),
    (b"300 180 419 299", b"-4294967276", "90"),
    (b"300 180 419 299", b"20", "90.0"),
    (b"300 180 419 299", b"20", "4294967386"),
    (b"300 180 419 299", b"20", "95"),
    (b"300 300 419 419", b"20", "90"),
    (b"300 300 419 419", b"20", "180"),
    (b"300 300 419 419", b"4294967316", "90"),
    (b"300 300 419 419", b"4294967316.0", "90"),
):

    @attack(
        f"a later signature over a seal to some readers: [{_rect.decode()}], flags {_flags.decode()} on a page turned by {_turn}",
        OURS,
    )
    def _turned(victims: Victims, rect: bytes = _rect, flags: bytes = _flags, turn: str = _turn) -> bytes:
        return beside(victims.signing, rect, flags, turn)


@attack(
    "a later signature over a seal that does not turn with its page, where readers turn it all the same", OURS
)
def _over_unturned(victims: Victims) -> bytes:
    plain = small_pdf(page="/Rotate 90", catalog="/AcroForm<</Fields[]>>")
    sealed = signed_by_hand(victims.signing, plain, b"/Rect[300 300 419 419]/F 20", SQUARE, stamp=False)
    return victims.signing.sign(sealed, field="Other", page=1, box=(300, 300, 419, 419))


for _says in (b"/Ff 1.0", b"/Ff 1.5", b"/Ff .5", b"/Ff 4294967297", b"/Ff true", b"/Ff/1"):

    @attack(f"a field filled in that is read-only to some readers: {_says.decode()}", SHADOW)
    def _read_only(victims: Victims, says: bytes = _says) -> bytes:
        return filled(with_price(victims.signing, says + b"/V(1.00)"), 20, value=b"(9.00)")


def pressed(signing: Signing, flags: bytes) -> bytes:
    """Write some value and another look into a button of a certified document."""
    button = b"/FT/Btn/Ff %s/V(1)/AP<</N 24 0 R>>" % flags
    return filled(certified(signing, form_of({20: (button, SMALL)})), 20)


for _flags in (b"65536", b"65536.0", b"4295032832"):

    @attack(f"a push button by flags of {_flags.decode()}", SHADOW)
    def _pressed(victims: Victims, flags: bytes = _flags) -> bytes:
        return pressed(victims.signing, flags)


LEVEL: Final = b"<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P %s>>>>"
for _level in (b"1.0", b"4294967297", b"true", b"0", b"1.5"):

    @attack(f"a permission that only some readers read: a field filled in at P={_level.decode()}", CERTIFIED)
    def _filled_in(victims: Victims, level: bytes = _level) -> bytes:
        other = LOCK % b"/Fields[(other)]"
        return locked_by(victims.signing, [LEVEL % level, other])


@attack("EAA: a note whose window is closed by a number", CERTIFIED)
def _note(victims: Victims) -> bytes:
    return annotated(victims.certified(3), b"/Subtype/Text/Rect[0 0 9 9]/Open 0/Contents(Pay ten million)")


@attack("shadow, replace: looks drawn by nobody any more, which a number says", SHADOW)
def _drawn(victims: Victims) -> bytes:
    data = victims.signing.sign(form_of({20: text(SMALL)}))
    number, form = form_object(data)
    asked = append(data, {number: form.replace(b"/Fields", b"/NeedAppearances 0/Fields")})
    assert asked != data
    return asked
