"""What a package shows: documents, pages and every file that a reader may reach from ``OFD.xml`` (GB/T 33190 §7).

Reaching is taken widely: whatever any XML file of the package names by attribute or text, in any of the ways in which readers resolve
a location, counts as reached. Too many files reached can only demand too much protection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.locations import readings, resolve
from verify.ofd.package import ROOT, Package
from verify.ofd.xml import Element, parse
from verify.ofd.zip_records import refused

_LISTING: Final = frozenset({"Signatures", "SignedValueLoc"})
"""What ``OFD.xml`` names and the signatures themselves look after."""
_NAMED: Final = frozenset(
    {
        "DocRoot", "PublicRes", "DocumentRes", "PageRes", "Annotations", "Attachments", "CustomTags", "Extensions",
        "MediaFile", "FontFile", "FileLoc", "SchemaLoc", "Cover",
    }
)  # fmt: skip
"""Elements whose text is a location."""
_LOCATED: Final = frozenset({"Page", "TemplatePage", "Version"})
"""Elements whose ``BaseLoc`` is one."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its object's number, its file, and its physical box (x, y, width, height) in mm."""

    id: str
    path: str
    box: Box


@dataclass(frozen=True, slots=True)
class DocumentBody:
    """One ``DocBody``: the document's file and the list of its signatures, if there is one."""

    root: str
    list: str | None
    pages: tuple[Page, ...]


@dataclass(slots=True)
class Structure:
    """What was read from ``OFD.xml`` on."""

    bodies: tuple[DocumentBody, ...] = ()
    reached: set[str] = field(default_factory=set)
    """Files that a reader may show or use; not the lists of signatures."""
    missing: list[tuple[str, str]] = field(default_factory=list)
    """Locations that name no file, each with the file that they stand in."""
    lost_pages: tuple[str, ...] = ()
    """Locations of pages that are not there."""
    unread: list[str] = field(default_factory=list)
    """Files that may lead further and could not be read: another reader may follow them anywhere."""

    def reached_in(self, package: Package, apart: set[str]) -> frozenset[str]:
        """Return every file that a reader may show or use; ``apart`` are lists and parts of signatures."""
        if not self.unread:
            return frozenset(self.reached)
        return frozenset(self.reached | (set(package.paths) - apart))


def read_structure(package: Package) -> Structure:
    """Read the main entry and walk all that it leads to; raises ``Unreadable`` where that allows no reading."""
    if ROOT not in package:
        raise refused("缺少主入口 OFD.xml", "lacks its main entry, OFD.xml")
    main = parse(package.read_xml(ROOT), ROOT)
    bodies = main.all("DocBody")
    if main.name != "OFD" or not 0 < len(bodies) <= limits.MAX_DOCUMENTS:
        raise refused(
            "的主入口 OFD.xml 不符合标准", "has a main entry, OFD.xml, that is not as the standard has it"
        )
    structure = Structure()
    trees: dict[str, Element] = {ROOT: main}
    structure.bodies = tuple(_body(package, body, trees, structure) for body in bodies)
    lists = {body.list for body in structure.bodies}
    _walk(package, structure, trees, {path for path in lists if path is not None})
    return structure


def _body(package: Package, body: Element, trees: dict[str, Element], structure: Structure) -> DocumentBody:
    root = _located(package, body.value("DocRoot"), ROOT)
    if root is None:
        raise refused("缺少文档根文件", "lacks the file of its document")
    written = body.value("Signatures")
    listed = None
    if written:
        listed = _located(package, written, ROOT) or resolve(written, ROOT)
    tree = trees[root] = parse(package.read_xml(root), root)
    pages, lost = _pages(package, tree, root, trees)
    structure.lost_pages += lost
    return DocumentBody(root, listed, pages)


def _pages(
    package: Package, tree: Element, root: str, trees: dict[str, Element]
) -> tuple[tuple[Page, ...], tuple[str, ...]]:
    common = _box(tree.first("CommonData", "PageArea")) or _A4
    listed = tree.first("Pages")
    items = listed.all("Page") if listed is not None else []
    if len(items) > limits.MAX_PAGES:
        raise refused("页数超过上限", "has too many pages")
    found, lost = [], []
    for item in items:
        written, number = item.attributes.get("BaseLoc", ""), item.attributes.get("ID", "")
        path = _located(package, written, root)
        if path is None:
            lost.append(written[:200] or "?")
            found.append(Page(number, "", common))
            continue
        if path not in trees:
            trees[path] = parse(package.read_xml(path), path)
        found.append(Page(number, path, _box(trees[path].first("Area")) or common))
    return tuple(found), tuple(lost)


_A4: Final[Box] = (0.0, 0.0, 210.0, 297.0)


def _box(area: Element | None) -> Box | None:
    """Read ``PhysicalBox`` (ST_Box, mm)."""
    return None if area is None else numbers4(area.value("PhysicalBox"))


def numbers4(text: str) -> Box | None:
    """Read four numbers; ``None`` for anything else."""
    parts = text.split()
    try:
        x, y, width, height = (float(part) for part in parts)
    except ValueError:
        return None
    values = (x, y, width, height)
    return values if all(abs(value) < 1e6 for value in values) else None  # also refuses NaN and infinity


def _located(package: Package, location: str, near: str, base: str = "") -> str | None:
    if not location:
        return None
    return next((path for path in readings(location, near, base) if path in package), None)


def _walk(package: Package, structure: Structure, trees: dict[str, Element], lists: set[str]) -> None:
    waiting = deque([ROOT])
    structure.reached.add(ROOT)
    while waiting:
        path = waiting.popleft()
        tree = trees.pop(path, None)
        if tree is None:
            tree = _quietly(package, path, structure)
        if tree is None:
            continue
        for found, written in _named(package, path, tree):
            if not found and written:
                structure.missing.append((written[:200], path))
            for target in found:
                if target not in structure.reached and target not in lists:
                    structure.reached.add(target)
                    waiting.append(target)


_MARKS: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Octets in front of the first element: marks of an encoding, and white space."""


def _quietly(package: Package, path: str, structure: Structure) -> Element | None:
    """Read a file that was reached, if it is XML; an attachment that cannot be read is no reason to refuse the package."""
    if not package.head(path).lstrip(_MARKS).startswith(b"<"):
        return None
    try:
        return parse(package.read_xml(path), path)
    except Unreadable:
        structure.unread.append(path)
        return None


def _named(package: Package, path: str, tree: Element) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the files that each text or attribute names; one that must name a file and does not is told as written."""
    base = tree.attributes.get("BaseLoc", "") if tree.name == "Res" else ""
    base = resolve(base, path) if base else ""
    for element in tree.below():
        if element.name in _LISTING and path == ROOT:
            continue
        for key, text in (("", element.text), *element.attributes.items()):
            must = (not key and element.name in _NAMED) or (key == "BaseLoc" and element.name in _LOCATED)
            if must or _may_locate(text):
                found = _existing(package, text, path, base)
                if found or (must and text.strip()):
                    yield found, text.strip() if must else ""


def _may_locate(text: str) -> bool:
    return 0 < len(text) <= limits.MAX_PATH and not text.isspace() and ("." in text or "/" in text)


def _existing(package: Package, text: str, path: str, base: str) -> tuple[str, ...]:
    try:
        return tuple(target for target in readings(text, path, base) if target in package)
    except Unreadable:
        return ()
