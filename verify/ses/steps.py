"""The steps of the standards as literal tables: what each version asks of a seal and of a seal signature.

GM/T 0031-2014 §6.1.2 (v1), GB/T 38540-2020 (v4), GM/T 0031-2025 (v5) on seals, steps a to f; GM/T 0031-2014 §6.2.3 on
seal signatures. The text of GB/T 38540 §7.3 and of the 2025 clauses on seal signatures is not public: the steps of 2014
are taken for all three, and the check of the list with them, which v1 leaves to the writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from seals.ses.parts import SesVersion
from verify.errors import Finding
from verify.report import Indication, Reason
from verify.ses.report import SealDataStep, StepState
from verify.verdict import SubIndication


class Step(StrEnum):
    """Every step there is; the letters are those of the standards, §1.6 order."""

    FORMAT = "format"
    MAKER_SIGNATURE = "maker-signature"
    MAKING_TIME = "making-time"
    MAKER_CHAIN = "maker-chain"
    MAKER_USE = "maker-use"
    MAKER_VALIDITY = "maker-validity"
    MAKER_REVOCATION = "maker-revocation"
    SEAL_VALIDITY = "seal-validity"
    SEAL_TIME_STAMP = "seal-time-stamp"
    REGISTRY_STATE = "registry-state"
    SIGNATURE_FORMAT = "signature-format"
    VERSION = "version"
    SIGNER_SIGNATURE = "signer-signature"
    SIGNER_CHAIN = "signer-chain"
    SIGNER_USE = "signer-use"
    SIGNER_VALIDITY = "signer-validity"
    SIGNER_REVOCATION = "signer-revocation"
    SIGNER_LISTED = "signer-listed"
    DATA_HASH = "data-hash"
    SIGNATURE_TIME_STAMP = "signature-time-stamp"


NAMES: Final = {
    Step.FORMAT: Reason("格式", "format"),
    Step.MAKER_SIGNATURE: Reason("制章者签名", "the maker's signature"),
    Step.MAKING_TIME: Reason("制作日期", "date of making"),
    Step.MAKER_CHAIN: Reason("制章者证书链", "the maker's certificate chain"),
    Step.MAKER_USE: Reason("制章者密钥用法", "the maker's key usage"),
    Step.MAKER_VALIDITY: Reason("制章者证书有效期", "validity of the maker's certificate"),
    Step.MAKER_REVOCATION: Reason("制章者证书吊销状态", "revocation of the maker's certificate"),
    Step.SEAL_VALIDITY: Reason("印章有效期", "validity of the seal"),
    Step.SEAL_TIME_STAMP: Reason("印章时间戳", "time-stamp on the seal"),
    Step.REGISTRY_STATE: Reason("印章使用状态", "state of the seal in its registry"),
    Step.SIGNATURE_FORMAT: Reason("签章格式", "format of the signature"),
    Step.VERSION: Reason("签章与印章版本", "versions of signature and seal"),
    Step.SIGNER_SIGNATURE: Reason("签章人签名", "the signer's signature"),
    Step.SIGNER_CHAIN: Reason("签章人证书链", "the signer's certificate chain"),
    Step.SIGNER_USE: Reason("签章人密钥用法", "the signer's key usage"),
    Step.SIGNER_VALIDITY: Reason("签章时间与证书有效期", "time of signing and validity of the certificate"),
    Step.SIGNER_REVOCATION: Reason("签章人证书吊销状态", "revocation of the signer's certificate"),
    Step.SIGNER_LISTED: Reason("签章人证书在印章列表中", "the signer's certificate in the seal's list"),
    Step.DATA_HASH: Reason("原文杂凑值", "digest of the document"),
    Step.SIGNATURE_TIME_STAMP: Reason("签章时间戳", "time-stamp on the signature"),
}


class Demand(Enum):
    """How much a version asks of a step."""

    NOT_ASKED = auto()
    STRICT = auto()
    """Any failure makes the seal invalid."""
    AT_MAKING = auto()
    """What has ended by now but was good when the seal was made is noted, and the check goes on."""
    POSSIBLE = auto()
    """The text does not ask; what cannot be true is held against the seal all the same."""


_S, _M, _N, _P = Demand.STRICT, Demand.AT_MAKING, Demand.NOT_ASKED, Demand.POSSIBLE

SEAL_DEMANDS: Final[dict[Step, dict[SesVersion, Demand]]] = {
    Step.FORMAT: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _S},
    Step.MAKER_SIGNATURE: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _S},
    Step.MAKING_TIME: {SesVersion.V1: _P, SesVersion.V4: _P, SesVersion.V5: _S},
    Step.MAKER_CHAIN: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _S},
    Step.MAKER_USE: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _S},
    Step.MAKER_VALIDITY: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _M},
    Step.MAKER_REVOCATION: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _M},
    Step.SEAL_VALIDITY: {SesVersion.V1: _S, SesVersion.V4: _S, SesVersion.V5: _S},
    Step.SEAL_TIME_STAMP: {SesVersion.V1: _N, SesVersion.V4: _N, SesVersion.V5: _S},
}
"""Steps a (format), b (signature), c (time of making), d (maker's certificate, in four), e (validity), f (time-stamp)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one step ended."""

    state: StepState
    reason: Reason
    sub: SubIndication | None = None

    def at(self, step: Step) -> SealDataStep:
        """Return it as the report has it."""
        return SealDataStep(step.value, NAMES[step], self.state, self.reason, self.sub)


def passed(zh: str, en: str) -> Outcome:
    """Make the outcome of a step that holds."""
    return Outcome(StepState.PASSED, Reason(zh, en))


def failed(sub: SubIndication, zh: str, en: str) -> Outcome:
    """Make that of one that does not hold."""
    return Outcome(StepState.FAILED, Reason(zh, en), sub)


def doubtful(sub: SubIndication, zh: str, en: str) -> Outcome:
    """Make that of one that cannot be decided with what is known."""
    return Outcome(StepState.INDETERMINATE, Reason(zh, en), sub)


def skipped(zh: str, en: str) -> Outcome:
    """Make that of one that this version does not ask for, or that has nothing to work on."""
    return Outcome(StepState.NOT_DONE, Reason(zh, en))


def found(finding: Finding, *, fatal: bool = False) -> Outcome:
    """Turn a finding into an outcome; ``fatal``: the standard calls this failure invalid, where others would doubt."""
    wrong = fatal or finding.indication is Indication.TOTAL_FAILED
    return Outcome(StepState.FAILED if wrong else StepState.INDETERMINATE, finding.reason, finding.sub)
