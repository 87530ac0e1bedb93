"""What a package shows: documents, pages and every file that a reader may reach from ``OFD.xml`` (GB/T 33190 §7).

Reaching is taken widely: whatever any XML file of the package names by attribute or text, in any of the ways in which readers resolve
a location (:mod:`verify.ofd.reach`), counts as reached. Too many files reached can only demand too much protection.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.locations import readings, resolve
from verify.ofd.names import spellings
from verify.ofd.package import ROOT, Package
from verify.ofd.places import check_places
from verify.ofd.reach import Index, otherwise, texts
from verify.ofd.xml import Element
from verify.ofd.zip_records import refused

_LISTING: Final = frozenset({"Signatures", "SignedValueLoc"})
"""What ``OFD.xml`` names and the signatures themselves look after."""
_WRITING: Final = "TextCode"
"""Letters on a page (GB/T 33190 §11.3)."""
_ATTACHED: Final = "Attachment"
"""Names a file that is handed out as it is (§20)."""
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
    descriptions: set[str] = field(default_factory=set)
    """Files on the way that are descriptions of signatures."""

    def reached_in(self, package: Package, apart: set[str]) -> frozenset[str]:
        """Return every file that a reader may show or use; ``apart`` are lists and what proves itself."""
        if not self.unread:
            return frozenset(self.reached)
        return frozenset(self.reached | (set(package.paths) - apart))


def read_structure(package: Package) -> Structure:
    """Read the main entry and walk all that it leads to; raises ``Unreadable`` where that allows no reading."""
    if ROOT not in package:
        raise refused("缺少主入口 OFD.xml", "lacks its main entry, OFD.xml")
    reader = _Reader(package, Index(package.spelt()))
    main = reader.tree(ROOT)
    bodies = main.all("DocBody")
    if main.name != "OFD" or not 0 < len(bodies) <= limits.MAX_DOCUMENTS:
        raise refused(
            "的主入口 OFD.xml 不符合标准", "has a main entry, OFD.xml, that is not as the standard has it"
        )
    check_places(main, ROOT, {"DocBody": ("OFD",), "DocRoot": _BODY, "Signatures": _BODY})
    structure = Structure()
    structure.bodies = tuple(_body(reader, body, structure) for body in bodies)
    _walk(reader, structure)
    return structure


_BODY: Final = ("OFD", "DocBody")
_SINGLE: Final = ("DocRoot", "Signatures", "Versions")
_SINGLE_IN_DOCUMENT: Final = ("CommonData", "Pages", "Annotations", "Attachments", "CustomTags", "Extensions")
"""What stands once in ``DocBody`` and in a document: of two, each reader takes its own."""


class Lead(NamedTuple):
    """A location that names entries (:func:`verify.ofd.names.canonical`); or none, and the location as written where it must name one."""

    query: str
    written: str = ""
    attached: bool = False
    """It names an attachment: readers hand that out and do not follow it."""


def is_description(tree: Element) -> bool:
    """Tell the description of a signature (GB/T 33190 §18.2) by its members."""
    return tree.name == "Signature" and all(tree.first(name) for name in ("SignedInfo", "SignedValue"))


@dataclass(slots=True)
class _Reader:
    """Reads each file once and keeps where it leads, not its tree."""

    package: Package
    index: Index
    leads: dict[str, tuple[Lead, ...]] = field(default_factory=dict)
    descriptions: set[str] = field(default_factory=set)

    def tree(self, path: str) -> Element:
        """Read a file and note where it leads; raises ``Unreadable``."""
        tree = self.package.tree(path)
        if is_description(tree):
            self.descriptions.add(path)
        self.leads[path] = tuple(dict.fromkeys(self._named(path, tree)))
        return tree

    def _named(self, path: str, tree: Element) -> Iterator[Lead]:
        """Yield what each text or attribute names; one that must name a file and does not is told as written.

        What stands on a page in letters is to be read, not followed, whatever it says.
        """
        handed_out: set[int] = set()
        for element in tree.below():
            if element.name == _WRITING or (element.name in _LISTING and path == ROOT):
                continue
            attached = element.name == _ATTACHED or id(element) in handed_out
            if element.name == _ATTACHED:
                handed_out.update(map(id, element.all("FileLoc")))
            for lead in self._of(
                element, tree.encoding, names=element.name in _NAMED and element is not tree
            ):
                yield lead._replace(attached=attached)

    def _of(self, element: Element, encoding: str, *, names: bool) -> Iterator[Lead]:
        may = self.index.may_name
        if names or element.broken or may(element.text):
            yield from self._in(texts(element, encoding, names=names), element.text if names else "")
        for key, value in element.attributes.items():
            must = key == "BaseLoc" and element.name in _LOCATED
            if must or may(value):
                yield from self._in((value, *otherwise(value, encoding)), value if must else "")

    def _in(self, written: Iterable[str], must: str) -> Iterator[Lead]:
        found = {query for text in written for one in spellings(text) if (query := self.index.query(one))}
        yield from map(Lead, found)
        if not found and must.strip():
            yield Lead("", must.strip()[:200])


def _body(reader: _Reader, body: Element, structure: Structure) -> DocumentBody:
    package = reader.package
    for name in _SINGLE:
        body.only(name, ROOT)
    root = _located(package, body.plain("DocRoot", ROOT), ROOT)
    if root is None:
        raise refused("缺少文档根文件", "lacks the file of its document")
    written = body.plain("Signatures", ROOT)
    listed = None
    if written:
        listed = _located(package, written, ROOT) or resolve(written, ROOT)
    pages, lost = _pages(reader, reader.tree(root), root)
    structure.lost_pages += lost
    return DocumentBody(root, listed, pages)


def _pages(reader: _Reader, tree: Element, root: str) -> tuple[tuple[Page, ...], tuple[str, ...]]:
    for name in _SINGLE_IN_DOCUMENT:
        tree.only(name, root)
    check_places(tree, root, dict.fromkeys(("CommonData", "Pages"), (tree.name,)))
    data = tree.first("CommonData")
    common = _A4 if data is None else _box(data, "PageArea", root) or _A4
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
            boxes[path] = _box(reader.tree(path), "Area", path) or common
        found.append(Page(number, path, boxes[path]))
    return tuple(found), tuple(lost)


_A4: Final[Box] = (0.0, 0.0, 210.0, 297.0)


NOWHERE: Final[Box] = (0.0, 0.0, 0.0, 0.0)
"""For a box that is stated and cannot be read: no place, of no size."""


def _box(element: Element, name: str, path: str) -> Box | None:
    """Read the ``PhysicalBox`` (ST_Box, mm) of an area; ``None`` where none is stated."""
    area = element.only(name, path)
    stated = None if area is None else area.only("PhysicalBox", path)
    if stated is None or not stated.text.strip():
        return None
    return numbers4(stated.text) or NOWHERE


_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


def numbered(identifier: str) -> str:
    """Return an identifier (ST_ID, an unsigned integer) as readers keep it that count: without blanks, signs and zeros in front."""
    digits = identifier.strip().removeprefix("+")
    return (digits.lstrip("0") or "0") if digits.isascii() and digits.isdigit() else identifier


def numbers4(text: str) -> Box | None:
    """Read four numbers as every reader does; ``None`` for anything else."""
    parts = text.split()
    if len(parts) != len(NOWHERE) or not all(map(_NUMBER.fullmatch, parts)):
        return None
    x, y, width, height = map(float, parts)
    return (x, y, width, height) if all(abs(value) < 1e6 for value in (x, y, width, height)) else None


def _located(package: Package, location: str, near: str) -> str | None:
    if not location:
        return None
    return next((path for path in readings(location, near) if path in package), None)


def _walk(reader: _Reader, structure: Structure) -> None:
    waiting, gone, followed = deque([ROOT]), set[tuple[str, bool]](), {ROOT}
    structure.reached.add(ROOT)
    while waiting:
        path = waiting.popleft()
        for query, written, attached in _leads(reader, path, structure):
            if written and len(structure.missing) < limits.MAX_NAMED:
                structure.missing.append((written, path))
            for target in () if (query, attached) in gone else reader.index.ending_in(query):
                if not attached:
                    followed.add(target)
                if target not in structure.reached:
                    structure.reached.add(target)
                    waiting.append(target)
            gone.add((query, attached))
    structure.unread = [path for path in structure.unread if path in followed]
    structure.descriptions = reader.descriptions


_EBCDIC: Final = b"\x4c\x6f\xa7\x94"
"""``<?xm`` in an encoding that some XML readers know and ours does not (XML 1.0, annex F)."""


def _leads(reader: _Reader, path: str, structure: Structure) -> tuple[Lead, ...]:
    """Say where a file leads, if it is XML; an attachment that cannot be read is no reason to refuse the package."""
    if path in reader.leads:
        return reader.leads.pop(path)
    start = reader.package.start(path)
    if start is not None and start.startswith(b"<"):
        try:
            reader.tree(path)
            return reader.leads.pop(path)
        except Unreadable:
            structure.unread.append(path)
    elif start is None or start.startswith(_EBCDIC) or path.casefold().endswith(".xml"):
        structure.unread.append(path)
    return ()
