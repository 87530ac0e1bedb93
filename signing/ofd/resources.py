"""What the objects of a page refer to by number: pictures, fonts, drawing parameters (GB/T 33190 §7.9), and the page templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from verify.errors import Unreadable
from verify.ofd.locations import readings
from verify.ofd.package import Package
from verify.ofd.structure import DocumentBody
from verify.ofd.xml import Element

MAX_PICTURE: Final = 8 * 1024 * 1024
"""Octets of one picture that is looked at; a scan of A4 at 300 dots an inch has one to three million."""
_SERIF: Final = ("宋", "仿", "楷", "song", "sun", "kai", "serif", "times", "mincho")
_NO_SERIF: Final = ("sans", "黑", "hei")


@dataclass(slots=True)
class Resources:
    """Resources of one document, by their numbers; what cannot be read is as if it were not there."""

    package: Package
    body: DocumentBody
    document: Element = field(init=False)
    pictures: dict[str, str] = field(default_factory=dict)
    """Number → path of the file."""
    parameters: dict[str, Element] = field(default_factory=dict)
    serifs: set[str] = field(default_factory=set)
    """Numbers of fonts that have serifs."""
    templates: dict[str, str] = field(default_factory=dict)
    """Number → path of the page."""

    def __post_init__(self) -> None:
        self.document = self.package.tree(self.body.root)
        common = self.document.first("CommonData")
        for item in common.children if common else ():
            if item.name in {"PublicRes", "DocumentRes"}:
                self.add(item.text, self.body.root)
            elif item.name == "TemplatePage":
                path = located(self.package, item.attributes.get("BaseLoc", ""), self.body.root)
                if path:
                    self.templates[item.attributes.get("ID", "")] = path

    def add(self, location: str, near: str) -> None:
        """Read one resource file, of the document or of a page."""
        path = located(self.package, location, near)
        tree = None if path is None else readable(self.package, path)
        if path is None or tree is None:
            return
        base = tree.attributes.get("BaseLoc", "")
        within = (located_folder(base, path)) if base else ""
        for item in tree.below():
            number = item.attributes.get("ID", "")
            if item.name == "MultiMedia":
                found = located(self.package, item.value("MediaFile"), path, within)
                if found:
                    self.pictures[number] = found
            elif item.name == "DrawParam":
                self.parameters[number] = item
            elif item.name == "Font" and _has_serifs(item):
                self.serifs.add(number)

    def picture(self, number: str) -> bytes | None:
        """Return a picture's octets, if it is there and not too large."""
        path = self.pictures.get(number)
        try:
            return None if path is None else self.package.read(path, MAX_PICTURE)
        except Unreadable:
            return None

    def annotations(self, page: str) -> Iterator[Element]:
        """Yield the appearances of what is noted on a page (GB/T 33190 §15)."""
        path = located(self.package, self.document.value("Annotations"), self.body.root)
        tree = None if path is None else readable(self.package, path)
        for item in tree.all("Page") if tree and path else ():
            if item.attributes.get("PageID") != page:
                continue
            file = located(self.package, item.value("FileLoc"), path or "")
            noted = None if file is None else readable(self.package, file)
            for note in noted.all("Annot") if noted else ():
                if note.attributes.get("Visible", "true") != "false":
                    yield from note.all("Appearance")


def located(package: Package, location: str, near: str, base: str = "") -> str | None:
    """Return the file that a location names, if there is one."""
    if not location.strip():
        return None
    try:
        return next((path for path in readings(location, near, base) if path in package), None)
    except Unreadable:
        return None


def located_folder(base: str, path: str) -> str:
    """Return the folder that a resource file names for its files."""
    try:
        return readings(base, path)[0]
    except Unreadable:
        return ""


def readable(package: Package, path: str) -> Element | None:
    """Read an XML file; ``None`` where that cannot be done."""
    try:
        return package.tree(path)
    except Unreadable:
        return None


def _has_serifs(font: Element) -> bool:
    name = (font.attributes.get("FontName", "") + font.attributes.get("FamilyName", "")).casefold()
    return any(word in name for word in _SERIF) and not any(word in name for word in _NO_SERIF)
