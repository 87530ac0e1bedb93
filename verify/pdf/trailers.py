"""What a later trailer states besides what ISO 32000-2 table 15 has: nothing may lead to an object from there.

LibreOffice packs the source text of a document into the PDF: /AdditionalStreams names the stream, and where /DocChecksum is the MD5 of
what stands before the trailer, that text is opened in place of the pages.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change
from verify.pdf.pdf_values import Ref, Value, references, same
from verify.pdf.source import ABOUT_ITSELF
from verify.pdf.step import Step

SOURCE_TEXT: Final = "/AdditionalStreams"
CHECKSUM: Final = "/DocChecksum"
_KNOWN: Final = ABOUT_ITSELF | {"/Root", "/Encrypt", "/Info", "/ID", "/AuthCode"}
"""What is compared elsewhere, or says how a table is read, or is the integrity code of an encrypted document (ISO/TS 32004 §5.2)."""


def check_trailer(step: Step) -> None:
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
