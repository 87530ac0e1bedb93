"""Hybrid tables behind a signature: two documents in one, for readers that follow /XRefStm and for those that do not (ISO 32000-2 §7.5.8.4).

Word writes such files, and iText goes on in that form: what it packs is listed in the stream alone. So both documents are compared
with what was signed, each by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from verify.errors import Finding, Unreadable
from verify.integrity import Change
from verify.pdf.document import Document, open_plainly
from verify.pdf.library import open_by_library
from verify.pdf.source import Revision

_POINTER: Final = re.compile(rb"/XRefStm[\x00\t\n\x0c\r ]+[0-9]+")
DIFFERS: Final = Change("签章后追加了混合式交叉引用", "a hybrid cross-reference was appended")


def as_others_see(document: Document) -> Iterator[Document]:
    """Yield a document as readers see it that take no notice of /XRefStm: by our own reader, then by the library's.

    The first is quicker by far and may raise :class:`NotPlain` when it is asked; none where that view cannot be told, as of an
    encrypted document. Each is made once for all signatures.
    """
    for find in (_by_ourselves, _by_the_library):
        found = document.fact(find)
        if found is not None and _has_the_same_revisions(found, document):
            yield found


def _by_ourselves(document: Document) -> Document | None:
    octets = document.fact(_without_streams)
    return None if octets is None else open_plainly(octets)


def _by_the_library(document: Document) -> Document | None:
    octets = document.fact(_without_streams)
    try:
        found = None if octets is None else Document(open_by_library(octets))
    except (Finding, Unreadable):
        return None
    return found if found is not None and found.last.catalog else None


def _without_streams(document: Document) -> bytes | None:
    """Return the octets of a document with every /XRefStm blanked; ``None`` if it is encrypted, and cannot be read anew."""
    if document.source.encrypted:
        return None
    octets = bytearray(document.data)
    for revision in (one for one in document.revisions if one.hybrid):
        _blank(document, octets, revision)
    return bytes(octets)


def _has_the_same_revisions(found: Document, document: Document) -> bool:
    starts = [one.start for one in found.revisions] == [one.start for one in document.revisions]
    return starts and not any(one.hybrid for one in found.revisions)


def _blank(document: Document, octets: bytearray, revision: Revision) -> None:
    end = document.source.trailer_end(revision)
    pointer = _POINTER.search(octets, revision.end, end)
    if pointer is not None:
        octets[pointer.start() : pointer.end()] = b" " * (pointer.end() - pointer.start())
