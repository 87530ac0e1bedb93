"""One extension: fresh evidence for the newest time-stamp, a new time-stamp over everything, our own check of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from ca.issuer import UnitPurpose
from hsm.algorithms import DEFAULT_ALGORITHM, DigestAlgorithm, kind_of
from hsm.public_keys import certificate_key
from signing.archive_stamp import ArchiveStamp, append_archive_stamp
from signing.errors import EvidenceMissing, SealNotUsableHere, SelfCheckFailed
from signing.evidence import EvidenceDesk
from signing.mark import Evidence, Stamper
from signing.renewal.errors import NotExtendable, StampFaded
from signing.renewal.sunset import fades
from signing.selfcheck import SelfCheck
from verify.errors import Unreadable
from verify.pdf.time_stamps import StampFound, stamps_in
from verify.report import DocumentReport, SignatureKind, SignatureReport
from verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Extended:
    """What came of it: the report on the new document, and when its newest time-stamp fades."""

    report: DocumentReport
    fades_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What is extended: its file, its name for the report, its password, and the time it is judged at."""

    path: Path
    name: str
    at: datetime
    password: str | None = None


class Extender:
    """Extends documents; keeps no state."""

    def __init__(self, evidence: EvidenceDesk, stamper: Stamper, check: SelfCheck) -> None:
        self._evidence = evidence
        self._stamper = stamper
        self._check = check

    def fades_at(self, path: Path, password: str | None = None) -> datetime:
        """Return when a document's newest time-stamp fades. :class:`NotExtendable` for a document without one."""
        return fades(_newest(path.read_bytes(), password))

    def extend(self, source: Source, output: IO[bytes]) -> Extended:
        """Write the extended document to ``output`` (empty, readable), and check it.

        Raises :class:`NotExtendable`, :class:`StampFaded`, :class:`signing.errors.EvidenceMissing`,
        :class:`signing.errors.CertificateNotGood`, :class:`signing.errors.DocumentError`, what the time-stamp authority
        raises, and :class:`SelfCheckFailed`.
        """
        data = source.path.read_bytes()
        stamp = _newest(data, source.password)
        evidence, digest = self._gather(stamp)
        before = self._judge(data, evidence, source)
        _demand_proof(before, stamp)
        output.write(data)
        output.seek(0)
        del data
        append_archive_stamp(output, ArchiveStamp(self._stamper, evidence, digest), password=source.password)
        output.seek(0)
        after = output.read()
        report = self._judge(after, evidence, source)
        _demand_unharmed(before, report)
        return Extended(report, fades(_newest(after, source.password)))

    def _gather(self, stamp: StampFound) -> tuple[Evidence, DigestAlgorithm]:
        """Gather what proves the newest time-stamp now, and the one that is to be made; tell the digest of that one."""
        register = self._evidence.register()
        try:
            old = self._evidence.leaf(stamp.certificate.serial_number, register)
        except SealNotUsableHere as foreign:
            raise EvidenceMissing("the time-stamp is of an authority that is not ours") from foreign
        unit, new = register.unit(UnitPurpose.TSA)
        gathered = self._evidence.gather([old] if old.serial == new.serial else [old, new])
        return gathered, DEFAULT_ALGORITHM[kind_of(certificate_key(unit.certificate))].digest

    def _judge(self, data: bytes, evidence: Evidence, source: Source) -> DocumentReport:
        verifier = self._check.knowing(evidence)
        return verifier.verify(data, at=source.at, name=source.name, password=source.password)


def _newest(data: bytes, password: str | None) -> StampFound:
    try:
        found = stamps_in(data, password)
    except Unreadable as unreadable:
        raise NotExtendable(unreadable.reason.zh, unreadable.reason.en) from unreadable
    if not found:
        raise NotExtendable
    return found[-1]


def _demand_proof(report: DocumentReport, stamp: StampFound) -> None:
    """EN 319 142-1 §5.5: a time-stamp is carried on while it still proves; one that does not is not dressed up."""
    if stamp.whole:
        stamps = [one for one in report.signatures if one.kind is SignatureKind.TIMESTAMP]
        newest = [one for one in stamps if one.time.value == stamp.time]
        wanted = newest[-1:]
    else:
        wanted = [one for one in report.signatures if one.time.trusted][-1:]
    if not wanted or wanted[0].verdict is not Verdict.PASSED:
        reason = wanted[0].reason if wanted else report.reason
        raise StampFaded(reason.zh, reason.en)


def _demand_unharmed(before: DocumentReport, after: DocumentReport) -> None:
    """Demand that the new time-stamp passed and covers everything, and that every signature is what it was."""
    then = {one.field: one for one in before.signatures}
    fresh = [one for one in after.signatures if one.field not in then]
    if len(fresh) != 1 or not _stamps_all(fresh[0]):
        raise SelfCheckFailed(f"the new time-stamp: {fresh[0].reason.en if fresh else 'missing'}")
    for one in after.signatures:
        if one is not fresh[0] and one.verdict is not then[one.field].verdict:
            raise SelfCheckFailed(f"signature {one.field!r} was changed by extending")
    if len(after.signatures) != len(before.signatures) + 1:
        raise SelfCheckFailed("a signature was lost by extending")


def _stamps_all(report: SignatureReport) -> bool:
    whole = report.integrity.covers_whole_document
    return report.kind is SignatureKind.TIMESTAMP and report.verdict is Verdict.PASSED and whole
