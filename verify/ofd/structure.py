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
from verify.ofd.package import ROOT, Package, folded
from verify.ofd.xml import Element
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
_LONGEST: Final = 2 * limits.MAX_PATH
"""A location with the white space around it."""
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
        """Return every file that a reader may show or use; ``apart`` are lists and what proves itself."""
        if not self.unread:
            return frozenset(self.reached)
        return frozenset(self.reached | (set(package.paths) - apart))


def read_structure(package: Package) -> Structure:
    """Read the main entry and walk all that it leads to; raises ``Unreadable`` where that allows no reading."""
    if ROOT not in package:
        raise refused("缺少主入口 OFD.xml", "lacks its main entry, OFD.xml")
    reader = _Reader(package, _endings(package))
    main = reader.tree(ROOT)
    bodies = main.all("DocBody")
    if main.name != "OFD" or not 0 < len(bodies) <= limits.MAX_DOCUMENTS:
        raise refused(
            "的主入口 OFD.xml 不符合标准", "has a main entry, OFD.xml, that is not as the standard has it"
        )
    structure = Structure()
    structure.bodies = tuple(_body(reader, body, structure) for body in bodies)
    _walk(reader, structure)
    return structure


_SINGLE: Final = ("DocRoot", "Signatures", "Versions")
_SINGLE_IN_DOCUMENT: Final = ("CommonData", "Pages", "Annotations", "Attachments", "CustomTags", "Extensions")
"""What stands once in ``DocBody`` and in a document: of two, each reader takes its own."""
Lead = tuple[tuple[str, ...], str]
"""The files that one location may name, and the location as written where it must name one."""


@dataclass(slots=True)
class _Reader:
    """Reads each file once and keeps where it leads, not its tree."""

    package: Package
    endings: frozenset[str]
    leads: dict[str, tuple[Lead, ...]] = field(default_factory=dict)

    def tree(self, path: str) -> Element:
        """Read a file and note where it leads; raises ``Unreadable``."""
        tree = self.package.tree(path)
        self.leads[path] = tuple(dict.fromkeys(self._named(path, tree)))
        return tree

    def _named(self, path: str, tree: Element) -> Iterator[Lead]:
        """Yield the files that each text or attribute names; one that must name a file and does not is told as written."""
        base = tree.attributes.get("BaseLoc", "") if tree.name == "Res" else ""
        base = resolve(base, path) if base else ""
        for element in tree.below():
            if element.name in _LISTING and path == ROOT:
                continue
            for key, text in (("", element.text), *element.attributes.items()):
                must = (not key and element.name in _NAMED) or (key == "BaseLoc" and element.name in _LOCATED)
                if must or _last(text) in self.endings:
                    found = _existing(self.package, text, path, base)
                    if found or (must and text.strip()):
                        yield found, text.strip()[:200] if must else ""


def _endings(package: Package) -> frozenset[str]:
    """Return how a location may end that names a file; what ends in a step upwards or in place is looked at as well."""
    return frozenset({_last(path) for path in package.paths} | {".", ".."})


def _last(location: str) -> str:
    """Return the last segment as file systems compare it; nothing for what is no location."""
    if not location or len(location) > _LONGEST or location.isspace():
        return ""
    return folded(location.strip().replace("\\", "/").rstrip("/")).rpartition("/")[2]


def _body(reader: _Reader, body: Element, structure: Structure) -> DocumentBody:
    package = reader.package
    for name in _SINGLE:
        body.only(name, ROOT)
    root = _located(package, body.value("DocRoot"), ROOT)
    if root is None:
        raise refused("缺少文档根文件", "lacks the file of its document")
    written = body.value("Signatures")
    listed = None
    if written:
        listed = _located(package, written, ROOT) or resolve(written, ROOT)
    pages, lost = _pages(reader, reader.tree(root), root)
    structure.lost_pages += lost
    return DocumentBody(root, listed, pages)


def _pages(reader: _Reader, tree: Element, root: str) -> tuple[tuple[Page, ...], tuple[str, ...]]:
    for name in _SINGLE_IN_DOCUMENT:
        tree.only(name, root)
    common = _box(tree.first("CommonData", "PageArea")) or _A4
    listed = tree.first("Pages")
    items = listed.all("Page") if listed is not None else []
    if len(items) > limits.MAX_PAGES:
        raise refused("页数超过上限", "has too many pages")
    found, lost = [], []
    boxes: dict[str, Box] = {}
    for item in items:
        written, number = item.attributes.get("BaseLoc", ""), item.attributes.get("ID", "")
        path = _located(reader.package, written, root)
        if path is None:
            lost.append(written[:200] or "?")
            found.append(Page(number, "", common))
            continue
        if path not in boxes:
            boxes[path] = _box(reader.tree(path).first("Area")) or common
        found.append(Page(number, path, boxes[path]))
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


def _walk(reader: _Reader, structure: Structure) -> None:
    waiting = deque([ROOT])
    structure.reached.add(ROOT)
    while waiting:
        path = waiting.popleft()
        for found, written in _leads(reader, path, structure):
            if not found and len(structure.missing) < limits.MAX_NAMED:
                structure.missing.append((written, path))
            for target in found:
                if target not in structure.reached:
                    structure.reached.add(target)
                    waiting.append(target)


_MARKS: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Octets in front of the first element: marks of an encoding, and white space."""
_EBCDIC: Final = b"\x4c\x6f\xa7\x94"
"""``<?xm`` in an encoding that some XML readers know and ours does not (XML 1.0, annex F)."""


def _leads(reader: _Reader, path: str, structure: Structure) -> tuple[Lead, ...]:
    """Say where a file leads, if it is XML; an attachment that cannot be read is no reason to refuse the package."""
    if path in reader.leads:
        return reader.leads.pop(path)
    head = reader.package.head(path)
    if head.lstrip(_MARKS).startswith(b"<"):
        try:
            reader.tree(path)
            return reader.leads.pop(path)
        except Unreadable:
            structure.unread.append(path)
    elif head.startswith(_EBCDIC) or path.casefold().endswith(".xml"):
        structure.unread.append(path)
    return ()


def _existing(package: Package, text: str, path: str, base: str) -> tuple[str, ...]:
    try:
        targets = map(package.like, readings(text, path, base))
        return tuple(target for target in targets if target is not None)
    except Unreadable:
        return ()
