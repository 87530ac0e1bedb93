"""Imprints as they come back from paper: a drawn seal inked unevenly, photographed askew in bad light, as a JPEG.

Everything is made from a seed, so that a test that fails once fails again.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from seals.drawing.picture import PictureSpec, draw
from seals.drawing.vector import Mark, SealPicture
from seals.imprint import raster
from seals.seal import SealKind

CODE = "3301060012345"
USCC = "91330106MA2CFRKX5Q"
NAME = "杭州某某数字科技有限公司"
RED = np.array([196, 32, 44], np.float32)


def seal(kind: SealKind = SealKind.LEGAL_NAME, name: str = NAME, **changes: object) -> SealPicture:
    """Draw an approved seal."""
    fields: dict[str, object] = {
        "code": CODE,
        "uscc": USCC,
        "line": "行政审批专用章" if kind is SealKind.OTHER else "",
        "person": "王小明" if kind is SealKind.LEGAL_REPRESENTATIVE else "",
        "approved": True,
    }
    return draw(PictureSpec(kind=kind, name=name, **{**fields, **changes}))  # type: ignore[arg-type]


def without(picture: SealPicture, part: str) -> SealPicture:
    """Leave a group of marks out, the star for one."""
    return replace(picture, marks=tuple(mark for mark in picture.marks if mark.part != part))


def with_emblem(picture: SealPicture) -> SealPicture:
    """Put a wheel where the star was: a figure that no company's seal has."""
    bare = without(picture, "star")
    spokes = "".join(
        f"M{-6500 * x} {-6500 * y}L{6500 * x} {6500 * y}" for x, y in ((1, 0), (0, 1), (0.7, 0.7))
    )
    rim = "M6500 0C6500 8667 -6500 8667 -6500 0C-6500 -8667 6500 -8667 6500 0Z"
    here = (1.0, 0.0, 0.0, 1.0, picture.size_mm[0] * 500, picture.size_mm[1] * 500)
    wheel = Mark("emblem", "ink", filled=False, pen=1100, matrix=here, path=rim + spokes)
    return replace(bare, marks=(*bare.marks, wheel))


@dataclass(frozen=True)
class Paper:
    """How an imprint was made and photographed. Lengths in mm, angles in degrees, strengths from 0 to 1."""

    seed: int = 1
    dpi: float = 300
    turn: float = 0.0
    tilt: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    margin: float = 6.0
    shade: float = 0.0
    grain: float = 0.0
    gaps: float = 0.0
    spread: float = 0.0
    blur: float = 0.0
    quality: int = 92
    grey: bool = False
    mirrored: bool = False
    text: bool = False
    said_dpi: bool = True


HARD = Paper(turn=17, tilt=0.04, shade=0.5, grain=0.02, gaps=0.35, spread=0.05, blur=0.06, quality=70)
"""A photograph by hand: askew, shadowed, grainy, with places where the ink is missing."""


def _inked(
    picture: SealPicture, paper: Paper, rng: np.random.Generator, scale: float
) -> npt.NDArray[np.float32]:
    """Press the seal: ink spreads a little, is missing in clouds, and is nowhere quite even."""
    ink = raster.ink(picture, scale)
    if paper.mirrored:
        ink = np.ascontiguousarray(ink[:, ::-1])
    if paper.spread:
        ink = np.clip(cv2.GaussianBlur(ink, (0, 0), paper.spread * scale) * 1.25, 0, 1)
    if paper.gaps:
        cloud = _cloud(rng, ink.shape, 1.1 * scale) + 0.6 * _cloud(rng, ink.shape, 0.25 * scale)
        limit = np.quantile(cloud, 0.22 * paper.gaps)
        ink = ink * np.clip((cloud - limit) * 2.5 + 0.5, 0, 1)
        ink = ink * (0.78 + 0.22 * np.clip(_cloud(rng, ink.shape, 5 * scale) * 0.5 + 0.5, 0, 1))
    return ink.astype(np.float32)


def _cloud(rng: np.random.Generator, shape: tuple[int, ...], size: float) -> npt.NDArray[np.float32]:
    """Return noise of a given grain, mean 0, deviation 1."""
    small = max(2, round(shape[0] / size)), max(2, round(shape[1] / size))
    rough = cv2.resize(
        rng.standard_normal(small).astype(np.float32), shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    return (rough - rough.mean()) / (rough.std() + 1e-6)


def _placed(ink: npt.NDArray[np.float32], paper: Paper, scale: float) -> npt.NDArray[np.float32]:
    """Turn, shift and tilt the imprint on its sheet."""
    height, width = ink.shape
    across = round(max(height, width) * 1.06 + 2 * paper.margin * scale)
    half = np.array([width / 2, height / 2])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float) * half
    angle = np.radians(paper.turn)
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    far = 1 - paper.tilt * turned[:, 1:2] / half[1]
    landed = turned * [1, 1 - paper.tilt] * far + across / 2 + np.array(paper.shift) * scale
    source = (corners + half).astype(np.float32)
    view = cv2.getPerspectiveTransform(source, landed.astype(np.float32))
    return cv2.warpPerspective(ink, view, (across, across), flags=cv2.INTER_AREA)


def photograph(picture: SealPicture, paper: Paper | None = None) -> bytes:
    """Return the JPEG of an imprint on white paper."""
    paper = paper or Paper()
    rng = np.random.default_rng(paper.seed)
    scale = paper.dpi / 25.4
    ink = _placed(_inked(picture, paper, rng, scale), paper, scale)
    sheet = np.full((*ink.shape, 3), [247, 245, 240], np.float32)
    if paper.text:
        sheet = _printed(sheet, scale)
    colour = np.full(3, RED.mean()) if paper.grey else RED
    sheet = sheet * (1 - ink[..., None] * (1 - colour / 250))
    if paper.shade:
        ramp = np.linspace(0, 1, ink.shape[1])[None, :] * np.linspace(0.4, 1, ink.shape[0])[:, None]
        sheet *= (1 - 0.55 * paper.shade * ramp)[..., None]
    if paper.blur:
        sheet = cv2.GaussianBlur(sheet, (0, 0), paper.blur * scale)
    sheet += rng.normal(0, 255 * paper.grain, sheet.shape)
    out = io.BytesIO()
    image = Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8))
    if paper.grey:
        image = image.convert("L")
    said = {"dpi": (round(paper.dpi), round(paper.dpi))} if paper.said_dpi else {}
    image.save(out, "JPEG", quality=paper.quality, **said)
    return out.getvalue()


def _printed(sheet: npt.NDArray[np.float32], scale: float) -> npt.NDArray[np.float32]:
    """Print some lines of black text under the imprint."""
    image = Image.fromarray(sheet.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=4 * scale)
    for row in range(5, int(sheet.shape[0] / scale), 8):
        words = "Contract no. 2026-0415 between the parties of the first part " * 3
        pen.text((2 * scale, row * scale), words, (30, 30, 34), font=font)
    return np.asarray(image, dtype=np.float32)


def blank(dpi: float = 300) -> bytes:
    """Return a photograph of paper with nothing on it."""
    rng = np.random.default_rng(5)
    sheet = rng.normal(240, 3, (round(50 * dpi / 25.4), round(50 * dpi / 25.4), 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(sheet, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=85)
    return out.getvalue()
