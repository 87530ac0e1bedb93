"""A seal signature (SES_Signature) as the container of a signature: judged by the seal standards, reported as any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cryptography import x509

from ca.der import UTF8_STRING, DerError, Reader
from seals.seal import SealKind
from seals.ses.scope import read_byte_range
from seals.statement import SEAL_STATEMENT_OID
from verify.certificates.identity import algorithm, uscc_of
from verify.certificates.purpose import check_document_signer
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding, failed
from verify.makers import MakerIdentity
from verify.policy import Policy
from verify.report import (
    NO_TIME,
    Indication,
    Reason,
    SealReport,
    SignatureKind,
    SigningTime,
    TimeSource,
)
from verify.seal import SealJudge, SealJudged, SealQuestion
from verify.ses.judge import SealDataJudge, SealDataJudged
from verify.ses.report import SealDataReport
from verify.ses.signature_steps import SignatureCase
from verify.ses.steps import Step
from verify.signatures.case import Case
from verify.signatures.cms_values import malformed
from verify.signatures.containers import Container, without_padding
from verify.signatures.loaded import load_certificate
from verify.signatures.protected import CONTENT_DIFFERS, Protected
from verify.verdict import SubIndication

_KINDS: Final = {int(kind.code): kind for kind in SealKind}


@dataclass(frozen=True, slots=True)
class SealSignatureSteps:
    """What the steps share within one verification."""

    judge: CertificateJudge
    seals: SealJudge
    policy: Policy
    at: datetime
    extra: tuple[x509.Certificate, ...]

    def run(self, case: Case, protected: Protected) -> None:
        """Judge the octets of a container by every step of the standard; the gravest becomes the case's finding."""
        case.kind, case.container = SignatureKind.SEAL, Container.SES
        octets = without_padding(protected.container)
        if octets is None:
            raise malformed("octets stand behind the seal signature")
        door = SealDataJudge(self.judge, self.policy, self.at, self.seals.lists, self.extra)
        ranged = protected.ranges is not None or protected.described
        judged = door.judged(octets, document_hash=protected.digest, older=protected.proof, ranged=ranged)
        case.seal_data = judged.report
        case.object(_finding(judged.report))
        if judged.case is not None:
            self._who_and_when(case, judged.case, protected)
            case.object(_scope(judged.report.scope, protected))
            self._seal(case, judged, judged.case, protected)
        case.notes += judged.report.notes
        if any(step.key == Step.DATA_HASH.value and step.sub_indication for step in judged.report.steps):
            case.integrity = replace(
                case.integrity, modified=True, where=(CONTENT_DIFFERS, *case.integrity.where)
            )

    def _who_and_when(self, case: Case, found: SignatureCase, protected: Protected) -> None:
        case.certificate, case.stamp = found.signer, found.stamp
        case.algorithm = "" if found.signer is None else algorithm(found.signer, "sm3")
        case.time = _time(found, protected)
        case.trust = None if found.looked is None else found.looked.trust
        if found.signer is not None and found.looked is not None and found.looked.trusted:
            case.chain = found.looked.chain
            case.then = self.judge.state(case.chain, 0, min(found.when, self.at))
            case.look_now(self.judge, self.at)
            at = case.time.value if case.time.trusted and case.time.value is not None else self.at
            case.embedded = self.judge.judge(found.signer, self.extra, at, check_document_signer).embedded

    def _seal(self, case: Case, judged: SealDataJudged, found: SignatureCase, protected: Protected) -> None:
        """Tell of the seal itself, and judge the maker's statement on its use where one stands among the extensions."""
        report = judged.report
        case.seal = SealJudged(_described(report, found, judged.maker), report.seal_then, report.seal_now)
        statement = _statement(found)
        if statement is None or found.signer is None:
            return
        code = found.signature.seal.id
        question = SealQuestion(statement, protected.handed_in, found.signer, case.time, self.at, code)
        stated = self.seals.judge_seal(question)
        case.object(stated.finding)
        case.seal = stated if stated.report is not None else replace(stated, report=case.seal.report)
        case.notes += stated.notes


def _time(found: SignatureCase, protected: Protected) -> SigningTime:
    claimed, stamp, proof = found.time, found.stamp, protected.proof
    if stamp is not None and stamp.trusted:
        return SigningTime(stamp.time, TimeSource.TSA, stamp.authority, claimed, stamp.judged.trust)
    if proof is not None:
        return SigningTime(proof.time, TimeSource.TSA, proof.authority, claimed, proof.trust)
    if stamp is not None:
        return SigningTime(
            stamp.time, TimeSource.TSA_UNVERIFIED, stamp.authority, claimed, stamp.judged.trust
        )
    return NO_TIME if claimed is None else SigningTime(claimed, TimeSource.CLAIMED, claimed=claimed)


def _statement(found: SignatureCase) -> str | None:
    """Return the statement among the extensions (a UTF8String); one that cannot be read is no statement."""
    for item in found.signature.extensions:
        if item.oid == SEAL_STATEMENT_OID:
            try:
                return Reader(item.value).contents(UTF8_STRING).decode()
            except (DerError, ValueError):
                return ""
    return None


def _described(report: SealDataReport, found: SignatureCase, known: MakerIdentity) -> SealReport | None:
    """Tell of the seal what its own data says: its owner is the signer where its list names nobody else, no more is in it."""
    facts = report.facts
    if facts is None:
        return None
    owner = report.signer if _names_alone(found) else None
    kind = _KINDS.get(facts.type)
    maker = report.maker
    proved = {Step.MAKER_CHAIN.value, Step.MAKER_SIGNATURE.value, Step.MAKER_USE.value}
    trusted = all(step.sub_indication is None for step in report.steps if step.key in proved)
    return SealReport(
        code=facts.id,
        physical_code="",
        kind="" if kind is None else kind.code,
        kind_zh="" if kind is None else kind.zh,
        kind_en="" if kind is None else kind.en,
        name=facts.name,
        owner="" if owner is None else owner.organization,
        owner_uscc="" if owner is None else owner.uscc,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
        maker="" if maker is None else maker.name,
        maker_identity=known,
        trusted=trusted,
        trust=report.maker_trust,
        picture_sha256=facts.picture_sha256,
    )


def _names_alone(found: SignatureCase) -> bool:
    """Tell whether a seal's list names certificates of one holder alone, its signer: an agent's beside them own nothing."""
    listed = found.signature.seal.property.signers
    if len(listed.certificates) + len(listed.digests) + len(listed.texts) == 1:
        return True
    loaded = [load_certificate(der) for der in listed.certificates]
    holders = {_holder(one) for one in (found.signer, *loaded)}
    return not (listed.digests or listed.texts) and len(holders) == 1 and "" not in holders


def _holder(certificate: x509.Certificate | None) -> str:
    """Return whose a certificate is: by its credit code, else its organisation; empty where it names neither."""
    if certificate is None:
        return ""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return uscc_of(certificate.subject) or next((str(one.value) for one in names), "")


def _scope(scope: str, protected: Protected) -> Finding | None:
    """``propertyInfo`` states what is protected: where it names a range, it is the range of this signature."""
    stated = read_byte_range(scope)
    if stated is None or protected.ranges is None or stated == protected.ranges:
        return None
    return failed(
        SubIndication.FORMAT_FAILURE,
        "电子签章所述的保护范围与签名的实际范围（ByteRange）不一致，签章无效；请向签章单位索取原件。",
        "The range that the seal signature states is not the one it stands in (ByteRange): invalid; ask for the original file.",
    )


def _finding(report: SealDataReport) -> Finding | None:
    if report.indication is Indication.TOTAL_PASSED:
        return None
    sub = report.sub_indication or SubIndication.GENERIC
    reason: Reason = report.reason
    return Finding(report.indication, sub, reason.zh, reason.en)
