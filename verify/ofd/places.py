"""Elements that matter stand in their place: of one that stands elsewhere too, readers that search by name take the other."""

from __future__ import annotations

from collections.abc import Mapping

from verify.ofd.xml import Element
from verify.ofd.zip_records import refused


def check_places(tree: Element, path: str, places: Mapping[str, tuple[str, ...]]) -> None:
    """Demand that elements of these names stand under these elements, from the root down, alone; raises ``Unreadable``.

    ``path`` is the file that they stand in.
    """
    waiting: list[tuple[Element, tuple[str, ...]]] = [(tree, ())]
    while waiting:
        element, above = waiting.pop()
        if places.get(element.name, above) != above:
            raise refused(
                f"的 {path} 中 {element.name} 不在标准规定的位置，不同阅读器读法不同",
                f"has {element.name} in {path} where the standard does not have it: readers differ on it",
            )
        if element.children:
            below = (*above, element.name)
            waiting.extend((child, below) for child in element.children)
