"""What may lie about behind a signature, or say the same anew, done for another purpose: each tolerance one step too far."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from tests.pdf_attacks.catalogue import (
    COVER,
    DRAWING,
    EVIL,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    newest_table,
    stream,
)
from tests.pdf_attacks.limits import signed_by_hand
from tests.verify_world import append, in_store, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
CERTIFICATE: Final = b"<</Length 2>>stream\n0\x00\nendstream"


def archived(data: bytes, number: int) -> dict[int, bytes]:
    """Return a catalogue with validation data, and the one certificate in it under a number."""
    return {1: raw_object(data, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % number, number: CERTIFICATE}


def with_lost(data: bytes, lost: Mapping[int, bytes]) -> bytes:
    """Append a certificate to the validation data, and objects that nothing refers to beside it."""
    new = size_of(data)
    return append(data, {**archived(data, new), **{new + 1 + k: body for k, body in lost.items()}})


LOST: Final = {
    "a drawing": stream(EVIL, DRAWING),
    "a description": b"<</Producer(someone)/CreationDate(D:20260101000000Z)>>",
    "a widget": b"<</Subtype/Widget/Rect[0 0 9 9]/F 4>>",
    "an entry of the index of validation data": b"<</Cert[3 0 R]>>",
}
"""What some product leaves behind, by what it is (all harmless)."""

for _name, _body in {
    "a catalogue": b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>",
    "a catalogue without a kind": b"<</Pages 2 0 R>>",
    "a page": b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 7 0 R>>",
    "pages": b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
    "pages without a kind": b"<</Count 1/Kids[4 0 R]>>",
    "a trailer": b"<</Root 4 0 R/Size 99>>",
    "an object stream": stream(b"5 0 <</Length 0>>", b"/Type/ObjStm/N 1/First 4"),
    "a table": stream(b"\x01\x00\x00\x00\x09\x00", b"/Type/XRef/W[1 4 1]/Index[5 1]/Size 99/Root 1 0 R"),
    "a table without a kind": stream(b"\x01\x00\x00\x00\x09\x00", b"/W[1 4 1]/Index[5 1]/Size 99/Root 1 0 R"),
    "a page whose kind ends at an octet of zero": b"<</Type#00/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    "a kind that stands elsewhere": b"<</Type 3 0 R>>",
    "a kind that is still to come": b"<</Type 99 0 R/Pages 2 0 R>>",
    "a kind that is still to come, of what has no other mark": b"<</Type 99 0 R/Contents 7 0 R>>",
}.items():

    @attack(f"an object that nothing refers to, beside validation data: {_name}", OURS)
    def _lost(victims: Victims, body: bytes = _body) -> bytes:
        return with_lost(victims.plain, {0: body})


def with_lost_table(
    data: bytes, *, root: bytes = b"1 0 R", moved: int = 0, freed: bytes = b"", previous: bytes = b""
) -> bytes:
    """Append as PDFBox 2 does behind a hybrid table: a table, and a cross-reference stream beside it that says the same."""
    new = size_of(data)
    out, places = bytearray(data), {}
    for number, body in archived(data, new).items():
        places[number] = len(out)
        out += body_of(number, body)
    places[new + 1] = len(out)
    rows = b"".join(b"\x01" + (place + moved).to_bytes(4, "big") + b"\x00" for place in places.values())
    index = b" ".join(b"%d 1" % number for number in places)
    before = newest_table(data)
    entries = b"/Type/XRef/W[1 4 1]/Index[%s%s]/Size %d/Root %s/Prev %s" % (
        index,
        b" %s 1" % freed if freed else b"",
        new + 2,
        root,
        previous or before,
    )
    out += body_of(new + 1, stream(rows + (b"\x00" * 5 + b"\x01" if freed else b""), entries))
    start = len(out)
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    tail = b"trailer\n<</Size %d/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (new + 2, before, start)
    return bytes(out + b"xref\n0 1\n0000000000 65535 f \n" + lines + tail)


@attack("a lost table that lists objects elsewhere", OURS)
def _elsewhere(victims: Victims) -> bytes:
    return with_lost_table(victims.plain, moved=1)


@attack("a lost table with another catalogue", OURS)
def _other_root(victims: Victims) -> bytes:
    return with_lost_table(victims.plain, root=b"4 0 R")


@attack("a lost table that frees an object", OURS)
def _freeing(victims: Victims) -> bytes:
    return with_lost_table(victims.plain, freed=b"5")


@attack("a lost table behind another table", OURS)
def _behind(victims: Victims) -> bytes:
    return with_lost_table(victims.plain, previous=b"9")


TEXT: Final = b"/AdditionalStreams[/application#2Fvnd.oasis.opendocument.text %d 0 R]"
"""The source text of a document, which LibreOffice opens in place of the pages."""
CHECKSUM: Final = b"/DocChecksum /%s"


def with_source(data: bytes, number: int) -> bytes:
    """Append a revision whose trailer refers to a missing object, as LibreOffice's source text goes missing when PDFBox signs."""
    return append(data, {}, trailer=TEXT % number)


def hybrid(data: bytes, objects: Mapping[int, bytes], entries: bytes) -> bytes:
    """Append a revision whose trailer states the digest of what stands before it, as LibreOffice wants it beside its source text."""
    made = append(data, objects, trailer=entries + CHECKSUM % (b"0" * 32))
    digest = hashlib.md5(made[: made.rindex(b"trailer")], usedforsecurity=False).hexdigest().upper()
    before, _, behind = made.rpartition(b"0" * 32)
    return before + digest.encode() + behind


@attack("the source text of a file that had none", OURS)
def _new_source(victims: Victims) -> bytes:
    new = size_of(victims.plain)
    return hybrid(victims.plain, {new: stream(EVIL)}, TEXT % new)


@attack("the source text of a file that had none, beside validation data", OURS)
def _new_source_beside(victims: Victims) -> bytes:
    new = size_of(victims.plain)
    objects = {**archived(victims.plain, new), new + 1: stream(EVIL)}
    return hybrid(victims.plain, objects, TEXT % (new + 1))


@attack("the source text of a file is a stream that was signed", OURS)
def _old_source(victims: Victims) -> bytes:
    return hybrid(victims.plain, {}, TEXT % 5)


@attack("the source text of a file is a stream that was taken out", OURS)
def _freed_source(victims: Victims) -> bytes:
    held = append(small_pdf(), {40: stream(EVIL)})
    freed = append(held, {})
    start = freed.rindex(b"0000000000 65535 f \n") + 20
    freed = freed[:start] + b"40 1\n0000000000 00001 f \n" + freed[start:]
    return hybrid(victims.signing.sign(freed), {}, TEXT % 40)


@attack("the source text of a file, brought to life by its checksum", OURS)
def _woken_source(victims: Victims) -> bytes:
    text = TEXT % 40
    signed = victims.signing.sign(
        append(small_pdf(), {40: stream(EVIL)}, trailer=text + CHECKSUM % (b"1" * 32))
    )
    return hybrid(signed, {}, text)


@attack("the source text of a file, put in after it was signed", OURS)
def _source(victims: Victims) -> bytes:
    number = size_of(small_pdf()) + 40
    signed = victims.signing.sign(with_source(small_pdf(), number))
    return in_store(signed, {number: stream(EVIL)})


@attack("a missing object that the source text and a page refer to", OURS)
def _shared_source(victims: Victims) -> bytes:
    number = size_of(small_pdf()) + 40
    page = raw_object(small_pdf(), 4)[:-2] + b"/Annots[%d 0 R]>>" % number
    signed = victims.signing.sign(with_source(append(small_pdf(), {4: page}), number))
    return in_store(signed, {number: b"<</Type/Annot/Subtype/Stamp/Rect[0 0 595 842]/AP<</N 5 0 R>>>>"})


def with_catalog(
    data: bytes, catalog: bytes, more: Mapping[int, bytes] | None = None, root: int = 0
) -> bytes:
    """Append a new object for a catalogue, or name an old one, as PDFHummus moves it."""
    new = root or size_of(data)
    out = append(data, {**({} if root else {new: catalog}), **(more or {})})
    head, mark, tail = out.rpartition(b"/Root 1 0 R")
    assert mark
    return head + b"/Root %d 0 R" % new + tail


for _name, _change in {
    "with other pages": (b"/Pages 2 0 R", b"/Pages 9 0 R"),
    "that opens at an action": (b"/Type", b"/OpenAction<</S/Launch>>/Type"),
    "with layers": (b"/Type", b"/OCProperties<</OCGs[]/D<<>>>>/Type"),
    "without its form": (b"/AcroForm", b"/AcroFrom"),
}.items():

    @attack(f"a catalogue moved to a new object, {_name}", OURS)
    def _moved(victims: Victims, change: tuple[bytes, bytes] = _change) -> bytes:
        catalog = raw_object(victims.plain, 1)
        changed = catalog.replace(*change, 1)
        assert changed != catalog
        return with_catalog(victims.plain, changed)


@attack("a catalogue that was signed beside the other", OURS)
def _prepared(victims: Victims) -> bytes:
    """Prepare two catalogues, have one signed, and name the other."""
    data = small_pdf()
    other = {90: b"<</Type/Catalog/Pages 91 0 R>>", 91: b"<</Type/Pages/Count 1/Kids[6 0 R]>>"}
    return with_catalog(victims.signing.sign(append(data, other)), b"", root=90)


def _resources(page: bytes) -> tuple[int, int]:
    """Return where the resources of a page begin and end, which stand in it."""
    start = page.index(b"<<", page.index(b"/Resources"))
    return start, _closed(page, start)


def _closed(body: bytes, start: int) -> int:
    """Return where a dictionary ends that begins at ``start``."""
    end, depth = start, 0
    while depth or end == start:
        found = re.compile(rb"<<|>>").search(body, end)
        assert found is not None
        depth, end = depth + (1 if found[0] == b"<<" else -1), found.end()
    return end


def with_resources(data: bytes, resources: bytes) -> bytes:
    """Write a page anew with its resources in an object of their own, as some products do."""
    new, page = size_of(data), raw_object(data, 4)
    start, end = _resources(page)
    return append(data, {4: page[:start] + b" %d 0 R" % new + page[end:], new: resources})


@attack("resources of a page copied, with another font", OURS)
def _other_font(victims: Victims) -> bytes:
    return with_resources(victims.plain, b"<</Font<</F1 90 0 R>>>>")


@attack("a copy of a page's resources changed afterwards", OURS)
def _changed_copy(victims: Victims) -> bytes:
    copied = with_resources(victims.plain, page_resources(victims.plain))
    number, new = size_of(victims.plain), size_of(copied)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"
    return append(copied, {number: b"<</Font<</F1 %d 0 R>>>>" % new, new: font})


def page_resources(data: bytes) -> bytes:
    """Return what the first page has for resources, as it stands there."""
    page = raw_object(data, 4)
    return page[slice(*_resources(page))]


@attack("resources of a page led to those of the form, which then gain what the page asks for", OURS)
def _led(victims: Victims) -> bytes:
    """Prepare a page that draws what it has not, and a form whose resources are equal to the page's."""
    data = small_pdf(catalog="/AcroForm<</Fields[]/DR 90 0 R>>")
    content = stream(b"/Fm1 Do", b"")
    page = raw_object(data, 4)
    own = page_resources(data)
    signed = victims.signing.sign(append(data, {5: content, 90: own}))
    page = raw_object(signed, 4)
    start, end = _resources(page)
    led = append(signed, {4: page[:start] + b" 90 0 R" + page[end:]})
    new = size_of(led)
    grown = own[:-2] + b"/XObject<</Fm1 %d 0 R>>>>" % new
    return append(led, {90: grown, new: stream(EVIL, DRAWING)})


@attack("resources of a page that inherits, led to those of the form", OURS)
def _led_heir(victims: Victims) -> bytes:
    data = small_pdf(catalog="/AcroForm<</Fields[]/DR 90 0 R>>")
    page, own = raw_object(data, 4), page_resources(data)
    _, end = _resources(page)
    heir = page[: page.index(b"/Resources")] + page[end:]
    pages = raw_object(data, 2)[:-2] + b"/Resources %s>>" % own
    signed = victims.signing.sign(append(data, {2: pages, 4: heir, 5: stream(b"/Fm1 Do"), 90: own}))
    led = append(signed, {4: raw_object(signed, 4)[:-2] + b"/Resources 90 0 R>>"})
    new = size_of(led)
    grown = own[:-2] + b"/XObject<</Fm1 %d 0 R>>>>" % new
    return append(led, {90: grown, new: stream(EVIL, DRAWING)})


@attack("resources of the form led to those of a page, which then gain what the page asks for", OURS)
def _led_form(victims: Victims) -> bytes:
    own = page_resources(small_pdf())
    data = small_pdf(catalog=f"/AcroForm<</Fields[]/DR{own.decode()}>>")
    page = raw_object(data, 4)
    start, end = _resources(page)
    apart = append(data, {4: page[:start] + b" 90 0 R" + page[end:], 5: stream(b"/Fm1 Do"), 90: own})
    signed = victims.signing.sign(apart)
    number, form = form_object(signed)
    start = form.index(b"<<", form.index(b"/DR"))
    led = append(signed, {number: form[:start] + b" 90 0 R" + form[_closed(form, start) :]})
    new = size_of(led)
    return append(led, {90: own[:-2] + b"/XObject<</Fm1 %d 0 R>>>>" % new, new: stream(EVIL, DRAWING)})


@attack("the maker's name in the page tree, and another page first", OURS)
def _page_tree(victims: Victims) -> bytes:
    pages = raw_object(victims.plain, 2).replace(b"4 0 R 6 0 R", b"6 0 R 4 0 R")
    assert pages != raw_object(victims.plain, 2)
    return append(victims.plain, {2: pages[:-2] + b"/ITXT(5.0.0)>>"})


@attack("the maker's name in a page", OURS)
def _page(victims: Victims) -> bytes:
    return append(victims.plain, {4: raw_object(victims.plain, 4)[:-2] + b"/ITXT(5.0.0)>>"})


@attack("the maker's name is an object", OURS)
def _object_for_name(victims: Victims) -> bytes:
    pages = raw_object(victims.plain, 2)[:-2] + b"/ITXT 4 0 R>>"
    return append(victims.plain, {2: pages})


FRAME: Final = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</FRM %d 0 R>>>>"


def with_line_ends(data: bytes, objects: Mapping[int, bytes], before: bytes = b"\n") -> bytes:
    """Append objects whose table names the end of the line before each, as an archive of Certipost's wrote them."""
    out, places = bytearray(data), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += before + body_of(number, body)
    start = len(out)
    lines = b"".join(b"%d 1\n%010d 00000 n \n" % place for place in sorted(places.items()))
    size = max(size_of(data), *(number + 1 for number in objects))
    tail = b"trailer\n<</Size %d/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        newest_table(data),
        start,
    )
    return bytes(out + b"xref\n0 1\n0000000000 65535 f \n" + lines + tail)


for _name, _before in {
    "a comment": b"%\n",
    "another object": b"\n5 0 obj\n<</Length 0>>\nendobj\n",
    "a number": b"\n1 ",
}.items():

    @attack(f"objects whose table names {_name} before them", OURS)
    def _named(victims: Victims, before: bytes = _before) -> bytes:
        return with_line_ends(victims.plain, archived(victims.plain, size_of(victims.plain)), before)


def layered(victims: Victims, layer: bytes) -> bytes:
    """Return a document with a further signature without size, whose look has a frame and in it a layer, as Acrobat's have."""
    signed = victims.signing.sign(append(small_pdf(), {90: layer}))
    frame = stream(b"q 1 0 0 1 0 0 cm /FRM Do Q", FRAME % 90)
    return signed_by_hand(victims.signing, signed, b"/F 4/Rect[9 9 9 9]", frame, stamp=False)


IMAGE: Final = b"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
for _name, _layer in {
    "a drawing": stream(COVER, DRAWING),
    "an image whose octets are blanks": stream(b" ", IMAGE),
    "a drawing in another file": stream(b"", DRAWING + b"/F(other.pdf)"),
}.items():

    @attack(f"a look of a field without size, in whose inmost layer is {_name}", OURS)
    def _layered(victims: Victims, layer: bytes = _layer) -> bytes:
        return layered(victims, layer)
