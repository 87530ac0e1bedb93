"""The picture: true size, no font, nothing touching anything, 未备案 across what is not approved."""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pypdfium2
import pytest
from PIL import Image

from seals.drawing.geometry import MAX_NAME, MIN_GAP_MM, MIN_NAME, TEMPLATES, Shape, Template, template
from seals.drawing.picture import PictureSpec, draw, title_of
from seals.drawing.vector import Mark, SealPicture
from seals.errors import GlyphMissing, PictureError, TextUnfit
from seals.seal import SealKind

CODE = "3301060012345"
USCC = "91330106MA2CFRKX5Q"
GOLDEN = "2357e3918fccf707aa07433eea8ca3c59c97d7597427a9d551a8f41050ea2647"
ALPHABET = "杭州某数字科技有限公司浙江省国际贸易集团股份内蒙古呼和浩特龘爨鑫曌鑫赢瀛疆齉鹽麟"
KINDS = [pytest.param(found, id=f"{found.kind.code}-{found.key}") for found in TEMPLATES]
ARCS = [pytest.param(found, id=f"{found.kind.code}-{found.key}") for found in TEMPLATES if found.name]


def _name(length: int) -> str:
    return "".join(itertools.islice(itertools.cycle(ALPHABET), length))


def _spec(found: Template, name: str = "杭州某某数字科技有限公司", **changes: object) -> PictureSpec:
    fields: dict[str, object] = {
        "kind": found.kind,
        "name": name,
        "code": CODE,
        "template": found.key,
        "approved": True,
        "uscc": USCC,
        "line": "行政审批专用章" if found.kind is SealKind.OTHER else "",
        "person": "王小明" if found.kind is SealKind.LEGAL_REPRESENTATIVE else "",
    }
    return PictureSpec(**{**fields, **changes})  # type: ignore[arg-type]


def _outline(mark: Mark) -> Iterator[tuple[float, float]]:
    """Walk a mark's outline: points in mm from the box's top left, at most 0.15 mm apart."""
    a, b, c, d, e, f = mark.matrix

    def place(x: float, y: float) -> tuple[float, float]:
        return (a * x + c * y + e) / 1000, (b * x + d * y + f) / 1000

    here = start = (0.0, 0.0)
    for operator, text in re.findall(r"([MLCZ])([^MLCZ]*)", mark.path):
        numbers = [float(number) for number in text.split()]
        spots = [place(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        if operator == "M":
            here = start = spots[0]
            yield here
            continue
        ends = {"L": spots, "C": spots, "Z": [start]}[operator]
        reach = sum(math.dist(one, two) for one, two in itertools.pairwise([here, *ends]))
        steps = max(1, math.ceil(reach / 0.15))
        for step in range(1, steps + 1):
            t = step / steps
            if operator == "C":
                p, q, r, s = here, *ends
                u = 1 - t
                yield tuple(  # type: ignore[misc]
                    u**3 * p[i] + 3 * u * u * t * q[i] + 3 * u * t * t * r[i] + t**3 * s[i] for i in (0, 1)
                )
            else:
                yield tuple(here[i] + t * (ends[0][i] - here[i]) for i in (0, 1))  # type: ignore[misc]
        here = ends[-1]


def _pen(mark: Mark) -> float:
    """Farthest that the pen reaches beyond the outline, in mm."""
    a, b, c, d, _, _ = mark.matrix
    return mark.pen / 2 * max(math.hypot(a, b), math.hypot(c, d)) / 1000


CELL = 2.0
"""Side of a hash cell in mm; no question reaches farther."""


class _Ink:
    """The ink of one group of marks, hashed into cells for questions about nearness."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.pen = max(map(_pen, marks), default=0.0)
        self.points = [point for mark in marks for point in _outline(mark)]
        self.cells: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
        for x, y in self.points:
            self.cells[int(x // CELL), int(y // CELL)].append((x, y))

    def nearer_than(self, other: _Ink, gap: float) -> bool:
        """Tell whether any ink of one lies nearer than ``gap`` to any of the other (never misses one)."""
        reach = gap + self.pen + other.pen + 0.02
        assert reach <= CELL
        for (column, row), points in self.cells.items():
            around = itertools.product((column - 1, column, column + 1), (row - 1, row, row + 1))
            near = [point for cell in around for point in other.cells.get(cell, ())]
            if near and any(math.dist(one, two) < reach for one in points for two in near):
                return True
        return False


def _groups(picture: SealPicture) -> dict[str, _Ink]:
    parts: dict[str, list[Mark]] = defaultdict(list)
    for mark in picture.marks:
        parts[mark.part].append(mark)
    return {part: _Ink(marks) for part, marks in parts.items() if part != "ring"}


def _inside(found: Template, ink: _Ink) -> float:
    """Return the least white between the ink and the inner edge of the ring (exact for round, safe for others)."""
    across, down = found.width / 2 - found.edge, found.height / 2 - found.edge
    least = math.inf
    for x, y in ink.points:
        dx, dy = x - found.width / 2, y - found.height / 2
        if found.shape is Shape.SQUARE:
            least = min(least, across - abs(dx), down - abs(dy))
            continue
        level = math.hypot(dx / across, dy / down)
        steepness = math.hypot(dx / across**2, dy / down**2) / max(level, 1e-9)
        least = min(least, (1 - level) / max(steepness, 1e-9))
    return least - ink.pen


@pytest.mark.parametrize("found", ARCS)
def test_no_length_of_name_makes_groups_touch(found: Template) -> None:
    """B1: for every length, the ends of the arc (nothing else of it comes near) stay clear of all below and the star."""
    below: tuple[Mark, ...] = ()
    for length in range(MIN_NAME, MAX_NAME + 1):
        marks = draw(_spec(found, _name(length))).marks
        name = [mark for mark in marks if mark.part == "name"]
        assert len(name) == length
        rest = tuple(mark for mark in marks if mark.part not in ("name", "ring"))
        if rest != below:
            below, others = rest, _Ink(rest)
        assert not _Ink([*name[:2], *name[-2:]]).nearer_than(others, MIN_GAP_MM), length


@pytest.mark.parametrize("length", [2, 12, 30, MAX_NAME])
@pytest.mark.parametrize("found", ARCS)
def test_all_groups_stay_clear_of_each_other_and_the_ring(found: Template, length: int) -> None:
    """B1: arcs never touch the inscription or the code."""
    groups = _groups(draw(_spec(found, _name(length))))
    assert "name" in groups
    for one, other in itertools.combinations(sorted(groups), 2):
        assert not groups[one].nearer_than(groups[other], MIN_GAP_MM), f"{one} and {other}"
    for part, ink in groups.items():
        assert _inside(found, ink) >= 0.3, f"{part} and the ring"


@pytest.mark.parametrize("found", ARCS)
def test_neighbouring_letters_do_not_touch(found: Template) -> None:
    for length in (2, 12, 30, MAX_NAME):
        marks = [mark for mark in draw(_spec(found, "国" * length)).marks if mark.part == "name"]
        inks = [_Ink([mark]) for mark in marks]
        assert not any(one.nearer_than(two, 0.0) for one, two in itertools.pairwise(inks)), length


@pytest.mark.parametrize("length", range(2, 13))
def test_an_inscription_of_any_length_stays_clear(length: int) -> None:
    for found in (found for found in TEMPLATES if found.kind is SealKind.OTHER):
        groups = _groups(draw(_spec(found, _name(30), line=_name(length))))
        for one, other in itertools.combinations(sorted(groups), 2):
            assert not groups[one].nearer_than(groups[other], MIN_GAP_MM), f"{one} and {other}"
        for part, ink in groups.items():
            assert _inside(found, ink) >= MIN_GAP_MM, f"{part} and the ring"


def test_the_measure_itself_finds_a_touch() -> None:
    """The judge of the tests above must be able to fail."""
    found = template(SealKind.OTHER)
    groups = _groups(draw(_spec(found)))
    assert groups["line"].nearer_than(groups["name"], 1.5)
    assert not groups["line"].nearer_than(groups["name"], MIN_GAP_MM)
    assert groups["name"].nearer_than(groups["name"], 0.0)
    assert _inside(found, groups["name"]) < 3


@pytest.mark.parametrize("found", KINDS)
def test_true_size_in_svg_and_pdf(found: Template) -> None:
    picture = draw(_spec(found))
    assert f'width="{found.width}mm" height="{found.height}mm"' in picture.svg()
    page = pypdfium2.PdfDocument(picture.pdf())[0]
    assert page.get_width() == pytest.approx(found.width * 72 / 25.4, abs=1e-3)
    assert page.get_height() == pytest.approx(found.height * 72 / 25.4, abs=1e-3)


@pytest.mark.parametrize("found", KINDS)
def test_no_font_and_no_raster_inside(found: Template) -> None:
    picture = draw(_spec(found))
    content = picture.pdf_content()
    assert not re.search(rb"\b(BT|Tf|Tj|Do|BI)\b", content)
    assert b"/Font" not in picture.pdf()
    assert b"/Image" not in picture.pdf()
    assert "<text" not in picture.svg()
    assert len(zlib.compress(content)) < 20_000


def _render(picture: SealPicture, dpi: int = 150) -> Image.Image:
    return pypdfium2.PdfDocument(picture.pdf())[0].render(scale=dpi / 72).to_pil().convert("RGB")


def _red(image: Image.Image, box: tuple[float, float, float, float]) -> float:
    """Share of red pixels in a box given in parts of the picture."""
    width, height = image.size
    part = image.crop((int(box[0] * width), int(box[1] * height), int(box[2] * width), int(box[3] * height)))
    data = part.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    return sum(r > 180 and g < 90 and b < 90 for r, g, b in pixels) / len(pixels)


def test_the_rendered_seal_has_its_ring_star_and_bold_letters() -> None:
    found = template(SealKind.LEGAL_NAME)
    image = _render(draw(_spec(found)))
    assert _red(image, (0.0, 0.49, 0.025, 0.51)) > 0.9, "ring at the left edge"
    assert _red(image, (0.47, 0.45, 0.53, 0.55)) > 0.95, "star in the middle"
    assert 0.2 < _red(image, (0.35, 0.06, 0.65, 0.16)) < 0.6, "letters at the top: bold, but not blots"
    assert _red(image, (0.4, 0.75, 0.6, 0.82)) == 0, "white between star and code"
    assert 0.08 < _red(image, (0.3, 0.85, 0.7, 0.96)) < 0.5, "code on the lower arc"


@pytest.mark.parametrize("found", KINDS)
def test_an_unapproved_seal_bears_the_mark_across_it(found: Template) -> None:
    """B7: unfiled seals render only with 未备案 across them."""
    clean, marked = draw(_spec(found)), draw(_spec(found, approved=False))
    assert not [mark for mark in clean.marks if mark.part == "banner"]
    banner = [mark for mark in marked.marks if mark.part == "banner"]
    assert [mark.colour for mark in banner] == ["paper"] * 3 + ["ink"] * 3
    assert marked.marks[-6:] == tuple(banner), "the mark is drawn over everything else"
    assert marked.digest != clean.digest
    points = _Ink(banner).points
    width = max(x for x, _ in points) - min(x for x, _ in points)
    assert width > 0.6 * found.width, "across the seal, not in a corner"
    before, after = _render(clean), _render(marked)
    differing = sum(a != b for a, b in zip(before.tobytes(), after.tobytes(), strict=True))
    assert differing > 0.1 * before.size[0] * before.size[1] * 2, (
        "green and blue change where ink comes or goes"
    )


def test_unapproved_is_what_one_gets_without_saying_so() -> None:
    assert [
        mark
        for mark in draw(PictureSpec(SealKind.LEGAL_NAME, "某某公司", CODE)).marks
        if mark.part == "banner"
    ]


def test_equal_specs_give_equal_octets_and_different_ones_do_not() -> None:
    found = template(SealKind.OTHER)
    first = draw(_spec(found))
    assert first.to_bytes() == draw(_spec(found)).to_bytes()
    others = [_spec(found, name="杭州某某数字科技有限责任公司"), _spec(found, code="3301060012346")]
    assert len({first.digest, *(draw(other).digest for other in others)}) == 3


def test_the_drawing_does_not_change_unnoticed() -> None:
    """A picture's digest stands in records and statements: a change of drawing must be meant."""
    assert draw(_spec(template(SealKind.OTHER))).digest == GOLDEN


def test_a_stored_picture_comes_back_whole() -> None:
    picture = draw(_spec(template(SealKind.INVOICE)))
    again = SealPicture.unpack(picture.packed())
    assert again.digest == picture.digest
    assert again.svg() == picture.svg()
    assert again.pdf_content() == picture.pdf_content()


@pytest.mark.parametrize(
    "data", [b"", b"junk", zlib.compress(b"other\t1\t1\tx"), zlib.compress(b"yinxin-picture-1")]
)
def test_a_damaged_stored_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        SealPicture.unpack(data)


def test_a_stored_picture_cut_off_or_blown_up_is_refused() -> None:
    packed = draw(_spec(template(SealKind.LEGAL_NAME))).packed()
    with pytest.raises(PictureError):
        SealPicture.unpack(packed[: len(packed) // 2])
    with pytest.raises(PictureError):
        SealPicture.unpack(zlib.compress(b"\n" * (5 * 1024 * 1024)))


def test_a_character_the_font_lacks_is_named() -> None:
    with pytest.raises(GlyphMissing) as refused:
        draw(PictureSpec(SealKind.LEGAL_NAME, "某\U0003134f公司", CODE))
    assert refused.value.character == "\U0003134f"
    assert "U+3134F" in refused.value.zh
    assert "U+3134F" in refused.value.en


@pytest.mark.parametrize(
    "spec",
    [
        PictureSpec(SealKind.LEGAL_NAME, "某", CODE),
        PictureSpec(SealKind.LEGAL_NAME, "某" * (MAX_NAME + 1), CODE),
        PictureSpec(SealKind.LEGAL_NAME, "某 公司", CODE),
        PictureSpec(SealKind.LEGAL_NAME, "某\u202e公司", CODE),
        PictureSpec(SealKind.LEGAL_NAME, "某公司", "123"),
        PictureSpec(SealKind.LEGAL_NAME, "某公司", CODE, template="round-99"),
        PictureSpec(SealKind.OTHER, "某公司", CODE),
        PictureSpec(SealKind.OTHER, "某公司", CODE, line="字" * 13),
        PictureSpec(SealKind.LEGAL_REPRESENTATIVE, "某公司", CODE, person="王"),
        PictureSpec(SealKind.INVOICE, "某公司", CODE, uscc=""),
    ],
)
def test_texts_that_no_seal_bears_are_refused(spec: PictureSpec) -> None:
    with pytest.raises(TextUnfit) as refused:
        draw(spec)
    assert refused.value.zh.endswith("。")
    assert refused.value.en.endswith(".")


@pytest.mark.parametrize(
    ("person", "columns"),
    [
        ("张三", ["张三", "之印"]),
        ("王小明", ["王小", "明印"]),
        ("欧阳小明", ["欧阳", "小明", "之印"]),
        ("阿卜杜拉·买买提", ["阿卜杜", "拉·买", "买提", "之印"]),
        ("买买提江·艾", ["买买提", "江·艾", "之印"]),
    ],
)
def test_a_name_seal_reads_in_columns_from_the_right(person: str, columns: list[str]) -> None:
    from seals.drawing.layout import Texts, plan

    text = person + {0: "之印", 1: "印"}[len(person) % 2]
    letters = plan(template(SealKind.LEGAL_REPRESENTATIVE), Texts(text, CODE))
    by_column: dict[float, list[str]] = defaultdict(list)
    for letter in sorted(letters, key=lambda letter: letter.frame.foot[1]):
        by_column[round(letter.frame.foot[0], 3)].append(letter.character)
    assert ["".join(by_column[x]) for x in sorted(by_column, reverse=True)] == columns


def test_titles_say_what_the_seal_is_for() -> None:
    assert title_of(_spec(template(SealKind.FINANCE))) == "杭州某某数字科技有限公司财务专用章"
    assert title_of(_spec(template(SealKind.OTHER))) == "杭州某某数字科技有限公司行政审批专用章"
    assert "王小明" in title_of(_spec(template(SealKind.LEGAL_REPRESENTATIVE)))


def test_sizes_keep_the_rules() -> None:
    """国发〔1999〕25号: at most 45 mm; 国家税务总局公告2011年第7号: the invoice seal is 40 by 30 mm."""
    assert all(max(found.width, found.height) <= 45 for found in TEMPLATES)
    invoice = template(SealKind.INVOICE)
    assert (invoice.width, invoice.height, invoice.edge) == (40, 30, 1.0)
    assert template(SealKind.LEGAL_NAME).key == "round-42"
