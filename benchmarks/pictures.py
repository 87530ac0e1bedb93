"""Pictures and imprints: drawing a seal, its PNG, a scan compared with it, a photograph cleaned.

Peers: Pillow setting the same letters of the same font along the same arc; resvg drawing our SVG; OpenCV's ORB features and
a homography, as tutorials compare pictures; vtracer outlining the same cleaned pixels. What each leaves out stands in the notes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable

from benchmarks.harness import Row, compare, per_second

NAME = "pictures"
CODE = "3301060012345"
COMPANY = "杭州某某数字科技有限公司"
DPI = 600


def run(quick: bool) -> Iterable[Row]:
    """Measure drawing, PNG, comparison and cleaning."""
    import cv2

    cv2.setNumThreads(1)
    rounds, seconds = (3, 0.5) if quick else (7, 2.0)

    def pairs(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[tuple[float, float], ...]:
        ours(), peer()
        return compare(lambda: per_second(ours, seconds), lambda: per_second(peer, seconds), rounds)

    yield _drawing(pairs)
    yield _png(pairs)
    yield _comparison(pairs)
    yield _cleaning(pairs)


Pairs = Callable[[Callable[[], object], Callable[[], object]], tuple[tuple[float, float], ...]]


def _drawing(pairs: Pairs) -> Row:
    from seals.drawing.picture import PictureSpec, draw
    from seals.seal import SealKind

    spec = PictureSpec(SealKind.LEGAL_NAME, COMPANY, CODE, approved=True)
    note = "ours: layout and vectors, SVG, PDF and digest; the peer: one bitmap, no layout, no star, fixed places"
    return Row(
        "picture-drawing",
        "seals/s",
        "Pillow, the same letters as a bitmap of 600 dpi",
        pairs(lambda: _whole(draw(spec)), _pillow_seal()),
        note=note,
    )


def _whole(picture: object) -> None:
    from seals.drawing.vector import SealPicture

    assert isinstance(picture, SealPicture)
    picture.svg(), picture.pdf(), picture.digest


def _pillow_seal() -> Callable[[], object]:
    from PIL import Image, ImageDraw, ImageFont

    from seals.drawing.fonts import Face

    side = round(42 / 25.4 * DPI)
    font = ImageFont.truetype(str(Face.SONG.path()), round(5.6 / 25.4 * DPI))

    def draw() -> None:
        sheet = Image.new("RGBA", (side, side))
        ImageDraw.Draw(sheet).ellipse((14, 14, side - 14, side - 14), outline=(230, 0, 18), width=28)
        for index, letter in enumerate(COMPANY):
            angle = math.radians(-122 + 244 * index / (len(COMPANY) - 1))
            tile = Image.new("RGBA", (160, 160))
            ImageDraw.Draw(tile).text((80, 80), letter, (230, 0, 18), font=font, anchor="mm")
            turned = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
            place = (
                round(side / 2 + 395 * math.sin(angle) - 80),
                round(side / 2 - 395 * math.cos(angle) - 80),
            )
            sheet.alpha_composite(turned, place)
        sheet.save(io.BytesIO(), "PNG")

    return draw


def _seal(name: str = COMPANY) -> object:
    from seals.drawing.picture import PictureSpec, draw
    from seals.seal import SealKind

    return draw(PictureSpec(SealKind.LEGAL_NAME, name, CODE, approved=True))


def _png(pairs: Pairs) -> Row:
    import resvg_py

    from seals.imprint import raster

    picture = _seal()
    svg = picture.svg()  # type: ignore[attr-defined]
    return Row(
        "picture-png-600",
        "pictures/s",
        "resvg 0.5 on our SVG",
        pairs(
            lambda: raster.png(picture, DPI),  # type: ignore[arg-type]
            lambda: resvg_py.svg_to_bytes(
                svg_string=svg, width=993, height=993, dpi=96, skip_system_fonts=True
            ),
        ),
        note="993 × 993 pixels, transparent; ours by PDFium, with pHYs",
    )


def _photograph(name: str = COMPANY) -> bytes:
    from tests.imprint_world import HARD, photograph

    return photograph(_seal(name), HARD)  # type: ignore[arg-type]


def _comparison(pairs: Pairs) -> Row:
    import cv2
    import numpy as np

    from seals.imprint import comparison, raster
    from seals.imprint.scan import read_scan

    picture, photo = _seal(), _photograph()
    approved = (255 * (1 - raster.ink(picture, 11.8))).astype(np.uint8)  # type: ignore[arg-type]

    def features() -> None:
        seen = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_GRAYSCALE)
        orb = cv2.ORB.create(3000)
        spots, words = orb.detectAndCompute(approved, None)
        others, said = orb.detectAndCompute(seen, None)
        matched = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words, said)
        one = np.float32([spots[match.queryIdx].pt for match in matched])
        two = np.float32([others[match.trainIdx].pt for match in matched])
        view, _ = cv2.findHomography(two, one, cv2.RANSAC, 3)
        laid = cv2.warpPerspective(seen, view, approved.shape[::-1], borderValue=255)
        float(((laid < 128) & (approved < 128)).sum() / ((laid < 128) | (approved < 128)).sum())

    return Row(
        "imprint-comparison",
        "scans/s",
        "OpenCV ORB, homography by RANSAC, shared ink",
        pairs(lambda: comparison.compare(read_scan(photo), picture), features),  # type: ignore[arg-type]
        note="300 dpi, askew, shadowed; ours with bounds, tolerance, worst place and overlay; the peer has one figure",
    )


def _cleaning(pairs: Pairs) -> Row:
    import vtracer

    from seals.imprint import cleaning
    from seals.imprint.scan import read_scan

    photo = _photograph()
    pixels = cleaning.clean(read_scan(photo)).png
    return Row(
        "imprint-cleaning",
        "photographs/s",
        "vtracer 0.6 outlining our cleaned PNG",
        pairs(
            lambda: cleaning.clean(read_scan(photo)),
            lambda: vtracer.convert_raw_image_to_svg(pixels, img_format="png", colormode="binary"),
        ),
        note="ours from the photograph to PNG and vectors; the peer begins where paper, light and tilt are gone",
    )
