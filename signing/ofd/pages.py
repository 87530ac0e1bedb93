"""The pages of an OFD as placing needs them (:class:`signing.placing.layout.Pages`): sizes, seals that are there, text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signing.errors import PageMissing
from signing.ofd.figures import Matrix, deltas, matrix, numbers
from signing.placing.keyword_text import MAX_MATCHES, joined, occurrences, plain
from signing.placing.layout import Found, Match, SignatureField
from verify.ofd.description import Description
from verify.ofd.package import Package
from verify.ofd.structure import DocumentBody, numbers4
from verify.ofd.xml import Element

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class OfdPages:
    """One document's pages. Lengths in mm from the top left of the page's physical box."""

    package: Package
    body: DocumentBody
    signed: Sequence[tuple[str, Description]] = ()
    """The signatures that are there, each with its number."""

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self.body.pages)

    def size_mm(self, number: int) -> tuple[float, float]:
        """Width and height of a page. :class:`PageMissing`."""
        if not 1 <= number <= self.count:
            raise PageMissing(number, self.count)
        box = self.body.pages[number - 1].box
        return box[2], box[3]

    def signature_fields(self) -> Sequence[SignatureField]:
        """List where the seals show that are there; an OFD has no fields that wait for one."""
        places = {page.id: at for at, page in enumerate(self.body.pages, start=1)}
        found = []
        for name, description in self.signed:
            for stamp in description.stamps:
                page = places.get(stamp.page)
                if page is not None:
                    x, y, width, height = stamp.boundary
                    left, top, wide, high = stamp.clip or (0.0, 0.0, width, height)
                    origin = self.body.pages[page - 1].box
                    box = (x + left - origin[0], y + top - origin[1], wide, high)
                    found.append(SignatureField(name, page, box, signed=True))
        return found

    def search(self, text: str, pages: Sequence[int]) -> Found:
        """Find a text in the text objects of these pages, in the order in which they stand in the file."""
        matches: list[Match] = []
        bare: list[int] = []
        for page in pages:
            signs = self._signs(page)
            if not signs:
                bare.append(page)
            found = plain("".join(sign for sign, _ in signs))
            for places in occurrences(found, text):
                box = joined([signs[at][1] for at in places])
                if box is not None and len(matches) < MAX_MATCHES:
                    matches.append(Match(page, (box[0], box[1], box[2] - box[0], box[3] - box[1])))
        return Found(tuple(matches), tuple(bare))

    def _signs(self, number: int) -> list[tuple[str, Box]]:
        page = self.body.pages[number - 1]
        if not page.path or page.path not in self.package:
            return []
        tree = self.package.tree(page.path)
        return [
            (sign, (left - page.box[0], top - page.box[1], right - page.box[0], bottom - page.box[1]))
            for item in tree.below()
            if item.name == "TextObject"
            for sign, (left, top, right, bottom) in _characters(item)
        ]


def _characters(item: Element) -> Iterator[tuple[str, Box]]:
    """Yield each character of a text object with its box (GB/T 33190 §11.3): Boundary, CTM, then X, Y and the deltas."""
    boundary = numbers4(item.attributes.get("Boundary", "")) or (0.0, 0.0, 0.0, 0.0)
    size = numbers(item.attributes.get("Size", ""))
    height = size[0] if size else 1.0
    turned = matrix(item.attributes.get("CTM", ""))
    x = y = 0.0
    for code in item.all("TextCode"):
        x = next(iter(numbers(code.attributes.get("X", ""))), x)
        y = next(iter(numbers(code.attributes.get("Y", ""))), y)
        across = deltas(code.attributes.get("DeltaX", ""), len(code.text))
        down = deltas(code.attributes.get("DeltaY", ""), len(code.text))
        at_x, at_y = x, y
        for place, sign in enumerate(code.text):
            width = across[place] if place < len(across) and across[place] > 0 else height
            yield (
                sign,
                _placed((at_x, at_y - 0.88 * height, at_x + width, at_y + 0.12 * height), turned, boundary),
            )
            at_x += across[place] if place < len(across) else 0.0
            at_y += down[place] if place < len(down) else 0.0


def _placed(box: Box, turned: Matrix, boundary: Box) -> Box:
    a, b, c, d, e, f = turned
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [a * x + c * y + e + boundary[0] for x, y in corners]
    ys = [b * x + d * y + f + boundary[1] for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
