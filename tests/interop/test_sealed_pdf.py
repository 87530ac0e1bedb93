"""Every sample ends sealed and valid for every outside judge, or refused with the reason in plain words (A5, B4)."""

from __future__ import annotations

import io
import logging
import re
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from api.database.engine import make_engine
from signing import errors
from signing.level import Level
from signing.placing.placement import Placement
from tests.conftest import SteppingClock
from tests.interop.sealing_world import SAMPLES, SMALL, blank_pdf, mark, picture, seal, world
from tests.unit.signing.office import KEEPER, make_office, order

pytestmark = pytest.mark.judge
DPI = 254
"""Ten pixels to the millimetre."""


@dataclass(frozen=True)
class Sealed:
    """A sample that is sealed: where, how it is opened, and whether qpdf was content with the original."""

    place: str = "1:20,15"
    password: str | None = None
    clean: bool = True


@dataclass(frozen=True)
class Refused:
    """A sample that is refused: by which error, and a word of the sentence that says so."""

    error: type[errors.SigningError]
    word: str
    password: str | None = None


TABLE: dict[str, Sealed | Refused] = {
    "pdfbox-AESkeylength128.pdf": Refused(errors.EncryptionUnsupported, "encrypted"),
    "pdfbox-AcroFormForMerge.pdf": Sealed("1:150,240"),
    "pdfbox-MissingCatalog.pdf": Sealed(),
    "pdfbox-PDFBOX-2984-rotations.pdf": Sealed(),
    "pdfbox-PasswordSample-256bit.pdf": Sealed(password="owner"),
    "pdfbox-embedded_zip.pdf": Sealed(clean=False),
    "pdfbox-hello3.pdf": Sealed(),
    "pdfbox-openoffice-test-document.pdf": Sealed(),
    "pdfbox-page_tree_multiple_levels.pdf": Sealed(),
    "pdfbox-rot270.pdf": Sealed(),
    "pdfbox-rotation.pdf": Sealed(),
    "pdfbox-sampleForSpec.pdf": Sealed(),
    "pdfbox-sign_me.pdf": Sealed(),
    "pdfbox-sign_me_protected.pdf": Refused(errors.PasswordWrong, "password", password="owner"),
    "pdfbox-sign_me_tsa.pdf": Sealed(),
    "pdfbox-test-landscape2.pdf": Sealed("1:240,180"),
    "pyhanko-CompactedPDFSyntaxTest.pdf": Sealed(clean=False),
    "pyhanko-circular-page-tree.pdf": Refused(errors.DocumentDamaged, "damaged"),
    "pyhanko-minimal-aes256.pdf": Sealed("1:60,20", password="usersecret"),
    "pyhanko-minimal-badxref.pdf": Sealed("1:60,20"),
    "pyhanko-minimal-hybrid-xref-mswordstyle.pdf": Sealed("1:60,20"),
    "pyhanko-minimal-hybrid-xref.pdf": Sealed("1:60,20"),
    "pyhanko-minimal-pubkey-aes256.pdf": Refused(errors.EncryptionUnsupported, "encrypted"),
    "pyhanko-minimal-startxref-hopeless.pdf": Refused(errors.DocumentDamaged, "damaged"),
    "pyhanko-minimal-two-fields.pdf": Sealed("1:60,20"),
    "pyhanko-minimal-with-field.pdf": Sealed("1:60,20"),
    "pyhanko-no-mediabox.pdf": Sealed(),
    "pyhanko-page-tree-direct-kid.pdf": Sealed(clean=False),
    "pyhanko-simple-acroform-states.pdf": Sealed(),
    "pyhanko-uncompressed-objstream-sample.pdf": Sealed(),
}
SEALED = {name: expected for name, expected in TABLE.items() if isinstance(expected, Sealed)}
REFUSED = {name: expected for name, expected in TABLE.items() if isinstance(expected, Refused)}


def test_the_table_names_every_sample():
    assert set(TABLE) == {path.name for path in SAMPLES.glob("*.pdf")}


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_is_refused_in_plain_words(name: str):
    expected = REFUSED[name]
    with pytest.raises(expected.error) as refused:
        seal((SAMPLES / name).read_bytes(), mark(), password=expected.password)
    assert expected.word in refused.value.en
    assert "Traceback" not in refused.value.en + refused.value.zh


@pytest.mark.parametrize("stamped", [False, True], ids=["B-B", "B-T"])
@pytest.mark.parametrize("name", SEALED)
def test_a_sample_is_sealed_and_every_judge_agrees(name: str, stamped: bool, tmp_path: Path):
    expected = SEALED[name]
    original = (SAMPLES / name).read_bytes()
    sealed = seal(original, mark(expected.place, shown=SMALL), stamped=stamped, password=expected.password)
    assert sealed.startswith(original)
    assert b"pyHanko" not in sealed[len(original) :], "the document's producer stays"
    path = tmp_path / name
    path.write_bytes(sealed)
    judged_by_pyhanko(sealed, expected.password)
    judged_by_pdfsig(path, expected.password)
    judged_by_qpdf(path, expected.password, clean=expected.clean)
    judged_by_eye(original, sealed, Placement.parse(expected.place), SMALL.size_mm, expected.password)


@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384", "rsa-2048"])
def test_every_kind_of_key_is_accepted(kind: str, tmp_path: Path):
    sealed = seal(blank_pdf(), mark(), kind=kind, stamped=True)
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    judged_by_pyhanko(sealed)
    judged_by_pdfsig(tmp_path / "sealed.pdf")
    judged_by_qpdf(tmp_path / "sealed.pdf")


@pytest.mark.parametrize(
    "page",
    [
        "/MediaBox [0 0 595.276 841.89] /Rotate 90",
        "/MediaBox [0 0 595.276 841.89] /Rotate 180",
        "/MediaBox [0 0 595.276 841.89] /Rotate 270",
        "/MediaBox [0 0 595.276 841.89] /Rotate -90",
        "/MediaBox [-100 -50 500 700] /CropBox [0 0 400 500] /Rotate 90",
        "/MediaBox [0 0 600 800] /CropBox [50 60 550 900]",
        "/MediaBox [500 700 0 0]",
        "/MediaBox [0 0 300 400] /UserUnit 2",
        "/MediaBox [0 0 300 400] /UserUnit 2 /Rotate 270 /CropBox [10 10 290 390]",
    ],
)
def test_the_seal_stands_upright_at_the_millimetres_asked(page: str):
    """B4: rotated, cropped and enlarged pages are measured as displayed."""
    original = blank_pdf(page=page)
    sealed = seal(original, mark("1:30,20"))
    judged_by_eye(original, sealed, Placement(1, 30, 20), picture().size_mm)
    judged_by_pyhanko(sealed)
    upright = seal(blank_pdf(), mark("1:30,20"))
    assert likeness(crop(sealed), crop(upright)) > 0.97


def test_a_second_seal_leaves_the_first_valid(tmp_path: Path):
    """C2: two departments, two seals, one document."""
    first = seal(blank_pdf(2), mark("1:20,20"))
    second = seal(first, mark("2:100,200"), kind="rsa-2048", stamped=True)
    assert second.startswith(first)
    (tmp_path / "two.pdf").write_bytes(second)
    names = judged_by_pyhanko(second, whole=False)
    assert len(set(names)) == 2
    answer = pdfsig(tmp_path / "two.pdf")
    assert answer.count("Signature is Valid") == 2
    judged_by_qpdf(tmp_path / "two.pdf")


def judged_by_pyhanko(sealed: bytes, password: str | None = None, *, whole: bool = True) -> list[str]:
    """Ask pyHanko's own validator, with nothing but our root."""
    logging.getLogger("pyhanko").setLevel(logging.ERROR)
    here = world()
    reader = PdfFileReader(io.BytesIO(sealed), strict=False)
    if password is not None:
        reader.decrypt(password)
    found = []
    for signature in reader.embedded_signatures:
        if signature.field_name and not signature.field_name.startswith("Seal"):
            continue
        context = ValidationContext(trust_roots=[here.root.asn1], allow_fetching=False)
        status = validate_pdf_signature(signature, context)
        assert status.bottom_line, status.pretty_print_details()
        if whole:
            assert status.coverage.name == "ENTIRE_FILE"
        found.append(str(signature.field_name))
    assert found
    return found


def pdfsig(path: Path, password: str | None = None) -> str:
    word = [] if password is None else (["-opw", password] if password == "owner" else ["-upw", password])
    return subprocess.run(
        ["pdfsig", "-nocert", *word, path], capture_output=True, text=True, check=False
    ).stdout


def judged_by_pdfsig(path: Path, password: str | None = None) -> None:
    answer = pdfsig(path, password)
    assert "Signature is Valid" in answer, answer
    assert "- Total document signed" in answer, answer


def judged_by_qpdf(path: Path, password: str | None = None, *, clean: bool = True) -> None:
    word = [] if password is None else [f"--password={password}"]
    checked = subprocess.run(["qpdf", "--check", *word, path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 if clean else checked.returncode in (0, 3), checked.stdout + checked.stderr


def render(document: bytes, page: int, password: str | None = None):
    opened = pypdfium2.PdfDocument(document, password=password)
    opened.init_forms()
    try:
        unit = PdfFileReader(io.BytesIO(document), strict=False) if password is None else None
        scale = DPI / 72
        if unit is not None:
            scale *= _user_unit(document)
        return opened[page - 1].render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    finally:
        opened.close()


def _user_unit(document: bytes) -> float:
    """PDFium does not scale by UserUnit; the millimetres of the reader do."""
    found = re.search(rb"/UserUnit\s+\+?([0-9.]+)", document)
    return float(found.group(1)) if found else 1.0


def reddened(before, after) -> tuple[int, int, int, int]:
    """Return the box of the pixels that the seal made red."""
    from PIL import ImageChops

    red = after.point(lambda value: value).split()
    mask = ImageChops.multiply(
        red[0].point(lambda value: 255 * (value > 150)), red[1].point(lambda value: 255 * (value < 110))
    )
    changed = ImageChops.difference(before, after).convert("L").point(lambda value: 255 * (value > 40))
    box = ImageChops.multiply(mask, changed).getbbox()
    assert box is not None, "no red pixel"
    return box


def judged_by_eye(
    original: bytes,
    sealed: bytes,
    place: Placement,
    size_mm: tuple[float, float],
    password: str | None = None,
) -> None:
    """Demand the red pixels where the millimetres say, within half a millimetre."""
    left, top, right, bottom = reddened(
        render(original, place.page, password), render(sealed, place.page, password)
    )
    per_mm = DPI / 25.4
    wanted = (place.x_mm, place.y_mm, place.x_mm + size_mm[0], place.y_mm + size_mm[1])
    assert [side / per_mm for side in (left, top, right, bottom)] == pytest.approx(wanted, abs=0.5)


def crop(sealed: bytes):
    per_mm = DPI / 25.4
    box = [round(side * per_mm) for side in (30, 20, 30 + picture().size_mm[0], 20 + picture().size_mm[1])]
    return render(sealed, 1).crop(box).convert("L").resize((100, 100))


def likeness(one, other) -> float:
    """Share of equal grey in two pictures of one size, 0 to 1."""
    from PIL import ImageChops

    difference = ImageChops.difference(one, other)
    return 1 - sum(difference.tobytes()) / (255 * 100 * 100)


@pytest.mark.parametrize("level", list(Level))
def test_what_the_service_seals_is_accepted_by_every_judge(level: Level, tmp_path: Path):
    """A5: the whole cycle's output, judged offline with nothing but our root; B-LT carries its own evidence."""
    clock = SteppingClock()
    engine = make_engine(f"sqlite:///{tmp_path / 'yinxin.db'}")
    office = make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))
    sealed = office.service.seal(order(seal_code=office.seal.code, level=level), actor=KEEPER)
    engine.dispose()
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed.bytes)
    judged_by_pdfsig(path)
    judged_by_qpdf(path)
    judged_by_eye(
        blank_pdf(2), sealed.bytes, Placement(1, 120, 200), office.registry.picture(office.seal.code).size_mm
    )
    root = asn1_x509.Certificate.load(office.world.root.public_bytes(Encoding.DER))
    reader = PdfFileReader(io.BytesIO(sealed.bytes))
    (signature,) = reader.embedded_regular_signatures
    assert len(reader.embedded_timestamp_signatures) == level.archived
    wishes = {"trust_roots": [root], "allow_fetching": False, "moment": clock.now}
    if level.long_term:
        store = DocumentSecurityStore.read_dss(reader)
        context = store.as_validation_context(wishes | {"revocation_mode": "require"})
    else:
        context = ValidationContext(**wishes)
    status = validate_pdf_signature(signature, context, ts_validation_context=context)
    assert status.bottom_line, status.pretty_print_details()
    assert status.coverage.name == ("ENTIRE_REVISION" if level.archived else "ENTIRE_FILE")
    assert (status.timestamp_validity is not None) == level.stamped
    if level.stamped:
        assert status.timestamp_validity.valid
        assert status.timestamp_validity.trusted
