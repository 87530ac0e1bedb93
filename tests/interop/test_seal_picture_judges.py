"""Outside judges of the picture: qpdf on the file, poppler and Chromium on what one sees."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter

from seals.drawing.geometry import TEMPLATES, Template
from seals.drawing.picture import PictureSpec, draw
from seals.drawing.vector import SealPicture
from seals.seal import SealKind
from tests.conftest import missing

DPI = 254  # ten pixels to the millimetre: every seal is a whole number of them
SAME = 0.008
"""Largest mean difference of equal pictures, blurred by a fifth of a millimetre: renderers differ in their edges."""
KINDS = [pytest.param(found, id=f"{found.kind.code}-{found.key}") for found in TEMPLATES]
pytestmark = pytest.mark.judge


def _picture(found: Template, *, approved: bool = True) -> SealPicture:
    return draw(
        PictureSpec(
            kind=found.kind,
            name="浙江印信数字科技有限责任公司",
            code="3301060012345",
            line="行政审批专用章" if found.kind is SealKind.OTHER else "",
            person="欧阳小明" if found.kind is SealKind.LEGAL_REPRESENTATIVE else "",
            uscc="91330106MA2CFRKX5Q",
            template=found.key,
            approved=approved,
        )
    )


def _tool(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(name, f"install the package {package}")
    return found


def _ours(picture: SealPicture) -> Image.Image:
    return pypdfium2.PdfDocument(picture.pdf())[0].render(scale=DPI / 72).to_pil().convert("RGB")


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures in parts of the full range, after bringing them to one size."""
    if abs(one.width - other.width) > 2 or abs(one.height - other.height) > 2:
        raise AssertionError(f"sizes differ: {one.size} and {other.size}")
    size = (min(one.width, other.width), min(one.height, other.height))
    blurred = [
        image.crop((0, 0, *size)).convert("L").filter(ImageFilter.GaussianBlur(2.5)) for image in (one, other)
    ]
    strip = ImageChops.difference(*blurred)
    return sum(value * count for value, count in enumerate(strip.histogram())) / (size[0] * size[1] * 255)


def test_the_measure_tells_pictures_apart() -> None:
    """The judge of the tests below must be able to fail."""
    found = TEMPLATES[0]
    other = draw(PictureSpec(found.kind, "浙江印信数字科技无限责任公司", "3301060012345", approved=True))
    assert _difference(_ours(_picture(found)), _ours(_picture(found, approved=False))) > 2 * SAME
    assert _difference(_ours(_picture(found)), _ours(other)) > 0


@pytest.mark.parametrize("found", KINDS)
def test_qpdf_finds_nothing_wrong(found: Template, tmp_path: Path) -> None:
    path = tmp_path / "seal.pdf"
    path.write_bytes(_picture(found).pdf())
    done = subprocess.run(
        [_tool("qpdf", "qpdf"), "--check", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No syntax or stream encoding errors" in done.stdout


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("found", KINDS)
def test_poppler_sees_the_same_picture(found: Template, approved: bool, tmp_path: Path) -> None:
    picture = _picture(found, approved=approved)
    path = tmp_path / "seal.pdf"
    path.write_bytes(picture.pdf())
    command = [
        _tool("pdftoppm", "poppler-utils"),
        "-r",
        str(DPI),
        "-png",
        "-singlefile",
        path,
        tmp_path / "seen",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert _difference(_ours(picture), Image.open(tmp_path / "seen.png").convert("RGB")) < SAME


@pytest.mark.browser
@pytest.mark.parametrize("approved", [True, False])
def test_chromium_sees_the_same_picture_in_the_svg(approved: bool, tmp_path: Path) -> None:
    """B1: the preview in the browser is the picture in the file, at true millimetre size."""
    found = next(found for found in TEMPLATES if found.kind is SealKind.OTHER)
    picture = _picture(found, approved=approved)
    page, seen = tmp_path / "seal.html", tmp_path / "seen.png"
    page.write_text(
        f"<!doctype html><style>*{{margin:0}}svg{{display:block}}</style>{picture.svg()}", encoding="utf-8"
    )
    command = [
        _tool("chromium", "chromium"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--force-device-scale-factor={DPI / 96}",
        "--window-size=400,400",
        f"--screenshot={seen}",
        f"file://{page}",
    ]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    ours = _ours(picture)
    shown = Image.open(seen).convert("RGB").crop((0, 0, *ours.size))
    assert _difference(ours, shown) < SAME
