"""New objects that nothing refers to: kept for later by a forger, or lost by the software that wrote them.

A reader shows what it is led to. One that repairs a file looks for its root, its pages, its tables and its object streams on its
own, so none of these may lie about; a picture, a font or a certificate that nobody asks for shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from verify.pdf.pdf_values import Ref, Stream, Value, references, same
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.sections import read_stream
from verify.pdf.source import Revision
from verify.pdf.step import Step, describe

_FOUND_BY_REPAIR: Final = frozenset(
    {"/Catalog", "/Pages", "/Page", "/Template", "/ObjStm", "/XRef", "/Encrypt"}
)
"""Kinds that readers look for without being led to them."""
_OF_A_TRAILER: Final = frozenset({"/Root", "/Encrypt", "/Pages", "/Kids", "/Filter"})
"""What makes a dictionary without a kind one of these: a trailer, a catalogue, a node of the page tree, a security handler."""
_OF_A_TABLE: Final = frozenset({"/Root", "/W", "/Index"})
"""What makes a stream one: some readers take any that says /XRef somewhere."""
_SERVES_REPAIR: Final = frozenset({"/Root", "/Encrypt", "/Pages"})
_IN_A_TABLE: Final = frozenset({"/Root", "/W"})
"""The same of what is referred to, which may have kids, as a field, and a filter, as a signature."""
_REPEATED: Final = ("/Root", "/Encrypt", "/Prev", "/Info", "/ID")
_LEFT_OUT: Final = frozenset({"/Info", "/ID"})
"""What a trailer need not repeat of the one before."""


def check_reached(step: Step, revision: Revision, refs: Iterable[Ref]) -> None:
    """Find new objects that nothing in their revision refers to: a repair could bring them to life.

    What lies about may be lost by whoever signed or archived; a revision that brings nothing else was not made for that.
    """
    document = step.document
    fresh = {ref for ref in refs if step.fresh(ref)} - {revision.stream} - document.places(revision.index)[1]
    pending = list(references(step.new.trailer))
    pending += [item for ref in refs if step.old.exists(ref) for item in references(step.new.get(ref))]
    while pending and fresh:
        ref = pending.pop()
        if ref in fresh:
            fresh.discard(ref)
            pending += references(step.new.get(ref))
    for ref in sorted(fresh, key=lambda item: item.number):
        told = describe(step, ref, "被追加而没有任何引用", "was added and nothing refers to it")
        if step.kinds and _lifeless(step, revision, ref):
            step.described.append(told)
        else:
            step.changes.append(told)


def check_kinds(step: Step, revision: Revision, refs: Iterable[Ref]) -> None:
    """Find what a repair goes by and the file does not, whatever refers to it: catalogues, pages, tables and object streams.

    Documents whose tables are out by some octets are repaired by every reader, before and after they were signed.
    """
    document, root = step.document, step.new.trailer.get("/Root")
    used = {revision.stream, root, *document.places(revision.index)[1]}
    for ref in refs:
        value = step.new.get(ref) if ref not in used and step.new.exists(ref) else None
        if not _serves_repair(step, value) or (
            step.old.exists(ref) and _serves_repair(step, step.old.get(ref))
        ):
            continue
        if not (isinstance(value, Stream) and _lost_table(step, revision, ref, value)):
            step.changes.append(
                describe(
                    step,
                    ref,
                    "被追加，部分阅读器修复文件时会据此显示别的内容",
                    "was added, by which readers that repair the file show something else",
                )
            )


def _serves_repair(step: Step, value: Value) -> bool:
    entries = value.dictionary if isinstance(value, Stream) else value
    if not isinstance(entries, dict):
        return False
    if step.new.entry(entries, "/Type") in _FOUND_BY_REPAIR:
        return True
    keys = _IN_A_TABLE if isinstance(value, Stream) else _SERVES_REPAIR
    return any(isinstance(entries.get(key), Ref | dict | list) for key in keys)


def _lifeless(step: Step, revision: Revision, ref: Ref) -> bool:
    """Tell whether no reader shows an object that it is not led to, nor goes by it when it repairs the file."""
    value = step.new.get(ref)
    entries = value.dictionary if isinstance(value, Stream) else value
    if not isinstance(entries, dict):
        return True
    if isinstance(value, Stream) and entries.get("/Type") == "/XRef":
        return _lost_table(step, revision, ref, value)
    if not all(key.isascii() and key.isprintable() for key in entries):
        return False  # some readers take such a key for another
    if "/Type" in entries and not isinstance(entries["/Type"], str):
        return False  # it may come to be another
    if entries.get("/Type") in _FOUND_BY_REPAIR:
        return False
    return (_OF_A_TABLE if isinstance(value, Stream) else _OF_A_TRAILER).isdisjoint(entries)


def _lost_table(step: Step, revision: Revision, ref: Ref, stream: Stream) -> bool:
    """Tell whether a cross-reference stream says what its revision's own table says: PDFBox 2 leaves one beside it.

    It lists objects where the table has them, none in an object stream, and none as free (ISO 32000-2 §7.5.8.3).
    """
    entries, trailer, source = stream.dictionary, step.new.trailer, step.document.source
    offset = source.place(ref, revision.index)
    if not isinstance(offset, int):
        return False
    stated = [key for key in _REPEATED if key in entries or key not in _LEFT_OUT]
    if not all(same(entries.get(key), trailer.get(key)) for key in stated):
        return False
    try:
        lost = read_stream(step.document.data, offset)
    except NotPlain:
        return False
    if lost.contained or lost.freed:
        return False
    return all(source.place(Ref(number), revision.index) == at for number, at in lost.offsets.items())
