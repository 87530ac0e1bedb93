"""Fields that take in what is no part of them, or that readers take for another field: by their kids, parents, types and names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pyhanko.sign.fields import MDPPerm

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    OURS,
    Attack,
    Victims,
    collector,
    form_object,
    form_pdf,
    stream,
)
from tests.pdf_attacks.limits import with_signature
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
EMPTY: Final = "/AcroForm<</Fields[]/SigFlags 3/DR<</Font<</Helv 3 0 R>>>>>>"
TEXT: Final = b"<</Type/Annot/Subtype/Widget/F 4/P 4 0 R/Rect[60 500 560 560]/DA(/Helv 30 Tf 0 g)%s>>"
MILLIONS: Final = b"/V(Pay ten million)"
LOOK: Final = DRAWING + b"/Resources<</Font<</F1 3 0 R>>>>"


def listed(
    data: bytes, field: bytes, more: Mapping[int, bytes] | None = None, page: int = 0, *, first: bool = False
) -> dict[int, bytes]:
    """Return the objects of a new field, the next free number, and of ``more``, each that number further.

    ``%d`` in any of them is that number. A page lists the last of ``more``, or the field if there is none.
    """
    new = size_of(data)
    number, form = form_object(data)
    added = {new: field} | {new + at: body for at, body in (more or {}).items()}
    objects = {own: body.replace(b"%d", b"%d" % new) for own, body in added.items()}
    at = (rb"(/Fields\s*\[)", rb"\g<1>%d 0 R ") if first else (rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]")
    objects[number] = re.sub(at[0], at[1] % new, form)
    if page:
        old = objects.get(page) or raw_object(data, page)
        shown = new + max(more or {0: b""})
        longer = re.sub(rb"(/Annots\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % shown, old)
        objects[page] = longer if longer != old else old[:-2] + b"/Annots[%d 0 R]>>" % shown
    return objects


def with_annotation(
    annotation: bytes, catalog: str = EMPTY, more: Mapping[int, bytes] | None = None
) -> bytes:
    """Return a document whose first page lists an annotation, 40."""
    data = small_pdf(catalog=catalog)
    page = raw_object(data, 4)[:-2] + b"/Annots[40 0 R]>>"
    return append(data, {4: page, 40: annotation, **(more or {})})


def layered(layer: bytes, catalog: str = "") -> bytes:
    """Return a document whose first page draws in a layer, 30, that is not shown; 31 tells which those are."""
    data = small_pdf(catalog="/OCProperties<</OCGs[30 0 R]/D 31 0 R>>" + (catalog or EMPTY))
    page = raw_object(data, 4).replace(b"/Resources<<", b"/Resources<</Properties<</Fields 30 0 R>>")
    content = stream(b"/OC/Fields BDC BT /F1 24 Tf 72 520 Td (DRAFT: pay ten million) Tj ET EMC")
    return append(data, {4: page, 5: content, 30: layer, 31: b"<</OFF[30 0 R]>>"})


def adopted(
    signing: Signing, data: bytes, kid: int, change: bytes, more: Mapping[int, bytes] | None = None
) -> bytes:
    """Sign, append an empty field that takes an old object for its kid, then a time-stamp in it that changes the object.

    ``%d`` in the change is the number after the time-stamp's.
    """
    signed = signing.sign(data, page=1)
    new = size_of(signed)
    led = append(signed, listed(signed, b"<</FT/Sig/T(Stamp)/Kids[%d 0 R]>>" % kid))
    objects = {
        new: b"<</FT/Sig/T(Stamp)/Kids[%d 0 R]/V %d 0 R>>" % (kid, new + 1),
        kid: change.replace(b"%d", b"%d" % (new + 2)),
        **{new + 2 + at: body for at, body in (more or {}).items()},
    }
    return with_signature(signing, led, objects, new + 1, stamp=True)


@attack("a kid of a new field: a layer, which is then called an annotation", OURS)
def _layer(victims: Victims) -> bytes:
    document = layered(b"<</Type/OCG/Name(L)>>")
    return adopted(victims.signing, document, 30, b"<</Type/Annot/Name(L)>>")


@attack("a kid of a new field: what tells which layers show", OURS)
def _layers(victims: Victims) -> bytes:
    layer = b"<</Type/OCG/Name(L)/Usage<</View<</ViewState/OFF>>>>>>"
    told = b"<</ON[30 0 R]/AS[<</Event/View/OCGs[30 0 R]/Category[/View]>>]>>"
    document = append(layered(layer), {31: told})
    return adopted(victims.signing, document, 31, b"<</ON[30 0 R]>>")


@attack("a kid of a new field: a font, which is then called an annotation", OURS)
def _font(victims: Victims) -> bytes:
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[49/nine/eight]>>>>"
    document = append(small_pdf(), {3: font})
    return adopted(victims.signing, document, 3, font.replace(b"/Font", b"/Annot", 1))


@attack("a kid of a new field: free text, whose colour changes", OURS)
def _free_text(victims: Victims) -> bytes:
    note = TEXT.replace(b"Widget", b"FreeText") % b"/Contents(without tax)"
    return adopted(victims.signing, with_annotation(note), 40, note.replace(b"0 g", b"1 g"))


@attack("a kid of a new field: an action, whose target changes", OURS)
def _action(victims: Victims) -> bytes:
    link = b"<</Type/Annot/Subtype/Link/P 4 0 R/Rect[60 500 560 560]/A 41 0 R>>"
    document = with_annotation(link, more={41: b"<</S/Launch/F(terms.pdf)>>"})
    return adopted(victims.signing, document, 41, b"<</S/Launch/F(evil.exe)>>")


AMOUNT: Final = b"<</FT/Tx/T(amount)/V(Pay one)/Kids[40 0 R]>>"


@attack("a kid of a new field: the widget of a text field, which gains a value", OURS)
def _widget(victims: Victims) -> bytes:
    widget = TEXT % b"/Parent 39 0 R"
    document = with_annotation(widget, EMPTY.replace("[]", "[39 0 R]"), {39: AMOUNT})
    change = TEXT % b"/Parent 39 0 R/V %d 0 R"
    return adopted(victims.signing, document, 40, change, {0: b"(Pay ten million)"})


STAMP: Final = b"<</Type/Annot/Subtype/Stamp/F 4/P 4 0 R/Rect[60 500 360 560]/AP<</N %d 0 R>>>>"


@attack("a kid of a new field: a stamp, in a list that comes a revision later", OURS)
def _list_later(victims: Victims) -> bytes:
    document = with_annotation(STAMP % 41, more={41: stream(b"BT /F1 30 Tf (Pay one) Tj ET", LOOK)})
    signed = victims.signing.sign(document, page=1)
    new = size_of(signed)
    field = b"<</FT/Sig/T(B)/Kids %d 0 R%s>>"
    led = append(signed, listed(signed, field % (new + 1, b"")), size=new + 2)
    filled = {
        1: raw_object(led, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % (new + 2),
        new + 1: b"[40 0 R]",
        new + 2: stream(b"x"),
    }
    objects = {
        new: field % (new + 1, b"/V %d 0 R" % (new + 3)),
        40: STAMP % (new + 4),
        new + 4: stream(b"BT /F1 30 Tf (Pay ten million) Tj ET", LOOK),
    }
    return with_signature(victims.signing, append(led, filled), objects, new + 3, stamp=False)


LOCKS: Final = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2/P 2>>>>"
    b"<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2/Action/Include"
    b"/Fields[(amount)]>>>>]"
)


def locked(signing: Signing, data: bytes) -> bytes:
    """Certify a form for filling in, with the field ``amount`` locked."""
    new = size_of(data)
    objects = listed(data, b"<</FT/Sig/T(Seal1)/V %d 0 R>>" % (new + 1))
    objects[1] = objects.get(1, raw_object(data, 1))[:-2] + b"/Perms<</DocMDP %d 0 R>>>>" % (new + 1)
    return with_signature(signing, data, objects, new + 1, stamp=False, entries=LOCKS)


def amount_pdf(kids: Mapping[int, bytes] | None = None, fields: bytes = b"", amount: bytes = AMOUNT) -> bytes:
    """Return a form with an amount, 20, of which 40 is the widget, 24 its look, and further fields."""
    data = form_pdf()
    form = raw_object(data, 1).replace(b"/Fields[20 0 R 22 0 R", b"/Fields[20 0 R 22 0 R" + fields)
    page = raw_object(data, 4).replace(b"/Annots[20 0 R", b"/Annots[40 0 R")
    return append(data, {1: form, 4: page, 20: amount, 40: WIDGET, **(kids or {})})


WIDGET: Final = b"<</Type/Annot/Subtype/Widget/F 4/Rect[50 50 150 70]/P 4 0 R/Parent 20 0 R/DA(/Helv 12 Tf 0 g)/AP<</N 24 0 R>>>>"
NINE: Final = stream(b"BT /Helv 12 Tf (9.00) Tj ET", LOOK)


@attack("a kid of a new field: a locked field, which has another name then", OURS)
def _renamed(victims: Victims) -> bytes:
    data = locked(victims.signing, form_pdf())
    new = size_of(data)
    field = b"<</FT/Sig/T(F)/Kids[20 0 R]/V %d 0 R>>" % (new + 1)
    stamped = with_signature(victims.signing, data, listed(data, field, first=True), new + 1, stamp=True)
    return append(stamped, {20: raw_object(data, 20).replace(b"(1.00)", b"(9.00)"), 24: NINE})


@attack("a locked field filled in", OURS)
def _locked(victims: Victims) -> bytes:
    data = locked(victims.signing, form_pdf())
    return append(data, {20: raw_object(data, 20).replace(b"(1.00)", b"(9.00)"), 24: NINE})


@attack("a locked field under a name that some readers end sooner", OURS)
def _locked_twin(victims: Victims) -> bytes:
    twin = WIDGET.replace(b"/Parent 20 0 R", b"/FT/Tx/T(amount\\000)/V(1.00)").replace(
        b"/AP<</N 24 0 R>>", b""
    )
    data = locked(victims.signing, amount_pdf({26: twin}, b" 26 0 R"))
    return append(data, {26: twin.replace(b"(1.00)", b"(9.00)")})


@attack("a widget of two fields, of which one is locked", OURS)
def _of_two(victims: Victims) -> bytes:
    note = b"<</FT/Tx/T(note)/V(%s)/Kids[40 0 R]>>"
    data = locked(victims.signing, amount_pdf({27: note % b"x"}, b" 27 0 R"))
    new = size_of(data)
    return append(data, {27: note % b"y", 40: WIDGET.replace(b"24 0 R", b"%d 0 R" % new), new: NINE})


@attack("a field that is listed under two names, of which one is locked", OURS)
def _two_names(victims: Victims) -> bytes:
    data = amount_pdf({27: b"<</T(free)/Kids[20 0 R]>>"})
    form = raw_object(data, 1).replace(b"/Fields[", b"/Fields[27 0 R ")
    signed = locked(victims.signing, append(data, {1: form}))
    return append(signed, {20: AMOUNT.replace(b"Pay one", b"Pay ten million"), 24: NINE})


@attack("a locked field that the form lists under another name than its parent gives it", OURS)
def _other_parent(victims: Victims) -> bytes:
    """Lock what readers call ``amount.sum``, and list it as ``sum``."""
    twin = AMOUNT.replace(b"/T(amount)/V(Pay one)/Kids[40 0 R]", b"/T(sum)/V(1.00)/Parent 28 0 R")
    kids = {27: twin, 28: b"<</T(amount)/Kids[]>>"}
    data = locked(victims.signing, amount_pdf(kids, b" 27 0 R 28 0 R"))
    return append(data, {27: twin.replace(b"(1.00)", b"(9.00)")})


def stamped(signing: Signing, data: bytes, changes: Mapping[int, bytes]) -> bytes:
    """Append a time-stamp under the next number, with changes in which ``%d`` is that number and ``%t`` a text's."""
    new = size_of(data)
    numbers = {own: body.replace(b"%d", b"%d" % new) for own, body in changes.items()}
    objects = {own: body.replace(b"%t", b"%d" % (new + 1)) for own, body in numbers.items()}
    text = {new + 1: b"(Pay ten million)"} if objects != numbers else {}
    return with_signature(signing, data, {**objects, **text}, new, stamp=True)


LATER: Final = b"<</FT/Sig/T(Later)/Kids[40 0 R]%s>>"


def _with_text(victims: Victims, **rules: MDPPerm | bool) -> bytes:
    """Let a time-stamp change the text of an empty signature field's widget, which is a text field to readers."""
    widget = TEXT % b"/FT/Tx/Parent 39 0 R"
    document = with_annotation(widget, EMPTY.replace("[]", "[39 0 R]"), {39: LATER % b""})
    signed = victims.signing.sign(document, page=1, **rules)
    return stamped(victims.signing, signed, {39: LATER % b"/V %d 0 R", 40: widget[:-2] + b"/V %t 0 R>>"})


@attack("a signature field that is something else: text by its widget's own type", OURS)
def _as_text(victims: Victims) -> bytes:
    return _with_text(victims)


@attack("a signature field that is something else: text, in a document that takes no changes", OURS)
def _as_certified_text(victims: Victims) -> bytes:
    return _with_text(victims, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)


@attack("a signature field that is something else: text by its parent's type, for its own is null", OURS)
def _as_heir(victims: Victims) -> bytes:
    widget = TEXT % b"/FT null/Parent 38 0 R"
    fields = EMPTY.replace("[]", "[39 0 R]")
    more = {39: LATER % b"", 38: b"<</FT/Tx/T(x)>>"}
    signed = victims.signing.sign(with_annotation(widget, fields, more), page=1)
    return stamped(victims.signing, signed, {39: LATER % b"/V %d 0 R", 40: widget[:-2] + b"/V %t 0 R>>"})


@attack("a signature field that is something else: free text, whose colour changes", OURS)
def _as_free_text(victims: Victims) -> bytes:
    note = TEXT.replace(b"Widget", b"FreeText").replace(b"0 g", b"1 g") % (
        b"/FT/Sig/T(Later)/Contents(Pay ten million)%s"
    )
    signed = victims.signing.sign(with_annotation(note % b"", EMPTY.replace("[]", "[40 0 R]")), page=1)
    return stamped(victims.signing, signed, {40: note.replace(b"1 g", b"0 g") % b"/V %d 0 R"})


@attack("a signature field that is something else: a stamp, whose look its signatory changes", OURS)
def _as_stamp(victims: Victims) -> bytes:
    look = stream(b"BT /F1 30 Tf (Pay one) Tj ET", LOOK)
    more = {39: LATER % b"", 41: look}
    signed = victims.signing.sign(with_annotation(STAMP % 41, EMPTY.replace("[]", "[39 0 R]"), more), page=1)
    new = size_of(signed)
    objects = {39: LATER % (b"/V %d 0 R" % new), 41: look.replace(b"one", b"ten")}
    return with_signature(victims.signing, signed, objects, new, stamp=False)


def _layer_too(victims: Victims, key: bytes) -> bytes:
    """Let an empty field's widget be a layer as well, of a name that a form or a page has for its lists."""
    widget = b"<</Subtype/Widget/FT/Sig/T(Later)/Rect[0 0 0 0]/Name(L)%s>>"
    document = layered(widget % b"", EMPTY.replace("[]", "[30 0 R]"))
    page = raw_object(document, 4).replace(b"/Fields 30", b"/%s 30" % key)
    content = raw_object(document, 5).replace(b"/OC/Fields BDC", b"/OC/%s BDC" % key)
    signed = victims.signing.sign(
        append(
            document,
            {
                4: page,
                5: re.sub(
                    rb"Length \d+", b"Length %d" % len(content[content.index(b"stream\n") + 7 : -10]), content
                ),
            },
        ),
        page=1,
    )
    return stamped(victims.signing, signed, {30: widget % b"/Type/Annot/V %d 0 R"})


for _key in (b"Fields", b"Annots", b"Kids", b"Parent", b"Obj"):

    @attack(f"a signature field that is something else: a layer called {_key.decode()}", OURS)
    def _as_layer(victims: Victims, key: bytes = _key) -> bytes:
        return _layer_too(victims, key)


@attack("a signature field that is something else: a page, which is then called an annotation", OURS)
def _as_page(victims: Victims) -> bytes:
    data = small_pdf(catalog=EMPTY.replace("[]", "[4 0 R]"))
    page = raw_object(data, 4)[:-2] + b"/FT/Sig/T(Later)%s>>"
    signed = victims.signing.sign(append(data, {4: page % b""}), page=1)
    return stamped(victims.signing, signed, {4: page.replace(b"/Type/Page", b"/Type/Annot") % b"/V %d 0 R"})


@attack("a signature field without a box, which gains a look by a time-stamp", OURS)
def _gains_look(victims: Victims) -> bytes:
    field = b"<</Type/Annot/Subtype/Widget/F 4/FT/Sig/T(Later)/P 4 0 R%s>>"
    signed = victims.signing.sign(with_annotation(field % b"", EMPTY.replace("[]", "[40 0 R]")), page=1)
    new = size_of(signed)
    objects = {40: field % (b"/V %d 0 R/AP<</N %d 0 R>>" % (new, new + 1)), new + 1: stream(COVER, LOOK)}
    return with_signature(victims.signing, signed, objects, new, stamp=True)


def _on_page(victims: Victims, field: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    signed = victims.signing.sign(small_pdf(catalog=EMPTY), page=1)
    return append(signed, listed(signed, field, more, page=4))


PARENT: Final = b"<</FT/Tx/T(x)/DA(/Helv 30 Tf 0 g)/V(Pay ten million)>>"
for _name, _entries in {
    "a type of null, under a text field": b"/FT null/Parent 9%d 0 R",
    "a type that is not there, under a text field": b"/FT 999 0 R/Parent 9%d 0 R",
    "no type, under a text field": b"/Parent 9%d 0 R",
    "a type in a list": b"/FT[/Sig]/Parent %d 0 R",
    "a type of its own that is text": b"/FT/Tx/Parent %d 0 R",
    "a parent that is not there": b"/Parent 999 0 R",
    "a parent in a list": b"/Parent[9%d 0 R]",
    "a value of its own": b"/V(Pay ten million)/Parent %d 0 R",
    "a kid of its own": b"/Kids[9%d 0 R]/Parent %d 0 R",
}.items():

    @attack(f"a new field whose widget has {_name}", OURS)
    def _kid(victims: Victims, entries: bytes = _entries) -> bytes:
        new = size_of(victims.signing.sign(small_pdf(catalog=EMPTY), page=1))
        stated = entries.replace(b"9%d 0 R", b"%d 0 R" % (new + 1))
        return _on_page(victims, b"<</FT/Sig/T(E)/Kids[%d 0 R]>>" % (new + 2), {1: PARENT, 2: TEXT % stated})


HIDDEN: Final = TEXT.replace(b"/F 4", b"/F 2") % (b"/FT/Tx/T%s" + MILLIONS)
FIELD: Final = b"<</Type/Annot/Subtype/Widget/F 4/FT/Sig%s/P 4 0 R/Rect[60 500 560 560]/DA(/Helv 30 Tf 0 g)>>"
for _name, (_old, _new) in {
    "that changes its language": (b"(amount)", b"/T<FEFF001B0065006E001B0061006D006F0075006E0074>"),
    "that changes its language in UTF-8": (b"(amount)", b"/T(\xef\xbb\xbf\x1bzhCN\x1bamount)"),
    "whose change of language has no end": (b"(amount)", b"/T<FEFF0061006D006F0075006E0074001B0065006E>"),
    "in UTF-16": (b"(amount)", b"/T<FEFF0061006D006F0075006E0074>"),
    "in UTF-16, the low octets first": (b"(amount)", b"/T<FFFE61006D006F0075006E007400>"),
    "in UTF-8": (b"(amount)", b"/T(\xef\xbb\xbfamount)"),
    "in another encoding": (b"(\x84 amount)", b"/T<FEFF201400200061006D006F0075006E0074>"),
    "with an octet of zero": (b"(amount)", b"/T(amount\\000)"),
    "with an octet of zero and more": (b"(amount)", b"/T(amount\\000x)"),
    "with characters that are not seen": (b"(amount)", b"/T<FEFF0061006D006F200B0075006E0074>"),
    "that was written with a language": (b"<FEFF001B0065006E001B0061006D006F0075006E0074>", b"/T(amount)"),
    "that was written with an octet of zero": (b"<FEFF0061006D006F0075006E007400000078>", b"/T(amount)"),
    "of nothing": (b"(amount)", b"/T()"),
    "of null": (b"(amount)", b"/T null"),
    "that is no string": (b"(amount)", b"/T/amount"),
    "that is not there": (b"(amount)", b""),
    "of a text field that is its parent": (b"(amount)", b"/Parent 40 0 R"),
    "below a text field that is its parent": (b"(amount)", b"/T(x)/Parent 40 0 R"),
    "below one without a name": (b"(amount)", b"/T(amount)/Parent 41 0 R"),
}.items():

    @attack(f"a new field under a name {_name}", OURS)
    def _named(victims: Victims, old: bytes = _old, new: bytes = _new) -> bytes:
        document = with_annotation(HIDDEN % old, EMPTY.replace("[]", "[40 0 R]"), {41: b"<</T()>>"})
        signed = victims.signing.sign(document, page=1)
        return append(signed, listed(signed, FIELD % new, page=4))


BOXLESS: Final = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(B)/F 4/P 6 0 R%s>>"
for _name, _box in {
    "no box": b"",
    "a box of null": b"/Rect null",
    "a box that is not there": b"/Rect 999 0 R",
    "a box of three numbers": b"/Rect[0 0 9]",
    "a box with null in it": b"/Rect[0 0 null 9]",
    "a box with what is not there in it": b"/Rect[0 0 999 0 R 9]",
}.items():

    @attack(f"a new field with {_name}", OURS)
    def _boxless(victims: Victims, box: bytes = _box) -> bytes:
        data = victims.plain
        return append(data, listed(data, BOXLESS % box, page=6))


@attack("a new field with no box: a time-stamp with a look", OURS)
def _boxless_stamp(victims: Victims) -> bytes:
    data, new = victims.plain, size_of(victims.plain)
    entries = b"/AP<</N %d 0 R>>/V %d 0 R" % (new + 2, new + 1)
    objects = {**listed(data, BOXLESS % entries, page=6), new + 2: stream(COVER, LOOK)}
    return with_signature(victims.signing, data, objects, new + 1, stamp=True)


@attack("a new field with no box: a time-stamp in a document that takes no changes", OURS)
def _boxless_certified(victims: Victims) -> bytes:
    data = victims.certified(1)
    new = size_of(data)
    objects = listed(data, BOXLESS % (b"/V %d 0 R" % (new + 1)), page=6)
    return with_signature(victims.signing, data, objects, new + 1, stamp=True)
