"""A page of an OFD as a sheet to put a seal on: SVG of its true size with the text, paths and pictures that stand there.

It shows where things are, not exactly how: fonts are the browser's own, and what is not drawn here (composite objects, pictures
that browsers do not know) leaves a dashed frame. Beyond the bounds the rest is left out, and the sheet says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from seals.errors import SealError
from seals.ses.structure import read_seal
from signing.errors import PageMissing
from signing.ofd.descriptions import number as mm
from signing.ofd.objects_svg import boundary, frame, joined, moved, path, picture, text
from signing.ofd.pages import OfdPages
from signing.ofd.resources import Resources, readable
from verify.errors import Unreadable
from verify.ofd.description import Description, StampAnnot
from verify.ofd.structure import Box, Page
from verify.ofd.xml import Element

MAX_OBJECTS: Final = 20_000
"""Objects drawn on one page; the densest table has some thousand, and a browser gets slow beyond."""
MAX_OCTETS: Final = 12 * 1024 * 1024
"""One sheet: two scans and the text over them."""
_LAYERS: Final = ("Background", "Body", "Foreground")
_DRAWN: Final = frozenset({"TextObject", "PathObject", "ImageObject"})


def page_svg(pages: OfdPages, number: int) -> bytes:
    """Draw a page, counted from 1. :class:`PageMissing`; ``Unreadable`` where the document itself cannot be read."""
    if not 1 <= number <= pages.count:
        raise PageMissing(number, pages.count)
    page = pages.body.pages[number - 1]
    x, y, width, height = page.box
    sheet = _Sheet(Resources(pages.package, pages.body))
    sheet.draw(page)
    for _, description in pages.signed:
        for stamp in description.stamps:
            if stamp.page == page.id:
                sheet.stamp(description, stamp)
    size = f'width="{mm(width)}mm" height="{mm(height)}mm" viewBox="{joined((x, y, width, height))}"'
    if sheet.full:
        sheet.parts.append(_notice(page.box))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">'
    paper = f'<rect x="{mm(x)}" y="{mm(y)}" width="{mm(width)}" height="{mm(height)}" fill="#fff"/>'
    return "".join((head, paper, *sheet.parts, "</svg>")).encode("utf-8", "replace")


@dataclass(slots=True)
class _Sheet:
    """A page being drawn; beyond the bounds nothing more is added, and the sheet says so (``full``)."""

    resources: Resources
    parts: list[str] = field(default_factory=list)
    full: bool = False
    _objects: int = 0
    _octets: int = 0

    def draw(self, page: Page) -> None:
        """Draw templates, content and notes, lower ones first."""
        tree = readable(self.resources.package, page.path) if page.path else None
        if tree is None:
            self.full = True
            return
        for location in tree.all("PageRes"):
            self.resources.add(location.text, page.path)
        under, over = self._templates(tree)
        for each in (*under, tree, *over):
            for layer in _layers(each):
                self._objects_of(layer, (0.0, 0.0), layer.attributes.get("DrawParam", ""))
        for appearance in self.resources.annotations(page.id):
            self._objects_of(appearance, boundary(appearance)[:2])

    def stamp(self, description: Description, stamp: StampAnnot) -> None:
        """Draw a seal that is there: its picture where the browser knows it, else a frame."""
        x, y, width, height = stamp.boundary
        left, top, wide, high = stamp.clip or (0.0, 0.0, width, height)
        seal = picture(self._seal_picture(description), (-left, -top, width, height))
        if not seal or wide <= 0 or high <= 0:
            self._add(frame((x + left, y + top, wide, high)))
            return
        place = f'x="{mm(x + left)}" y="{mm(y + top)}" width="{mm(wide)}" height="{mm(high)}"'
        self._add(f'<svg {place} overflow="hidden">{seal}</svg>')

    def _seal_picture(self, description: Description) -> bytes | None:
        package = self.resources.package
        try:
            if description.seal is None or description.seal not in package:
                return None
            return read_seal(package.read_value(description.seal)).picture.data
        except (SealError, Unreadable):
            return None

    def _templates(self, tree: Element) -> tuple[list[Element], list[Element]]:
        under: list[Element] = []
        over: list[Element] = []
        for item in tree.all("Template"):
            path = self.resources.templates.get(item.attributes.get("TemplateID", ""))
            found = None if path is None else readable(self.resources.package, path)
            if found is not None:
                (over if item.attributes.get("ZOrder") == "Foreground" else under).append(found)
        return under, over

    def _objects_of(self, parent: Element, origin: tuple[float, float], parameter: str = "") -> None:
        """Draw all objects below a layer or an appearance, whose corner is ``origin``."""
        waiting = list(reversed(parent.children))
        while waiting and not self.full:
            item = waiting.pop()
            if item.name == "PageBlock":
                waiting.extend(reversed(item.children))
            elif item.attributes.get("Visible", "true") == "false":
                continue
            elif item.name in _DRAWN:
                inner = self._drawn(item, item.attributes.get("DrawParam", "") or parameter)
                self._add(f"<g {moved(item, origin)}>{inner}</g>" if inner else frame(boundary(item), origin))
            elif item.name == "CompositeObject":
                self._add(frame(boundary(item), origin))

    def _drawn(self, item: Element, parameter: str) -> str:
        """Draw an object in its own coordinates; empty for a picture that cannot be drawn."""
        if item.name == "ImageObject":
            box = boundary(item)
            unit = (0.0, 0.0, 1.0, 1.0) if item.attributes.get("CTM") else (0.0, 0.0, box[2], box[3])
            return picture(self.resources.picture(item.attributes.get("ResourceID", "")), unit)
        named = self.resources.parameters.get(parameter)
        if item.name == "PathObject":
            return path(item, named)
        return text(item, named, serif=item.attributes.get("Font", "") in self.resources.serifs)

    def _add(self, part: str) -> None:
        self._objects += 1
        self._octets += len(part)
        self.full = self.full or self._objects > MAX_OBJECTS or self._octets > MAX_OCTETS
        if not self.full:
            self.parts.append(part)


def _layers(page: Element) -> Sequence[Element]:
    """Return a page's layers, lower ones first."""
    content = page.first("Content")
    found = content.all("Layer") if content else []
    return sorted(found, key=lambda layer: _LAYERS.index(_kind(layer)))


def _kind(layer: Element) -> str:
    kind = layer.attributes.get("Type", "Body")
    return kind if kind in _LAYERS else "Body"


def _notice(box: Box) -> str:
    x, y, width, _ = box
    size = mm(width / 40)
    said = "本页过大，未全部画出 · not all of this page is drawn"
    return f'<text x="{mm(x + width / 40)}" y="{mm(y + width / 20)}" font-size="{size}" fill="#b00">{said}</text>'
