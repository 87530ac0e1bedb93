"""One signature at work: what the steps have found so far, and the report that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509

from verify.certificates.identity import algorithm, custody, describe
from verify.certificates.paths import Chain
from verify.certificates.signer import CertificateJudge
from verify.digests import SM3
from verify.errors import Finding, unsure
from verify.nature import NO_SEAL
from verify.pdf.document import Document
from verify.pdf.fields import FormField
from verify.pdf.pdf_values import Ref
from verify.pdf.placement import Pages, placements
from verify.pdf.signature_value import SignatureValue, read_signature
from verify.readers import Place, readers
from verify.report import (
    NO_TIME,
    NOTHING_JUDGED,
    UNKNOWN,
    CertificateStatus,
    Indication,
    Integrity,
    Placement,
    Reason,
    SignatureKind,
    SignatureReport,
    SigningTime,
    StatusReport,
)
from verify.seal import NO_STATEMENT, SealJudged
from verify.ses.report import SealDataReport
from verify.signatures.cms import SignedMessage
from verify.signatures.containers import Container
from verify.signatures.signer_certificate import binds
from verify.signatures.timestamp import TimeStamp
from verify.strength import Strength
from verify.trusted_lists.decision import TrustDecision
from verify.verdict import SubIndication
from verify.wording import TEST_NOTICE, is_test_root, passed

PADES = "/ETSI.CAdES.detached"
PKCS7 = "/adbe.pkcs7.detached"
GM_SUB_FILTER = "/GM.SM2"
"""Written by one open library beside /Filter /GM.PKILite; those of GM/T 0112-2021 are not public. Read like PKCS7."""


_GRAVITY: Final = tuple(
    one.value
    for one in (
        CertificateStatus.REVOKED,
        CertificateStatus.ON_HOLD,
        CertificateStatus.EXPIRED,
        CertificateStatus.NOT_YET_VALID,
        CertificateStatus.UNKNOWN,
        CertificateStatus.GOOD,
    )
)


@dataclass(slots=True)
class Case:
    """One signature at work: what was found so far."""

    fields: tuple[FormField, ...]
    """The field, and any others that share its signature dictionary (a seam seal has one on each page)."""
    kind: SignatureKind = SignatureKind.SIGNATURE
    value: SignatureValue | None = None
    message: SignedMessage | None = None
    certificate: x509.Certificate | None = None
    chain: Chain = ()
    time: SigningTime = NO_TIME
    stamp: TimeStamp | None = None
    then: StatusReport = UNKNOWN
    now: StatusReport = UNKNOWN
    authority_now: StatusReport = UNKNOWN
    """The worst state of an authority between certificate and anchor."""
    trust: TrustDecision | None = None
    integrity: Integrity = NOTHING_JUDGED
    strength: Strength | None = None
    seal: SealJudged = NO_STATEMENT
    embedded: bool = False
    notes: list[Reason] = field(default_factory=list)
    finding: Finding | None = None
    container: Container | None = None
    seal_data: SealDataReport | None = None
    """Every step of the seal standards, where the container is a seal signature."""
    algorithm: str = ""
    """Key and digest in plain names, where no message tells."""

    @property
    def covered(self) -> int:
        """End of the signed octets; 0 when that could not be read."""
        return 0 if self.value is None else self.value.covered

    def look_now(self, judge: CertificateJudge, at: datetime) -> None:
        """Note how the certificate and the authorities above it stand at ``at``, the time of verification; without a chain nothing is known."""
        if not self.chain:
            return
        self.now = judge.state(self.chain, 0, at)
        above = [judge.state(self.chain, position, at) for position in range(1, len(self.chain))]
        self.authority_now = min(above or [self.now], key=lambda one: _GRAVITY.index(one.status))

    def object(self, finding: Finding | None) -> None:
        """Keep the gravest finding; of equals, the first."""
        if finding is None:
            return
        worse = finding.indication is Indication.TOTAL_FAILED
        if self.finding is None or (worse and self.finding.indication is not Indication.TOTAL_FAILED):
            self.finding = finding


def open_case(document: Document, fields: tuple[FormField, ...]) -> Case:
    """Step 1: read and prove format and ByteRange; a fault stays in the case as its finding."""
    case = Case(fields)
    try:
        case.value = read_signature(document, fields[0])
    except Finding as finding:
        case.object(finding)
        return case
    if case.value.is_timestamp:
        case.kind = SignatureKind.TIMESTAMP
    return case


def orphan_case(ref: Ref | None) -> Case:
    """Open a case for a signature that stands in no field: it is told, and nobody can rely on the document without asking.

    Without a reference, for more of what looks like one than is looked at.
    """
    case = Case((FormField("" if ref is None else str(ref), "/Sig", ref, None),))
    if ref is None:
        case.object(
            unsure(
                SubIndication.LIMIT_REACHED,
                "文件中不属于任何签名域、形似签名的对象过多，未能逐一核对：可能有人的签章被移除，无法判定；请向各签章单位索取完整原件。",
                "The file holds more of what looks like signatures in no field than is looked at: somebody's may have been taken "
                "out; ask every signatory for the complete original.",
            )
        )
        return case
    case.object(
        unsure(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"文件中有一处签名（{ref}）不属于任何签名域：可能有人的签章被移除，无法判定；请向各签章单位索取完整原件。",
            f"A signature stands in the file and in no field ({ref}): somebody's may have been taken out; "
            "ask every signatory for the complete original.",
        )
    )
    return case


def finish(case: Case, document: Document, pages: Pages, level: str) -> SignatureReport:
    """Turn a finished case of a PDF into its report."""
    shown = tuple([place for item in case.fields for place in placements(document.last, pages, item)])
    if shown and case.kind is SignatureKind.SIGNATURE and case.finding is None:
        case.notes.append(NO_SEAL)
    return reported(case, case.fields[0].name, Place.PDF, shown, level)


def reported(
    case: Case, name: str, place: Place, shown: tuple[Placement, ...] = (), level: str = ""
) -> SignatureReport:
    """Turn a finished case into its report; ``name`` tells which signature it is, ``place`` what holds it."""
    root, finding, value = case.chain[-1] if case.chain else None, case.finding, case.value
    return SignatureReport(
        field=name,
        kind=case.kind,
        indication=Indication.TOTAL_PASSED if finding is None else finding.indication,
        reason=passed(case.kind, case.time, case.now, case.seal.now, case.authority_now)
        if finding is None
        else finding.reason,
        sub_indication=None if finding is None else finding.sub,
        other_fields=tuple([item.name for item in case.fields[1:]]),
        level=level,
        signer=None if case.certificate is None else describe(case.certificate, case.chain),
        seal=case.seal.report,
        time=case.time,
        certificate_bound=_is_bound(case),
        certificate_then=case.then,
        certificate_now=case.now,
        authority_now=case.authority_now,
        seal_then=case.seal.then,
        seal_now=case.seal.now,
        integrity=case.integrity,
        placements=shown,
        notes=tuple(case.notes),
        notice=TEST_NOTICE if root is not None and is_test_root(root) else "",
        custody=custody(case.chain),
        algorithm=_algorithm(case),
        container="" if case.container is None else case.container.value,
        readers=_readers(case, place),
        seal_data=None if case.seal_data is None else case.seal_data.part,
        span=None if value is None else (value.gap_start, value.gap_end, value.covered),
        trust=case.trust,
        strength=case.strength,
    )


def _is_bound(case: Case) -> bool:
    return case.message is not None and case.certificate is not None and binds(case.message, case.certificate)


def _algorithm(case: Case) -> str:
    if case.certificate is None or case.message is None:
        return case.algorithm
    return algorithm(case.certificate, case.message.digest)


def _readers(case: Case, place: Place) -> Reason | None:
    """Say which readers can check it; a container that cannot be read is nobody's."""
    container = Container.TIME_STAMP if case.kind is SignatureKind.TIMESTAMP else case.container
    if container is None or (case.message is None and case.seal_data is None):
        return None
    national = case.message is not None and case.message.digest == SM3
    return readers(container, place, national=national)


def level_of(case: Case, document_has_dss: bool, later_stamp: bool) -> str:
    """Name the PAdES baseline level that was reached and proved (EN 319 142-1 §6); empty for anything else."""
    value, message = case.value, case.message
    if value is not None and case.seal_data is not None:
        return _level_of_seal(case, document_has_dss, later_stamp)
    if value is None or message is None or case.kind is SignatureKind.TIMESTAMP:
        return ""
    base = "B" if value.sub_filter == PADES else "PKCS7"
    if base == "PKCS7":
        return "PKCS7-T" if case.time.trusted else "PKCS7-B"
    if not case.time.trusted:
        return "B-B"
    if not (document_has_dss and case.embedded):
        return "B-T"
    return "B-LTA" if later_stamp else "B-LT"


def _level_of_seal(case: Case, document_has_dss: bool, later_stamp: bool) -> str:
    """Name how much evidence goes with a seal signature by the words of PAdES; no standard has words of its own."""
    if not case.time.trusted:
        return "SES-B"
    if not (document_has_dss and case.embedded):
        return "SES-T"
    return "SES-LTA" if later_stamp else "SES-LT"
