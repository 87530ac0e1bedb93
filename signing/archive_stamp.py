"""A document time-stamp over everything that a PDF holds by now (ISO 32000-2 §12.8.5, ETSI EN 319 142-1 §5.5): level B-LTA.

One incremental update holds the evidence that proves the time-stamps before it, and the new time-stamp, which covers that
evidence too. It is appended in place: what stands in the document is neither copied nor changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, Any, Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp

from hsm.algorithms import Digest, DigestAlgorithm
from signing.containers.cms import TIME_STAMP_ROOM
from signing.errors import TimeStampFailed
from signing.incremental.stamp import append_time_stamp
from signing.mark import Evidence, Stamper
from signing.pdf.general import COPY_CHUNK, store_evidence
from signing.pdf.reading import MAX_FIELDS, foreign_bytes, open_to_extend
from verify.pdf.plain.errors import NotPlain

FIELD_NAME: Final = "ArchiveTimeStamp"
"""First part of a document time-stamp's field name; a number follows."""


@dataclass(frozen=True, slots=True)
class ArchiveStamp:
    """What is appended: ``evidence`` for what stands in the document and for the time-stamp itself, by which ``digest``."""

    stamper: Stamper
    evidence: Evidence = field(default_factory=Evidence)
    digest: DigestAlgorithm = DigestAlgorithm.SHA256


def append_archive_stamp(stream: IO[bytes], stamp: ArchiveStamp, *, password: str | None = None) -> None:
    """Append evidence and a document time-stamp to the PDF in ``stream`` (seekable, readable, writable).

    Raises :class:`signing.errors.DocumentError`, what the stamper raises, :class:`TimeStampFailed` for a token that is
    too long, ``OSError``. When it raises, the stream holds something half made: discard it.
    """
    try:
        append_time_stamp(stream, stamp.stamper, stamp.evidence, stamp.digest)
    except NotPlain:
        _append_generally(stream, stamp, password)


def _append_generally(stream: IO[bytes], stamp: ArchiveStamp, password: str | None) -> None:
    """Do it by pyHanko, whatever the document."""
    reader = open_to_extend(stream, password)
    with foreign_bytes():
        writer = _StampWriter(reader)
        if stamp.evidence != Evidence():
            store_evidence(writer, stamp.evidence)
        name = _unused_name(reader)
        steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(name)).write_cms(name, writer)
        next(steps)
        room: Any = DocumentTimestamp
        steps.send(SigObjSetup(sig_placeholder=room(bytes_reserved=2 * TIME_STAMP_ROOM)))
        place, _ = steps.send(
            SigIOSetup(md_algorithm=stamp.digest.label, in_place=True, chunk_size=COPY_CHUNK)
        )
    token = stamp.stamper(Digest(stamp.digest, place.document_digest))
    if len(token) > TIME_STAMP_ROOM:
        raise TimeStampFailed(f"the token takes {len(token)} octets, {TIME_STAMP_ROOM} were kept")
    place.fill_with_cms(stream, token)
    stream.flush()


class _StampWriter(IncrementalPdfFileWriter):
    """pyHanko's incremental writer that adds a time-stamp and nothing else: no producer, no date, no page touched."""

    IO_CHUNK_SIZE = COPY_CHUNK

    def __init__(self, reader: PdfFileReader) -> None:
        super().__init__(reader.stream, prev=reader)
        if self.output_version < (2, 0):
            self.register_extension(ESIC_EXTENSION_1)

    def ensure_output_version(self, version: Any) -> None:
        """Leave the version: the catalogue is signed."""

    def register_annotation(self, page_ref: Any, annot_ref: Any) -> None:
        """Put nothing on a page: a time-stamp has no appearance (EN 319 142-1 §5.5)."""

    def _update_meta(self) -> None:
        """Write no producer and no modification date: the token says when."""


def _unused_name(reader: PdfFileReader) -> str:
    taken = set()
    for number, (name, _, _) in enumerate(enumerate_sig_fields(reader)):
        if number > MAX_FIELDS:
            break
        taken.add(name)
    number = 1
    while f"{FIELD_NAME}-{number}" in taken:
        number += 1
    return f"{FIELD_NAME}-{number}"
