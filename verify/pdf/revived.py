"""What a repair brings back: readers that repair a file take the last body of each object in it, and none that stands in an object stream.

Where the tables say otherwise, as in a draft that was changed and saved with object streams, a reader shows the draft as soon as it repairs the
file. poppler does when it is led to an object that is not there, MuPDF to one that is not where it is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    """Tell whether a body that was replaced, or freed, is the last of its object that stands by itself, up to a revision."""
    return document.kept((comes_back, revision), lambda: _comes_back(document, revision))


def _comes_back(document: Document, revision: int) -> bool:
    return any(
        document.location(ref, index - 1) is not None and document.location(ref, index) is None
        for index in range(1, revision + 1)
        for ref in document.explicit(index)
    )


def leads_nowhere(step: Step, refs: Iterable[Ref]) -> bool:
    """Tell whether a revision, which defines these objects, refers to one that is not there, or not where it is listed."""
    document, old, new = step.document, step.old, step.new
    named = set(references(new.trailer)) - set(references(old.trailer))
    for ref in refs:
        if new.exists(ref):
            named |= set(references(new.get(ref))) - set(references(old.get(ref)))
    return any(not new.exists(ref) or _is_misplaced(document, ref, new.revision) for ref in named)


def _is_misplaced(document: Document, ref: Ref, revision: int) -> bool:
    place = document.location(ref, revision)
    if place is None:
        return False
    found = _HEADER.match(document.data, place, place + _HEADER_OCTETS)
    return found is None or tuple(map(int, found.groups())) != ref
