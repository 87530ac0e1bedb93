"""Documents that were signed rightly, from which forgers start; some were prepared by them before they were signed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields

from tests.fuzz.render_differ.update import Base
from tests.incremental_world import document
from tests.pdf_attacks.catalogue import FIELDS, Victims, form_pdf, stream
from tests.pdf_attacks.limits import DRAFT, draft_behind_final
from tests.pdf_attacks.structure import with_object_stream
from tests.pdf_mutations import SAMPLES
from tests.verify_world import Signing, append, raw_object, seam_signed, small_pdf

UNFIT: Final = frozenset(
    {
        "pdfbox-AESkeylength128.pdf", "pdfbox-PasswordSample-256bit.pdf", "pdfbox-sign_me_protected.pdf", "pyhanko-CompactedPDFSyntaxTest.pdf", "pyhanko-circular-page-tree.pdf",
        "pyhanko-minimal-aes256.pdf", "pyhanko-minimal-pubkey-aes256.pdf", "pyhanko-minimal-startxref-hopeless.pdf", "pyhanko-page-tree-direct-kid.pdf",
    }
)  # fmt: skip
"""Samples that are encrypted, or that pyHanko cannot sign or walk."""


@cache
def world() -> Signing:
    """One hierarchy for all."""
    return Signing()


@cache
def victims() -> Victims:
    """Return the documents of the catalogue of forgeries."""
    return Victims(world())


def draft_below_object_stream() -> bytes:
    """Return a page whose older body stands by itself and whose newer one in an object stream: who repairs finds the older."""
    data = append(small_pdf(), {8: DRAFT})
    page = raw_object(data, 4).replace(b"/Contents 5 0 R", b"/Contents 8 0 R")
    return world().sign(with_object_stream(data, [(4, page)], [(4, 0)]), page=1)


def dormant_looks() -> bytes:
    """Return a form with looks that wait for something: no look, no resources, a missing font, a hidden widget, an orphan."""
    widget = b"/Type/Annot/Subtype/Widget/P 4 0 R"
    bodies = {
        20: b"<</FT/Tx/T(a)/V(SLEEPING A)/DA(/Fx 14 Tf 0 g)%s/Rect[50 50 250 70]>>" % widget,
        21: b"<</FT/Tx/T(b)/V(SLEEPING B)/DA(/Fx 14 Tf 0 g)%s/Rect[50 80 250 100]/AP<</N 24 0 R>>>>" % widget,
        22: b"<</FT/Tx/T(orphan)/V(SLEEPING C)/DA(/Helv 14 Tf 0 g)%s/Rect[50 110 250 130]>>" % widget,
        23: b"<</FT/Sig/T(c)%s/F 2/Rect[50 140 250 160]/AP<</N 25 0 R>>>>" % widget,
        24: stream(b"BT /Fx 12 Tf (asleep) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]"),
        25: stream(b"1 0 0 rg 0 0 200 20 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]"),
        26: b"<</Type/Annot/Subtype/FreeText/Rect[50 170 250 190]/Contents(free)/DA(/Fx 12 Tf 0 g)/P 4 0 R>>",
    }
    form = "/AcroForm<</Fields[20 0 R 21 0 R 23 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 3 0 R>>>>>>"
    plain = small_pdf(catalog=form)
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R 21 0 R 22 0 R 23 0 R 26 0 R]>>"
    return world().sign(append(plain, {**bodies, 4: page}), page=1)


def several_drafts() -> bytes:
    """Return a document saved several times before it was signed, each time otherwise."""
    data = small_pdf()
    for text in (b"one", b"two", b"three"):
        data = append(data, {5: stream(b"BT /F1 24 Tf 72 620 Td (%s) Tj ET" % text)})
    return world().sign(data, page=1)


def certified_form(level: int) -> Callable[[], bytes]:
    """Return a certified form with an amount and an empty signature field."""
    return lambda: victims().certified(level)


def certified_buttons() -> bytes:
    """Return a certified form with a box to tick and a text of several widgets."""
    widget = b"/Type/Annot/Subtype/Widget/P 4 0 R"
    look = b"/Type/XObject/Subtype/Form/BBox[0 0 20 20]"
    bodies = {
        20: b"<</FT/Btn/T(tick)/V/Off/AS/Off%s/Rect[50 50 70 70]/AP<</N<</Yes 24 0 R/Off 25 0 R>>>>>>"
        % widget,
        21: b"<</FT/Tx/T(sum)/V(1.00)/DA(/Helv 12 Tf 0 g)/Kids[26 0 R 27 0 R]>>",
        24: stream(b"0 0 20 20 re f", look),
        25: stream(b"", look),
        26: b"<</Parent 21 0 R%s/Rect[100 50 200 70]/AP<</N 24 0 R>>>>" % widget,
        27: b"<</Parent 21 0 R%s/Rect[100 90 200 110]/AP<</N 25 0 R>>>>" % widget,
    }
    plain = small_pdf(
        catalog="/AcroForm<</Fields[20 0 R 21 0 R]/DA(/Helv 0 Tf 0 g)/DR<</Font<</Helv 3 0 R>>>>>>"
    )
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R 26 0 R 27 0 R]>>"
    return world().sign(
        append(plain, {**bodies, 4: page}), page=1, certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS
    )


def drawings() -> bytes:
    """Return a page of many parts: an image with a palette, a layer, a form, names that are not ASCII, a turned page."""
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[5 0 R 8 0 R]/Rotate 90/Resources"
        b"<</Font<</F1 3 0 R>>/XObject<</I#e9 9 0 R/D#20 10 0 R>>/Properties<</L 11 0 R>>/ColorSpace<</C 12 0 R>>>>>>"
    )
    image = b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 1/ColorSpace[/Indexed/DeviceRGB 1<00FF000D0AFF>]"
    draw = b"q 200 0 0 200 50 300 cm /I\xe9 Do Q q 100 0 0 100 350 300 cm /D#20 Do Q /OC/L BDC 0 1 0 rg 300 100 80 80 re f EMC"
    data = append(
        small_pdf(catalog="/OCProperties<</OCGs[11 0 R]/D<</OFF[11 0 R]>>>>"),
        {
            4: page,
            8: stream(draw + b" q 80 0 0 80 50 100 cm /I\xc3\xa9 Do Q"),
            9: stream(b"\x40\x80", image),
            10: stream(b"1 0 0 rg 0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]"),
            11: b"<</Type/OCG/Name(L)>>",
            12: b"[/Indexed /DeviceRGB 1 <0D0AFF00FF00FF>]",
        },
    )
    return world().sign(data, page=1)


def locked() -> bytes:
    """Return a form encrypted so that everybody may read it."""
    writer = copy_into_new_writer(PdfFileReader(BytesIO(form_pdf())))
    writer.encrypt(owner_pass="owner", user_pass="")
    out = BytesIO()
    writer.write(out)
    return world().sign(out.getvalue(), password="", page=1)


def two_signers() -> bytes:
    """Two signatures, the second on the other page."""
    return world().sign(world().sign(), field="Seal2", page=1)


def streamed() -> bytes:
    """Return a document whose table is a stream."""
    return world().sign(
        document(
            2,
            content=b"BT /F1 24 Tf 72 620 Td (streamed) Tj ET",
            page=b"/Resources <</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>",
        ).streamed()
    )


def kept_field() -> bytes:
    """Return a signed document with an empty signature field that has a look of its own."""
    look = stream(b"0 0 1 rg 0 0 100 100 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]")
    data = append(form_pdf(), {22: FIELDS[22].replace(b"/P 4", b"/AP<</N 30 0 R>>/P 4"), 30: look})
    return world().sign(data, page=1)


MADE: Final[dict[str, Callable[[], bytes]]] = {
    "plain": lambda: victims().plain,
    "layered": lambda: victims().layered,
    "form": lambda: victims().form,
    "B-LTA": lambda: world().b_lta(),
    "certified 1": certified_form(1),
    "certified 2": certified_form(2),
    "certified 3": certified_form(3),
    "certified buttons": certified_buttons,
    "draft below object stream": draft_below_object_stream,
    "draft behind final": lambda: draft_behind_final(world()),
    "dormant looks": dormant_looks,
    "several drafts": several_drafts,
    "drawings": drawings,
    "two signers": two_signers,
    "seam": lambda: seam_signed(world(), 3),
    "streamed": streamed,
    "kept field": kept_field,
    "locked": locked,
}


@cache
def base(name: str) -> Base:
    """Make a document, or sign a sample, once."""
    if name in MADE:
        return Base(name, MADE[name]())
    return Base(name, world().sign((SAMPLES / name).read_bytes(), box=None))


def names() -> list[str]:
    """Name every document that is small enough to be judged often."""
    small = [
        path.name
        for path in sorted(SAMPLES.glob("*.pdf"))
        if path.stat().st_size < 60_000 and path.name not in UNFIT
    ]
    return [*MADE, *small]
