"""Documents changed after signing: every trick is failed, and the report says where (D1, D2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from tests.pdf_attacks.catalogue import stream
from tests.pdf_attacks.faces import crowded
from tests.verify_world import Signing, append, in_store, raw_object, size_of, small_pdf
from verify.pdf.buried import MAX_MARKS
from verify.policy import Policy
from verify.report import SignatureReport
from verify.verdict import Indication, SubIndication, Verdict

FORM = "/AcroForm<</Fields[20 0 R]/DA(/Helv 0 Tf 0 g)>>"  # the object is appended by form_pdf


def form_pdf() -> bytes:
    """Return a document with one text field, worth one yuan."""
    return append(
        small_pdf(catalog=FORM),
        {20: b"<</FT/Tx/T(amount)/V(1.00)/Type/Annot/Subtype/Widget/Rect[50 50 150 70]/P 4 0 R>>"},
    )


def modified(report: SignatureReport) -> bool:
    return (
        report.indication is Indication.TOTAL_FAILED
        and report.sub_indication is SubIndication.DOCUMENT_MODIFIED
        and report.integrity.modified is True
    )


def test_changed_octet_in_the_signed_part(signing: Signing, b_b: bytes) -> None:
    found = signing.only(b_b.replace(b"Contract No. 2026-001", b"Contract No. 2026-007", 1))
    assert (found.indication, found.sub_indication) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
    assert found.integrity.modified is True
    assert [change.what_en for change in found.integrity.where] == ["the octets under the signature"]
    assert found.signer is not None, "whose signature it was is told all the same"
    assert found.time.value is not None


def test_replaced_page_content_names_the_page(signing: Signing, b_b: bytes) -> None:
    """The plain incremental-saving attack."""
    body = b"BT /F1 24 Tf 72 720 Td (Pay ten million) Tj ET"
    found = signing.only(append(b_b, {7: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)}))
    assert modified(found)
    (change,) = found.integrity.where
    assert (change.page, change.object) == (2, "7 0 obj")
    assert "页面内容" in change.what_zh


def test_page_pointed_at_new_content(signing: Signing, b_b: bytes) -> None:
    new, page = size_of(b_b), raw_object(b_b, 4)
    body = b"BT /F1 24 Tf 72 720 Td (Other) Tj ET"
    found = signing.only(
        append(
            b_b,
            {
                4: re.sub(rb"/Contents\s+5 0 R", b"/Contents %d 0 R" % new, page),
                new: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body),
            },
        )
    )
    assert modified(found)
    assert found.integrity.where[0].page == 1


def test_changed_form_value_names_the_field(signing: Signing) -> None:
    """The "replace" shadow attack: a value that only looks like filling in."""
    data = signing.sign(form_pdf())
    found = signing.only(append(data, {20: raw_object(data, 20).replace(b"(1.00)", b"(9.99)")}))
    assert modified(found)
    assert found.integrity.where[0].field == "amount"


def test_form_filling_is_accepted_only_by_policy(signing: Signing) -> None:
    data = signing.sign(form_pdf())
    filled = append(data, {20: raw_object(data, 20).replace(b"(1.00)", b"(2.00)")})
    lenient = Policy(allow_form_filling=True)
    assert signing.only(filled, policy=lenient).indication is Indication.TOTAL_PASSED
    moved = append(data, {20: raw_object(data, 20).replace(b"[50 50 150 70]", b"[50 90 150 99]")})
    assert modified(signing.only(moved, policy=lenient))


def test_new_page(signing: Signing, b_b: bytes) -> None:
    new = size_of(b_b)
    found = signing.only(
        append(
            b_b,
            {
                2: b"<</Type/Pages/Kids[4 0 R 6 0 R %d 0 R]/Count 3>>" % new,
                new: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
            },
        )
    )
    assert modified(found)


def test_new_annotation_on_a_page(signing: Signing, b_b: bytes) -> None:
    new, page = size_of(b_b), raw_object(b_b, 6)
    body = page[:-2] + b"/Annots[%d 0 R]>>" % new
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(void)/DA(/Helv 12 Tf)>>"
    assert modified(signing.only(append(b_b, {6: body, new: note})))


def test_new_catalog_entry(signing: Signing, b_b: bytes) -> None:
    catalog = raw_object(b_b, 1)
    script = catalog[:-2] + b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    assert modified(signing.only(append(b_b, {1: script})))


def test_replaced_root(signing: Signing, b_b: bytes) -> None:
    new = size_of(b_b)
    data = append(b_b, {new: raw_object(b_b, 1), new + 1: b"null"})
    data = re.sub(rb"/Root 1 0 R(/Prev \d+>>\nstartxref\n\d+\n%%EOF\n)$", b"/Root %d 0 R\\1" % new, data)
    assert modified(signing.only(data))


def test_missing_object_filled_in_later(signing: Signing) -> None:
    """A "shadow" prepared before signing: a reference to nothing, given its content after."""
    prepared = append(
        small_pdf(), {4: raw_object(small_pdf(), 4).replace(b"/Contents 5 0 R", b"/Contents[5 0 R 40 0 R]")}
    )
    data = signing.sign(prepared)
    body = b"BT /F1 24 Tf 72 600 Td (and a penalty) Tj ET"
    found = signing.only(append(data, {40: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)}))
    assert modified(found)
    assert found.integrity.where[0].page == 1


def test_entry_pointed_back_to_an_older_object(signing: Signing) -> None:
    """A "hide and replace" shadow: the cross-reference is switched to a body that was signed but hidden."""
    hidden = b"BT /F1 24 Tf 72 720 Td (Hidden text) Tj ET"
    plain = small_pdf()
    shadow = append(
        append(plain, {5: b"<</Length %d>>stream\n%s\nendstream" % (len(hidden), hidden)}),
        {5: raw_object(plain, 5)},
    )
    data = signing.sign(shadow)
    offset = data.index(b"5 0 obj\n<</Length %d>>" % len(hidden))
    switched = append(data, {})
    switched = switched.replace(
        b"xref\n0 1\n0000000000 65535 f \ntrailer", b"xref\n5 1\n%010d 00000 n \ntrailer" % offset
    )
    start = switched.rindex(b"startxref")
    assert b"%010d" % offset in switched[len(data) : start]
    assert modified(signing.only(switched))


def test_octets_behind_the_signed_part(signing: Signing, b_b: bytes) -> None:
    for tail in (b"garbage", b"\n7 0 obj\n<</Length 0>>stream\n\nendstream\nendobj\n", b"\n%comment"):
        found = signing.only(b_b + tail)
        assert found.indication is not Indication.TOTAL_PASSED, tail
    assert signing.only(b_b + b"\n\n").indication is Indication.TOTAL_PASSED


def test_unreferenced_octets_behind_an_empty_cross_reference(signing: Signing, b_b: bytes) -> None:
    """Octets that no table mentions are what a repairing reader would show."""
    hidden = b"7 0 obj\n<</Length 9>>stream\nBT (x) ET\nendstream\nendobj\n"
    data = append(b_b + hidden, {})
    found = signing.only(data)
    assert modified(found)
    assert "octets" in found.integrity.where[0].what_en


def test_octets_hidden_inside_a_later_object(signing: Signing, b_b: bytes) -> None:
    new = size_of(b_b)
    assert signing.only(in_store(b_b, {new: b"<</Nothing true>>"})).indication is Indication.TOTAL_PASSED
    assert modified(signing.only(in_store(b_b, {new: b"<</Nothing true>> 7 0 obj <</Length 0>>"})))
    assert modified(signing.only(append(b_b, {new: b"<</Nothing true>>"}))), "nothing refers to it"


def test_more_marks_than_are_kept(signing: Signing, b_b: bytes) -> None:
    """Beyond the places that are kept, for the first signature and for a later one, something counts as hidden."""
    marks = in_store(b_b, {size_of(b_b): stream(b"x" + b"1 0 obj " * (MAX_MARKS + 1))})
    assert modified(signing.only(marks))
    twice = signing.sign(marks, field="Seal2", page=1)
    behind = in_store(twice, {size_of(twice): stream(b"7 0 obj <<>> endobj")})
    assert all(modified(one) for one in signing.verify(behind).signatures)


def test_removed_signature_field_is_not_forgotten(signing: Signing, b_b: bytes) -> None:
    twice = signing.sign(b_b, field="Seal2", page=1)
    emptied = append(twice, {1: re.sub(rb"/AcroForm.*", b">>", raw_object(b_b, 1), flags=re.DOTALL)})
    assert signing.verify(emptied).verdict.value != "passed"


def test_cross_reference_that_forgets_the_signed_revision(signing: Signing, b_b: bytes) -> None:
    """A rewritten chain of tables does not contain the signed one."""
    data = append(b_b, {})
    prev = re.search(rb"/Prev (\d+)>>\nstartxref\n\d+\n%%EOF\n$", data)
    assert prev is not None
    older = re.findall(rb"startxref\n(\d+)\n", b_b)[0]
    data = data[: prev.start(1)] + older.rjust(len(prev.group(1)), b"0") + data[prev.end(1) :]
    report = signing.verify(data)
    assert report.verdict.value != "passed"


def _byte_range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    match = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)( *)\]", data)
    assert match is not None
    numbers = change([int(item) for item in match.group(1, 2, 3, 4)])
    text = b"[" + b" ".join(b"%d" % item for item in numbers)
    room = match.end() - match.start() - len(b"/ByteRange ") - 1
    return data[: match.start()] + b"/ByteRange " + text.ljust(room) + b"]" + data[match.end() :]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: [10, r[1] - 10, r[2], r[3]],
        lambda r: [r[0], r[1] - 20, r[2], r[3]],
        lambda r: [r[0], r[1], r[2] + 20, r[3] - 20],
        lambda r: [r[0], r[1], r[2], r[3] - 100],
        lambda r: [r[0], r[1], r[2], r[3] + 1000],
        lambda r: [r[0], r[1], r[2], 0],
        lambda r: [r[0], r[1]],
        lambda r: [0, 10, 5, 20],
        lambda r: [*r, 10, 10],
    ],
)
def test_byte_range_that_leaves_something_out(
    signing: Signing, b_b: bytes, change: Callable[[list[int]], list[int]]
) -> None:
    """ISO 32000-2 §12.8.1: from 0, everything but /Contents; universal signature forgery lives here."""
    found = signing.only(_byte_range(b_b, change))
    assert found.indication is not Indication.TOTAL_PASSED
    assert found.sub_indication in {
        SubIndication.FORMAT_FAILURE, SubIndication.SIGNED_DATA_NOT_FOUND, SubIndication.DOCUMENT_MODIFIED,
        SubIndication.HASH_FAILURE,
    }  # fmt: skip


def test_contents_moved_to_another_object(signing: Signing, b_b: bytes) -> None:
    """Signature wrapping: the ByteRange of the real signature in a dictionary that stands elsewhere."""
    number = _signature_number(b_b)
    found = signing.verify(append(b_b, {number: raw_object(b_b, number)}))
    assert found.verdict.value == "failed"


def _signature_number(data: bytes) -> int:
    reader_root = IncrementalPdfFileWriter(BytesIO(data)).root
    return int(reader_root["/AcroForm"]["/Fields"][0].raw_get("/V").idnum)


def test_many_objects_that_name_a_range_and_no_value(signing: Signing) -> None:
    assert signing.verify(signing.sign(crowded(b"<</ByteRange 1>>"))).verdict is Verdict.PASSED


def test_signature_removed_from_its_field(signing: Signing, b_b: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(b_b))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/V"] = generic.NullObject()
    writer.update_container(field)
    out = BytesIO()
    writer.write(out)
    assert signing.verify(out.getvalue()).verdict.value != "passed"


@pytest.mark.parametrize("level", [1, 2])
def test_certifying_signature_and_what_may_follow(
    signing: Signing, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ISO 32000-2 §12.8.2.2: P=1 lets only validation data and document time-stamps follow; P=2 signatures that show nothing."""
    certified = signing.sign(certify=True, docmdp_permissions=fields.MDPPerm(level), stamp=True)
    archived = signing.add_time_stamp(signing.add_dss(certified))
    assert signing.verify(archived).verdict.value == "passed"
    monkeypatch.setattr(signers.PdfSigner, "_enforce_certification_constraints", lambda *_: None)
    unseen = signing.verify(signing.sign(certified, field="Seal2", page=1, box=(0, 0, 0, 0))).signatures[0]
    assert (unseen.indication is Indication.TOTAL_PASSED) is (level == 2)
    seen = signing.verify(signing.sign(certified, field="Seal2", page=1)).signatures[0]
    assert modified(seen), "a certified document takes no new field that shows"


def test_fields_sharing_one_signature_are_judged_once(signing: Signing) -> None:
    """A seam seal in the form of one field on each page; 50 fields are one signature."""
    from tests.verify_world import seam_signed

    report = signing.verify(seam_signed(signing, pages=5))
    (found,) = report.signatures
    assert found.indication is Indication.TOTAL_PASSED
    assert len(found.other_fields) == 4
    assert [place.page for place in found.placements] == [1, 2, 3, 4, 5]


def test_new_signature_field_may_be_prepared(signing: Signing, b_b: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(b_b))
    fields.append_signature_field(writer, fields.SigFieldSpec("Later", on_page=1, box=(10, 10, 90, 90)))
    out = BytesIO()
    writer.write(out)
    found = signing.only(out.getvalue())
    assert found.indication is Indication.TOTAL_PASSED
    assert [change.field for change in found.integrity.additions] == ["Later"]


def test_new_signature_field_with_an_action_is_a_change(signing: Signing, b_b: bytes) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(b_b))
    fields.append_signature_field(writer, fields.SigFieldSpec("Later", on_page=1, box=(10, 10, 90, 90)))
    field = writer.root["/AcroForm"]["/Fields"][1]
    field["/AA"] = generic.DictionaryObject(
        {
            generic.pdf_name("/E"): generic.DictionaryObject(
                {generic.pdf_name("/S"): generic.pdf_name("/JavaScript")}
            )
        }
    )
    out = BytesIO()
    writer.write(out)
    assert modified(signing.only(out.getvalue()))
