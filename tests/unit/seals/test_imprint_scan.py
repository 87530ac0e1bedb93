"""Reading scans: what is refused before anything is decoded, and what every honest scanner writes."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from seals.imprint import raster
from seals.imprint.errors import ImprintError, ImprintTooLarge, ImprintUnreadable
from seals.imprint.limits import MAX_OCTETS, MAX_PIXELS
from seals.imprint.scan import read_scan
from tests.imprint_world import photograph, seal


def _png_header(width: int, height: int) -> bytes:
    """Return a PNG that promises ``width`` × ``height`` and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def _written(form: str, mode: str = "RGB", **told: object) -> bytes:
    image = Image.effect_noise((200, 160), 40).convert(mode)
    out = io.BytesIO()
    image.save(out, form, **told)
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (6_400, 6_300), (2**31 - 1, 1), (25_000, 200)]
)
def test_a_decompression_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(ImprintTooLarge) as told:
        read_scan(_png_header(width, height))
    assert str(MAX_PIXELS // 1_000_000) in told.value.zh
    assert "cut it" in told.value.en


def test_too_many_octets_are_refused() -> None:
    with pytest.raises(ImprintTooLarge):
        read_scan(bytes(MAX_OCTETS + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(400),
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        photograph(seal())[:3000],
        _png_header(300, 300),
        _png_header(60, 400),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ImprintUnreadable) as told:
        read_scan(data)
    assert told.value.zh
    assert told.value.en


def test_a_file_of_several_pages_is_refused() -> None:
    pages = [Image.new("RGB", (200, 200), colour) for colour in ("white", "red")]
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    with pytest.raises(ImprintUnreadable, match="several pages"):
        read_scan(out.getvalue())


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGB"), ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "LA"), ("JPEG", "CMYK"),
     ("JPEG", "L"), ("TIFF", "RGB"), ("TIFF", "1"), ("BMP", "RGB")],
)  # fmt: skip
def test_every_form_of_a_scanner_is_read(form: str, mode: str) -> None:
    scan = read_scan(_written(form, mode))
    assert scan.pixels.shape == (160, 200, 3)
    assert scan.pixels.dtype == np.uint8


def test_a_sixteen_bit_grey_keeps_its_light() -> None:
    out = io.BytesIO()
    Image.fromarray(np.full((150, 150), 32768, np.uint16)).save(out, "PNG")
    assert abs(int(read_scan(out.getvalue()).pixels[5, 5, 0]) - 127) <= 1


def test_transparency_is_laid_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (150, 150), (255, 0, 0, 0)).save(out, "PNG")
    assert tuple(read_scan(out.getvalue()).pixels[75, 75]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("told", "believed"), [((300, 300), 300), ((72, 72), None), ((300, 200), None), ((9600, 9600), None)]
)
def test_only_a_resolution_that_is_meant_is_believed(told: tuple[int, int], believed: float | None) -> None:
    assert read_scan(_written("JPEG", dpi=told)).dpi == believed
    assert read_scan(_written("PNG")).dpi is None


def test_a_photograph_is_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_scan(_written("JPEG", exif=exif)).pixels.shape == (200, 160, 3)


def test_a_png_of_a_seal_says_its_size_and_has_no_paper() -> None:
    """C8: the picture prints at true size: pixels over pHYs are the seal's millimetres."""
    picture = seal()
    drawn = Image.open(io.BytesIO(raster.png(picture, 600)))
    across = drawn.width / drawn.info["dpi"][0] * 25.4
    assert across == pytest.approx(picture.size_mm[0], abs=0.05)
    assert drawn.getpixel((2, 2))[3] == 0
    opaque = Image.open(io.BytesIO(raster.png(picture, 300, transparent=False)))
    assert (opaque.mode, opaque.getpixel((2, 2))) == ("RGB", (255, 255, 255))
    for dpi in (10, 100_000):
        with pytest.raises(ValueError, match="dots to the inch"):
            raster.png(picture, dpi)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_pictures_are_refused_or_read_but_nothing_else(seed: int) -> None:
    """Octets changed, cut out and doubled: a scan, or an error of the family."""
    rng = np.random.default_rng(seed)
    forms = [("PNG", "RGB"), ("JPEG", "RGB"), ("TIFF", "L"), ("BMP", "RGB"), ("PNG", "P")]
    data = bytearray(_written(*forms[seed % len(forms)]))
    for _ in range(int(rng.integers(1, 12))):
        place = int(rng.integers(0, len(data) - 8))
        if rng.random() < 0.7:
            data[place] = int(rng.integers(0, 256))
        else:
            del data[place : place + int(rng.integers(1, 9))]
    try:
        scan = read_scan(bytes(data))
    except ImprintError:
        return
    assert scan.pixels.ndim == 3
