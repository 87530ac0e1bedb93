"""The signed data that is attached to a report which is a PDF (ISO 32000-2 §7.11.4, embedded files)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verify.pdf.document import View, open_document
from verify.pdf.pdf_values import Stream, Value, text
from verify.reports.signed import MAX_REPORT

ATTACHED: Final = "yinxin-report.jws"
"""Name of the signed data in a report that is a PDF."""
MAX_FILES: Final = 64
"""Attached files looked at: our reports have two."""
MAX_NODES: Final = 32
"""Nodes of the name tree of attached files; ours has one."""


def attached(view: View, name: str = ATTACHED) -> bytes | None:
    """Return a file's octets; ``None`` where the PDF has none. Two of one name are no data at all, whichever a reader shows."""
    found = list(_files(view, name))
    if not found:
        return None
    return found[0] if len(found) == 1 else b""


def attachment_of(pdf: bytes, name: str) -> bytes:
    """Return a file attached to a report of our own; ``KeyError`` where it has none."""
    found = attached(open_document(pdf).last, name)
    if not found:
        raise KeyError(name)
    return found


def _files(view: View, wanted: str) -> Iterator[bytes]:
    tree = view.entry(view.entry(view.catalog, "/Names"), "/EmbeddedFiles")
    for _, specification in _leaves(view, tree):
        name = text(view.entry(specification, "/UF")) or text(view.entry(specification, "/F"))
        if name == wanted:
            yield _octets(view, specification)


def _octets(view: View, specification: Value) -> bytes:
    files = view.entry(specification, "/EF")
    stream = view.entry(files, "/F")
    if not isinstance(stream, Stream):
        return b""
    data = stream.decode()
    return data if len(data) <= MAX_REPORT else b""


def _leaves(view: View, tree: Value) -> Iterator[tuple[Value, Value]]:
    """Walk a name tree (ISO 32000-2 §7.9.6), each node once."""
    pending, seen = [tree], 0
    while pending and seen < MAX_NODES:
        node, seen = view.resolve(pending.pop()), seen + 1
        if not isinstance(node, dict):
            continue
        names = view.entry(node, "/Names")
        if isinstance(names, list):
            pairs = names[: 2 * MAX_FILES]
            yield from ((pairs[at], view.resolve(pairs[at + 1])) for at in range(0, len(pairs) - 1, 2))
        kids = view.entry(node, "/Kids")
        if isinstance(kids, list):
            pending.extend(kids[:MAX_NODES])
