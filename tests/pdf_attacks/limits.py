"""Looks that keep to no box, and tables, numbers and names that one reader takes as they are and another repairs, or reads otherwise.

Most were found by the random search of :mod:`tests.fuzz.render_differ`: PDFium or poppler shows them otherwise than they were signed.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Final

from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.pdf_attacks.catalogue import OURS, Attack, Victims, body_of, collector, form_object, stream
from tests.pdf_attacks.structure import with_object_stream
from tests.verify_world import Signing, append, asn1, in_store, private_info, raw_object, size_of, small_pdf

ATTACKS: Final[list[Attack]] = []
attack = collector(ATTACKS)
FORM: Final = b"/Type/XObject/Subtype/Form"
OVER_ALL: Final = stream(b"1 1 1 rg 0 0 595 842 re f", FORM)
"""A white page, of no limits of its own: PDFium draws it as large as it is, whatever the box of its field."""
ROOM: Final = 16_384
DRAFT: Final = stream(b"BT /F1 24 Tf 72 620 Td (DRAFT) Tj ET")


def signed_by_hand(signing: Signing, data: bytes, widget: bytes, look: bytes | None, *, stamp: bool) -> bytes:
    """Append a field on page 2 that is rightly signed or time-stamped, with a widget and a look of our choice."""
    return signed_in_place(signing, with_place(signing, data, widget, look, stamp=stamp), stamp=stamp)


def with_place(signing: Signing, data: bytes, widget: bytes, look: bytes | None, *, stamp: bool) -> bytes:
    """Append such a field with room for its value."""
    if look is not None:
        widget += b"/AP<</N %d 0 R>>" % (size_of(data) + 2)
    number, form = form_object(data)
    new = size_of(data)
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(More)/P 6 0 R%s/V %d 0 R>>"
    objects = {
        number: re.sub(rb"(/Fields\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % new, form),
        6: _listing(raw_object(data, 6), new),
        new: field % (widget, new + 1),
        **({} if look is None else {new + 2: look}),
    }
    return append(data, {**objects, new + 1: room_for(signing, stamp=stamp)})


def with_signature(
    signing: Signing,
    data: bytes,
    objects: Mapping[int, bytes],
    number: int,
    *,
    stamp: bool,
    entries: bytes = b"",
) -> bytes:
    """Append objects, and a right signature or time-stamp over all under a number, with more entries of our choice."""
    out = append(data, {**objects, number: room_for(signing, entries, stamp=stamp)})
    return signed_in_place(signing, out, stamp=stamp)


def room_for(signing: Signing, entries: bytes = b"", *, stamp: bool) -> bytes:
    """Write a signature dictionary with room for its value."""
    names = (b"DocTimeStamp", b"ETSI.RFC3161") if stamp else (b"Sig", b"ETSI.CAdES.detached")
    date = signing.now.strftime("%Y%m%d%H%M%SZ").encode()
    value = b"<</Type/%s/Filter/Adobe.PPKLite/SubFilter/%s/M(D:%s)%s/ByteRange %s/Contents <%s>>>"
    return value % (*names, date, entries, b"[".ljust(60) + b"]", b"0" * ROOM)


def signed_in_place(signing: Signing, out: bytes, *, stamp: bool) -> bytes:
    """Fill the room for the newest signature's value."""
    start = out.rindex(b"/Contents <0000") + len(b"/Contents ")
    end = start + ROOM + 2
    place = out.rindex(b"/ByteRange [") + len(b"/ByteRange ")
    span = (b"[0 %d %d %d" % (start, end, len(out) - end)).ljust(60) + b"]"
    out = out[:place] + span + out[place + len(span) :]
    digest = hashlib.sha256(out[:start] + out[end:]).digest()
    container = _stamped(signing, digest) if stamp else _signed(signing, digest)
    return out[: start + 1] + container.hex().encode().ljust(ROOM, b"0") + out[end - 1 :]


def _listing(page: bytes, number: int) -> bytes:
    if b"/Annots" in page:
        return re.sub(rb"(/Annots\s*\[[^\]]*)\]", rb"\1 %d 0 R]" % number, page)
    return page[:-2] + b"/Annots[%d 0 R]>>" % number


def _stamped(signing: Signing, digest: bytes) -> bytes:
    return bytes(asyncio.run(signing.stamper().async_timestamp(digest, "sha256")).dump())


def _signed(signing: Signing, digest: bytes) -> bytes:
    keeper = signing.keeper
    store = SimpleCertificateStore.from_certs([asn1(der) for der in keeper.chain])
    signer = signers.SimpleSigner(
        signing_cert=asn1(keeper.der), signing_key=private_info(keeper), cert_registry=store
    )
    return bytes(asyncio.run(signer.async_sign(digest, "sha256", use_pades=True)).dump())


@attack("a look without limits: a time-stamp of no size, over a page", OURS)
def _stamp_over_page(victims: Victims) -> bytes:
    return signed_by_hand(victims.signing, victims.plain, b"/Rect[0 0 0 0]", OVER_ALL, stamp=True)


@attack("a look without limits: a time-stamp over a page of a document that takes no changes", OURS)
def _stamp_over_certified(victims: Victims) -> bytes:
    return signed_by_hand(victims.signing, victims.certified(1), b"/Rect[9 9 9 9]", OVER_ALL, stamp=True)


@attack("a look without limits: a later signature of no size, over a page", OURS)
def _signature_over_page(victims: Victims) -> bytes:
    return signed_by_hand(victims.signing, victims.plain, b"/Rect[0 0 0 0]", OVER_ALL, stamp=False)


@attack("a look without limits: a later signature whose look comes with the next revision", OURS)
def _signature_over_page_later(victims: Victims) -> bytes:
    data = signed_by_hand(
        victims.signing, victims.plain, b"/Rect[0 0 0 0]/AP<</N 99 0 R>>", None, stamp=False
    )
    number = size_of(victims.plain)
    return append(data, {number: raw_object(data, number), 99: OVER_ALL})


@attack("a look without limits: a later signature whose box is no rectangle, over a page", OURS)
def _box_of_names(victims: Victims) -> bytes:
    look = stream(b"1 1 1 rg 0 0 595 842 re f", FORM + b"/BBox[0 0 595 842]")
    return signed_by_hand(victims.signing, victims.plain, b"/Rect[/x (y) 595 842]", look, stamp=False)


@attack("a look without limits: an amount filled in, over a certified page", OURS)
def _amount_over_page(victims: Victims) -> bytes:
    data = victims.certified(2)
    return append(data, {20: raw_object(data, 20).replace(b"(1.00)", b"(2.00)"), 24: OVER_ALL})


@attack("a look without limits: an amount filled in with another look, over a certified page", OURS)
def _amount_with_other_look(victims: Victims) -> bytes:
    data = victims.certified(2)
    new = size_of(data)
    field = raw_object(data, 20).replace(b"(1.00)", b"(2.00)").replace(b"/N 24 0 R", b"/N %d 0 R" % new)
    return append(data, {20: field, new: OVER_ALL})


@attack("a later signature that does not turn with its page, and so lies over an earlier seal", OURS)
def _not_turned(victims: Victims) -> bytes:
    turned = victims.signing.sign(small_pdf(page="/Rotate 90"), page=1, box=(300, 300, 419, 419))
    look = stream(b"1 0 0 rg 0 0 119 119 re f", FORM + b"/BBox[0 0 119 119]")
    return signed_by_hand(victims.signing, turned, b"/Rect[300 180 419 299]/F 20", look, stamp=False)


def _in_table(data: bytes, lines: bytes) -> bytes:
    """Append validation data, and more lines in their table."""
    data = in_store(data, {90: stream(b"a certificate")})
    place = data.rindex(b"xref\n0 1\n") + len(b"xref\n0 1\n0000000000 65535 f \n1 1\n0000000000 00000 n \n")
    return data[:place] + lines + data[place:]


@attack("a number freed under the last generation, which no object has", OURS)
def _freed(victims: Victims) -> bytes:
    return _in_table(victims.plain, b"5 1\n0000000000 65535 f \n")


@attack("a number freed under the last generation in a stream", OURS)
def _freed_in_stream(victims: Victims) -> bytes:
    data = with_object_stream(victims.plain, [(310, b"[]")], [(310, 0)])
    start = int(re.findall(rb"startxref\n(\d+)", data)[-1])
    body = data[start:].replace(b"/Index[", b"/Index[5 1 ", 1)
    head, rows = body.split(b">>stream\n", 1)
    length = int(re.findall(rb"/Length (\d+)", head)[0])
    head = head.replace(b"/Length %d" % length, b"/Length %d" % (length + 7))
    return data[:start] + head + b">>stream\n" + b"\x00" + bytes(4) + b"\xff\xff" + rows


def draft_behind_final(signing: Signing) -> bytes:
    """Return a document whose first page's older content stands behind the newer: who repairs it finds the older."""
    data = small_pdf()
    table, early = data.index(b"xref\n0 "), data.index(b"5 0 obj")
    draft = body_of(5, DRAFT)
    data = (data[:table] + draft + data[table:]).replace(b"%010d 00000 n" % early, b"%010d 00000 n" % table)
    data = re.sub(rb"startxref\n\d+", b"startxref\n%d" % (table + len(draft)), data)
    newer = b"xref\n5 1\n%010d 00000 n \ntrailer\n<</Size 8/Root 1 0 R/ID[<00><00>]/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return signing.sign(data + newer % (early, table + len(draft), len(data)), page=1)


@attack("a table that readers repair: a number beyond all", OURS)
def _number_beyond(victims: Victims) -> bytes:
    return in_store(draft_behind_final(victims.signing), {2_147_483_646: stream(b"a certificate")})


@attack("a table that readers repair: a size beyond all", OURS)
def _size_beyond(victims: Victims) -> bytes:
    data = in_store(draft_behind_final(victims.signing), {90: stream(b"a certificate")})
    return re.sub(rb"/Size 91", b"/Size 2147483647", data)


@attack("a table that readers repair: lines that end in a letter", OURS)
def _lines_with_letters(victims: Victims) -> bytes:
    data = in_store(draft_behind_final(victims.signing), {90: stream(b"a certificate")})
    place = data.rindex(b"xref\n0 1\n")
    return data[:place] + re.sub(rb" ([nf]) \n", rb" \1 x", data[place:])


@attack("a table that readers repair: lines of nineteen octets", OURS)
def _short_lines(victims: Victims) -> bytes:
    data = in_store(draft_behind_final(victims.signing), {90: stream(b"a certificate")})
    place = data.rindex(b"xref\n0 1\n")
    return data[:place] + re.sub(rb" ([nf]) \n", rb" \1\n", data[place:])


@attack("a table that readers repair: rows of four fields, of which one reader counts three", OURS)
def _four_fields(victims: Victims) -> bytes:
    data = with_object_stream(draft_behind_final(victims.signing), [(310, b"[]")], [(310, 0)])
    return data.replace(b"/W[1 4 2]", b"/W[1 4 2 1]")


@attack("a table that readers repair: an object stream of fewer objects than it says", OURS)
def _fewer_objects(victims: Victims) -> bytes:
    data = with_object_stream(draft_behind_final(victims.signing), [(310, b"[]")], [(310, 0)])
    return data.replace(b"/ObjStm/N 1/", b"/ObjStm/N 9/")


def _drawn_by_name(victims: Victims, entries: bytes, content: bytes) -> bytes:
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 3 0 R>>%s>>>>"
        % entries
    )
    drawn = stream(b"1 0 0 rg 0 0 80 80 re f", FORM + b"/BBox[0 0 80 80]")
    return victims.signing.sign(append(small_pdf(), {4: page, 5: stream(content), 9: drawn}), page=1)


@attack("a rewritten page with a name of other octets", OURS)
def _other_name(victims: Victims) -> bytes:
    content = b"/I\xe9 Do 1 0 0 1 300 300 cm /I\xc3\xa9 Do"
    data = _drawn_by_name(victims, b"/XObject<</I#e9 9 0 R>>", content)
    return append(data, {4: raw_object(data, 4).replace(b"#e9", b"#c3#a9")})


@attack("a rewritten page with line ends in a palette", OURS)
def _line_ends(victims: Victims) -> bytes:
    data = _drawn_by_name(
        victims, b"/ColorSpace<</C[/Indexed/DeviceRGB 1<0D0AFF00FF00>]>>", b"/C cs 0 sc 0 0 300 300 re f"
    )
    return append(data, {4: raw_object(data, 4).replace(b"<0D0AFF00FF00>", b"(\r\n\xff\x00\xff\x00)")})


def linearized(victims: Victims, entries: bytes) -> bytes:
    """Return a signed document that calls itself linearized; ``%`` in its entries keeps ten digits for what is known later."""
    head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    plain = small_pdf()
    parameters = body_of(8, b"<</Linearized 1/N 1/O 4/E 9/T 9%s>>" % entries)
    moved = head + parameters + plain[len(head) :]
    moved = re.sub(
        rb"(\d{10}) 00000 n", lambda one: b"%010d 00000 n" % (int(one[1]) + len(parameters)), moved
    )
    moved = moved.replace(b"xref\n0 8\n", b"xref\n0 9\n").replace(b"/Size 8", b"/Size 9")
    table = moved.index(b"xref\n0 9\n")
    moved = moved.replace(b"trailer", b"%010d 00000 n \ntrailer" % len(head))
    return victims.signing.sign(re.sub(rb"startxref\n\d+", b"startxref\n%d" % table, moved), page=0)


@attack("linearization that comes true: the length of the file as it was made longer", OURS)
def _length_comes_true(victims: Victims) -> bytes:
    length = 60_000
    data = linearized(victims, b"/L %d/H[600 9]" % length)
    filled = in_store(data, {90: stream(b"x" * 9)})
    return in_store(data, {90: stream(b"x" * (9 + length - len(filled) - 4))})


@attack("linearization that comes true: hints in what was appended", OURS)
def _hints_come_true(victims: Victims) -> bytes:
    data = linearized(victims, b"/L 1000/H[30000 99]")
    return in_store(data, {90: stream(b"x" * 40_000)})
