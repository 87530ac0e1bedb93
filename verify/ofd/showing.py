"""Where and how large a seal shows: a picture laid over a page can say what nobody signed, with every digest still right.

A later signature protects its own stamp and leaves the earlier ones valid. Whoever may add one could draw a picture as large
as the page over all that stands there, or lay many stamps, or slices of one, side by side: neither is ever green. A seal over
another's is told, and a page that seals of several fill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from verify.certificates.paths import fingerprint
from verify.ofd.description import StampAnnot
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ofd.structure import Box, numbered
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, passed
from verify.verdict import SubIndication

MAX_SIDE_MM: Final = 120.0
"""Longest side of a stamp: the largest seal there is has 60 mm (国发〔1999〕25号), signatures in handwriting twice that."""
MAX_STRETCH: Final = 1.5
"""How much larger than its seal states a stamp may be drawn; writers that scale make seals smaller, not larger."""
COVERED: Final = 0.8
"""Part of an earlier stamp from which on it counts as covered; seals side by side, and seam seals, overlap at edges."""
MAX_SHARE: Final = 1 / 3
"""Part of a page that the stamps of one signatory may take together; one stamp alone may take more, of a small page. Ten
ordinary seals (42 mm) on an A4 page take 0.28 of it."""
FULL: Final = 1 / 2
"""Part of a page from which on it is told that seals fill it, whoever's they are."""
ROUNDING_MM: Final = 1.0
"""How far a clip may reach beyond its boundary: writers round, and what lies there shows nowhere."""
MAX_COMPARED: Final = 200_000
"""Pairs of stamps compared in one package; two hundred seals of two pages each make eighty thousand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A stamp's visible rectangle on a page, in mm."""

    page: str
    box: Box


@dataclass(slots=True)
class _Taken:
    """What stamps take of one page, in mm²: together, and the largest of them."""

    together: float = 0.0
    largest: float = 0.0

    def add(self, area: float) -> None:
        """Count one more; stamps that overlap count twice."""
        self.together += area
        self.largest = max(self.largest, area)


Taken = dict[tuple[str, str, str], _Taken]
"""By document, page and signatory; by nobody's name of all together."""


def check_showing(cases: Sequence[OfdCase]) -> None:
    """Judge where each signature shows, those before it known; what is found stays in the case."""
    earlier: dict[tuple[str, str], list[Box]] = {}
    taken: Taken = {}
    compared = 0
    for case in cases:
        description = case.description
        if description is None or not description.stamps:
            continue
        placed = _placed(case, description.stamps)
        mine = [Shown(stamp.page, visible(stamp)) for stamp in description.stamps]
        hides = False
        for one in mine:
            below = earlier.get((case.body.root, one.page), [])
            compared += len(below)
            hides = hides or compared > MAX_COMPARED or any(_covers(one.box, box) for box in below)
        for one in mine:
            earlier.setdefault((case.body.root, one.page), []).append(one.box)
        if hides:
            case.case.notes.append(_OVER)
        outcome = placed or _crowding(case, description.stamps, taken)
        case.note(OfdStep.SHOWING, outcome or passed("位置与大小正常。", "Its place and size are in order."))


def visible(stamp: StampAnnot) -> Box:
    """Return the rectangle that shows: the clip, which is relative to the boundary's corner, or the whole."""
    x, y, width, height = stamp.boundary
    left, top, wide, high = stamp.clip or (0.0, 0.0, width, height)
    return x + left, y + top, wide, high


def _placed(case: OfdCase, stamps: Sequence[StampAnnot]) -> Outcome | None:
    numbers = Counter(numbered(page.id) for page in case.body.pages)
    sizes = {page.id: page.box[2:] for page in case.body.pages}
    for stamp in stamps:
        count = numbers[numbered(stamp.page)] if stamp.page in sizes else 0
        if count != 1:
            return _nowhere(stamp.page, count)
        if min(*stamp.boundary[2:], *sizes[stamp.page]) <= 0:
            return _SIZELESS
        if stamp.clip is not None and not _inside(stamp.clip, stamp.boundary):
            return _CUT
        if any(side > allowed for side, allowed in _sides(case, stamp)):
            return _LARGE
    return None


def _inside(clip: Box, boundary: Box) -> bool:
    """Tell whether a clip cuts some part out of its boundary, as far as a millimetre matters."""
    left, top, width, height = clip
    return (
        min(width, height) > 0
        and min(left, top) >= -ROUNDING_MM
        and left + width <= boundary[2] + ROUNDING_MM
        and top + height <= boundary[3] + ROUNDING_MM
    )


def _crowding(case: OfdCase, stamps: Sequence[StampAnnot], taken: Taken) -> Outcome | None:
    """Limit what one signatory's stamps take of a page together; of all signatories it is told.

    A stamp takes its whole boundary: a reader that passes over the clip draws all of it.
    """
    certificate = case.case.certificate
    who = str(id(case)) if certificate is None else fingerprint(certificate).hex()
    pages = {page.id: (number, page.box) for number, page in enumerate(case.body.pages, start=1)}
    full = False
    for one in stamps:
        number, box = pages[one.page]
        area, whole = _common(one.boundary, box), box[2] * box[3]
        mine = taken.setdefault((case.body.root, one.page, who), _Taken())
        everybody = taken.setdefault((case.body.root, one.page, ""), _Taken())
        mine.add(area)
        everybody.add(area)
        full = full or everybody.together > max(everybody.largest, FULL * whole)
        if mine.together > max(mine.largest, MAX_SHARE * whole):
            return _crowded(number, mine.together / whole)
    if full:
        case.case.notes.append(_FULL)
    return None


def _common(one: Box, other: Box) -> float:
    """Return the area that two rectangles have in common."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _sides(case: OfdCase, stamp: StampAnnot) -> Iterator[tuple[float, float]]:
    """Yield each side of a stamp with the longest that it may be."""
    seen = case.case.seal_data
    facts = None if seen is None else seen.facts
    stated = (0, 0) if facts is None else (facts.width_mm, facts.height_mm)
    for side, own in zip(stamp.boundary[2:], stated, strict=True):
        yield side, min(MAX_SIDE_MM, own * MAX_STRETCH) if own else MAX_SIDE_MM


def _covers(upper: Box, lower: Box) -> bool:
    area = lower[2] * lower[3]
    return area > 0 and _common(upper, lower) > 0 and _common(upper, lower) >= COVERED * area


def _nowhere(page: str, count: int) -> Outcome:
    zh = "不存在" if not count else "不止一个"
    en = "is not there" if not count else "is there more than once"
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签章所指的页面 {page[:20]} {zh}，不同阅读器会显示在不同的位置，不能认定；请要求重新签章。",
        f"The page that the seal is put on, {page[:20]!r}, {en}: readers would show it in different places; "
        "ask for a new seal.",
    )


def _crowded(page: int, share: float) -> Outcome:
    part = f"{min(share, 9.99):.0%}"
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"同一签章人的签章图样在第 {page} 页合计占页面的 {part}，可能遮盖或改变页面内容，不能认定；请对照原件核实。",
        f"The stamps of one signatory take {part} of page {page} together and may cover or change what it says; "
        "compare it with the original.",
    )


_FULL: Final = Reason(
    "签章图样合计占去某页的一半以上，页面内容可能被遮盖；请对照原件核实。",
    "Seals take more than half of a page together, so what stands on it may be covered; compare it with the original.",
)
_SIZELESS: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签章图样或其页面的尺寸缺失、无法解读或不是正数，不同阅读器会显示为不同的大小和位置，不能认定；请要求重新签章。",
    "The size of the stamp or of its page is missing, unreadable or not positive: readers draw the seal in different sizes and "
    "places; ask for a new seal.",
)
_CUT: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签章图样的裁剪范围无法解读、没有面积或超出图样，不同阅读器会显示出不同的部分，不能认定；请要求重新签章。",
    "The clip of the stamp is unreadable, has no area or lies outside the stamp: readers draw different parts of the seal; "
    "ask for a new seal.",
)
_LARGE: Final = doubtful(
    SubIndication.SIG_CONSTRAINTS_FAILURE,
    "签章图样的显示尺寸异常，大于印章本身，可能遮盖或改变页面内容，不能认定；请对照原件核实。",
    "The seal is drawn larger than it is and may cover or change what the page says; compare it with the original.",
)
_OVER: Final = Reason(
    "签章图样盖住了先前的签章；两者均列于本报告，请以报告为准，勿以所见为准。",
    "The seal is drawn over an earlier one; this report lists both: go by it, not by what shows.",
)
