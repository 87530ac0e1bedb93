"""What a repair brings back: readers that repair a file take the last body of each object in it, and none that stands in an object stream.

Where the tables say otherwise, as in a draft that was changed and saved with object streams, a reader shows the draft as soon as it repairs the
file. poppler does when it is led to an object that is not there, MuPDF to one that is not where it is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from verify.pdf.document import Document
from verify.pdf.pdf_values import Ref, references
from verify.pdf.step import Step

_HEADER: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*+([0-9]++)[\x00\t\n\x0c\r ]++([0-9]++)[\x00\t\n\x0c\r ]*+obj"
)
_HEADER_OCTETS: Final = 64


def older_behind(document: Document) -> int | None:
    """Return where an older body of an object stands behind the one that took its place: no software writes backwards."""
    farthest: dict[Ref, int] = {}
    for revision in document.revisions[1:]:
        for ref, place in document.source.listed(revision.index):
            before = document.location(ref, revision.index - 1)
            last = max(farthest.get(ref, -1), -1 if before is None else before)
            if isinstance(place, int) and place < last:
                return last
            farthest[ref] = last
    return None


def comes_back(document: Document, revision: int) -> bool:
    """Tell whether a repair brings back what was replaced or freed up to a revision: a body that stands by itself, or another catalogue."""
    first = document.fact(_first_replaced)
    return first is not None and first <= revision


def _first_replaced(document: Document) -> int | None:
    """Return the first revision that packs or frees an object which stood by itself before, or names another catalogue."""
    for index in range(1, len(document.revisions)):
        if document.view(index).trailer.get("/Root") != document.view(index - 1).trailer.get("/Root"):
            return index
        for ref in document.explicit(index):
            if document.location(ref, index - 1) is not None and document.location(ref, index) is None:
                return index
    return None


def leads_astray(step: Step, refs: Iterable[Ref]) -> bool:
    """Tell whether a revision, which defines these objects, newly refers to one that makes readers repair the file.

    One that is not there is null (ISO 32000-2 §7.3.10), and matters where a repair brings something back.
    """
    question = (leads_astray, step.old.revision, step.new.revision)
    missing, misplaced = step.document.kept(question, lambda: _led_to(step, refs))
    return misplaced or (missing and comes_back(step.document, step.signed.view.revision))


def leaves_out(step: Step, refs: AbstractSet[Ref]) -> bool:
    """Tell whether a revision brings the pages of a document anew in which some readers do not find every table.

    They repair such a file as long as they come to no page, and then stop: what the revision does not bring is not shown.
    """
    root = step.old.catalog.get("/Pages")
    return isinstance(root, Ref) and root in refs and step.document.fact(_is_hard_to_follow)


def _is_hard_to_follow(document: Document) -> bool:
    for revision in document.revisions:
        if not revision.is_exact(document.data):
            return True
        try:
            document.source.check_section(revision)
        except Exception:  # noqa: BLE001 - whatever a library raises on what readers follow differently
            return True
    return False


def _led_to(step: Step, refs: Iterable[Ref]) -> tuple[bool, bool]:
    """Tell whether any object that is newly referred to is missing, and whether any is not where it is listed."""
    old, new = step.old, step.new
    named = set(references(new.trailer)) - set(references(old.trailer))
    for ref in refs:
        if new.exists(ref):
            named |= set(references(new.get(ref))) - set(references(old.get(ref)))
    there = [ref for ref in named if new.exists(ref)]
    return len(there) < len(named), any(_is_misplaced(step, ref) for ref in there)


def _is_misplaced(step: Step, ref: Ref) -> bool:
    """Tell whether an object does not begin where it is listed, or not in the object stream in which it is."""
    place = step.document.location(ref, step.new.revision)
    if place is None:
        try:
            step.new.get(ref)
        except Exception:  # noqa: BLE001 - whatever a library raises: readers find nothing there either
            return True
        return False
    found = _HEADER.match(step.document.data, place, place + _HEADER_OCTETS)
    return found is None or tuple(map(int, found.groups())) != ref
