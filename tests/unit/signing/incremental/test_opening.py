"""Opening a document for extension: every kind of cross-reference, and a named reason for what is unusual."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest

from signing.incremental.seal import open_to_seal
from tests.incremental_world import document, marked, plainly
from tests.interop.sealing_world import SAMPLES, blank_pdf
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import open_plain
from verify.pdf.plain.syntax import Ref


def reason(data: bytes) -> Reason:
    with pytest.raises(NotPlain) as refused:
        open_to_seal(io.BytesIO(data))
    return refused.value.reason


@pytest.mark.parametrize(
    "data", [document(2).table(), document(2).streamed(), document(2).streamed(2), document(2).streamed(0)]
)
def test_tables_and_streams_say_the_same(data: bytes, tmp_path: Path):
    """In memory and from a file."""
    path = tmp_path / "x.pdf"
    path.write_bytes(data)
    with path.open("rb") as stream:
        for found in (open_to_seal(io.BytesIO(data)), open_to_seal(stream)):
            assert found.pages.count == 2
            assert found.pages.page(2).ref == Ref(5, 0)
            assert found.pages.view(1).size_mm == pytest.approx((209.9, 297.0), abs=0.1)


@pytest.mark.judge
@pytest.mark.parametrize("option", ["--object-streams=generate", "--linearize", "--object-streams=disable"])
def test_what_qpdf_writes_is_plain(option: str, tmp_path: Path):
    source, target = tmp_path / "in.pdf", tmp_path / "out.pdf"
    source.write_bytes(document(5).table())
    subprocess.run(["qpdf", option, source, target], check=True)
    found = open_to_seal(io.BytesIO(target.read_bytes()))
    assert found.pages.count == 5
    assert found.pdf.streamed == (option == "--object-streams=generate")


def test_a_sealed_document_is_plain_again():
    data = document(2).streamed(2)
    for number in range(3):
        data = plainly(data, marked(f"1:{20 + 30 * number},15"))
        found = open_to_seal(io.BytesIO(data))
        assert found.form.signed
        assert len(found.pdf.sections) == number + 2
        assert len(found.form.fields) == number + 1


LOCK = b"<</Type /SigFieldLock /Action /All>>"
FORMS = {
    Reason.XFA: b"/AcroForm <</Fields [] /XFA []>>",
    Reason.LOCKED: b"/Perms <</DocMDP <</Type /Sig>>>>",
    Reason.RIGHTS: b"/Perms <</UR3 <</Type /Sig>>>>",
    Reason.FORM: b"/AcroForm [1]",
}


@pytest.mark.parametrize("wanted", FORMS)
def test_a_form_that_the_general_reader_judges(wanted: Reason):
    assert reason(document(catalogue=FORMS[wanted]).table()) is wanted


@pytest.mark.parametrize(
    ("signature", "more"),
    [(b"/Lock 7 0 R", LOCK), (b"", b"<<>>")],
    ids=["lock", "reference"],
)
def test_a_lock_of_an_earlier_signature_is_left_to_the_general_reader(signature: bytes, more: bytes):
    value = b"<</Type /Sig %s>>" % (b"" if signature else b"/Reference [<</TransformMethod /FieldMDP>>]")
    data = document(
        catalogue=b"/AcroForm <</Fields [5 0 R]>>",
        more=(b"<</FT /Sig /T (a) /V 6 0 R %s>>" % signature, value, more),
    ).table()
    assert reason(data) is Reason.LOCKED


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda data: b"\n" + data, Reason.HEADER),
        (lambda data: data + b"junk", Reason.TAIL),
        (lambda data: data[:-6], Reason.TAIL),
        (lambda data: data.replace(b"3 0 obj", b"8 0 obj"), Reason.CROSS_REFERENCE),
        (lambda data: data.replace(b"/Size 5", b"/Size 4"), Reason.CROSS_REFERENCE),
        (lambda data: data.replace(b"trailer\n<<", b"trailer\n<< /Prev 9 "), Reason.SYNTAX),
        (lambda data: data.replace(b"trailer\n<<", b"trailer\n<< /Prev (x) "), Reason.CROSS_REFERENCE),
        (lambda data: data.replace(b"trailer\n<<", b"trailer\n<< /Encrypt 3 0 R "), Reason.ENCRYPTED),
        (lambda data: data.replace(b"/Root 1 0 R", b"/Root 3 0 R"), Reason.CATALOGUE),
        (lambda data: data.replace(b"/Count 1", b"/Count 2"), Reason.PAGES),
        (lambda data: data.replace(b"[4 0 R]", b"[2 0 R]"), Reason.PAGES),
        (lambda data: data.replace(b"/Pages 2", b"/Pages 4").replace(b"/Kids ", b"/Xids "), Reason.PAGES),
        (lambda data: data.replace(b" n \n", b" n_\n"), Reason.CROSS_REFERENCE),
        (lambda data: data.replace(b"<</Type /Catalog", b"<</Type\x00/Catalog"), Reason.SYNTAX),
    ],
)
def test_each_oddity_has_its_reason(change, wanted: Reason):
    assert reason(change(document().table())) is wanted


def test_a_circle_of_sections_is_no_endless_loop():
    data = document().table()
    start = data.rindex(b"xref\n0")
    again = data.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d " % start)
    assert reason(again) is Reason.CROSS_REFERENCE


def test_a_hybrid_file_whose_needed_objects_are_hidden():
    data = (SAMPLES / "pyhanko-minimal-hybrid-xref.pdf").read_bytes()
    hidden = open_plain(io.BytesIO(data))
    numbers = [
        number for section in hidden.sections if section.hidden for number, _ in section.hidden.numbers()
    ]
    for number in filter(None, numbers):
        with pytest.raises(NotPlain) as refused:
            hidden.value(Ref(number, 0))
        assert refused.value.reason is Reason.HYBRID


def test_a_page_count_that_a_node_lies_about():
    """Two kids, one of them a node with two pages: the page asked for is never another one."""
    made = document(2)
    made.bodies[1] = b"<</Type /Pages /Kids [6 0 R 4 0 R] /Count 2>>"
    made.add(b"<</Type /Pages /Parent 2 0 R /Kids [5 0 R] /Count 1>>")
    found = open_to_seal(io.BytesIO(made.table()))
    with pytest.raises(NotPlain) as refused:
        found.pages.page(2)
    assert refused.value.reason is Reason.PAGES


def test_five_hundred_pages_are_not_loaded_for_the_first(monkeypatch: pytest.MonkeyPatch):
    found = open_to_seal(io.BytesIO(blank_pdf(500)))
    loaded: list[Ref] = []
    inner = type(found.pdf)._load
    monkeypatch.setattr(type(found.pdf), "_load", lambda self, ref: (loaded.append(ref), inner(self, ref))[1])
    assert found.pages.count == 500
    found.pages.view(1)
    assert len(loaded) < 10
