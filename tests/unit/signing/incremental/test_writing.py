"""What is written: only what must be, where it must be, and every octet of the document before it untouched."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.containers.certification import Certification, FieldLock, LockAction
from signing.errors import OutsidePage, PageMissing, TimeStampFailed
from signing.incremental.seal import open_to_seal
from signing.incremental.words import date, number, text
from signing.mark import Evidence, Work
from signing.pdf.general import prepare_generally
from signing.placing.where import InField, Seam, Unseen, parse_where
from tests.incremental_world import archived, document, finish, marked, plainly, prepared
from tests.interop.sealing_world import NOW, blank_pdf, world
from tests.interop.test_sealed_pdf import judged_by_pyhanko
from verify.pdf.plain.errors import NotPlain, Reason


def update(sealed: bytes, original: bytes) -> bytes:
    assert sealed.startswith(original)
    return sealed[len(original) :]


def reader(data: bytes) -> PdfFileReader:
    return PdfFileReader(io.BytesIO(data))


def each(array):
    """List the items of an array, references followed."""
    return [array[at] for at in range(len(array))]


@pytest.mark.parametrize("make", ["table", "streamed"])
def test_the_update_is_of_the_documents_own_kind(make: str):
    original = getattr(document(2), make)()
    behind = update(plainly(original), original)
    assert (b"\nxref\n" in behind) == (make == "table")
    assert (b"/Type /XRef" in behind) == (make == "streamed")
    judged_by_pyhanko(original + behind)


def test_only_what_must_change_is_written_again():
    original = document(3, page=b"/Resources <<>> /Odd [ 1  2.50 (a\\)b) ] %note\n").table(
        b"/Info 3 0 R /Mine (x) "
    )
    behind = update(plainly(original), original)
    assert set(re.findall(rb"\n([0-9]+) 0 obj", b"\n" + behind)) == {
        b"1",
        b"4",
        *map(b"%d".__mod__, range(7, 11)),
    }
    assert b"/Odd [ 1  2.50 (a\\)b) ] %note\n" in behind, "octet for octet"
    assert b"/Mine (x)" in behind
    assert b"/Info 3 0 R" in behind


@pytest.mark.parametrize("first", [b"/ID [<AB> <CD>]", b""])
def test_the_identifier_keeps_its_first_half(first: bytes):
    found = reader(plainly(document().table(first))).trailer["/ID"]
    if first:
        assert found[0].original_bytes == b"\xab"
        assert found[1].original_bytes != b"\xcd"
    else:
        assert len(found[0].original_bytes) == 16


def test_the_digest_is_of_everything_but_the_gap():
    output, original = io.BytesIO(), document().table()
    ready = prepared(Work(io.BytesIO(original), output))
    whole = output.getvalue()
    zero, start, end, rest = map(int, ready.scope[1:-1].split())
    assert (zero, len(whole)) == (0, end + rest)
    assert whole[start : start + 1] + whole[end - 1 : end] == b"<>"
    assert set(whole[start + 1 : end - 1]) == set(b"0")
    assert ready.digest.value == hashlib.sha256(whole[:start] + whole[end:]).digest()
    assert ready.source.value == hashlib.sha256(original).digest()
    assert b"/ByteRange " + ready.scope.encode() in whole


def test_a_container_that_is_too_long_is_refused():
    ready = prepared(Work(io.BytesIO(document().table()), io.BytesIO()))
    with pytest.raises(TimeStampFailed):
        ready.complete(bytes(ready.room + 1))


def test_from_file_to_file_is_the_same_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("signing.incremental.update.secrets.token_hex", lambda size: "7" * 2 * size)
    monkeypatch.setattr("signing.incremental.output.CHUNK", 100)
    monkeypatch.setattr("verify.pdf.plain.xref.WINDOW", 40)
    source, target = tmp_path / "in.pdf", tmp_path / "out.pdf"
    source.write_bytes(document(3).streamed(2))
    memory = io.BytesIO()
    prepared(Work(io.BytesIO(source.read_bytes()), memory))
    with source.open("rb") as given, target.open("w+b") as output:
        finish(prepared(Work(given, output)))
        assert memory.getvalue()[: len(source.read_bytes())] == source.read_bytes()
    sealed = target.read_bytes()
    zero = re.compile(rb"/Contents <[0-9A-F]+>")
    assert zero.sub(b"", sealed) == zero.sub(b"", memory.getvalue())
    judged_by_pyhanko(sealed)


ANNOTS = {
    "absent": (b"", ()),
    "null": (b"/Annots null", ()),
    "direct": (b"/Annots [5 0 R]", (b"<</Type /Annot /Subtype /Square /Rect [0 0 9 9]>>",)),
    "own": (b"/Annots 6 0 R", (b"<</Type /Annot /Subtype /Square /Rect [0 0 9 9]>>", b"[5 0 R]")),
}


@pytest.mark.parametrize("kind", ANNOTS)
def test_the_widget_joins_the_annotations_of_its_page(kind: str):
    page, more = ANNOTS[kind]
    sealed = plainly(document(page=page + b"/Resources <<>>", more=more).table())
    found = reader(sealed).root["/Pages"]["/Kids"][0]["/Annots"]
    assert [item["/Subtype"] for item in each(found)] == ["/Square"] * bool(more) + ["/Widget"]
    judged_by_pyhanko(sealed)


FIELD = b"<</FT /Tx /T (Seal) /Type /Annot /Subtype /Widget /Rect [0 0 9 9]>>"
FORMS = {
    "absent": (b"", ()),
    "direct": (b"/AcroForm <</Fields [5 0 R] /SigFlags 1 /DA (/F 0 Tf)>>", (FIELD,)),
    "own": (b"/AcroForm 6 0 R", (FIELD, b"<</Fields [5 0 R] /DA (/F 0 Tf)>>")),
    "listed": (b"/AcroForm 6 0 R", (FIELD, b"<</Fields 7 0 R /SigFlags 3>>", b"[5 0 R]")),
}


@pytest.mark.parametrize("kind", FORMS)
def test_the_field_joins_the_form(kind: str):
    catalogue, more = FORMS[kind]
    sealed = plainly(document(catalogue=catalogue, more=more).table())
    form = reader(sealed).root["/AcroForm"]
    assert form["/SigFlags"] == 3
    names = [str(field["/T"]) for field in each(form["/Fields"])]
    assert names == (["Seal", "Seal-2"] if more else ["Seal"]), "a name that is taken gets a number"
    judged_by_pyhanko(sealed)


RESOURCES = {
    "own": (b"/Resources <</Font <<>>>>", b"", ()),
    "shared": (b"/Resources 6 0 R", b"", (b"<</XObject <</A 3 0 R>>>>",)),
    "shared-list": (b"/Resources 6 0 R", b"", (b"<</XObject 7 0 R>>", b"<</A 3 0 R>>")),
    "inherited": (b"", b"/Resources <</Font <<>>>>", ()),
    "inherited-shared": (b"", b"/Resources 6 0 R", (b"<<>>",)),
    "absent": (b"", b"", ()),
}


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_page_knows_the_seal_by_name(kind: str):
    """C2: the same place on every page; one appearance, drawn by name from wherever the resources stand."""
    page, node, more = RESOURCES[kind]
    original = document(2, page=page, node=node, more=more).table()
    sealed = plainly(original, marked(parse_where("pages=all;at=20,15")))
    assert sealed.count(b"/Subtype /Form") == 1
    second = reader(sealed).root["/Pages"]["/Kids"][1]
    drawn = b"".join(stream.data for stream in each(second["/Contents"]))
    name = re.search(rb"(/Seal[0-9]+) Do Q", drawn)
    assert name is not None
    resources = (
        second["/Resources"] if "/Resources" in second else reader(sealed).root["/Pages"]["/Resources"]
    )
    assert resources["/XObject"][name.group(1).decode()]["/Subtype"] == "/Form"
    assert red(sealed, 2) > 100
    judged_by_pyhanko(sealed)


@pytest.mark.parametrize(
    "content",
    [
        b"0.1 0 0 0.1 0 0 cm 1 0 0 RG",
        b"q q q 5 0 0 5 100 100 cm",
        b"Q Q q 0.5 0 0 0.5 0 0 cm",
        b"Q q 0.5 0 0 0.5 0 0 cm",
        b"q (a string with q and \\) Q q (nested) ) pop 3 0 0 3 0 0 cm",
        b"q 2 0 0 2 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID q EI Q q 3 0 0 3 0 0 cm",
        b"% q\nq /q gs <71> pop 9 0 0 9 0 0 cm",
    ],
)
def test_a_page_that_leaves_its_state_open_does_not_move_the_seal(content: bytes):
    sealed = plainly(document(2, content=content).table(), marked(parse_where("pages=all;at=20,15")))
    assert box(sealed, 2) == pytest.approx(
        box(plainly(document(2).table(), marked(parse_where("pages=all;at=20,15"))), 2), abs=1
    )


def red(sealed: bytes, page: int) -> int:
    return sum(rendered(sealed, page).histogram()[255:])


def rendered(sealed: bytes, page: int):
    import pypdfium2

    opened = pypdfium2.PdfDocument(sealed)
    opened.init_forms()
    try:
        picture = opened[page - 1].render(scale=1, may_draw_forms=True).to_pil().convert("RGB")
    finally:
        opened.close()
    split = picture.split()
    return split[1].point(lambda value: 255 * (value < 110))


def box(sealed: bytes, page: int):
    found = rendered(sealed, page).getbbox()
    assert found is not None
    return found


def test_a_seam_seal_is_one_signature_and_one_appearance():
    """C2: 骑缝章."""
    original = document(6).table()
    sealed = plainly(original, marked(Seam()))
    names = judged_by_pyhanko(sealed)
    assert len(names) == 1
    assert sealed.count(b"/FlateDecode") == 1
    boxes = [box(sealed, page) for page in range(1, 7)]
    assert len({bottom for _, _, _, bottom in boxes}) <= 2
    assert all(right == boxes[0][2] for _, _, right, _ in boxes), "every slice ends at the edge"


@pytest.mark.parametrize("place", ["pages=all;at=150,15", "seam=right"])
def test_on_a_signed_document_further_fields_share_the_value(place: str):
    """Content may not change any more; no earlier signature suffers."""
    where = parse_where(place)
    first = plainly(document(4).table())
    second = plainly(first, marked(where, field_name="Seam"))
    assert b"Do Q" not in update(second, first)
    found = list(reader(second).embedded_signatures)
    assert len(found) == 5
    assert (
        len({signature.sig_object.container_ref for signature in found if signature.field_name != "Seal"})
        == 1
    )
    judged_by_pyhanko(second, whole=False)
    assert red(second, 4) > 20


def test_an_invisible_seal_draws_nothing():
    sealed = plainly(document().table(), marked(Unseen()))
    assert b"/Subtype /Form" not in sealed
    assert rendered(sealed, 1).getbbox() is None
    judged_by_pyhanko(sealed)


EMPTY = b"<</FT /Sig /T (Here) /Type /Annot /Subtype /Widget /F 4 /P 4 0 R /Rect [300 300 400 340] %s>>"


def with_field(entries: bytes = b"") -> bytes:
    return document(
        page=b"/Resources <<>> /Annots [5 0 R]",
        catalogue=b"/AcroForm <</Fields [5 0 R]>>",
        more=(EMPTY % entries,),
    ).table()


def test_a_field_that_is_there_is_filled_and_keeps_its_rectangle():
    sealed = plainly(with_field(), marked(InField("Here")))
    (field,) = each(reader(sealed).root["/AcroForm"]["/Fields"])
    assert field["/Rect"] == [300, 300, 400, 340]
    assert "/V" in field
    left, top, right, bottom = box(sealed, 1)
    assert 330 <= left <= right <= 370
    assert 502 <= top <= bottom <= 542
    found = reader(sealed).embedded_signatures[0]
    assert found.field_name == "Here"


@pytest.mark.parametrize("entries", [b"/Lock <</Action /All>>", b"/SV <<>>", b"/Kids []"])
def test_a_field_with_conditions_is_left_to_the_general_writer(entries: bytes):
    with pytest.raises(NotPlain) as refused:
        plainly(with_field(entries), marked(InField("Here")))
    assert refused.value.reason in {Reason.FIELD, Reason.FORM}


def test_places_off_the_document_are_refused_in_words():
    with pytest.raises(PageMissing):
        plainly(document().table(), marked("2:20,15"))
    with pytest.raises(OutsidePage):
        plainly(document().table(), marked("1:205,15"))


@pytest.mark.parametrize("writer", ["own", "general"])
@pytest.mark.parametrize("level", list(Certification))
def test_a_certification_stands_in_the_signature_and_in_the_catalogue(level: Certification, writer: str):
    sealed = by(writer, blank_pdf(), certify=level)
    root = reader(sealed).root
    assert (
        root.raw_get("/Perms").raw_get("/DocMDP").reference
        == root["/AcroForm"]["/Fields"][0].raw_get("/V").reference
    )
    (reference,) = each(root["/Perms"]["/DocMDP"]["/Reference"])
    assert reference["/TransformMethod"] == "/DocMDP"
    assert reference["/TransformParams"]["/P"] == level.value
    judged_by_pyhanko(sealed)


@pytest.mark.parametrize("writer", ["own", "general"])
@pytest.mark.parametrize(
    "lock",
    [
        FieldLock(LockAction.ALL),
        FieldLock(LockAction.INCLUDE, ("金额", "b")),
        FieldLock(LockAction.EXCLUDE, ("c",), Certification.FORM_FILLING),
    ],
)
def test_a_lock_stands_in_the_field_and_in_the_signature(lock: FieldLock, writer: str):
    sealed = by(writer, blank_pdf(), lock=lock)
    (field,) = each(reader(sealed).root["/AcroForm"]["/Fields"])
    assert field["/Lock"]["/Action"] == f"/{lock.action.pdf}"
    assert field["/Lock"].get("/P") == (lock.permission.value if lock.permission else None)
    (reference,) = each(field["/V"]["/Reference"])
    assert reference["/TransformMethod"] == "/FieldMDP"
    named = reference["/TransformParams"].get("/Fields", [])
    assert tuple(map(str, named)) == lock.fields
    judged_by_pyhanko(sealed)


def by(writer: str, data: bytes, **more: object) -> bytes:
    chosen = marked("1:20,20", **more)
    if writer == "own":
        return plainly(data, chosen)
    from signing.containers.envelope import CmsEnvelope

    output, signatory = io.BytesIO(), world().signatory()
    envelope = CmsEnvelope(signatory, chosen.statement)
    ready = prepare_generally(Work(io.BytesIO(data), output), chosen, envelope, stamped=False)
    ready.complete(envelope.finish(signatory.signer.sign(envelope.to_sign(ready.digest, ready.scope)), None))
    return output.getvalue()


def test_a_signed_document_is_not_certified():
    with pytest.raises(NotPlain) as refused:
        plainly(plainly(document().table()), marked("1:60,60", certify=Certification.NO_CHANGES))
    assert refused.value.reason is Reason.SIGNED


EVIDENCE = Evidence((world().root.der, world().leaves["ec-p256"].der), (), ())


def test_evidence_is_kept_octet_for_octet_and_once():
    first = plainly(document().table(), marked(evidence=EVIDENCE))
    more = Evidence((*EVIDENCE.certificates, world().tsa.der))
    second = plainly(first, marked("1:80,20", field_name="Two", evidence=more))
    store = DocumentSecurityStore.read_dss(reader(second))
    assert [item.get_object().data for item in store.certs.values()] == list(more.certificates)
    assert update(second, first).count(world().root.der) == 0
    judged_by_pyhanko(second, whole=False)


@pytest.mark.parametrize("make", ["table", "streamed"])
def test_an_archive_time_stamp_covers_everything(make: str):
    """A5: B-LTA, and renewed: three stamps in a row."""
    sealed = plainly(getattr(document(), make)(), marked(evidence=EVIDENCE), stamped=True)
    data = sealed
    for times in range(1, 4):
        data = archived(data, Evidence((world().tsa.der,)))
        assert data.startswith(sealed)
        stamps = reader(data).embedded_timestamp_signatures
        assert len(stamps) == times
        assert stamps[-1].evaluate_signature_coverage().name == "ENTIRE_FILE"
        stamps[-1].compute_integrity_info()
        assert stamps[-1].field_name == f"ArchiveTimeStamp-{times}"
    assert data.count(world().tsa.der) >= 1
    judged_by_pyhanko(data, whole=False)


def test_a_certified_document_takes_a_time_stamp():
    sealed = plainly(document().table(), marked(certify=Certification.NO_CHANGES))
    with pytest.raises(NotPlain):
        open_to_seal(io.BytesIO(sealed))
    assert len(reader(archived(sealed)).embedded_timestamp_signatures) == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [("a(b)\\", b"(a\\(b\\)\\\\)"), ("章", b"<FEFF7AE0>"), ("a\nb", b"<FEFF0061000A0062>"), ("", b"()")],
)
def test_words_are_written_as_text_strings(value: str, written: bytes):
    assert text(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(1.0, b"1"), (-0.00001, b"0"), (0.5, b"0.5"), (-3.14159, b"-3.1416"), (100, b"100")],
)
def test_numbers_are_written_short(value: float, written: bytes):
    assert number(value) == written


def test_times_are_written_with_their_offset():
    from datetime import timedelta, timezone

    assert date(NOW.replace(tzinfo=timezone(timedelta(hours=-3, minutes=-30)))).endswith(b"-03'30')")
    assert date(NOW).endswith(b"+00'00')")
    with pytest.raises(ValueError, match="aware"):
        date(NOW.replace(tzinfo=None))


def test_copies_stand_on_the_pages_asked_for():
    sealed = plainly(document(5).table(), marked(parse_where("pages=2,4;at=20,15")))
    assert [red(sealed, page) > 100 for page in range(1, 6)] == [False, True, False, True, False]
