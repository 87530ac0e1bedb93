"""What other products do to a signed PDF file by their own rules is no forgery: further signatures, archiving, forms filled in.

Each appends in its own way: comments behind trailers, numbers freed that were never used, resources for a form, boxes in other
digits. What is not theirs stays a change, whoever signed before and after it.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from reportlab.pdfgen import canvas

from tests.interop.pdf_producers import Producers, producers
from tests.interop.sealing_world import SAMPLES
from tests.pdf_attacks.tolerated import tagged_pdf
from tests.verify_world import append, raw_object, small_pdf
from verify.report import DocumentReport
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

pytestmark = pytest.mark.judge
SIGNING = (
    "pdfbox",
    "pdfbox shown",
    "openpdf",
    "openpdf shown",
    "itext",
    "itext shown",
    "dss",
    "pyhanko",
    "ours",
)
CERTIFYING = ("pdfbox certified", "openpdf certified", "itext certified", "dss certified")
PLAIN = ("pdfbox", "openpdf", "itext", "dss")
UNLOCKING = ("pdfbox", "pdfbox shown", "openpdf", "openpdf shown", "dss", "ours")
"""Those that sign an encrypted file without its owner's password."""
FILLING = ("pdfbox-fill", "openpdf-fill", "itext-fill")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Producers]:
    with producers(tmp_path_factory.mktemp("producers")) as found:
        yield found


def judge(made: Producers, data: bytes) -> DocumentReport:
    report = Verifier(made.signing.trust()).verify(data, at=made.signing.now + timedelta(minutes=30))
    assert isinstance(report, DocumentReport)
    return report


def why(report: DocumentReport) -> str:
    """Say what every signature that is not valid was found to be."""
    found = [report.verdict.value]
    for one in report.signatures:
        if one.verdict is not Verdict.PASSED:
            whole = one.integrity
            found.append(one.reason.en)
            found += (
                [f"{item.object}: {item.what_en}" for item in (*whole.where, *whole.doubts)] if whole else []
            )
    return "; ".join(found)


def check(made: Producers, data: bytes, signatures: int) -> None:
    report = judge(made, data)
    assert (report.verdict, len(report.signatures)) == (Verdict.PASSED, signatures), why(report)


def form() -> bytes:
    """Return a form with text, a box to tick and a list."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.drawString(72, 690, "Amount")
    fields = page.acroForm
    fields.textfield(name="amount", x=150, y=690, width=120, height=20, value="1.00", fontName="Helvetica")
    fields.checkbox(name="agreed", x=150, y=650, checked=False)
    fields.choice(name="city", value="BJ", options=["BJ", "SH"], x=150, y=560, width=80, height=20)
    page.save()
    return out.getvalue()


def packed() -> bytes:
    """Return a document with object streams and a cross-reference stream."""
    return (SAMPLES / "pyhanko-uncompressed-objstream-sample.pdf").read_bytes()


def hybrid() -> bytes:
    """Return a document with a hybrid table, as Word writes them, on a page that has room."""
    data = (SAMPLES / "pyhanko-minimal-hybrid-xref-mswordstyle.pdf").read_bytes()
    assert data.count(b"/MediaBox [ 0 0 300 144 ]") == 1
    return data.replace(b"/MediaBox [ 0 0 300 144 ]", b"/MediaBox [ 0 0 900 900 ]")


BASES = {"plain": small_pdf, "packed": packed, "hybrid": hybrid, "tagged": tagged_pdf, "form": form}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("first", SIGNING)
def test_whoever_signs_next(made: Producers, first: str, base: str) -> None:
    once = made.sign(first, BASES[base](), "A1")
    check(made, once, 1)
    for second in SIGNING:
        check(made, made.sign(second, once, "B2"), 2)


@pytest.mark.parametrize("first", UNLOCKING)
def test_whoever_signs_what_only_its_owner_may_change(made: Producers, first: str, tmp_path: Path) -> None:
    """Encrypted, readable by all: PDFBox encrypts the zeros behind a signature's value, and leaves empty looks as they are."""
    (tmp_path / "open.pdf").write_bytes(small_pdf())
    command = ["qpdf", "--encrypt", "", "owner", "256", "--", "open.pdf", "locked.pdf"]
    subprocess.run(command, cwd=tmp_path, check=True)
    once = made.sign(first, (tmp_path / "locked.pdf").read_bytes(), "A1")
    check(made, once, 1)
    for second in UNLOCKING:
        check(made, made.sign(second, once, "B2"), 2)


@pytest.mark.parametrize("first", SIGNING)
def test_three_sign_in_turn(made: Producers, first: str) -> None:
    data = made.sign(first, packed(), "A1")
    for count, (who, field) in enumerate([("dss", "B2"), ("itext shown", "C3")], start=2):
        data = made.sign(who, data, field)
        check(made, data, count)


@pytest.mark.parametrize("base", ["plain", "packed"])
@pytest.mark.parametrize("first", SIGNING)
def test_it_is_archived_and_signed_again(made: Producers, first: str, base: str) -> None:
    once = made.sign(first, BASES[base](), "A1")
    archived = made.order("dss-archive", once)
    check(made, archived, 3)  # two time-stamps: over the signature, and over the evidence for it
    for second in SIGNING:
        check(made, made.sign(second, archived, "B2"), 4)


@pytest.mark.parametrize("first", SIGNING)
def test_evidence_and_a_time_stamp_are_added(made: Producers, first: str) -> None:
    once = made.sign(first, small_pdf(), "A1")
    name = "Signature1" if first.startswith(("pdfbox", "dss")) or first == "openpdf" else "A1"
    known = made.order("itext-evidence", once, name)
    check(made, known, 1)
    check(made, made.order("itext-stamp", known, "C3"), 2)


@pytest.mark.parametrize("first", CERTIFYING)
def test_a_form_is_filled_in_and_signed(made: Producers, first: str) -> None:
    certified = made.sign(first, form(), "A1")
    for filling in FILLING:
        filled = made.order(filling, certified, "amount", "2.00")
        check(made, filled, 1)
        changed = [
            item.field
            for one in judge(made, filled).signatures
            if one.integrity
            for item in one.integrity.additions
        ]
        assert changed == ["amount"]
        for second in PLAIN:
            check(made, made.sign(second, filled, "B2"), 2)
        for name, value in (("city", "SH"), ("agreed", "Yes")):
            check(made, made.order(filling, certified, name, value), 1)


@pytest.mark.parametrize("tool", FILLING)
def test_a_form_is_filled_in_where_nobody_allowed_it(made: Producers, tool: str) -> None:
    signed = made.sign("itext", form(), "A1")
    report = judge(made, made.order(tool, signed, "amount", "9999.00"))
    assert report.verdict is Verdict.FAILED
    assert report.signatures[0].sub_indication is SubIndication.DOCUMENT_MODIFIED


@pytest.mark.parametrize("second", SIGNING)
def test_what_was_changed_before_another_signed(made: Producers, second: str) -> None:
    """The tolerance is for how products write, not for what they find."""
    once = made.sign("pdfbox", small_pdf(), "A1")
    page = raw_object(once, 5).replace(b"2026-001", b"2026-999")
    report = judge(made, made.sign(second, append(once, {5: page}), "B2"))
    assert report.signatures[0].verdict is Verdict.FAILED, why(report)
