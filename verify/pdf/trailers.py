"""What a later trailer may say (ISO 32000-2 table 15): as the one before, whole, and leading to no other object.

LibreOffice packs the source text of a document into the PDF: /AdditionalStreams names the stream, and where /DocChecksum is the MD5 of
what stands before the trailer, that text is opened in place of the pages.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change, RevisionKind
from verify.pdf.pdf_values import Ref, Value, references, same
from verify.pdf.permitted import is_description, moved_catalog
from verify.pdf.source import ABOUT_ITSELF
from verify.pdf.step import Step

MAX_APPENDED: Final = 2_000_000
"""Highest object number in what was appended. ISO 32000-1 annex C has four times that, but with a table for more than 3,355,441
Ghostscript gives up and repairs the file."""
_REPEATED: Final = frozenset({"/Encrypt"})
"""What a trailer repeats of the one before. A reader that misses /Root or /Size there repairs the file (ISO 32000-2 §7.5.6),
and shows objects that no table lists."""
SOURCE_TEXT: Final = "/AdditionalStreams"
CHECKSUM: Final = "/DocChecksum"
_KNOWN: Final = ABOUT_ITSELF | {"/Root", "/Encrypt", "/Info", "/ID", "/AuthCode"}
"""What is compared by itself, or says how a table is read, or is the integrity code of an encrypted document (ISO/TS 32004 §5.2)."""


def compare_trailers(step: Step) -> None:
    """Find what a later trailer says otherwise than the one before, or lacks (ISO 32000-2 §7.5.5), and what it leads to besides."""
    for key in ("/Root", "/Encrypt"):
        if not same(step.old.trailer.get(key), step.new.trailer.get(key)) and not (
            key == "/Root" and moved_catalog(step)
        ):
            step.changes.append(Change(f"文件尾的 {key} 被改写", f"the trailer's {key} was replaced"))
    stated = step.document.source.stated(step.new.revision)
    for key in sorted(({"/Root", "/Size"} | _REPEATED & step.old.trailer.keys()) - stated):
        step.changes.append(Change(f"追加的文件尾缺少 {key}", f"an appended trailer lacks {key}"))
    if not same(step.old.trailer.get("/Info"), step.new.trailer.get("/Info")):
        if is_description(step):
            step.note(
                RevisionKind.PROPERTIES,
                Change("更新文档属性", "the document's description was brought up to date"),
            )
        else:
            step.changes.append(
                Change(
                    "文件尾的 /Info 指向的不是文档属性",
                    "the trailer's /Info was pointed at something that is no description",
                )
            )
    size = step.new.trailer.get("/Size")
    if isinstance(size, int) and size > MAX_APPENDED + 1:
        step.changes.append(
            Change("文件尾的 /Size 大到部分阅读器无法打开", "the trailer's /Size is larger than readers bear")
        )
    if _hides(step):
        step.changes.append(Change("文件尾的 /Size 被改小", "the trailer's /Size was made smaller"))
    _check_makers_own(step)


def _hides(step: Step) -> bool:
    """Tell whether a trailer's /Size shrinks: an object whose number is not below it is missing (ISO 32000-2 §7.5.5)."""
    before, after = step.old.trailer.get("/Size"), step.new.trailer.get("/Size")
    return isinstance(before, int) and not (isinstance(after, int) and after >= before)


def _check_makers_own(step: Step) -> None:
    """Find entries of makers' own that now lead to an object, or bring the source text of a document to life.

    PDFBox repeats what stood in the trailer before, where the source text has a new number at which there is nothing.
    """
    old, new = step.old.trailer, step.new.trailer
    for key in sorted(new.keys() - _KNOWN):
        if not same(old.get(key), new[key]) and (
            _leads(step, new[key]) or (key == CHECKSUM and SOURCE_TEXT in new)
        ):
            step.changes.append(
                Change(
                    "追加的文件尾改写了标准以外的条目，部分阅读器会据此打开别的内容",
                    "an appended trailer states what the standard does not know, by which some readers open something else",
                    object=key,
                )
            )


def _leads(step: Step, value: Value) -> bool:
    """Tell whether a value refers to an object that is there, or was: who looks for it in the octets finds it still."""
    return any(
        _was_defined(step, one) for ref in references(value) for one in step.document.generations(ref.number)
    )


def _was_defined(step: Step, ref: Ref) -> bool:
    try:
        return step.document.introduced(ref) <= step.new.revision
    except KeyError:
        return False
