"""Where and how large a seal shows: a picture laid over a page can say what nobody signed, with every digest still right.

A later signature protects its own stamp and leaves the earlier ones valid. Whoever may add one could draw a picture as large
as the page over all that stands there: such a stamp is never green. A seal over another's is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from verify.ofd.description import StampAnnot
from verify.ofd.report import OfdStep
from verify.ofd.signature import OfdCase
from verify.ofd.structure import Box
from verify.sentence import Reason
from verify.ses.steps import Outcome, doubtful, passed
from verify.verdict import SubIndication

MAX_SIDE_MM: Final = 120.0
"""Longest side of a stamp: the largest seal there is has 60 mm (国发〔1999〕25号), signatures in handwriting twice that."""
MAX_STRETCH: Final = 1.5
"""How much larger than its seal states a stamp may be drawn; writers that scale make seals smaller, not larger."""
COVERED: Final = 0.8
"""Part of an earlier stamp from which on it counts as covered; seals side by side, and seam seals, overlap at edges."""
MAX_COMPARED: Final = 200_000
"""Pairs of stamps compared in one package; two hundred seals of two pages each make eighty thousand."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A stamp's visible rectangle on a page, in mm."""

    page: str
    box: Box


def check_showing(cases: Sequence[OfdCase]) -> None:
    """Judge where each signature shows, those before it known; what is found stays in the case."""
    earlier: dict[tuple[str, str], list[Box]] = {}
    compared = 0
    for case in cases:
        description = case.description
        if description is None or not description.stamps:
            continue
        outcome = _placed(case, description.stamps)
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
        case.note(OfdStep.SHOWING, outcome or passed("位置与大小正常。", "Its place and size are in order."))


def visible(stamp: StampAnnot) -> Box:
    """Return the rectangle that shows: the clip, which is relative to the boundary's corner, or the whole."""
    x, y, width, height = stamp.boundary
    left, top, wide, high = stamp.clip or (0.0, 0.0, width, height)
    return x + left, y + top, wide, high


def _placed(case: OfdCase, stamps: Sequence[StampAnnot]) -> Outcome | None:
    numbers = Counter(page.id for page in case.body.pages)
    for stamp in stamps:
        if numbers[stamp.page] != 1:
            return _nowhere(stamp.page, numbers[stamp.page])
        if any(side > allowed for side, allowed in _sides(case, stamp)):
            return _LARGE
    return None


def _sides(case: OfdCase, stamp: StampAnnot) -> Iterator[tuple[float, float]]:
    """Yield each side of a stamp with the longest that it may be."""
    seen = case.case.seal_data
    facts = None if seen is None else seen.facts
    stated = (0, 0) if facts is None else (facts.width_mm, facts.height_mm)
    for side, own in zip(stamp.boundary[2:], stated, strict=True):
        yield side, min(MAX_SIDE_MM, own * MAX_STRETCH) if own else MAX_SIDE_MM


def _covers(upper: Box, lower: Box) -> bool:
    width = min(upper[0] + upper[2], lower[0] + lower[2]) - max(upper[0], lower[0])
    height = min(upper[1] + upper[3], lower[1] + lower[3]) - max(upper[1], lower[1])
    area = lower[2] * lower[3]
    return width > 0 and height > 0 and area > 0 and width * height >= COVERED * area


def _nowhere(page: str, count: int) -> Outcome:
    zh = "不存在" if not count else "不止一个"
    en = "is not there" if not count else "is there more than once"
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        f"签章所指的页面 {page[:20]} {zh}，不同阅读器会显示在不同的位置，不能认定；请要求重新签章。",
        f"The page that the seal is put on, {page[:20]!r}, {en}: readers would show it in different places; "
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
