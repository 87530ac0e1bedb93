"""What only repairing readers find, and what only looks like a signature or a seal."""

from __future__ import annotations

import re
from typing import Final

from tests.pdf_attacks.catalogue import (
    DRAWING,
    EVIL,
    OURS,
    Attack,
    Victims,
    body_of,
    collector,
    form_object,
    signature_number,
    stream,
)
from tests.pdf_attacks.certified import signed_over
from tests.pdf_attacks.shadow import IMAGE, PAGE
from tests.verify_world import append, raw_object, size_of, small_pdf
from verify.pdf.orphans import MAX_PLACES

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)


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


@attack("a later signature in a field that was kept over the page before", OURS)
def _covering_in_two_steps(victims: Victims) -> bytes:
    kept = with_field(victims.plain, b"/Subtype/Widget")
    return victims.signing.sign(kept, field="More", box=None)


@attack("a later signature whose look covers an earlier seal", OURS)
def _covering_seal(victims: Victims) -> bytes:
    return victims.signing.sign(victims.plain, field="Seal2", page=0, box=(100, 600, 219, 719))


@attack("the signature taken out of the form", OURS)
def _taken_out(victims: Victims) -> bytes:
    number, form = form_object(victims.plain)
    emptied = append(victims.plain, {number: re.sub(rb"/Fields\s*\[[^\]]*\]", b"/Fields[]", form)})
    return victims.signing.sign(emptied, field="Seal2", page=1)


@attack("the signature taken out and its number used again", OURS)
def _number_used_again(victims: Victims) -> bytes:
    number, form = form_object(victims.plain)
    again = signature_number(victims.plain)
    other = b"<</FT/Sig/T(Seal2)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/P 6 0 R>>"
    emptied = re.sub(rb"/Fields\s*\[[^\]]*\]", b"/Fields[%d 0 R]" % again, form)
    return victims.signing.sign(
        append(victims.plain, {number: emptied, again: other}), field="Seal2", box=None
    )


def crowded(decoy: bytes) -> bytes:
    """Return a document with more objects of one kind than are looked at for signatures."""
    return append(small_pdf(), dict.fromkeys(range(100, 101 + MAX_PLACES), decoy))


for _decoy in (b"<</ByteRange 1>>", b"<</ByteRange[]/Contents<>>>"):

    @attack(f"the signature taken out behind many of {_decoy.decode()}", OURS)
    def _behind_many(victims: Victims, decoy: bytes = _decoy) -> bytes:
        data = victims.signing.sign(crowded(decoy))
        number, form = form_object(data)
        emptied = append(data, {number: re.sub(rb"/Fields\s*\[[^\]]*\]", b"/Fields[]", form)})
        return victims.signing.sign(emptied, field="Seal2", page=1)


@attack("the signature taken out and called a reader maker's rights", OURS)
def _as_usage_rights(victims: Victims) -> bytes:
    number, form = form_object(victims.plain)
    rights = b"/Perms<</UR3 %d 0 R>>>>" % signature_number(victims.plain)
    catalog = raw_object(victims.plain, 1)
    emptied = {
        number: re.sub(rb"/Fields\s*\[[^\]]*\]", b"/Fields[]", form),
        1: catalog[:-2] + rights,
    }
    return victims.signing.sign(append(victims.plain, emptied), field="Seal2", page=1)


@attack("a page whose picture is drawn from another file", OURS)
def _external(victims: Victims) -> bytes:
    image = IMAGE.replace(b"/Length", b"/F(http://example.test/a.raw)/Length")
    return victims.signing.sign(
        append(small_pdf(), {4: PAGE % b"[5 0 R 31 0 R]", 30: image, 31: stream(b"/Im Do")})
    )


@attack("a page drawn from another document (reference XObject)", OURS)
def _reference_object(victims: Victims) -> bytes:
    drawing = stream(b"", DRAWING + b"/Ref<</F(other.pdf)/Page 0>>")
    return victims.signing.sign(
        append(small_pdf(), {4: PAGE % b"[5 0 R 31 0 R]", 30: drawing, 31: stream(b"/Im Do")})
    )
