"""Seals in many places, as paper shows them: rendered pages, slices joined, compared with the whole seal (C2, C3, C4)."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from signing.containers.certification import Certification
from signing.containers.envelope import CmsEnvelope
from signing.errors import ChangesForbidden
from signing.mark import Work
from signing.pdf import general as pdf
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.reading import Readable
from signing.placing.keyword import TextReader
from signing.placing.layout import Layout, Spot, drawn, lay_out
from signing.placing.where import parse_where
from tests.interop.sealing_world import mark, picture, world
from tests.interop.test_sealed_pdf import judged_by_pdfsig, judged_by_pyhanko, judged_by_qpdf, pdfsig
from tests.unit.signing.papers import MM, Sheet, Text, paper, with_field

pytestmark = pytest.mark.judge
PER_MM = 10
SIZE = picture().size_mm


def pt(millimetres: float) -> float:
    """Turn millimetres into points, a hair less, so that a renderer that rounds up ends on whole pixels."""
    return int(millimetres * MM * 1000) / 1000


A4 = (pt(210), pt(297))
"""Whole millimetres, so that slices of whole tenths end on whole pixels."""

Writer = Callable[..., Any]


@pytest.fixture(scope="module", params=[pdf.prepare, pdf.prepare_generally], ids=["own-writer", "pyhanko"])
def sealed_by(request: pytest.FixtureRequest) -> Callable[..., bytes]:
    def seal(document: bytes, where: str, texts: TextReader | None = None, **more: Any) -> bytes:
        output, signatory = io.BytesIO(), world().signatory()
        work = Work(io.BytesIO(document), output, texts=texts)
        envelope = CmsEnvelope(signatory, "header.payload.signature")
        prepared = request.param(work, mark(parse_where(where), **more), envelope, stamped=False)
        signature = signatory.signer.sign(envelope.to_sign(prepared.digest, prepared.scope))
        prepared.complete(envelope.finish(signature, None))
        return output.getvalue()

    return seal


def rendered(document: bytes, units: Sequence[float] | None = None) -> list[Image.Image]:
    """Draw every page as displayed, ten pixels to the millimetre; PDFium leaves UserUnit to us."""
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    try:
        scales = units or [1.0] * len(opened)
        return [
            page.render(scale=PER_MM / MM * scale, may_draw_forms=True).to_pil().convert("RGB")
            for page, scale in zip(opened, scales, strict=True)
        ]
    finally:
        opened.close()


def cut(sheet: Image.Image, box: Sequence[float]) -> Image.Image:
    left, top, width, height = (round(side * PER_MM) for side in box)
    return sheet.crop((left, top, left + width, top + height))


@cache
def whole_seal(sealed_by: Callable[..., bytes]) -> Image.Image:
    """Draw the same seal once in the middle of a page, by the same renderer."""
    (sheet,) = rendered(sealed_by(paper(Sheet(size=A4)), "1:80,100"))
    return cut(sheet, (80, 100, *SIZE))


def layout_of(document: bytes, where: str) -> Layout:
    pages = PdfPages(ReadableLeaves(Readable(io.BytesIO(document))))
    return lay_out(parse_where(where), pages, SIZE)


def joined(sheets: Sequence[Image.Image], spots: Sequence[Spot]) -> Image.Image:
    """Lay the slices side by side by their own clips, as a reader lays the pages."""
    seal = Image.new("RGB", (round(SIZE[0] * PER_MM), round(SIZE[1] * PER_MM)), "blue")
    for spot in spots:
        left, top, _, _ = spot.clip_mm or (0, 0, 0, 0)
        seal.paste(cut(sheets[spot.page - 1], drawn(spot, SIZE)), (round(left * PER_MM), round(top * PER_MM)))
    return seal


def same_picture(one: Image.Image, other: Image.Image) -> None:
    """Demand equal pictures but for the renderer's rounding at the edges of slices: under 1 % grey on the whole."""
    difference = ImageChops.difference(one, other).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 2.5
    far = difference.point(lambda value: 255 * (value > 128))
    assert ImageStat.Stat(far).mean[0] < 0.5


TWO = paper(*[Sheet(size=A4)] * 2)
FIVE = paper(*[Sheet(size=A4)] * 5)
MIXED = paper(
    Sheet(size=A4),
    Sheet(size=A4, more="/Rotate 90"),
    Sheet(size=(pt(420), pt(297))),
    Sheet(size=(pt(105), pt(148.5)), more="/UserUnit 2"),
    Sheet(size=A4, more="/Rotate 180"),
    Sheet(size=(pt(300), pt(300)), more=f"/CropBox [10 20 {10 + pt(220)} {20 + pt(280)}] /Rotate 270"),
)
UNITS = [1, 1, 1, 2, 1, 1]


@pytest.mark.parametrize("where", ["seam=right", "seam=left", "seam=top;offset=10", "seam=bottom;inset=3"])
@pytest.mark.parametrize(("document", "units"), [(FIVE, None), (MIXED, UNITS)], ids=["five", "mixed"])
def test_printed_slices_join_to_the_seal(sealed_by, where: str, document: bytes, units: list[float] | None):
    """C3: pixel by pixel the seal, over every edge, for pages of any size, turn and unit."""
    sealed = sealed_by(document, where)
    spots = layout_of(document, where).spots
    assert [spot.page for spot in spots] == list(range(1, len(spots) + 1))
    same_picture(joined(rendered(sealed, units), spots), whole_seal(sealed_by))


def test_groups_and_facing_pages_show_a_seal_each(sealed_by):
    """C3: every k pages, and 对开: the halves of every joint."""
    whole = whole_seal(sealed_by)
    grouped = layout_of(FIVE, "seam=right;every=2").spots
    sheets = rendered(sealed_by(FIVE, "seam=right;every=2"))
    same_picture(joined(sheets, grouped[:2]), whole)
    same_picture(joined(sheets, grouped[2:]), whole)
    facing = layout_of(FIVE, "seam=bottom;facing=yes").spots
    sheets = rendered(sealed_by(FIVE, "seam=bottom;facing=yes"))
    for joint in range(0, 8, 2):
        same_picture(joined(sheets, facing[joint : joint + 2]), whole)


def test_one_signature_covers_every_slice(sealed_by, tmp_path: Path):
    """C3: one cryptographic signature over an unsigned file, for every judge; the picture is stored once."""
    sealed = sealed_by(FIVE, "seam=right")
    path = tmp_path / "seam.pdf"
    path.write_bytes(sealed)
    assert judged_by_pyhanko(sealed) == ["Seal"]
    judged_by_pdfsig(path)
    assert pdfsig(path).count("Signature is Valid") == 1
    judged_by_qpdf(path)
    assert len(sealed) - len(sealed_by(FIVE, "1:20,20")) < 3500


def test_poppler_sees_the_same_slices(sealed_by, tmp_path: Path):
    """A second renderer, which nobody here wrote either."""
    (tmp_path / "seam.pdf").write_bytes(sealed_by(TWO, "seam=right"))
    command = ["pdftoppm", "-r", "254", "-png", tmp_path / "seam.pdf", tmp_path / "page"]
    subprocess.run(command, check=True)
    sheets = [Image.open(path).convert("RGB") for path in sorted(tmp_path.glob("page-*.png"))]
    difference = ImageChops.difference(
        joined(sheets, layout_of(TWO, "seam=right").spots), whole_seal(sealed_by)
    ).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 6


def test_a_seam_over_a_signed_file_leaves_its_content_alone(sealed_by, tmp_path: Path):
    """On a signed document each slice is a field that shares the one signature; both signatures stay valid."""
    first = sealed_by(FIVE, "1:20,20")
    second = sealed_by(first, "seam=right")
    assert second.startswith(first)
    path = tmp_path / "two.pdf"
    path.write_bytes(second)
    names = judged_by_pyhanko(second, whole=False)
    assert len(names) == 6
    judged_by_qpdf(path)
    assert pdfsig(path).count("Signature is Valid") == 6
    spots = layout_of(FIVE, "seam=right").spots
    same_picture(joined(rendered(second), spots), whole_seal(sealed_by))
    third = sealed_by(second, "2:20,20")
    assert len(judged_by_pyhanko(third, whole=False)) == 7


def test_content_that_leaves_its_state_turned_cannot_move_the_slices(sealed_by):
    """A page whose content ends inside a scaled and turned state, and one without any content."""
    careless = paper(
        Sheet(size=A4, content="q 0.5 0 0 0.5 100 100 cm 0 1 -1 0 0 0 cm\nQ 2 0 0 2 50 50 cm 0.3 g"),
        Sheet(size=A4, content="3 0 0 3 -20 -20 cm"),
        Sheet(size=A4),
    )
    same_picture(
        joined(rendered(sealed_by(careless, "seam=right")), layout_of(careless, "seam=right").spots),
        whole_seal(sealed_by),
    )


def test_resources_that_pages_share_or_inherit_keep_their_names(sealed_by):
    """The seal's name in a page's resources displaces nothing that stands there, and no other page's."""
    line = Sheet((Text(100, 700, "甲方"),), size=A4)
    sealed = sealed_by(paper(line, line, line), "pages=1-2;at=100,100")
    before, after = rendered(paper(line, line, line)), rendered(sealed)
    for page in range(2):
        assert (
            ImageChops.difference(
                cut(before[page], (0, 0, 210, 90)), cut(after[page], (0, 0, 210, 90))
            ).getbbox()
            is None
        )
    assert ImageChops.difference(before[2], after[2]).getbbox() is None


@pytest.mark.parametrize("more", ["", "/Rotate 90", "/CropBox [50 50 500 700] /Rotate 270"])
def test_a_field_of_the_documents_own_shows_the_seal_in_its_middle(sealed_by, more: str, tmp_path: Path):
    """An empty field is signed where it stands: shrunk to fit, upright, its own box kept."""
    box = (100, 200, 100 + 60 * MM, 200 + 30 * MM)
    document = with_field(Sheet(size=A4, more=more), box, flags=0)
    sealed = sealed_by(document, "field=甲方签章")
    (tmp_path / "field.pdf").write_bytes(sealed)
    assert judged_by_pyhanko_field(sealed) == ["甲方签章"]
    judged_by_pdfsig(tmp_path / "field.pdf")
    (spot,) = layout_of(document, "field=甲方签章").spots
    (sheet,) = rendered(sealed)
    shown = cut(sheet, drawn(spot, SIZE)).resize((420, 420))
    difference = ImageChops.difference(shown, whole_seal(sealed_by).resize((420, 420))).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 8
    assert b"/F 4" in sealed[len(document) :], "it prints, though the field did not"


@pytest.mark.parametrize("promise", list(Certification))
def test_a_certified_file_lets_its_own_field_be_filled_where_it_allows(sealed_by, promise: Certification):
    """A certified document takes no new seal; its own empty field is filled unless nothing may change (ISO 32000-2 §12.8.2.2)."""
    document = with_field(Sheet(size=A4), (100, 200, 300, 400))
    certified = sealed_by(document, "1:120,20", certify=promise)
    with pytest.raises(ChangesForbidden):
        sealed_by(certified, "1:20,20")
    if promise is Certification.NO_CHANGES:
        with pytest.raises(ChangesForbidden):
            sealed_by(certified, "field=甲方签章")
        return
    assert sorted(judged_by_pyhanko_field(sealed_by(certified, "field=甲方签章"))) == ["Seal", "甲方签章"]


def judged_by_pyhanko_field(sealed: bytes) -> list[str]:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    names = []
    for signature in PdfFileReader(io.BytesIO(sealed)).embedded_signatures:
        context = ValidationContext(trust_roots=[world().root.asn1], allow_fetching=False)
        assert validate_pdf_signature(signature, context).bottom_line
        names.append(str(signature.field_name))
    return names


def test_a_seal_at_every_match_stands_on_its_text(sealed_by):
    """C2: all matches; the seal's middle on the text's, on the rendered page."""
    document = paper(
        Sheet((Text(200, 600, "甲方盖章"),), size=A4),
        Sheet(size=A4),
        Sheet((Text(300, 300, "甲 方 盖 章"),), size=A4),
    )
    with TextReader() as texts:
        sealed = sealed_by(document, "keyword=甲方盖章;which=all", texts)
    sheets = rendered(sealed)
    middles = {0: (200 + 24, 600 + 4.5), 2: (300 + 42, 300 + 4.5)}
    for page, (x, y) in middles.items():
        left, top = x / MM - SIZE[0] / 2, 297 - y / MM - SIZE[1] / 2
        red = (
            cut(sheets[page], (left, top, *SIZE))
            .split()[1]
            .point(lambda value: 255 * (value < 110))
            .getbbox()
        )
        assert red == pytest.approx((0, 0, SIZE[0] * PER_MM, SIZE[1] * PER_MM), abs=12)
    assert ImageChops.difference(sheets[1], rendered(document)[1]).getbbox() is None


def test_an_unseen_signature_changes_no_page(sealed_by):
    sealed = sealed_by(FIVE, "unseen")
    for before, after in zip(rendered(FIVE), rendered(sealed), strict=True):
        assert ImageChops.difference(before, after).getbbox() is None
    assert judged_by_pyhanko(sealed) == ["Seal"]
