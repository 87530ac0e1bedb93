"""Reading a scan or photograph of an imprint: foreign bytes, bounded before anything is decoded."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from seals.imprint.errors import ImprintTooLarge, ImprintUnreadable
from seals.imprint.limits import FORMATS, MAX_OCTETS, MAX_PIXELS, MAX_SIDE, MIN_SIDE

TOLD_DPI: Final = (100.0, 2400.0)
"""Resolutions believed: cameras write 72 or 96 without meaning it."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A picture as read: rows × columns × RGB, resolution if the file says one, SHA-256 of the file (hex)."""

    pixels: Pixels
    dpi: float | None
    sha256: str


def read_scan(data: bytes) -> Scan:
    """Read a PNG, JPEG, TIFF or BMP of one frame, turned upright as its EXIF says, transparency laid on white.

    Raises :class:`ImprintTooLarge` before decoding, :class:`ImprintUnreadable` for everything else that is wrong.
    """
    if len(data) > MAX_OCTETS:
        raise ImprintTooLarge(
            f"图片文件超过 {MAX_OCTETS >> 20} MB，请裁剪到印模范围或降低分辨率后上传。",
            f"The picture has more than {MAX_OCTETS >> 20} MB; cut it to the imprint or scan it at a lower resolution.",
        )
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=FORMATS) as opened,
        ):
            _check_header(opened)
            upright = ImageOps.exif_transpose(opened)
            pixels = _rgb(upright)
            dpi = _told_dpi(opened)
    except ImprintUnreadable:
        raise
    except Image.DecompressionBombError as wrong:
        raise _too_many_pixels() from wrong
    except Exception as wrong:  # whatever a decoder raises about foreign bytes
        raise ImprintUnreadable from wrong
    return Scan(pixels, dpi, hashlib.sha256(data).hexdigest())


def _too_many_pixels() -> ImprintTooLarge:
    return ImprintTooLarge(
        f"图片像素过多（上限 {MAX_PIXELS // 1_000_000} 百万像素），请裁剪到印模范围后上传。",
        f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels; cut it to the imprint.",
    )


def _check_header(opened: Image.Image) -> None:
    """Judge size and frames; nothing is decoded yet."""
    width, height = opened.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise ImprintUnreadable(
            f"图片太小（短边不足 {MIN_SIDE} 像素），请以 300 dpi 以上重新扫描。",
            f"The picture's shorter side has under {MIN_SIDE} pixels; scan it again at 300 dpi or more.",
        )
    if _has_second_frame(opened):
        raise ImprintUnreadable(
            "图片含有多页或多帧，请只上传印模所在的一页。",
            "The file has several pages or frames; upload one.",
        )


def _has_second_frame(opened: Image.Image) -> bool:
    """Look for one frame more, never for all: a file may claim millions. Telephones add previews to a JPEG (MPO)."""
    if opened.format == "MPO":
        return False
    try:
        opened.seek(1)
    except EOFError:
        return False
    return True


def _rgb(image: Image.Image) -> Pixels:
    if image.mode.startswith(("I", "F")):  # 16-bit greys of scanners
        grey = np.asarray(image, dtype=np.float64)
        deep = 65535 if image.mode.startswith("I") else 1.0
        octets = np.clip(grey * (255 / deep), 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(octets[:, :, None], 3, axis=2))
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        image = Image.alpha_composite(paper, layered)
    return np.asarray(image.convert("RGB"))


def _told_dpi(opened: Image.Image) -> float | None:
    across, down = opened.info.get("dpi", (0, 0))
    across, down = float(across), float(down)
    alike = abs(across - down) <= 0.01 * max(across, down)
    return (across + down) / 2 if alike and TOLD_DPI[0] <= across <= TOLD_DPI[1] else None
