"""Sealing an OFD: everything but the signed value is written, the digest of ``Signature.xml`` is what gets signed.

References cover every file of the package, earlier signatures with all their parts included; only the list of signatures stays
open, unless it is locked. What was in the package keeps its octets; two files may change, ``OFD.xml`` (once, by the first signature)
and the list, and neither is under an earlier signature then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import IO, Final

from hsm.algorithms import Digest, DigestAlgorithm
from signing.containers.certification import Certification, LockAction
from signing.containers.envelope import ContainerKind, Envelope
from signing.containers.ses_envelope import SesEnvelope
from signing.mark import SealMark, Work
from signing.ofd.descriptions import NewDescription, Stamp, encode
from signing.ofd.edits import new_list, number_in, with_list, with_row
from signing.ofd.errors import (
    IntegrityIsASignature,
    LockIsAllOrNothing,
    NationalContainerNeeded,
    OfdLocked,
    OfdUnfit,
    PlainSignatureShowsNothing,
    reading,
)
from signing.ofd.evidence_file import encode_evidence
from signing.ofd.integrity import VALUE, write_list
from signing.ofd.pages import OfdPages
from signing.ofd.zip_writer import ZipWriter
from signing.placing.layout import Layout, lay_out
from signing.placing.where import Unseen
from verify.ofd.description import EVIDENCE, Description, SignatureType, read_description, read_list
from verify.ofd.limits import MAX_SIGNATURES
from verify.ofd.listing import unlisted
from verify.ofd.locations import folder
from verify.ofd.package import INTEGRITY, ROOT, Package
from verify.ofd.structure import DocumentBody, read_structure

SM3: Final = "sm3"


@dataclass(slots=True)
class PreparedOfd:
    """A package that lacks only its signed value; ``scope`` is the path of the description."""

    digest: Digest
    scope: str
    _writer: ZipWriter = field(repr=False)
    _value: str = field(repr=False)

    def complete(self, value: bytes) -> None:
        """Write the signed value as the last entry, and the directory."""
        self._writer.add(self._value, value, packed=False)
        self._writer.close()


def prepare(work: Work, mark: SealMark, envelope: Envelope) -> PreparedOfd:
    """Write the sealed package but for its signed value, which may have any length.

    Raises :class:`signing.errors.DocumentError`, :class:`signing.errors.PlacementError` or ``OSError`` of the output.
    """
    _check_container(envelope)
    with reading():
        work.source.seek(0)
        octets = work.source.read()
        if mark.certify is not None:
            return _certified(octets, mark, envelope, work.output)
        subject = open_subject(octets)
        layout = lay_out(mark.placement, subject.pages, mark.picture.size_mm, may_cover=mark.may_cover)
        if layout.spots and envelope.kind is not ContainerKind.SES:
            raise PlainSignatureShowsNothing
        return _written(subject, layout, mark, envelope, work.output)


def _certified(octets: bytes, mark: SealMark, envelope: Envelope, output: IO[bytes]) -> PreparedOfd:
    """Close a sealed package by its integrity file (:mod:`signing.ofd.integrity`): the word of a certification in an OFD."""
    if mark.certify is not Certification.NO_CHANGES or mark.lock is not None:
        raise LockIsAllOrNothing
    if envelope.kind is not ContainerKind.GBT35275 or not isinstance(mark.placement, Unseen):
        raise IntegrityIsASignature
    subject = open_subject(octets, closing=True)
    if not subject.signed:
        raise OfdUnfit(
            "该 OFD 还没有签章；完整性文件只列出文件名，须先用印再加。",
            "The OFD has no seal yet; an integrity file lists names alone, so seal it first.",
        )
    subject.package.prove()
    writer = ZipWriter(output)
    listed = write_list(subject.package, mark, writer)
    return PreparedOfd(DigestAlgorithm.SM3.digest(listed), INTEGRITY, writer, VALUE)


def _check_container(envelope: Envelope) -> None:
    if envelope.kind is ContainerKind.CMS or envelope.digest is not DigestAlgorithm.SM3:
        raise NationalContainerNeeded(envelope.kind.value)


@dataclass(frozen=True, slots=True)
class Subject:
    """A package that may be sealed: what it shows, and the signatures that are there."""

    package: Package
    body: DocumentBody
    signed: tuple[tuple[str, Description], ...]

    @property
    def pages(self) -> OfdPages:
        """Its pages, for placing."""
        return OfdPages(self.package, self.body, self.signed)


def open_subject(octets: bytes, *, closing: bool = False) -> Subject:
    """Read a package and tell every refusal that can be told in advance; ``closing``: no row is added to a list.

    Raises ``Unreadable``, :class:`OfdLocked`, :class:`OfdUnfit`.
    """
    package = Package(octets)
    structure = read_structure(package)
    if len(structure.bodies) != 1:
        raise OfdUnfit(
            f"该 OFD 含有 {len(structure.bodies)} 个文档，无法确定在哪一个上用印；请拆分后再用印。",
            f"The OFD holds {len(structure.bodies)} documents; split it and seal each.",
        )
    if structure.lost_pages:
        raise OfdUnfit(
            f"该 OFD 缺少页面文件（{structure.lost_pages[0]}），不完整的文件不能用印；请重新导出。",
            f"The OFD lacks a page ({structure.lost_pages[0]}); an incomplete document is not sealed, export it anew.",
        )
    if INTEGRITY in package:
        raise OfdLocked("OFDEntries.xml")
    body = structure.bodies[0]
    rows = read_list(package, body.list) if body.list is not None and body.list in package else ()
    if len(rows) >= MAX_SIGNATURES:
        raise OfdLocked(f"{len(rows)} signatures")
    signed = tuple((row.id, read_description(package, row.path)) for row in rows)
    listed = {row.path for row in rows}
    struck = unlisted(package, structure, (path for path in package.paths if path not in listed))
    if struck:
        raise OfdUnfit(
            f"OFD 中有签名 {struck[0]} 的文件，签名列表却没有列出它，可能有人将其删去，不能再用印；请向签章单位索取原件。",
            f"The OFD holds a signature, {struck[0]}, that its list does not name: somebody may have struck it off; ask its "
            "signatory for the original.",
        )
    for name, description in signed:
        if not closing and any(item.path == body.list for item in description.references):
            raise OfdLocked(name)
    return Subject(package, body, signed)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Names and numbers of one new signature."""

    base: str
    number: int
    list: str
    fresh_list: bool

    def file(self, name: str) -> str:
        """Return the path of one of its files."""
        return f"{self.base}/{name}"

    def id(self, offset: int) -> str:
        """Return an identifier: ``s001`` and on (GB/T 33190 §18.1)."""
        return f"s{self.number + offset:03d}"


def _plan(subject: Subject) -> _Plan:
    package, body = subject.package, subject.body
    fresh = body.list is None or body.list not in package
    listed = body.list or f"{folder(body.root)}Signs/Signatures.xml"
    if fresh and listed in package:
        raise OfdUnfit(
            f"OFD 中有未登记的签名列表 {listed}，来历不明，不能用印；请重新导出。",
            f"The OFD has a list of signatures, {listed}, that its main file does not name; export it anew.",
        )
    within = folder(listed).casefold()
    taken = {
        path.casefold()[len(within) :].partition("/")[0] for path in package.paths if _below(path, within)
    }
    place = next(place for place in count() if f"sign_{place}" not in taken)
    names = [name for name, _ in subject.signed]
    names += [stamp.id for _, description in subject.signed for stamp in description.stamps]
    highest = max(map(number_in, names), default=0)
    return _Plan(f"{folder(listed)}Sign_{place}", highest + 1, listed, fresh)


def _below(path: str, within: str) -> bool:
    return path.casefold().startswith(within)


def _written(
    subject: Subject, layout: Layout, mark: SealMark, envelope: Envelope, output: IO[bytes]
) -> PreparedOfd:
    package, plan = subject.package, _plan(subject)
    changed = _changed(subject, plan, envelope, len(layout.spots))
    seal = plan.file("Seal.esl") if isinstance(envelope, SesEnvelope) else None
    added = dict(changed)
    if isinstance(envelope, SesEnvelope) and seal is not None:
        added[seal] = envelope.seal.octets
    if mark.evidence is not None and mark.evidence.certificates:
        added[plan.file(EVIDENCE)] = encode_evidence(mark.evidence)
    spared = set() if _locks(mark) else {plan.list}
    kept = [path for path in package.paths if path not in added]
    protected = [(path, package.digest(path, SM3)) for path in kept if path not in spared]
    package.prove()
    protected += [
        (path, DigestAlgorithm.SM3.digest(octets).value)
        for path, octets in added.items()
        if path not in spared
    ]
    description = encode(
        NewDescription(
            value=plan.file("SignedValue.dat"),
            seal=seal,
            when=mark.when,
            protected=sorted(protected),
            stamps=_stamps(layout, subject.body, mark.picture.size_mm, plan),
        )
    )
    writer = ZipWriter(output)
    writer.copy(package, without=added)
    for path, octets in added.items():
        writer.add(path, octets)
    path = plan.file("Signature.xml")
    writer.add(path, description)
    return PreparedOfd(DigestAlgorithm.SM3.digest(description), path, writer, plan.file("SignedValue.dat"))


def _changed(subject: Subject, plan: _Plan, envelope: Envelope, stamps: int) -> dict[str, bytes]:
    """Return the files that change: the list, and ``OFD.xml`` where it names none yet."""
    kind = SignatureType.SEAL if envelope.kind is ContainerKind.SES else SignatureType.SIGN
    row = {"ID": plan.id(0), "Type": kind.value, "BaseLoc": plan.file("Signature.xml")}
    package, highest = subject.package, plan.id(stamps)
    if not plan.fresh_list:
        return {plan.list: with_row(package.read_xml(plan.list), row, highest)}
    changed = {plan.list: new_list(row, highest)}
    if subject.body.list is None:
        changed[ROOT] = with_list(package.read_xml(ROOT), plan.list)
    return changed


def _stamps(layout: Layout, body: DocumentBody, size: tuple[float, float], plan: _Plan) -> list[Stamp]:
    """Turn spots into stamp annotations; the boundary keeps the whole seal, the clip cuts the part that shows."""
    found = []
    for offset, spot in enumerate(layout.spots, start=1):
        page = body.pages[spot.page - 1]
        if not page.id:
            raise OfdUnfit(
                f"第 {spot.page} 页没有编号，无法在其上盖章；请重新导出。",
                f"Page {spot.page} has no number, so no seal can be put on it; export the document anew.",
            )
        x, y = spot.x_mm + page.box[0], spot.y_mm + page.box[1]
        boundary = (x, y, size[0] * spot.scale, size[1] * spot.scale)
        found.append(Stamp(plan.id(offset), page.id, boundary, spot.clip_mm))
    return found


def _locks(mark: SealMark) -> bool:
    """Tell whether the list is protected too: an OFD is locked as a whole."""
    if mark.lock is not None and mark.lock.action is not LockAction.ALL:
        raise LockIsAllOrNothing
    return mark.lock is not None
