"""Put a seal on a PDF: prepare the bytes, sign, time-stamp, complete (ETSI EN 319 142-1, ISO 32000-2 §12.8).

One incremental update holds everything: the field with the seal's vector picture, the signature and, at the long-term
level, the document security store, so the signature covers the whole file and nothing is appended after it. Our own writer
(:mod:`signing.incremental`) writes the update where it knows the document for certain, and pyHanko, here, everywhere else;
the CMS container is our own (:mod:`signing.containers.cms`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import IO, Any, Final

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from hsm.algorithms import Digest
from seals.ses.scope import byte_range_scope
from signing.containers.cms import Signatory
from signing.containers.envelope import CmsEnvelope, Envelope
from signing.errors import DocumentDamaged, TimeStampFailed
from signing.incremental import seal
from signing.incremental.output import PreparedPlain
from signing.mark import Evidence, SealMark, Stamper, Work
from signing.pdf.drawn import Drawing, Seat
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.promises import limit_by_lock, lock_of_field, promises
from signing.pdf.reading import Readable, foreign_bytes, resolve
from signing.placing.layout import Layout, lay_out
from signing.placing.where import InField
from verify.pdf.plain.errors import NotPlain

_pdf: Any = generic
"""pyHanko's object classes; their constructors carry no types."""

COPY_CHUNK: Final = 1 << 20
"""Octets copied and hashed at a time; pyHanko's 4 KiB cost a third more time on 50 MB."""
PDF_1_7: Final = (1, 7)


@dataclass(slots=True)
class PreparedPdf:
    """A document that lacks only its signature (:class:`signing.prepared.Prepared`); ``room`` in octets."""

    digest: Digest
    scope: str
    output: IO[bytes]
    room: int
    _place: PreparedByteRangeDigest = field(repr=False)
    writer: str = "general"
    """Which writer made it and why, for the sealing's record."""

    def complete(self, value: bytes) -> None:
        """Write the container into its place in ``output``. :class:`TimeStampFailed` if a token made it too long."""
        if len(value) > self.room:
            raise TimeStampFailed(f"the container takes {len(value)} octets, {self.room} were kept")
        self._place.fill_with_cms(self.output, value)
        self.output.flush()


def prepare(work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool) -> PreparedPdf | PreparedPlain:
    """Append the seal to a copy of the source in the output, and hash it; ``stamped`` keeps room for a time-stamp.

    By our own writer where the document is plain (:mod:`signing.incremental`), else by pyHanko; ``writer`` of the result
    tells which, and why. Raises :class:`signing.errors.DocumentError`, :class:`signing.errors.PlacementError` or
    ``OSError`` of ``output``.
    """
    try:
        return seal.prepare(work, mark, envelope, stamped=stamped)
    except NotPlain as reason:
        return prepare_generally(work, mark, envelope, stamped=stamped, why=str(reason))


def prepare_generally(
    work: Work, mark: SealMark, envelope: Envelope, *, stamped: bool, why: str = ""
) -> PreparedPdf:
    """Do the same by pyHanko, whatever the document; ``why`` is the reason that our own writer gave."""
    filling = mark.placement.name if isinstance(mark.placement, InField) else None
    document = Readable(work.source, work.password, filling=filling)
    pages = PdfPages(ReadableLeaves(document), work.search)
    layout = lay_out(mark.placement, pages, mark.picture.size_mm, may_cover=mark.may_cover)
    with foreign_bytes():
        writer = _SealWriter(document, layout)
        drawing = Drawing(Seat(writer, document.page, mark.picture, layout))
        name, steps = _field(writer, drawing, layout, mark, document)
        drawing.dress(get_single_field_annot(next(steps).get_object()), signed=document.signed)
        if mark.evidence is not None:
            store_evidence(writer, mark.evidence)
        room = envelope.room(stamped=stamped)
        setup = promises(mark, document, layout.field)
        placeholder = _signature_object(mark, envelope, 2 * room)
        value = steps.send(SigObjSetup(sig_placeholder=placeholder, mdp_setup=setup))
        limit_by_lock(value, mark.lock)
        if document.signed:
            drawing.fields_beside(islice(_unused_names(name, document), 1, None), value)
        else:
            drawing.strokes_on_pages()
        algorithm = envelope.digest
        place, _ = steps.send(
            SigIOSetup(md_algorithm=algorithm.label, output=work.output, chunk_size=COPY_CHUNK)
        )
    size = work.output.seek(0, io.SEEK_END)
    behind = place.reserved_region_end
    scope = byte_range_scope(0, place.reserved_region_start, behind, size - behind)
    told = f"general ({why})" if why else "general"
    return PreparedPdf(Digest(algorithm, place.document_digest), scope, work.output, room, place, told)


def seal_pdf(work: Work, mark: SealMark, signatory: Signatory, stamper: Stamper | None = None) -> None:
    """Do all four steps without a registry around them; :class:`signing.service.SealingService` takes them one by one.

    Raises what :func:`prepare` raises, :class:`hsm.errors.HsmError`, and what ``stamper`` raises.
    """
    envelope = CmsEnvelope(signatory, mark.statement)
    prepared = prepare(work, mark, envelope, stamped=stamper is not None)
    signature = signatory.signer.sign(envelope.to_sign(prepared.digest, prepared.scope))
    token = None if stamper is None else stamper(signatory.signer.algorithm.digest.digest(signature))
    prepared.complete(envelope.finish(signature, token))


class _SealWriter(IncrementalPdfFileWriter):
    """pyHanko's incremental writer that leaves the document's own words alone: producer, dates, metadata."""

    IO_CHUNK_SIZE = COPY_CHUNK

    def __init__(self, document: Readable, layout: Layout) -> None:
        self._document = document
        self._first = layout.spots[0].page if layout.spots else 1
        super().__init__(document.reader.stream, prev=document.reader)
        if not document.signed and self.output_version < (2, 0):
            self.register_extension(ESIC_EXTENSION_1)

    def ensure_output_version(self, version: Any) -> None:
        """Raise the version of an unsigned document; a signed one keeps its catalogue as it is."""
        if not self._document.signed:
            super().ensure_output_version(version)  # type: ignore[no-untyped-call]

    def find_page_for_modification(self, page_ix: Any) -> Any:  # noqa: ARG002 - there is one that matters
        """Give the page of the signature's widget, as our own walk found it, whatever /Count and /Type say."""
        found = self._document.page(self._first).reference
        page: Any = _pdf.IndirectObject(found.idnum, found.generation, self)
        if not isinstance(page.get_object(), generic.DictionaryObject):
            raise DocumentDamaged("the page is not a dictionary")
        return page, None

    def register_annotation(self, page_ref: Any, annot_ref: Any) -> None:
        """Append to the page's /Annots, whether it is absent, null, direct or an object of its own."""
        page: Any = page_ref.get_object()
        listed = page.raw_get("/Annots") if "/Annots" in page else None
        annotations: Any = resolve(listed)
        if not isinstance(annotations, generic.ArrayObject):
            page[pdf_name("/Annots")] = annotations = _pdf.ArrayObject()
            listed = annotations
        annotations.append(annot_ref)
        self.mark_update(listed if isinstance(listed, generic.IndirectObject) else page_ref)

    def _update_meta(self) -> None:
        """Write no producer and no modification date: /M of the signature says when."""


def _unused_names(wanted: str, document: Readable) -> Iterator[str]:
    """Give the name wanted, then the name with a number behind it, leaving out those that the document has."""
    taken = {str(entry.get("/T")) for entry in document.fields}
    numbered = (f"{wanted}-{number}" for number in count(2))
    return (name for name in chain([wanted], numbered) if name not in taken)


def _field(
    writer: _SealWriter, drawing: Drawing, layout: Layout, mark: SealMark, document: Readable
) -> tuple[str, Any]:
    """Choose the field to sign, an empty one of the document's own or a new one; give its name and the steps of signing it."""
    if layout.field is not None:
        return layout.field, PdfCMSEmbedder().write_cms(layout.field, writer, existing_fields_only=True)
    name = next(_unused_names(mark.field_name, document))
    spec = SigFieldSpec(
        name,
        box=drawing.widget_box(layout.spots[0]) if layout.spots else None,  # type: ignore[arg-type]  # pyHanko takes floats
        readable_field_name=mark.tooltip or None,
        **lock_of_field(mark.lock),
    )
    return name, PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer)


def _signature_object(mark: SealMark, envelope: Envelope, hex_room: int) -> SignatureObject:
    made = SignatureObject(
        timestamp=mark.when,
        subfilter=SigSeedSubFilter.PADES,
        name=mark.signer_name or None,
        location=mark.location or None,
        reason=mark.reason or None,
        bytes_reserved=hex_room,
    )
    made[pdf_name("/Filter")] = pdf_name(envelope.filter)
    made[pdf_name("/SubFilter")] = pdf_name(envelope.sub_filter)
    return made


def store_evidence(writer: IncrementalPdfFileWriter, evidence: Evidence) -> None:
    """Add evidence to the document security store of the update; what stands there already is not added twice."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[_exact(asn1_x509.Certificate, der) for der in evidence.certificates],
        ocsps=[_exact(asn1_ocsp.OCSPResponse, der) for der in evidence.ocsp],
        crls=[_exact(asn1_crl.CertificateList, der) for der in evidence.crls],
    )


def _exact(kind: Any, der: bytes) -> Any:
    """Read DER for pyHanko, written out again as the very same octets.

    asn1crypto takes a header that ends in 0x80, as one in 256 does, for an indefinite length and encodes all anew.
    """
    found = kind.load(der)
    found.dump = lambda force=False: der  # noqa: ARG005 - asn1crypto's signature
    return found
