"""The door for seal data: octets, what is trusted and a time in; a report with every step out. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography import x509

from seals.ses.errors import SealDataInvalid
from seals.ses.parts import CertListType, Deviation, SesSeal, SesSignature
from seals.ses.structure import is_signature, read_seal, read_signature
from verify.certificates.identity import algorithm, describe
from verify.certificates.signer import CertificateJudge
from verify.digests import SM3
from verify.maker_lists import SealLists
from verify.makers import NOBODY, MakerIdentity
from verify.policy import Policy
from verify.report import (
    NO_TIME,
    UNKNOWN,
    Indication,
    Reason,
    SignerReport,
    SigningTime,
    TimeSource,
)
from verify.ses.certificates import CertificateSteps, Looked, Proof
from verify.ses.registry_step import registry_state, state_at
from verify.ses.report import SealDataKind, SealDataReport, SealDataStep, SealFacts, StepState
from verify.ses.seal_steps import SealCase, seal_steps
from verify.ses.signature_steps import SignatureCase, signature_steps, stated_time
from verify.ses.steps import Outcome, Step, failed
from verify.verdict import SubIndication, Verdict
from verify.wording import TEST_NOTICE, is_test_root

_LISTS = {CertListType.CERTIFICATES: "certificates", CertListType.DIGESTS: "digests", None: "certificates"}


@dataclass(frozen=True, slots=True)
class SealDataJudged:
    """A report, and for a seal signature that could be read what it was drawn from."""

    report: SealDataReport
    case: SignatureCase | None = None
    maker: MakerIdentity = NOBODY


@dataclass(frozen=True, slots=True)
class SealDataJudge:
    """Judges seals and seal signatures with the paths and evidence of one verification, as of ``at``."""

    judge: CertificateJudge
    policy: Policy
    at: datetime
    lists: SealLists = field(default_factory=SealLists)
    """The trusted status lists of seal makers, where there are any."""
    extra: tuple[x509.Certificate, ...] = ()
    """Certificates that the document brings along, to find chains with."""
    doubt: Outcome | None = None
    """What is in doubt about the file itself, where the data is all of it."""

    def report(
        self,
        data: bytes,
        name: str = "",
        *,
        document_hash: Callable[[str], bytes] | None = None,
        older: Proof | None = None,
    ) -> SealDataReport:
        """Judge a SESeal or an SES_Signature; octets that are neither are a failure of format that names the member.

        ``document_hash`` gives, by ``hashlib`` name or ``sm3``, the digest of the octets that a seal signature protects;
        ``older`` is a trusted time-stamp over the document that a seal signature stands in.
        """
        return self.judged(data, name, document_hash=document_hash, older=older).report

    def judged(
        self,
        data: bytes,
        name: str = "",
        *,
        document_hash: Callable[[str], bytes] | None = None,
        older: Proof | None = None,
        ranged: bool = False,
    ) -> SealDataJudged:
        """Judge as :meth:`report` does, and return what was found at work beside it; ``ranged``: what holds it says what it protects."""
        kind = SealDataKind.SEAL_SIGNATURE if is_signature(data) else SealDataKind.SEAL
        empty = SealDataReport(
            name,
            Verdict.FAILED,
            Reason("", ""),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            verified_at=self.at,
            kind=kind,
        )
        try:
            if kind is SealDataKind.SEAL:
                return SealDataJudged(self._seal(read_seal(data), empty))
            case = self._case(read_signature(data), document_hash, older)
            case.ranged = ranged
        except SealDataInvalid as invalid:
            step = failed(SubIndication.FORMAT_FAILURE, invalid.zh, invalid.en).at(Step.FORMAT)
            return SealDataJudged(_concluded(replace(empty, steps=(step,))))
        return self._signature(case, empty)

    def _seal(self, seal: SesSeal, empty: SealDataReport) -> SealDataReport:
        steps = CertificateSteps(self.judge, self.policy, self.extra)
        case = SealCase(seal, self.at, self.at, steps, self.policy)
        state = registry_state(case, self.lists).at(Step.REGISTRY_STATE)
        seen = replace(
            empty,
            standard=seal.version.standard,
            steps=(*self._whole(), *seal_steps(case), state),
            facts=_facts(seal),
            maker=_described(case.looked),
            maker_trust=None if case.looked is None else case.looked.trust,
            notes=(*_told(seal.deviations), *case.notes),
            notice=_notice(case.looked),
        )
        return _concluded(seen)

    def _whole(self) -> tuple[SealDataStep, ...]:
        return () if self.doubt is None else (self.doubt.at(Step.FORMAT),)

    def _case(
        self, signature: SesSignature, document_hash: Callable[[str], bytes] | None, older: Proof | None
    ) -> SignatureCase:
        steps = CertificateSteps(self.judge, self.policy, self.extra)
        time = stated_time(signature)
        return SignatureCase(signature, time, self.at, steps, self.policy, document_hash, older)

    def _signature(self, case: SignatureCase, empty: SealDataReport) -> SealDataJudged:
        signature = case.signature
        inner = SealCase(
            signature.seal, case.when, self.at, case.certificates, self.policy, case.proof, case.stamped
        )
        state = registry_state(inner, self.lists, proof=case.proof).at(Step.REGISTRY_STATE)
        seen = replace(
            _with_states(empty, case, inner, self.lists),
            standard=signature.version.standard,
            steps=(*self._whole(), *signature_steps(case), *seal_steps(inner), state),
            facts=_facts(signature.seal),
            maker=_described(inner.looked),
            signer=_described(case.looked),
            maker_trust=None if inner.looked is None else inner.looked.trust,
            signer_trust=None if case.looked is None else case.looked.trust,
            signed_at=case.time,
            scope=signature.scope,
            notes=(*_told(signature.deviations), *case.notes, *inner.notes, *_about_time(case)),
            notice=_notice(case.looked, inner.looked),
        )
        return SealDataJudged(_concluded(seen), case, inner.known_as)


def _with_states(
    report: SealDataReport, case: SignatureCase, inner: SealCase, lists: SealLists
) -> SealDataReport:
    """State when the signature was made, and how certificate and seal stood then and stand now."""
    stamp, claimed = case.stamp, case.time
    if stamp is not None:
        source = TimeSource.TSA if stamp.trusted else TimeSource.TSA_UNVERIFIED
        time = SigningTime(stamp.time, source, stamp.authority, claimed, stamp.judged.trust)
    else:
        time = NO_TIME if claimed is None else SigningTime(claimed, TimeSource.CLAIMED, claimed=claimed)
    looked = case.looked
    states = (UNKNOWN, UNKNOWN)
    if looked is not None and looked.trusted:
        states = (
            case.certificates.state(looked, min(case.when, case.now)),
            case.certificates.state(looked, case.now),
        )
    return replace(
        report,
        time=time,
        certificate_then=states[0],
        certificate_now=states[1],
        seal_then=state_at(inner, lists, inner.when),
        seal_now=state_at(inner, lists, inner.now),
        algorithm="" if case.signer is None else algorithm(case.signer, SM3),
    )


def _concluded(report: SealDataReport) -> SealDataReport:
    """Draw the verdict: the first step that failed, else the first that is in doubt, else good.

    A seal signature whose document is not there is in doubt at best, whatever else holds.
    """
    for state, indication in _GRAVEST:
        for step in report.steps:
            if step.state is state or (state is StepState.INDETERMINATE and _is_untied(step)):
                return replace(
                    report,
                    verdict=indication.verdict,
                    indication=indication,
                    sub_indication=step.sub_indication or SubIndication.SIGNED_DATA_NOT_FOUND,
                    reason=_because(step),
                )
    passed, good = Indication.TOTAL_PASSED, _good(report.kind)
    last = report.steps[-1]
    if last.state is StepState.NOT_DONE:  # what a reader would otherwise take for granted
        good = Reason(good.zh + last.reason.zh, f"{good.en} {last.reason.en}")
    return replace(report, verdict=passed.verdict, indication=passed, reason=good)


_GRAVEST = (
    (StepState.FAILED, Indication.TOTAL_FAILED),
    (StepState.INDETERMINATE, Indication.INDETERMINATE),
)


def _is_untied(step: SealDataStep) -> bool:
    return step.key == Step.DATA_HASH.value and step.state is StepState.NOT_DONE


def _because(step: SealDataStep) -> Reason:
    return Reason(f"{step.name.zh}：{step.reason.zh}", f"{step.name.en.capitalize()}: {step.reason.en}")


def _good(kind: SealDataKind) -> Reason:
    if kind is SealDataKind.SEAL_SIGNATURE:
        return Reason("电子签章有效，与原文相符。", "The seal signature is valid and is over this document.")
    return Reason(
        "电子印章有效：制章者可信，印章在有效期内，内容未被改动。",
        "The electronic seal is valid: its maker is trusted, it is inside its validity and unchanged.",
    )


def _facts(seal: SesSeal) -> SealFacts:
    fields, picture = seal.property, seal.picture
    signers = fields.signers
    return SealFacts(
        id=seal.id,
        name=fields.name,
        type=fields.type,
        vendor=seal.header.vendor,
        stated_version=seal.header.version,
        created=fields.created,
        valid_from=fields.valid_from,
        valid_to=fields.valid_to,
        list_type=_LISTS[fields.list_type],
        listed=len(signers.certificates) + len(signers.digests) + len(signers.texts),
        picture_type=picture.type,
        width_mm=picture.width_mm,
        height_mm=picture.height_mm,
        picture_sha256=hashlib.sha256(picture.data).hexdigest(),
    )


def _described(looked: Looked | None) -> SignerReport | None:
    return None if looked is None else describe(looked.certificate, looked.chain)


def _told(deviations: tuple[Deviation, ...]) -> tuple[Reason, ...]:
    return tuple(
        Reason(f"与标准不同：{item.zh}", f"Differs from the standard: {item.en}") for item in deviations
    )


def _about_time(case: SignatureCase) -> tuple[Reason, ...]:
    if case.proof is not None:
        return ()
    return (
        Reason(
            "签章时间为签章人声称，未经可信时间戳证明。",
            "The time of signing is the signer's own claim; no trusted time-stamp proves it.",
        ),
    )


def _notice(*looked: Looked | None) -> str:
    roots = [item.chain[-1] for item in looked if item is not None and item.chain]
    return TEST_NOTICE if any(map(is_test_root, roots)) else ""
