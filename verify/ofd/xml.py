"""XML of a package, read without entities and inside limits; elements are known by their local names.

The standard's namespace is ``http://www.ofdspec.org/2016``; ``http://www.ofdspec.org`` is in use as well, and renderers go by local
names. Whoever looks at what a reader might show goes by them too, whatever the namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final
from xml.parsers import expat

from verify.ofd import limits
from verify.ofd.zip_records import refused

BREAK: Final = "\x01"
"""Stands in :attr:`Element.broken` for a comment, an instruction or the edge of a CDATA section; XML has no such character."""
CHILD: Final = "\x02"
"""Stands there for a child."""
_BETWEEN: Final = re.compile(f"[{BREAK}{CHILD}]")
NAMESPACE: Final = "http://www.ofdspec.org/2016"
"""Of GB/T 33190-2016."""


@dataclass(slots=True)
class Element:
    """An element: local name, attributes by local name, its own text, and its children."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)
    broken: str = ""
    """Its text with marks where something stands inside it (:data:`BREAK`, :data:`CHILD`); empty where nothing does."""
    encoding: str = ""
    """Of the root: what the file declares."""

    def all(self, *names: str) -> list[Element]:
        """Return the children of one of these names."""
        return [child for child in self.children if child.name in names]

    def first(self, *path: str) -> Element | None:
        """Follow the first child of each name."""
        found: Element | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def only(self, name: str, path: str) -> Element | None:
        """Return the one child of a name; raises ``Unreadable`` where there are two, for readers choose differently.

        ``path`` is the file that it stands in. A second one may have another namespace: some readers heed that, some do not.
        """
        found = self.all(name)
        if len(found) > 1:
            raise refused(
                f"的 {path} 有多个 {name}，不同阅读器读法不同", f"has {name} more than once in {path}"
            )
        return found[0] if found else None

    def value(self, *path: str) -> str:
        """Return the trimmed text at a path, or an empty one."""
        found = self.first(*path)
        return "" if found is None else found.text.strip()

    def pieces(self) -> list[str]:
        """Return the parts of its text between what stands inside it: a reader may take the first for the whole."""
        return [piece for piece in _BETWEEN.split(self.broken) if piece.strip()]

    def whole(self, most: int) -> str:
        """Return its text with that of all below it, in their order, at most so many characters."""
        parts = self.broken.replace(BREAK, "").split(CHILD) if self.broken else [""] * len(self.children)
        found = ""
        for own, child in zip_longest(parts, self.children):
            found += own or ""
            if child is not None and len(found) < most:
                found += child.whole(most) if child.children else child.text
        return found[:most] if self.children else self.text[:most]

    def plain(self, name: str, path: str) -> str:
        """Return the trimmed text of the one child of a name, or an empty one; raises ``Unreadable`` for any other.

        What a file is named by, or a value, stands in one piece: of text with a comment or an element inside, readers take
        the first piece, or all. ``path`` is the file that it stands in.
        """
        found = self.only(name, path)
        if found is None:
            return ""
        if found.children or len(found.pieces()) > 1:
            raise refused(
                f"的 {path} 中 {name} 的内容不是一段文字，不同阅读器读法不同",
                f"has {name} in {path} that is not one piece of text: readers differ on it",
            )
        return found.text.strip()

    def below(self) -> Iterator[Element]:
        """Yield the element and all below it."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting.extend(reversed(found.children))


@dataclass(slots=True)
class Nodes:
    """How many elements and attributes may still be read."""

    left: int = limits.MAX_XML_NODES_TOTAL


def parse(octets: bytes, path: str, nodes: Nodes | None = None) -> Element:
    """Read one file; raises ``Unreadable`` that names it: no XML, a document type, too deep, too large."""
    if len(octets) > limits.MAX_XML_OCTETS:
        raise refused(f"的 {path} 过大", f"has too large an XML file, {path}")
    return _Builder(path, nodes or Nodes()).read(octets)


class _Builder:
    """Builds the tree from expat's events; a document type ends the reading before an entity can be declared."""

    def __init__(self, path: str, nodes: Nodes) -> None:
        self._path = path
        self._budget = nodes
        self._stack: list[Element] = []
        self._pieces: list[list[str]] = []
        self._root: Element | None = None
        self._most = min(nodes.left, limits.MAX_XML_NODES)
        self._nodes = 0
        self._encoding = ""

    def read(self, octets: bytes) -> Element:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declared
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._break
        parser.StartCdataSectionHandler = parser.EndCdataSectionHandler = self._break
        try:
            parser.Parse(octets, True)
        except (expat.ExpatError, ValueError, LookupError) as wrong:
            raise refused(
                f"的 {self._path} 不是正确的 XML", f"has a file that is no XML, {self._path}"
            ) from wrong
        finally:
            self._budget.left -= self._nodes
        if self._root is None:
            raise refused(f"的 {self._path} 不是正确的 XML", f"has a file that is no XML, {self._path}")
        self._root.encoding = self._encoding
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > self._most or len(self._stack) >= limits.MAX_XML_DEPTH:
            raise refused(
                f"的 {self._path} 结构过大或过深", f"has too large or too deep a structure in {self._path}"
            )
        element = Element(_local(name), {_local(key): value for key, value in attributes.items()})
        if len(element.attributes) != len(attributes):
            raise refused(f"的 {self._path} 有重复的属性", f"has an attribute twice in {self._path}")
        if self._stack:
            self._stack[-1].children.append(element)
            self._pieces[-1].append(CHILD)
        else:
            self._root = element
        self._stack.append(element)
        self._pieces.append([])

    def _end(self, _: str) -> None:
        element, written = self._stack.pop(), "".join(self._pieces.pop())
        element.text = _BETWEEN.sub("", written)
        if len(element.text) < len(written) and element.text.strip():
            element.broken = written

    def _text(self, text: str) -> None:
        self._pieces[-1].append(text)

    def _break(self, *_: Any) -> None:
        if self._pieces:
            self._pieces[-1].append(BREAK)

    def _declared(self, _: str, encoding: str | None, __: int) -> None:
        self._encoding = (encoding or "").casefold()

    def _doctype(self, *_: Any) -> None:
        raise refused(
            f"的 {self._path} 声明了文档类型（DTD）", f"declares a document type (DTD) in {self._path}"
        )


def _local(name: str) -> str:
    return name.rsplit(" ", 1)[-1]
