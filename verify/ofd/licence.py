"""What an OFD says of itself as an electronic licence (GB/T 36905): its metadata, and the text of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from verify.errors import Unreadable
from verify.licences.judge import Said, identifiers_in
from verify.ofd.package import ROOT, Package
from verify.ofd.structure import Structure

MAX_PAGES: Final = 4
"""Pages whose text is looked at: licences have one or two, annual stamps a few more."""
MAX_METADATA: Final = 200


def said_by(package: Package, structure: Structure) -> Said:
    """Read metadata (``CustomDatas`` of the main entry) and identifiers; nothing where that cannot be read."""
    metadata: dict[str, str] = {}
    try:
        for item in package.tree(ROOT).below():
            if item.name == "CustomData" and len(metadata) < MAX_METADATA:
                metadata.setdefault(item.attributes.get("Name", "").strip(), item.text.strip())
        found = identifiers_in((*metadata.values(), *_texts(package, structure)))
        return Said(found, metadata, quoted=not identifiers_in(metadata.values()))
    except Unreadable:
        return Said(())


def _texts(package: Package, structure: Structure) -> Iterator[str]:
    """Yield each line of text, and two that follow each other as one: an identifier may be longer than a line."""
    pages = [page.path for body in structure.bodies for page in body.pages if page.path]
    for path in pages[:MAX_PAGES]:
        lines = [
            "".join(code.text.strip() for code in item.all("TextCode"))
            for item in package.tree(path).below()
            if item.name == "TextObject"
        ]
        yield from lines
        yield from (one + other for one, other in pairwise(lines))
