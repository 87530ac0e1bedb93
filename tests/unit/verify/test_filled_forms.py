"""Forms filled in, and signed on, by other products' rules: what each writes anew beside a value, and the same one step too far.

Each stands for what a product appended to a certified form: pdf.js (Firefox), MuPDF, pypdf, PDFBox and iText.
"""

from __future__ import annotations

import io
import re
import subprocess
import time
from pathlib import Path
from typing import Final, cast

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field

from tests.interop.pdf_producers import Producers, signing_with_rsa
from tests.pdf_attacks.catalogue import FIELDS, form_object, form_pdf, stream
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf
from verify.report import DocumentReport
from verify.verdict import SubIndication, Verdict

PASSED, DOUBTED, FAILED = Verdict.PASSED, Verdict.INDETERMINATE, Verdict.FAILED
AMOUNT: Final = 20
HELVETICA: Final = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
LOOK: Final = stream(b"BT /Helv 12 Tf (2.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]")


def certified(signing: Signing, data: bytes | None = None) -> bytes:
    return signing.sign(data or form_pdf(), certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)


def amount(data: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """Return the field for the amount with the value filled in, and other changes."""
    body = raw_object(data, AMOUNT)
    for old, new in ((b"(1.00)", b"(2.00)"), *changes):
        assert old in body
        body = body.replace(old, new)
    return body


def check(report: DocumentReport, verdict: Verdict) -> None:
    assert report.verdict is verdict, report.reason.en
    if verdict is not PASSED:
        assert report.signatures[0].sub_indication is SubIndication.DOCUMENT_MODIFIED


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ([(b"/Fx 12 Tf 0 g", b"/Helv 9 Tf 0 0 1 rg")], PASSED),  # iText, MuPDF
        ([(b"/Rect[50 50", b"/BS<</W 0/S/S>>/Rect[50 50")], PASSED),  # MuPDF
        ([(b"/Rect[50 50", b"/Ff 0/Rect[50 50")], PASSED),  # MuPDF
        ([(b"/Rect[50 50", b"/Ff 1/Rect[50 50")], FAILED),
        ([(b"/Rect[50 50", b"/Ff 0.0/Rect[50 50")], FAILED),
        ([(b"/Rect[50 50", b"/Rect[60 50")], FAILED),
    ],
)
def test_what_is_written_with_a_value(
    signing: Signing, changes: list[tuple[bytes, bytes]], verdict: Verdict
) -> None:
    data = certified(signing)
    check(signing.verify(append(data, {AMOUNT: amount(data, *changes), 24: LOOK})), verdict)


def test_another_appearance_without_a_value(signing: Signing) -> None:
    data = certified(signing)
    body = raw_object(data, AMOUNT).replace(b"/Fx 12 Tf 0 g", b"/Helv 12 Tf 1 g")
    check(signing.verify(append(data, {AMOUNT: body})), DOUBTED)


@pytest.mark.parametrize(
    ("box", "verdict"),
    [
        (b"50.12 50 150.99 70.13", PASSED),  # pdf.js rounds to hundredths
        (b"50.12 50 150.99 70.12", PASSED),  # of a half either way
        (b"50.123 50 150.99 70.13", FAILED),
        (b"50.14 50 150.99 70.13", FAILED),
        (b"50.12 50 150.99", FAILED),
    ],
)
def test_a_box_rounded_to_hundredths(signing: Signing, box: bytes, verdict: Verdict) -> None:
    exact = append(
        form_pdf(), {AMOUNT: FIELDS[AMOUNT].replace(b"50 50 150 70", b"50.1204 50.001 150.987 70.125")}
    )
    data = certified(signing, exact)
    body = amount(data, (b"50.1204 50.001 150.987 70.125", box))
    check(signing.verify(append(data, {AMOUNT: body, 24: LOOK})), verdict)


@pytest.mark.parametrize(
    ("font", "verdict"),
    [
        (HELVETICA, PASSED),
        (b"<</Type/Font/Subtype/Type1/BaseFont/Times-Bold>>", PASSED),
        (HELVETICA.replace(b"Helvetica", b"Symbol"), FAILED),
        (HELVETICA.replace(b"/WinAnsiEncoding", b"<</Differences[49/nine]>>"), FAILED),
        (HELVETICA.replace(b">>", b"/ToUnicode 24 0 R>>"), FAILED),
        (HELVETICA.replace(b"Type1", b"Type3"), FAILED),
    ],
)
def test_a_font_that_a_field_asks_for(signing: Signing, font: bytes, verdict: Verdict) -> None:
    """As PDFBox and pypdf add one: the standard fonts are every reader's, and what is set in them says the same."""
    data = certified(signing)
    number, form = form_object(data)
    new = size_of(data)
    grown = re.sub(rb"/Font\s*<<", b"/Font<</Fx %d 0 R" % new, form)
    assert grown != form
    check(signing.verify(append(data, {number: grown, AMOUNT: amount(data), 24: LOOK, new: font})), verdict)


def test_a_font_that_a_field_asks_for_where_nobody_fills_in(signing: Signing) -> None:
    data = signing.sign(form_pdf())
    number, form = form_object(data)
    new = size_of(data)
    grown = re.sub(rb"/Font\s*<<", b"/Font<</Fx %d 0 R" % new, form)
    check(signing.verify(append(data, {number: grown, new: HELVETICA})), FAILED)


@pytest.fixture(scope="module")
def sealers() -> Producers:
    """Return ourselves as a product that leaves a form as it is drawn."""
    return Producers(signing_with_rsa(), Path(), cast("subprocess.Popen[str]", None))


TEXT: Final = b"<</Type/Annot/Subtype/FreeText/Rect[50 50 90 90]/DA(/F1 9 Tf)/P 4 0 R>>"


@pytest.mark.parametrize(
    ("fields", "note", "verdict"),
    [("", b"", PASSED), ("20 0 R", FIELDS[AMOUNT], DOUBTED), ("", TEXT, DOUBTED)],
    ids=["signatures", "an amount", "free text"],
)
def test_whoever_signs_next_has_the_form_drawn_by_its_looks(
    sealers: Producers, fields: str, note: bytes, verdict: Verdict
) -> None:
    """As pyHanko and OpenPDF do; where there are but signatures it is of no matter."""
    plain = small_pdf(catalog=f"/AcroForm<</Fields[{fields}]/NeedAppearances true>>")
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R]>>"
    objects = {4: page, AMOUNT: note, 24: LOOK} if note else {}
    once = sealers.seal(append(plain, objects), "A1")
    assert b"/NeedAppearances true" in form_object(once)[1]
    check(sealers.signing.verify(once), PASSED)
    twice = sealers.signing.sign(once, field="B2", box=(170, 500, 270, 560))
    assert b"/NeedAppearances true" not in form_object(twice)[1]
    check(sealers.signing.verify(twice), verdict)


@pytest.mark.parametrize(
    ("action", "names", "verdict"),
    [
        (FieldMDPAction.INCLUDE, ["other"], PASSED),
        (FieldMDPAction.INCLUDE, ["amount"], FAILED),
        (FieldMDPAction.EXCLUDE, ["amount"], PASSED),
        (FieldMDPAction.EXCLUDE, ["other"], FAILED),
        (FieldMDPAction.ALL, None, FAILED),
    ],
)
def test_whoever_locks_some_fields_lets_the_others_be_filled_in(
    signing: Signing, action: FieldMDPAction, names: list[str] | None, verdict: Verdict
) -> None:
    """ISO 32000-2 §12.8.2.4: two parties fill in their parts of one form and sign, each with a lock on its own."""
    spec = FieldMDPSpec(action, fields=names)
    writer, out = IncrementalPdfFileWriter(io.BytesIO(form_pdf())), io.BytesIO()
    append_signature_field(writer, SigFieldSpec("Seal1", box=(300, 100, 400, 160), field_mdp_spec=spec))
    writer.write(out)
    data = signing.sign(out.getvalue(), box=None)
    filled = signing.verify(append(data, {AMOUNT: amount(data), 24: LOOK}))
    check(filled, verdict)
    if verdict is PASSED:
        (found,) = filled.signatures
        assert [change.field for change in found.integrity.additions] == ["amount"]


COMMENT: Final = b"% Written by MuPDF 1.28.5\n\n"


@pytest.mark.parametrize(
    ("comment", "verdict"),
    [
        (COMMENT, PASSED),
        (COMMENT.replace(b"Written", b"5 0 obj"), FAILED),
        (COMMENT.replace(b"Written by", b"%PDF-1.7"), FAILED),
        (COMMENT.replace(b"Written", b"\x80\xff"), FAILED),
        (COMMENT * 2, FAILED),
    ],
)
def test_the_name_of_the_software_before_its_first_object(
    signing: Signing, comment: bytes, verdict: Verdict
) -> None:
    data = certified(signing)
    lengthened = data + b"\n" + comment
    check(signing.verify(append(lengthened, {AMOUNT: amount(data), 24: LOOK})), verdict)


LINK: Final = b"<</Type/Annot/Subtype/Link/Rect[9 9 90 20]/A<</S/URI/URI(https://a.example)>>>>"


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (LINK[:-2] + b"/P 4 0 R>>", PASSED),
        (LINK, PASSED),
        (LINK.replace(b"a.example", b"b.example"), FAILED),
        (LINK[:-2] + b"/AP<</N 24 0 R>>>>", FAILED),
    ],
)
def test_annotations_that_become_objects(signing: Signing, made: bytes, verdict: Verdict) -> None:
    """As iText makes one of each in a page on which it signs."""
    plain = small_pdf()
    page = raw_object(plain, 4)[:-2] + b"/Annots[%s]>>" % LINK
    once = signing.sign(append(plain, {4: page}), page=1)
    twice = signing.sign(once, field="Seal2", box=(300, 100, 380, 160))
    body, new = raw_object(twice, 4), size_of(twice)
    moved = re.sub(rb"/Annots\s*\[\s*<<.*?>>\s*>>", b"/Annots [%d 0 R" % new, body, count=1, flags=re.DOTALL)
    assert moved != body
    check(signing.verify(append(twice, {4: moved, new: made})), verdict)


BOX: Final = b"/MediaBox[0 0 595 842]"


@pytest.mark.parametrize(
    ("page", "pages", "verdict"),
    [
        ((b"/Parent 2 0 R", b""), b"", PASSED),
        ((b"/Parent 2 0 R", b"/Parent 1 0 R"), b"", PASSED),
        ((b"", b""), b"4 0 R", PASSED),
        ((BOX, BOX + b"/CropBox[0 0 500 800]"), b"4 0 R", PASSED),
        ((BOX, b""), b"4 0 R", DOUBTED),
        ((BOX, BOX + b"/CropBox[0 0 500]"), b"4 0 R", DOUBTED),
        ((BOX, BOX + b"/CropBox[0 0 90 90]"), b"4 0 R", DOUBTED),
    ],
)
def test_a_page_that_states_its_own_size(
    signing: Signing, page: tuple[bytes, bytes], pages: bytes, verdict: Verdict
) -> None:
    """Wherever it stands in the tree of pages: its parent is missing or wrong in many a file that was put together, or it is shown twice."""
    plain = small_pdf()
    body = raw_object(plain, 4).replace(*page) if page[0] else raw_object(plain, 4)
    tree = raw_object(plain, 2).replace(b"6 0 R", b"6 0 R " + pages)
    once = signing.sign(append(plain, {4: body, 2: tree}), page=1)
    check(signing.verify(signing.sign(once, field="Seal2", box=(300, 100, 380, 160))), verdict)


STATES: Final = b"/AP<</N<</Off 24 0 R/Yes 24 0 R>>>>"


@pytest.mark.parametrize(
    ("field", "verdict"),
    [
        (b"/FT/Btn/AS/Off" + STATES, PASSED),
        (b"/FT/Btn/AS/Off", FAILED),
        (b"/FT/Btn/AS/Off/AP<</N<<>>>>", FAILED),
        (b"/FT/Btn/Ff 65536/MK<</CA(Pay)>>/AP<</N 24 0 R>>", FAILED),
        (b"/FT/Tx/V(1.00)" + STATES, FAILED),
    ],
)
def test_a_default_appearance_beside_a_box_to_tick(signing: Signing, field: bytes, verdict: Verdict) -> None:
    """As OpenPDF gives the form one: a box shows one of its looks, and no text."""
    plain = small_pdf(catalog="/AcroForm<</Fields[20 0 R]>>")
    box = b"<</Type/Annot/Subtype/Widget/T(box)/F 4/P 4 0 R/Rect[50 50 70 70]%s>>" % field
    page = raw_object(plain, 4)[:-2] + b"/Annots[20 0 R]>>"
    once = signing.sign(
        append(plain, {4: page, AMOUNT: box, 24: stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")})
    )
    twice = signing.sign(once, field="Seal2", box=(300, 100, 380, 160))
    number, form = form_object(twice)
    grown = re.sub(rb"/Fields\s*\[", lambda found: b"/DA(/Helv 0 Tf 0 g)" + found[0], form, count=1)
    check(signing.verify(append(twice, {number: grown})), verdict)


MANY: Final = 1500
"""Fields of a long form; those of a tax return have some hundred a page."""


@pytest.mark.parametrize("nested", [False, True], ids=["in the form", "below one field"])
def test_a_long_form_is_filled_in(signing: Signing, nested: bool) -> None:
    """In time that grows with its fields, not with their square."""
    numbers = range(100, 100 + MANY)
    listed = b" ".join(b"%d 0 R" % number for number in numbers)
    above = b"/Parent 50 0 R" if nested else b""
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(f%d)%s/DA(/Helv 9 Tf)/F 4/P 4 0 R/Rect[9 9 90 20]/V(%s)/AP<</N 24 0 R>>>>"
    plain = small_pdf(catalog=f"/AcroForm<</Fields[{'50 0 R' if nested else listed.decode()}]>>")
    objects = {number: field % (number, above, b"1") for number in numbers}
    objects |= {4: raw_object(plain, 4)[:-2] + b"/Annots[%s]>>" % listed, 24: LOOK}
    objects |= {50: b"<</T(return)/Kids[%s]>>" % listed} if nested else {}
    data = certified(signing, append(plain, objects))
    filled = append(data, {number: field % (number, above, b"2") for number in numbers})
    began = time.process_time()
    report = signing.verify(filled)
    assert time.process_time() - began < 8
    check(report, PASSED)
    assert len(report.signatures[0].integrity.additions) == MANY
