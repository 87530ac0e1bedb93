"""What other products may do when they append, done for another purpose: each tolerance of the verifier, one step too far."""

from __future__ import annotations

import re
from typing import Final

from pyhanko.sign.fields import MDPPerm

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    EVIL,
    FIELDS,
    FORM,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    form_pdf,
    newest_table,
    stream,
)
from tests.pdf_attacks.structure import with_object_stream
from tests.verify_world import append, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
ASKS: Final = stream(b"/FRM Do", b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
"""A look that says what to draw and not where that is: some readers then look into the form."""
FIELD: Final = b"<</FT/%s/T(asks)/Type/Annot/Subtype/Widget/F 4/Rect[0 0 595 842]/P 4 0 R%s>>"


def _prepared(victims: Victims, kind: bytes, entries: bytes, resources: bytes = b"") -> bytes:
    """Return a signed form with one more field, 30, the look 31, the drawing 32 and no default appearance."""
    data = form_pdf()
    page = raw_object(data, 4).replace(b"/Annots[", b"/Annots[30 0 R ")
    bare = re.sub(rb"/DA\(/Helv 0 Tf 0 g\)|/DR<<.*?>>>>", b"", raw_object(data, 1))
    catalog = bare.replace(b"/Fields[", resources + b"/Fields[30 0 R ")
    objects = {1: catalog, 4: page, 30: FIELD % (kind, entries), 31: ASKS, 32: stream(b"", DRAWING)}
    return victims.signing.sign(append(data, objects))


def _form_with(data: bytes, entries: bytes, objects: dict[int, bytes]) -> bytes:
    number, body = form_object(data)
    changed = re.sub(rb"/Fields\s*\[", lambda found: entries + found[0], body, count=1)
    assert changed != body
    return append(data, {number: changed, **objects})


@attack("a drawing that a look asks for, put into a form that had none", OURS)
def _drawing(victims: Victims) -> bytes:
    signed = _prepared(victims, b"Btn", b"/AP<</N 31 0 R>>")
    new = size_of(signed)
    return _form_with(signed, b"/DR<</XObject<</FRM %d 0 R>>>>" % new, {new: stream(COVER, DRAWING)})


@attack("a drawing that a look asks for, exchanged for another", OURS)
def _exchanged(victims: Victims) -> bytes:
    signed = _prepared(victims, b"Btn", b"/AP<</N 31 0 R>>", b"/DR<</XObject<</FRM 32 0 R>>>>")
    new = size_of(signed)
    number, body = form_object(signed)
    changed = re.sub(rb"/FRM\s*32 0 R", b"/FRM %d 0 R" % new, body)
    assert changed != body
    return append(signed, {number: changed, new: stream(COVER, DRAWING)})


@attack("a font that a field's own text will be drawn with, for a form that had none", OURS)
def _appearance(victims: Victims) -> bytes:
    """Let a text field show that has no default appearance, and so nothing until the form has one."""
    signed = _prepared(victims, b"Tx", b"/V(Pay ten million)")
    new = size_of(signed)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return _form_with(signed, b"/DA(/New 40 Tf 0 g)/DR<</Font<</New %d 0 R>>>>" % new, {new: font})


@attack("a font that a look asks for, put into the form", OURS)
def _font_of_a_look(victims: Victims) -> bytes:
    """Give a look the font that it lacks: readers take the form's, whose figures are others."""
    data = form_pdf()
    look = stream(b"BT /New 12 Tf (1.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<<>>")
    signed = victims.signing.sign(append(data, {24: look}))
    number, body = form_object(signed)
    new = size_of(signed)
    named = re.sub(rb"/Font\s*<<", b"/Font<</New %d 0 R" % new, body)
    assert named != body
    return append(signed, {number: named, new: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})


@attack("a look of a field whose text turns white", OURS)
def _white(victims: Victims) -> bytes:
    """Leave out the black that a default appearance ends with, and white is left."""
    data = form_pdf()
    field = raw_object(data, 20).replace(b"/DA(/Fx 12 Tf 0 g)", b"/DA(/Helv 12 Tf 1 g 0 g)")
    signed = victims.signing.sign(
        append(data, {20: field}), certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
    )
    return append(signed, {20: field.replace(b" 1 g 0 g", b" 1 g")})


for _name, _text in {
    "an object": b"5 0 obj",
    "a trailer": b"trailer<</Root 1 0 R>>",
    "an end mark": b"startxref 9 ",
    "octets that are no letters": b"\x80\xff",
    "another header": b"PDF-1.7",
}.items():

    @attack(f"an end mark behind a comment with {_name}", OURS)
    def _comment(victims: Victims, text: bytes = _text) -> bytes:
        data = append(victims.plain, {1: raw_object(victims.plain, 1)})
        body, mark, rest = data.rpartition(b"startxref")
        return body + b"%" + text + b"\n" + mark + rest


@attack("a rewritten page that states what it inherited, and something else", OURS)
def _restated(victims: Victims) -> bytes:
    page = raw_object(small_pdf(), 4).replace(b"/MediaBox[0 0 595 842]", b"")
    pages = raw_object(small_pdf(), 2).replace(b"/Count", b"/MediaBox[0 0 595 842]/Count")
    signed = victims.signing.sign(append(small_pdf(), {2: pages, 4: page}))
    return append(signed, {4: raw_object(signed, 4)[:-2] + b"/MediaBox[0 0 595 500]>>"})


@attack("a rewritten page whose flags are no integers any more", OURS)
def _flags(victims: Victims) -> bytes:
    """Show what was hidden: readers take flags that are no integers for zero."""
    page = raw_object(small_pdf(), 4)[:-2] + b"/Annots[30 0 R]>>"
    note = b"<</Type/Annot/Subtype/Stamp/F 2/Rect[0 0 595 842]/AP<</N 31 0 R>>>>"
    signed = victims.signing.sign(append(small_pdf(), {4: page, 30: note, 31: stream(COVER, DRAWING)}))
    return append(signed, {30: note.replace(b"/F 2", b"/F 2.0")})


@attack("a layer that is called an annotation", OURS)
def _layer(victims: Victims) -> bytes:
    """Take a dictionary that is a widget and, to readers that do not ask for its type, a layer."""
    field = FIELD.replace(b"/Type/Annot", b"") % (b"Btn", b"/Name(L)")
    page = raw_object(small_pdf(), 4)[:-2].replace(b"/Resources<<", b"/Resources<</Properties<</L 30 0 R>>")
    catalog = "/AcroForm<</Fields[30 0 R]>>/OCProperties<</OCGs[30 0 R]/D<</OFF[30 0 R]>>>>"
    data = append(small_pdf(catalog=catalog), {4: page + b"/Annots[30 0 R]>>", 30: field})
    signed = victims.signing.sign(data)
    return append(signed, {30: raw_object(signed, 30)[:-2] + b"/Type/Annot>>"})


@attack("a number freed and put to use by turns", OURS)
def _by_turns(victims: Victims) -> bytes:
    """Free a number where nothing is, and use it in the next revision: some readers hold it for free still."""
    data, new = victims.plain, size_of(victims.plain)
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n0000000000 00001 f \ntrailer\n<</Size %d/Root 1 0 R/Prev %s>>\n"
    freed = data + table % (new, new + 1, newest_table(data)) + b"startxref\n%d\n%%%%EOF\n" % len(data)
    page = raw_object(data, 6).replace(b"/Contents 7 0 R", b"/Contents %d 0 R" % new)
    return append(freed, {6: page, new: stream(EVIL)})


def with_unlisted_table(data: bytes, number: int, objects: dict[int, bytes]) -> bytes:
    """Append objects under a cross-reference stream that does not list itself, as PDFBox writes them."""
    out, rows = bytearray(data), b""
    for own, body in sorted(objects.items()):
        rows += b"\x01" + len(out).to_bytes(4, "big") + b"\x00"
        out += body_of(own, body)
    index = b" ".join(b"%d 1" % own for own in sorted(objects))
    entries = b"/Type/XRef/W[1 4 1]/Index[%s]/Size %d/Root 1 0 R/Prev %s" % (
        index,
        number + 1,
        newest_table(data),
    )
    start = len(out)
    out += body_of(number, stream(rows, entries))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


@attack("the number of a table that the signed part refers to, used for something else", OURS)
def _number(victims: Victims) -> bytes:
    """Draw what stands under a number that was a table's."""
    page = raw_object(small_pdf(), 4).replace(b"/Contents 5 0 R", b"/Contents[5 0 R 99 0 R]")
    signed = victims.signing.sign(with_unlisted_table(small_pdf(), 99, {4: page}))
    return append(signed, {99: stream(EVIL)})


@attack("the number of a table that lists itself, used for something else", OURS)
def _listed(victims: Victims) -> bytes:
    data = with_object_stream(small_pdf(), [(90, b"(x)")], [(90, 0)])
    page = raw_object(data, 4).replace(b"/Contents 5 0 R", b"/Contents[5 0 R 201 0 R]")
    signed = victims.signing.sign(append(data, {4: page}))
    return append(signed, {201: stream(EVIL)})


def with_hybrid(data: bytes, shown: dict[int, bytes], hidden: dict[int, bytes]) -> bytes:
    """Append a hybrid table: ``shown`` is listed in it, ``hidden`` in its stream alone, or with another body there."""
    out, number = bytearray(data), size_of(data) + len(shown) + len(hidden)
    places: dict[tuple[int, bool], int] = {}
    for secret, objects in ((False, shown), (True, hidden)):
        for own, body in objects.items():
            places[own, secret] = len(out)
            out += body_of(own, body)
    start = len(out)
    rows = b"".join(b"\x01" + places[own, True].to_bytes(4, "big") + b"\x00" for own in sorted(hidden))
    index = b" ".join(b"%d 1" % own for own in sorted(hidden))
    out += body_of(number, stream(rows, b"/Type/XRef/W[1 4 1]/Index[%s]/Size %d" % (index, number + 1)))
    listed = {own: places[own, False] for own in shown} | {number: start}
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % item for item in sorted(listed.items()))
    tail = b"trailer\n<</Size %d/Root 1 0 R/Prev %s/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n"
    return bytes(out + b"xref\n" + lines + tail % (number + 1, newest_table(data), start, len(out)))


@attack("a hybrid table that hides the annotations of a page from some readers", OURS)
def _annotations(victims: Victims) -> bytes:
    """Let an earlier signature vanish for readers that do not follow /XRefStm: the list of the page is in the stream alone."""
    page, new = raw_object(victims.plain, 4), size_of(victims.plain)
    found = re.search(rb"/Annots\s*(\[[^\]]*\])", page)
    assert found is not None
    moved = page.replace(found[1], b" %d 0 R" % new)
    return with_hybrid(victims.plain, {4: moved}, {new: found[1]})


@attack("a hybrid table whose stream is repeated for the other readers", OURS)
def _repeated(victims: Victims) -> bytes:
    """Let readers that do not follow /XRefStm see the draft until all are shown what the others saw when it was signed."""
    data, new = small_pdf(), size_of(small_pdf())
    signed = victims.signing.sign(with_hybrid(data, {new: b"null"}, {5: stream(EVIL)}))
    return append(signed, {5: stream(EVIL)})


@attack("a hybrid table that lists two bodies of an object", OURS)
def _two_bodies(victims: Victims) -> bytes:
    data, new = victims.certified(2), size_of(victims.certified(2))
    field = raw_object(data, 20)
    value = field.replace(b"(1.00)", b"(2.00)")
    return with_hybrid(data, {20: field, new: b"null"}, {20: value})


@attack("a hybrid table that hides a value filled in from some readers", OURS)
def _value(victims: Victims) -> bytes:
    data = victims.form
    return with_hybrid(
        data, {size_of(data): b"null"}, {20: raw_object(data, 20).replace(b"(1.00)", b"(9.00)")}
    )


@attack("a hybrid table that fills in a form for some readers", OURS)
def _filled(victims: Victims) -> bytes:
    """Fill in as certified, so that readers of one kind show the old value and those of another the new."""
    data = victims.certified(2)
    value = raw_object(data, 20).replace(b"(1.00)", b"(2.00)")
    return with_hybrid(data, {size_of(data): b"null"}, {20: value})


def tagged_pdf() -> bytes:
    """Return a document whose first page has one paragraph in its structure, as word processors write it."""
    data = small_pdf(catalog="/MarkInfo<</Marked true>>/StructTreeRoot 20 0 R/Lang(zh-CN)")
    page = raw_object(data, 4)[:-2] + b"/StructParents 0/Tabs/S>>"
    content = stream(b"/P<</MCID 0>>BDC BT /F1 24 Tf 72 720 Td (Contract No. 2026-001) Tj ET EMC")
    root = b"<</Type/StructTreeRoot/K 21 0 R/ParentTree 22 0 R/ParentTreeNextKey 1>>"
    document = b"<</Type/StructElem/S/Document/P 20 0 R/K[23 0 R]>>"
    paragraph = b"<</Type/StructElem/S/P/P 21 0 R/Pg 4 0 R/K 0>>"
    tree = b"<</Nums[0[23 0 R]]>>"
    return append(data, {4: page, 5: content, 20: root, 21: document, 22: tree, 23: paragraph})


ELEMENT: Final = b"<</Type/StructElem/S/P/P 21 0 R/Pg 4 0 R/K %s>>"
for _name, _objects in {
    "other words for what is there": {
        23: b"<</Type/StructElem/S/P/P 21 0 R/Pg 4 0 R/K 0/ActualText(Pay ten million)>>"
    },
    "a role mapped to another": {
        20: b"<</Type/StructTreeRoot/K 21 0 R/ParentTree 22 0 R/ParentTreeNextKey 1/RoleMap<</P/Artifact>>>>"
    },
    "an element about what was signed": {
        21: b"<</Type/StructElem/S/Document/P 20 0 R/K[23 0 R 90 0 R]>>",
        90: ELEMENT % b"0",
    },
    "an element that draws something": {
        21: b"<</Type/StructElem/S/Document/P 20 0 R/K[23 0 R 90 0 R]>>",
        90: (ELEMENT % b"<</Type/OBJR/Obj 91 0 R>>").replace(b"/S/P", b"/S/Form"),
        91: stream(COVER, DRAWING),
    },
    "content that belongs to another element": {22: b"<</Nums[0[21 0 R]]>>"},
    "content that belongs to none": {22: b"<</Nums[]>>"},
    "elements in another order": {
        21: b"<</Type/StructElem/S/Document/P 20 0 R/K[]>>",
    },
}.items():

    @attack(f"the structure: {_name}", OURS)
    def _structure(victims: Victims, objects: dict[int, bytes] = _objects) -> bytes:
        return append(victims.signing.sign(tagged_pdf()), objects)


def shared_resources(kinds: bytes) -> bytes:
    """Return a form whose resources are an object of their own, or their fonts are."""
    form = FORM.replace(b"/DR<</Font<</Helv 3 0 R>>>>", b"/DR 40 0 R").decode()
    data = small_pdf(catalog=form)
    page = raw_object(data, 4)[:-2] + b"/Annots[20 0 R 22 0 R]>>"
    box = b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</Helv 3 0 R>>>>"
    look = stream(b"BT /Helv 12 Tf (1.00) Tj ET", box)
    return append(data, {**FIELDS, 4: page, 24: look, 40: kinds, 41: b"<</Helv 3 0 R>>"})


RESOURCES: Final = {
    "resources": (
        b"<</Font<</Helv 3 0 R>>/ProcSet[/PDF]>>",
        40,
        b"<</Font<</Helv 3 0 R/%s 90 0 R>>/ProcSet[/PDF]>>",
    ),
    "fonts": (b"<</Font 41 0 R>>", 41, b"<</Helv 3 0 R/%s 90 0 R>>"),
}
"""What stands in an object of its own, its number, and the body that gives a new font a name."""


def with_font(signed: bytes, kind: str, name: bytes) -> bytes:
    """Let the shared resources of a signed form gain a font."""
    _, number, body = RESOURCES[kind]
    return append(signed, {number: body % name, 90: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"})


for _kind in RESOURCES:

    @attack(f"a font that a field asks for, in {_kind} that are an object of their own", OURS)
    def _shared(victims: Victims, kind: str = _kind) -> bytes:
        return with_font(victims.signing.sign(shared_resources(RESOURCES[kind][0])), kind, b"Fx")
