"""Habits of other products that are no forgery: what a strict verifier must not refuse."""

from __future__ import annotations

import hashlib
import io
import re
import time

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from reportlab.pdfgen import canvas

from tests.pdf_attacks.catalogue import DRAWING, STATED_VALUE, Victims, form_pdf, stream
from tests.pdf_attacks.lost import (
    CERTIFICATE,
    CHECKSUM,
    LOST,
    TEXT,
    hybrid,
    layered,
    page_resources,
    with_catalog,
    with_line_ends,
    with_lost,
    with_lost_table,
    with_resources,
    with_source,
)
from tests.pdf_attacks.readers import sheet
from tests.pdf_attacks.tolerated import RESOURCES, shared_resources, with_font
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf
from verify.verdict import Verdict


def check_valid(signing: Signing, data: bytes) -> None:
    report = signing.verify(data)
    assert report.verdict is Verdict.PASSED, report.reason.en


def with_fields(lock: fields.FieldMDPSpec | None = None) -> bytes:
    """Return a document with two empty signature fields, the first of which locks others when it is signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(small_pdf()))
    for name, left in (("A", 50), ("B", 250)):
        box, own = (left, 100, left + 120, 160), lock if name == "A" else None
        fields.append_signature_field(writer, fields.SigFieldSpec(name, box=box, field_mdp_spec=own))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("names", [["amount"], ["A"]])
def test_two_sign_in_fields_with_a_lock(signing: Signing, names: list[str]) -> None:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, fields=names)
    once = signing.sign(with_fields(lock), field="A", box=None)
    check_valid(signing, signing.sign(once, field="B", box=None))


@pytest.mark.parametrize("level", [fields.MDPPerm.FILL_FORMS, fields.MDPPerm.ANNOTATE])
def test_a_kept_field_is_signed_in_a_certified_document(signing: Signing, level: fields.MDPPerm) -> None:
    once = signing.sign(with_fields(), field="A", box=None, certify=True, docmdp_permissions=level)
    check_valid(signing, signing.add_time_stamp(signing.sign(once, field="B", box=None)))


def test_an_amount_filled_in_with_a_look(signing: Signing) -> None:
    certified = signing.sign(form_pdf(), certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    look = stream(
        b"BT /Helv 12 Tf (2.00) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Matrix[1 0 0 1 0 0]"
    )
    amount = raw_object(certified, 20).replace(b"(1.00)", b"(2.00)")
    check_valid(signing, append(certified, {20: amount, 24: look}))


def test_validation_data_with_an_index_of_signatures(signing: Signing, b_b: bytes) -> None:
    """As EU DSS writes it: /VRI by the SHA-1 of the value, with the time of its making."""
    found = STATED_VALUE.search(b_b)
    assert found is not None
    value = bytes.fromhex(found[1][1:-1].decode())
    new, key = size_of(b_b), hashlib.sha1(value).hexdigest().upper().encode()
    listed = b"/%s<</Type/VRI/Cert[%d 0 R]/CRL[%d 0 R]/TU(D:20261122)>>" % (key, new + 1, new + 2)
    store = b"<</Type/DSS/Certs[%d 0 R]/CRLs[%d 0 R]/OCSPs[]/VRI<<%s>>>>" % (new + 1, new + 2, listed)
    catalog = raw_object(b_b, 1)[:-2] + b"/DSS %d 0 R>>" % new
    items = {new + 1: stream(signing.pki.issuing.der), new + 2: stream(signing.crls()[0])}
    check_valid(signing, signing.add_time_stamp(append(b_b, {1: catalog, new: store, **items})))


@pytest.mark.parametrize("tail", [b"\n", b"\r\n", b"\r", b" \n\n", b"\0" * 512])
def test_blanks_behind_the_end(signing: Signing, b_b: bytes, tail: bytes) -> None:
    check_valid(signing, b_b + tail)


def test_a_document_with_comments_is_signed_twice(signing: Signing) -> None:
    """ReportLab writes comments into its objects, and whoever signs next writes the page without them."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(72, 700, "Contract")
    page.save()
    data = out.getvalue()
    assert re.search(rb"obj\n%|% ", data)
    check_valid(signing, signing.sign(signing.sign(data), field="Seal2", box=(300, 100, 400, 200)))


def test_a_page_that_states_no_size(signing: Signing) -> None:
    """Readers take it for one of Letter; a further signature takes a fiftieth of that."""
    plain = small_pdf()
    unsized = append(plain, {n: raw_object(plain, n).replace(b"/MediaBox[0 0 595 842]", b"") for n in (4, 6)})
    check_valid(signing, signing.sign(signing.sign(unsized), field="Seal2", box=(300, 100, 400, 200)))


def test_blanks_in_an_object_are_gone_through_once(signing: Signing, b_b: bytes) -> None:
    """A hundred thousand of them in the catalog, which took minutes before: no forgery, and no reason to wait."""
    catalog = raw_object(b_b, 1)
    began = time.process_time()
    check_valid(signing, append(b_b, {1: catalog[:-2] + b" " * 100_000 + b">>"}))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", RESOURCES)
def test_shared_resources_of_a_form_gain_a_font(signing: Signing, kind: str) -> None:
    """As Acrobat adds one for a new field, wherever the form keeps them."""
    check_valid(signing, with_font(signing.sign(shared_resources(RESOURCES[kind][0])), kind, b"New"))


@pytest.mark.parametrize("what", LOST)
def test_something_lost_beside_validation_data(signing: Signing, b_b: bytes, what: str) -> None:
    check_valid(signing, with_lost(b_b, {0: LOST[what]}))


def test_a_table_lost_beside_the_table(signing: Signing, b_b: bytes) -> None:
    """As PDFBox 2 and with it EU DSS 5 leave one behind files of Word."""
    check_valid(signing, with_lost_table(b_b))


def archived(data: bytes) -> tuple[bytes, dict[int, bytes]]:
    """Return a catalogue with validation data, and the certificate in it."""
    new = size_of(data) + 1
    return raw_object(data, 1)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % new, {new: CERTIFICATE}


def test_a_catalogue_moved_to_a_new_object(signing: Signing, b_b: bytes) -> None:
    """As PDFHummus appends, and e-Szigno with it."""
    check_valid(signing, signing.add_time_stamp(with_catalog(b_b, *archived(b_b))))


def test_resources_of_a_page_copied(signing: Signing, b_b: bytes) -> None:
    check_valid(signing, with_resources(b_b, page_resources(b_b)))


def test_source_text_that_went_missing(signing: Signing) -> None:
    """PDFBox repeats LibreOffice's reference to it in the trailer, and its number comes to a new object."""
    number = size_of(small_pdf()) + 40
    signed = signing.sign(with_source(small_pdf(), number))
    catalog = raw_object(signed, 1)[:-2] + b"/DSS %d 0 R>>" % number
    check_valid(signing, append(signed, {1: catalog, number: b"<</Certs[]>>"}))


def test_source_text_that_is_named_anew(signing: Signing) -> None:
    """PDFBox gives it the next number, at which there is nothing, and repeats the checksum; makers state things of their own."""
    first = hybrid(small_pdf(), {40: stream(b"text")}, TEXT % 40)
    stated = first[first.rindex(b"/DocChecksum") : first.rindex(b">>\nstartxref")]
    signed = signing.sign(first)
    new = size_of(signed)
    objects = {1: raw_object(signed, 1)[:-2] + b"/DSS %d 0 R>>" % new, new: b"<</Certs[]>>"}
    once = append(signed, objects, trailer=TEXT % (new + 1) + stated + b"/Maker(x)/Made[/By 7]")
    check_valid(signing, once)
    again = {1: raw_object(signed, 1)[:-2] + b"/DSS %d 0 R>>" % (new + 1), new + 1: b"<</Certs[]>>"}
    check_valid(signing, append(once, again, trailer=TEXT % (new + 2) + stated))


def test_a_checksum_without_a_source_text(signing: Signing, b_b: bytes) -> None:
    """LibreOffice states one in every file."""
    check_valid(signing, append(b_b, {}, trailer=CHECKSUM % (b"1" * 32)))


@pytest.mark.parametrize("size", [b"[0 0 2384 3370]", b"[0 0 1192 1685]/UserUnit 2", b"[0 0 14400 14400]"])
def test_blocks_of_signatures_on_a_drawing(signing: Signing, size: bytes) -> None:
    """Of twelve centimetres each way, as on sheets of A0; seals beside them."""
    unit = 2 if b"UserUnit 2" in size else 1
    data = signing.sign(sheet(size), box=(60, 60, 60 + 119 // unit, 60 + 119 // unit))
    for at, side in enumerate((340, 340, 119, 119)):
        corner = 240 + 360 * at // unit
        data = signing.sign(data, field=f"B{at}", box=(corner, 60, corner + side // unit, 60 + side // unit))
    check_valid(signing, data)


def test_the_name_of_the_software_in_the_page_tree(signing: Signing, b_b: bytes) -> None:
    """As iText up to 5 leaves it."""
    check_valid(signing, append(b_b, {2: raw_object(b_b, 2)[:-2] + b"/ITXT(5.0.0)>>"}))


def test_objects_listed_at_the_line_end_before_them(signing: Signing, b_b: bytes) -> None:
    catalog, more = archived(b_b)
    check_valid(signing, with_line_ends(b_b, {1: catalog, **more}))


@pytest.mark.parametrize("layer", [stream(b"% DSBlank", DRAWING), stream(b"", DRAWING)])
def test_a_look_of_empty_layers(signing: Signing, layer: bytes) -> None:
    check_valid(signing, layered(Victims(signing), layer))


def test_a_kind_of_resources_that_nobody_knows(signing: Signing) -> None:
    """DigiSeal keeps its empty layer in the form under a name of its own, a new one for each signature."""
    form = "/AcroForm<</Fields[]/SigFlags 3/DR<</DSz 90 0 R>>>>"
    signed = signing.sign(append(small_pdf(catalog=form), {90: stream(b"% DSBlank", DRAWING)}))
    again = re.sub(rb"/DSz\s+90 0 R", b"/DSz 91 0 R", raw_object(signed, 1))
    assert again != raw_object(signed, 1)
    check_valid(signing, append(signed, {1: again, 91: stream(b"% DSBlank", DRAWING)}))
