"""The steps of verifying a seal signature that need no document: GM/T 0031-2014 §6.2.3, the list, and the versions.

The digest of the document is compared where the caller has one; without it the answer is never better than indeterminate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509

from seals.ses.parts import SesSignature, SesVersion
from verify.certificates.purpose import check_confines, check_document_signer, check_signer
from verify.civil_time import civil_day
from verify.digests import SM3, digest_of
from verify.errors import Finding
from verify.policy import Policy
from verify.report import Reason
from verify.ses import values
from verify.ses.certificates import CertificateSteps, Looked, Proof
from verify.ses.form_steps import ahead_of_time, critical_and_unknown
from verify.ses.listed_step import THE_SIGNATURE, Use, signer_listed
from verify.ses.report import SealDataStep, StepState
from verify.ses.steps import Outcome, Step, doubtful, failed, found, passed, skipped
from verify.signatures.cms import parse_message
from verify.signatures.loaded import load_certificate
from verify.signatures.timestamp import TimeStamp, TokenCheck, quiet, time_stamp_info
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

HASH_OCTETS: Final = 32
"""SM3 and SHA-256."""
OLD, OLD_OCTETS = "sha1", 20
"""What GM/T 0031-2014 allows beside: the document's digest is compared, the signature by it leaves doubt."""
_NO_CERTIFICATE: Final = failed(
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    "签章人证书无法读取，无效。",
    "The signer's certificate cannot be read: invalid.",
)


def stated_time(signature: SesSignature) -> datetime | None:
    """Return the time that the signature states; in v1 it may stand in a time-stamp token, taken as a claim."""
    if signature.time.value is not None or not signature.time.raw:
        return signature.time.value
    try:
        moment: datetime = time_stamp_info(parse_message(signature.time.raw))["gen_time"].native
    except Finding:
        return None
    return moment


@dataclass(slots=True)
class SignatureCase:
    """A seal signature at work; ``document_hash`` gives a digest of what ``scope`` names, where the caller has it."""

    signature: SesSignature
    time: datetime | None
    now: datetime
    certificates: CertificateSteps
    policy: Policy
    document_hash: Callable[[str], bytes] | None = None
    older: Proof | None = None
    """What proves, beside a time-stamp of its own, that the signature existed: a later time-stamp over the document."""
    signer: x509.Certificate | None = None
    looked: Looked | None = None
    stamp: TimeStamp | None = None
    stamp_finding: Finding | None = None
    notes: list[Reason] = field(default_factory=list)
    ranged: bool = False
    """What holds the signature states itself what is protected, as a PDF does by its ByteRange."""

    def __post_init__(self) -> None:
        self.signer = load_certificate(self.signature.certificate)
        token, value = self.signature.time_stamp, self.signature.signature
        if token is not None:
            check = TokenCheck(self.certificates.judge, self.certificates.extra, self.policy)
            at = self.now if self.older is None else self.older.time
            self.stamp, self.stamp_finding = quiet(
                lambda: check.check(token, lambda algorithm: digest_of(algorithm, value), at)
            )
        if self.signer is not None:
            self.looked = self.certificates.look(
                self.signer, self.when, ServiceKind.CA, self.stamp, self.older
            )

    @property
    def when(self) -> datetime:
        """The time of signing as stated, else that of verification."""
        return self.time or self.now

    @property
    def stamped(self) -> datetime:
        """The time that the signature's own time-stamp proves, two clocks apart at most; without one the time of signing."""
        if self.stamp is None or not self.stamp.trusted:
            return self.when
        return max(self.when, self.stamp.time - self.policy.clock_skew)

    @property
    def proof(self) -> Proof | None:
        """Return what proves that the signature is as old as it says: its own time-stamp, else a later one over it."""
        return self.stamp if self.stamp is not None and self.stamp.trusted else self.older


def signature_steps(case: SignatureCase) -> tuple[SealDataStep, ...]:
    """Run every step in order."""
    return tuple(run(case).at(step) for step, run in _STEPS.items())


def _form(case: SignatureCase) -> Outcome:
    """§6.2.3 a: it was read; an extension that must be understood is, and ``propertyInfo`` says what is protected."""
    strange = critical_and_unknown(case.signature.extensions)
    if strange is not None:
        return strange
    if case.signature.scope.strip():
        return passed("可以读取，写明了保护范围。", "It can be read, and says what it protects.")
    if case.ranged:
        return passed(
            "可以读取；未写明保护范围（propertyInfo），以其所在文件的写法（ByteRange、签名描述）为准。",
            "It can be read; it does not say what it protects (propertyInfo), and what the file around it says is taken (its ByteRange, "
            "its description).",
        )
    return doubtful(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "签章没有写明保护范围（propertyInfo 为空），标准要求至少写明；不能认定它保护的就是这份文件，请向签章单位核实。",
        "It does not say what it protects (propertyInfo is empty), which the standard asks for at least: that it is this file "
        "cannot be told; ask the signatory.",
    )


def _version(case: SignatureCase) -> Outcome:
    """TBS_Sign.version equals the seal's header.version (GB/T 38540, GM/T 0031-2025); v1 leaves both numbers free."""
    signature = case.signature
    stated, seal = signature.stated_version, signature.seal.header.version
    same_layout = signature.version is signature.seal.version
    if same_layout and (stated == seal or signature.version is SesVersion.V1):
        return passed(f"版本 {stated}。", f"Version {stated}.")
    return failed(
        SubIndication.FORMAT_FAILURE,
        f"签章版本 {stated} 与印章版本 {seal} 不一致，无效。",
        f"The signature has version {stated}, its seal {seal}: invalid.",
    )


def _signature(case: SignatureCase) -> Outcome:
    """§6.2.3 b: the signer's signature over the original octets of TBS_Sign."""
    signature = case.signature
    if case.signer is None:
        return _NO_CERTIFICATE
    if values.is_raw(signature.signature):
        case.notes.append(
            Reason(
                "签章人签名为 r‖s 裸值而非 DER，按惯例接受。",
                "The signer's signature is bare r and s instead of DER; accepted, as is usual.",
            )
        )
    return values.check(
        case.signer, signature.algorithm, signature.signed, signature.signature, signature.version
    )


def _chain(case: SignatureCase) -> Outcome:
    """§6.2.3 c: the chain."""
    return _NO_CERTIFICATE if case.looked is None else case.looked.outcome


def _use(case: SignatureCase) -> Outcome:
    """§6.2.3 c: the key usage; extended purposes, of which the standards say nothing, leave doubt where they, or an authority's, differ."""
    if case.signer is None:
        return _NO_CERTIFICATE
    try:
        check_signer(case.signer)
    except Finding as finding:
        return found(finding, fatal=True)
    try:
        check_document_signer(case.signer)
        if case.looked is not None:
            check_confines(case.looked.chain, check_document_signer, case.looked.trust)
    except Finding as finding:
        return found(finding)
    return passed("可用于签章。", "Meant for signing documents.")


def _validity(case: SignatureCase) -> Outcome:
    """§6.2.3 d: the stated time is known, is not in the future, and lies inside the certificate's validity."""
    if case.looked is None:
        return _NO_CERTIFICATE
    if case.time is None:
        return doubtful(
            SubIndication.NO_POE, "签章时间无法读取，无法判定。", "The time of signing cannot be read."
        )
    early = ahead_of_time(case.time, case.now, case.policy.clock_skew)
    then = early or case.certificates.validity(case.looked, case.time)
    if then.state is not StepState.PASSED:
        return then
    if case.certificates.validity(case.looked, case.stamped).state is not StepState.PASSED:
        return _only_later(case, SubIndication.OUT_OF_BOUNDS_NO_POE, "证书到期", "its certificate ended")
    return then


def _revocation(case: SignatureCase) -> Outcome:
    """§6.2.3 d: revoked before signing is invalid, after it is not; after a compromise only a time-stamp tells which."""
    if case.looked is None:
        return _NO_CERTIFICATE
    then = case.certificates.revocation(case.looked, case.when)
    if then.state is not StepState.PASSED:
        return then
    now, proofs = case.certificates.state(case.looked, case.now), (case.stamp, case.older)
    doubt = case.certificates.unsound(
        case.looked, case.now, THE_SIGNATURE, *proofs
    ) or case.certificates.until_proved(case.looked, case.now, *proofs)
    if doubt is not None:
        return doubt
    if case.certificates.revocation(case.looked, case.stamped).state is StepState.FAILED:
        no_proof = SubIndication.REVOKED_NO_POE
        return _only_later(case, no_proof, "证书吊销或暂停", "its certificate was revoked or suspended")
    if now.status == "revoked":
        return passed("签章后才被吊销，不影响本签章。", "Revoked only after this signature.")
    return then


def _listed(case: SignatureCase) -> Outcome:
    """Find the signer's certificate in the seal's list, and no other of its key that matters."""
    proofs = (case.stamp, case.older)
    use = Use(case.signature, case.signer, case.certificates, case.when, case.stamped, case.now, proofs)
    return signer_listed(use)


def _data_hash(case: SignatureCase) -> Outcome:
    """§6.2.3 e: compare the digest with that of the protected octets."""
    expected, by_rsa = case.signature.data_hash, values.RSA.get(case.signature.algorithm)
    old = by_rsa == OLD and len(expected) == OLD_OCTETS
    if len(expected) != HASH_OCTETS and not old:
        return failed(
            SubIndication.FORMAT_FAILURE,
            "原文杂凑值长度不正确，无效。",
            "The digest has an impossible length.",
        )
    if case.document_hash is None:
        return skipped(
            "没有原文，杂凑值未与任何文件关联；请连同被签文件一起核验。",
            "Without the document its digest is tied to no file; verify it together with the signed file.",
        )
    name = OLD if old else SM3 if by_rsa is None else "sha256"
    if case.document_hash(name) != expected:
        return failed(
            SubIndication.HASH_FAILURE,
            "原文杂凑值不符，签章后内容已被改动，无效。",
            "The digest does not match: the document was changed after it was sealed.",
        )
    return passed("与原文相符。", "It is the document's.")


def _time_stamp(case: SignatureCase) -> Outcome:
    """Check a time-stamp over the signature value that is there: the stated time is not later than it, and nothing ended between.

    EN 319 102-1 §5.5.4: one that proves no time is left out and told. Nobody signed that it stands there: it says nothing of the signature.
    """
    if case.signature.time_stamp is None:
        return skipped("没有时间戳（可选）。", "There is no time-stamp; it is optional.")
    stamp, finding = case.stamp, case.stamp_finding
    if stamp is not None:
        finding = stamp.judged.finding
    if stamp is None or finding is not None:
        said = _UNREADABLE_STAMP if finding is None else finding.reason
        left_out = skipped(f"时间戳不能作为时间证明：{said.zh}", f"The time-stamp proves no time: {said.en}")
        case.notes.append(left_out.reason)
        return left_out
    if case.time is not None:
        order = SubIndication.TIMESTAMP_ORDER_FAILURE
        early = ahead_of_time(case.time, stamp.time, case.policy.clock_skew, order)
        if early is not None:
            return early
    if case.stamped > case.signature.seal.property.valid_to:
        return _only_later(case, SubIndication.OUT_OF_BOUNDS_NO_POE, "印章到期", "its seal ended")
    day = civil_day(stamp.time)
    return passed(f"{day}，由“{stamp.authority}”签发。", f"{day}, by {stamp.authority}.")


def _only_later(case: SignatureCase, sub: SubIndication, zh: str, en: str) -> Outcome:
    """Doubt a signature that is dated before an end and was stamped only after it.

    The standards go by the signer's date (§6.2.3 d), which whoever keeps the key of an ended certificate writes as it suits; here its
    own stamp says that the signature was at hand only later (EN 319 102-1 §5.5.4).
    """
    day = civil_day(case.stamped)
    return doubtful(
        sub,
        f"签章所带时间戳（{day}）在{zh}之后，不能证明签章在其之前完成；请补充更早的时间证据，或要求重新签章。",
        f"The time-stamp of {day} is from after {en}, and does not prove the signature to be older; provide an earlier proof of time, "
        "or have the document sealed anew.",
    )


_UNREADABLE_STAMP: Final = Reason("时间戳无法读取。", "The time-stamp cannot be read.")

_STEPS: Final[dict[Step, Callable[[SignatureCase], Outcome]]] = {
    Step.SIGNATURE_FORMAT: _form,
    Step.VERSION: _version,
    Step.SIGNER_SIGNATURE: _signature,
    Step.SIGNER_CHAIN: _chain,
    Step.SIGNER_USE: _use,
    Step.SIGNER_VALIDITY: _validity,
    Step.SIGNER_REVOCATION: _revocation,
    Step.SIGNER_LISTED: _listed,
    Step.DATA_HASH: _data_hash,
    Step.SIGNATURE_TIME_STAMP: _time_stamp,
}
