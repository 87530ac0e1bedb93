"""The numbered procedure for one signature, after ETSI EN 319 102-1 §5.3, §5.5 and §5.6, for PDF (EN 319 142-1).

Steps: 1 format and ByteRange · 2 the container · 3 the digest · 4 the signing certificate · 5 the signature value ·
6 the time and its proof · 7 the certificate at that time · 8 changes after signing · 9 the seal · 10 the states now.
A step that fails with TOTAL-FAILED ends the work, but for the digest; what is known by then stays in the report. Left out: policies of the
container (EN 319 102-1 §5.2.7.1, our rules are :class:`Policy`), counter-signatures and attribute certificates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from verify.certificates.signer import CertificateJudge
from verify.digests import Prefixes, digest_of
from verify.errors import Finding, failed, unexpected, unsure
from verify.integrity import Integrity
from verify.pdf.changes import assess
from verify.pdf.dates import pdf_date
from verify.pdf.document import Document
from verify.pdf.extents import drawn_from_outside
from verify.pdf.handed_in import begins_with
from verify.pdf.signature_value import SignatureValue
from verify.pdf.unsteady import unsteady
from verify.policy import Policy
from verify.report import Reason, SignatureKind, SigningTime, TimeSource
from verify.seal import SealJudge
from verify.signatures.case import GM_SUB_FILTER, PADES, PKCS7, Case
from verify.signatures.containers import Container, container_of
from verify.signatures.protected import ProofOfExistence, Protected
from verify.signatures.signer_steps import SignerSteps, known
from verify.signatures.timestamp import TokenCheck
from verify.verdict import SubIndication

BARE_KEY: Final = "/adbe.x509.rsa_sha1"
"""A bare signature value beside a certificate (ISO 32000-1 §12.8.3.2); nobody has written it since PDF 1.3."""
SIGNED_DIGEST: Final = "/adbe.pkcs7.sha1"
"""A container over the SHA-1 of the ranges, which it may hold (ISO 32000-1 §12.8.3.3), as Acrobat wrote until version 8."""
_NAMES: Final = {
    Container.CMS: frozenset({PADES, PKCS7, GM_SUB_FILTER, SIGNED_DIGEST}),
    Container.GBT35275: frozenset({PADES, PKCS7, GM_SUB_FILTER}),
    Container.SES: frozenset({GM_SUB_FILTER, PKCS7}),
}
"""Names that are met with each container: /adbe.pkcs7.detached stands in public code before whole seal signatures too."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """Everything that the steps share within one document."""

    document: Document
    judge: CertificateJudge
    seals: SealJudge
    policy: Policy
    at: datetime
    extra: tuple[x509.Certificate, ...]
    prefixes: Prefixes
    proofs: tuple[ProofOfExistence, ...] = ()

    def compare(self, case: Case) -> bool:
        """Judge what the document holds beside an opened case: step 8, which needs no certificate and no digest.

        What was found stays in the case, nothing is raised. ``False``: no other step is to be run.
        """
        return case.value is not None and _ended_well(case, self._changes, self._whole)

    def run(self, case: Case) -> None:
        """Run every other step on a case that :meth:`compare` let pass; what was found stays in it, nothing is raised."""
        stamp = case.kind is SignatureKind.TIMESTAMP
        _ended_well(case, self._time_stamp_steps if stamp else self._signer_steps)

    def _changes(self, case: Case) -> None:
        case.integrity = assess(self.document, known(case.value), self.policy)
        if case.integrity.modified:
            where = "；".join(_place(change) for change in case.integrity.where[:3])
            where_en = "; ".join(change.what_en for change in case.integrity.where[:3])
            case.object(
                failed(
                    SubIndication.DOCUMENT_MODIFIED,
                    f"文件在签章后被改动（{where}），签章无效；请向签章单位索取原件。",
                    f"The document was changed after signing ({where_en}); ask the signatory for the original file.",
                )
            )

        elif case.integrity.doubts:
            case.object(_doubtful(case.integrity))

    def _whole(self, case: Case) -> None:
        """Whatever the document draws stands in it: content in another file is protected by nothing."""
        place = drawn_from_outside(self.document)
        if place is not None:
            case.object(
                unsure(
                    SubIndication.SIGNED_DATA_NOT_FOUND,
                    "文件的部分显示内容取自另一个文件，签章不能保护这部分内容，无法判定；请索取内容完整的文件。",
                    "Part of what the document shows is taken from another file, which the signature does not protect "
                    f"(offset {place}); ask for a document that holds all of its content.",
                )
            )
        if case.kind is SignatureKind.SIGNATURE:
            case.notes += self.document.fact(unsteady)

    def _time_stamp_steps(self, case: Case) -> None:
        value = known(case.value)
        token = TokenCheck(self.judge, self.extra, self.policy)
        proof = self._proof(value.covered)
        at = self.at if proof is None else proof.time
        stamp = token.check(
            value.contents,
            lambda algorithm: value.digest(algorithm, self.prefixes),
            at,
        )
        case.message, case.certificate, case.stamp = stamp.message, stamp.certificate, stamp
        case.chain, case.then, case.embedded = stamp.judged.chain, stamp.judged.state, stamp.judged.embedded
        case.strength = stamp.strength
        case.trust = stamp.judged.trust
        case.time = SigningTime(
            stamp.time,
            TimeSource.TSA if stamp.trusted else TimeSource.TSA_UNVERIFIED,
            stamp.authority,
            trust=stamp.judged.trust,
        )
        case.look_now(self.judge, self.at)
        case.object(stamp.judged.finding)

    def _signer_steps(self, case: Case) -> None:
        value = known(case.value)
        _check_sub_filter(case, value)
        SignerSteps(self.judge, self.seals, self.policy, self.at, self.extra).run(
            case, self._protected(value)
        )

    def _protected(self, value: SignatureValue) -> Protected:
        whole = self._of_ranges(value)
        if value.sub_filter != SIGNED_DIGEST or container_of(value.contents) is not Container.CMS:
            return whole
        digest = whole.digest("sha1")
        return replace(
            whole,
            digest=lambda algorithm: digest_of(algorithm, digest),
            content=lambda: digest,
            may_attach=True,
            imprint="sha1",
        )

    def _of_ranges(self, value: SignatureValue) -> Protected:
        data, prefixes = self.document.data, self.prefixes
        return Protected(
            container=value.contents,
            digest=lambda algorithm: value.digest(algorithm, prefixes),
            content=lambda: data[: value.gap_start] + data[value.gap_end : value.covered],
            handed_in=lambda expected: begins_with(data, prefixes, value.gap_start, expected),
            claimed=pdf_date(value.dictionary.get("/M")),
            bound=value.sub_filter == PADES,
            ranges=(0, value.gap_start, value.gap_end, value.covered - value.gap_end),
            proof=self._proof(value.covered),
        )

    def _proof(self, covered: int) -> ProofOfExistence | None:
        found = [proof for proof in self.proofs if proof.covered > covered]
        return min(found, key=lambda proof: proof.time, default=None)


def _doubtful(integrity: Integrity) -> Finding:
    """Say what may show something else than was signed: what follows the signature or, where nothing does, the way the document is written."""
    where = "；".join(_place(change) for change in integrity.doubts[:3])
    where_en = "; ".join(change.what_en for change in integrity.doubts[:3])
    if integrity.covers_whole_document:
        return unsure(
            SubIndication.DOCUMENT_MODIFIED,
            f"文件的写法使部分阅读器可能显示签章时所见之外的内容（{where}），无法判定；请向签章单位索取重新生成并签章的文件。",
            f"The document is written so that some readers may show something else than was signed ({where_en}); "
            "ask the signatory for one that is made and signed anew.",
        )
    pages = sorted({change.page for change in integrity.doubts if change.page})
    on = f"; page {', '.join(map(str, pages))}" if pages else ""
    return unsure(
        SubIndication.DOCUMENT_MODIFIED,
        f"签章后追加了规则允许、但可能遮盖或改变已签内容显示的内容（{where}），无法判定；"
        "请向签章单位索取签章时的版本，以其显示为准。",
        f"What was added after signing is permitted and may hide what was signed ({where_en}{on}); "
        "ask the signatory for the version that was signed, and go by what that shows.",
    )


def _ended_well(case: Case, *steps: Callable[[Case], None]) -> bool:
    try:
        for step in steps:
            step(case)
    except Finding as finding:
        case.object(finding)
        return False
    except Exception as error:  # noqa: BLE001 - foreign octets; whatever a library raises is a finding, not a crash
        case.object(unexpected(error))
        return False
    return True


def _check_sub_filter(case: Case, value: SignatureValue) -> None:
    """Go by the content: a name that says otherwise is told, and one that has no container refused."""
    shown = value.sub_filter[:40] or "-"
    if value.sub_filter == BARE_KEY:
        raise unsure(
            SubIndication.FORMAT_FAILURE,
            f"不支持的签名格式（{shown}），无法核验；请要求以 PAdES 格式重新签章。",
            f"The signature format {shown} is not supported; ask for a PAdES signature.",
        )
    found = container_of(value.contents)
    if found is None or value.sub_filter in _NAMES[found]:
        return
    case.notes.append(
        Reason(
            f"签名的格式名称（{shown}）与内容不符，按内容（{found.zh}）核验；其他阅读器可能因此无法核验。",
            f"The name of the signature's format ({shown}) does not go with its content; it was judged as {found.en}, "
            "what it is. Other readers may fail on it.",
        )
    )


def _place(change: Any) -> str:
    page = f"第 {change.page} 页" if change.page else ""
    return f"{page}{change.what_zh}"
