"""The signature dictionary, its field, and what both say about later changes (ISO 32000-2 §12.7.5.5, §12.8.1)."""

from __future__ import annotations

from typing import Final

from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import Envelope
from signing.incremental.update import CONTENTS, RANGE_ROOM
from signing.incremental.words import date, numbers, text
from signing.mark import SealMark
from signing.placing.placement import Box
from verify.pdf.plain.syntax import Ref

PRINT_LOCKED: Final = 132
"""Annotation flags Print and Locked (ISO 32000-2 table 167)."""
UNSEEN: Final[Box] = (0.0, 0.0, 0.0, 0.0)
_PARAMETERS: Final = b"/TransformParams <</Type /TransformParams /V /1.2 "


def signature_dictionary(mark: SealMark, envelope: Envelope, room: int, root: Ref) -> bytes:
    """Write the dictionary with a gap of ``room`` octets; /Contents stands last."""
    words = [
        b"<</Type /Sig /Filter %s /SubFilter %s" % (envelope.filter.encode(), envelope.sub_filter.encode())
    ]
    words.append(b"/M " + date(mark.when))
    for key, value in (
        (b"/Name ", mark.signer_name),
        (b"/Location ", mark.location),
        (b"/Reason ", mark.reason),
    ):
        if value:
            words.append(key + text(value))
    references = _references(mark.certify, mark.lock, root)
    if references:
        words.append(b"/Reference [%s]" % b" ".join(references))
    return b"%s\n%s" % (b"\n".join(words), _gap(room))


def time_stamp_dictionary(room: int) -> bytes:
    """Write the dictionary of a document time-stamp (ISO 32000-2 §12.8.5)."""
    return b"<</Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161\n%s" % _gap(room)


def _gap(room: int) -> bytes:
    return b"/ByteRange %s\n%s%s>\n>>" % (b" " * RANGE_ROOM, CONTENTS, b"0" * (2 * room))


def _references(certify: Certification | None, lock: FieldLock | None, root: Ref) -> list[bytes]:
    """DocMDP of a certification (§12.8.2.2), FieldMDP of a lock (§12.8.2.4)."""
    found = []
    if certify is not None:
        found.append(b"<</Type /SigRef /TransformMethod /DocMDP %s/P %d>>>>" % (_PARAMETERS, certify.value))
    if lock is not None:
        found.append(
            b"<</Type /SigRef /TransformMethod /FieldMDP /Data %s %s%s%s>>>>"
            % (root.pdf, _PARAMETERS, _lock(lock), _limit(lock))
        )
    return found


def _lock(lock: FieldLock) -> bytes:
    named = b" /Fields [%s]" % b" ".join(map(text, lock.fields)) if lock.fields else b""
    return b"/Action /%s%s" % (lock.action.pdf.encode("ascii"), named)


def lock_dictionary(lock: FieldLock) -> bytes:
    """Write the /Lock of a field, which is an object of its own (§12.7.5.5, tables 236 and 237)."""
    return b"<</Type /SigFieldLock %s%s>>" % (_lock(lock), _limit(lock))


def _limit(lock: FieldLock) -> bytes:
    """Write /P of PDF 2.0 (table 236); it stands in FieldMDP too, where it is signed, as Acrobat has it."""
    return b" /P %d" % lock.permission.value if lock.permission is not None else b""


def field_dictionary(name: str, tooltip: str, page: Ref, box: Box, entries: dict[str, Ref | None]) -> bytes:
    """Write a signature field that is its own widget; ``entries`` are further ones that refer to objects."""
    said = b"/TU %s\n" % text(tooltip) if tooltip else b""
    others = b"".join(
        b"/%s %s\n" % (key.encode("ascii"), ref.pdf) for key, ref in entries.items() if ref is not None
    )
    return b"<</Type /Annot /Subtype /Widget /FT /Sig /F %d /T %s\n%s/P %s /Rect [%s]\n%s>>" % (
        PRINT_LOCKED, text(name), said, page.pdf, numbers(box), others,
    )  # fmt: skip
