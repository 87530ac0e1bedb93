"""The technical proof of one signature, part by part, from what its report says already. No new judgement is made."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from verify.institution.proofs import PartState, ProofPart
from verify.report import SignatureReport, TimeSource, Verdict
from verify.sentence import Reason
from verify.ses.facts import StepState
from verify.strength import Soundness
from verify.verdict import SubIndication

AFTER_THE_VALUE: Final = frozenset(
    {
        SubIndication.REVOKED,
        SubIndication.EXPIRED,
        SubIndication.NOT_YET_VALID,
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        SubIndication.TIMESTAMP_ORDER_FAILURE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        SubIndication.REVOKED_NO_POE,
        SubIndication.REVOKED_CA_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NO_POE,
        SubIndication.OUT_OF_BOUNDS_NOT_REVOKED,
        SubIndication.NO_POE,
        SubIndication.TRY_LATER,
        SubIndication.SEAL_NOT_VALID,
        SubIndication.SEAL_STATUS_UNKNOWN,
    }
)
"""What is only looked for once digest and signature value were found right: who meets one of these passed those."""
BROKEN: Final = frozenset(
    {
        SubIndication.HASH_FAILURE,
        SubIndication.SIG_CRYPTO_FAILURE,
        SubIndication.DOCUMENT_MODIFIED,
        SubIndication.FORMAT_FAILURE,
    }
)
KEPT_PARTS: Final = 256
"""Parts kept worded: a few for each name of an algorithm."""
_OF_SEAL_DATA: Final = ("data-hash", "signer-signature")
"""The two steps of the seal standards that are the mathematics: their findings stand beside others, not before them."""


def value_state(item: SignatureReport) -> PartState:
    """Tell whether the signature's value holds over the octets it covers: present, failed, or not proved (missing).

    A whitelist: what is not known to have been checked counts as not proved.
    """
    if item.verdict is Verdict.PASSED:
        return PartState.PRESENT
    if item.integrity.modified or (item.verdict is Verdict.FAILED and item.sub_indication in BROKEN):
        return PartState.FAILED
    if item.seal_data is not None:
        states = {step.key: step.state for step in item.seal_data.steps}
        if StepState.FAILED in {states.get(key) for key in _OF_SEAL_DATA}:
            return PartState.FAILED
        done = all(states.get(key) is StepState.PASSED for key in _OF_SEAL_DATA)
        return PartState.PRESENT if done and item.integrity.modified is False else PartState.MISSING
    checked = item.sub_indication in AFTER_THE_VALUE and item.integrity.modified is False
    return PartState.PRESENT if checked else PartState.MISSING


def technical(item: SignatureReport) -> tuple[ProofPart, ...]:
    """Return the parts in the order in which people ask: unchanged, signed, by whom, when, not revoked, still strong."""
    return (
        _integrity(item),
        _value(item),
        _certificate(item),
        _time(item),
        _revocation(item),
        _strength(item),
    )


@lru_cache(maxsize=KEPT_PARTS)
def _part(name: str, state: PartState, detail: str = "") -> ProofPart:
    """Make a part with its sentence; what stands in its detail is no name of anybody."""
    return ProofPart(name, state, _WORDS[name][state], detail)


def _integrity(item: SignatureReport) -> ProofPart:
    modified = item.integrity.modified
    failed = modified or item.sub_indication is SubIndication.HASH_FAILURE
    state = PartState.FAILED if failed else PartState.MISSING if modified is None else PartState.PRESENT
    return _part("integrity", state)


def _value(item: SignatureReport) -> ProofPart:
    return _part("signature", value_state(item), item.algorithm)


def _certificate(item: SignatureReport) -> ProofPart:
    chain = () if item.signer is None else item.signer.chain
    then = item.certificate_then.status
    if not chain:
        state = PartState.MISSING
    elif then in {"revoked", "on_hold", "expired", "not_yet_valid"}:
        state = PartState.FAILED
    else:
        state = PartState.PRESENT
    return ProofPart("certificate", state, _CERTIFICATE[state], " ← ".join(chain))


def _time(item: SignatureReport) -> ProofPart:
    state = PartState.PRESENT if item.time.trusted else PartState.MISSING
    if state is PartState.MISSING and item.time.source is TimeSource.TSA_UNVERIFIED:
        return ProofPart("time", state, _UNVERIFIED, item.time.authority)
    return ProofPart("time", state, _TIME[state], item.time.authority)


def _revocation(item: SignatureReport) -> ProofPart:
    then = item.certificate_then
    if then.status in {"revoked", "on_hold"}:
        state = PartState.FAILED
    elif then.status == "good" and then.source in {"crl", "ocsp"}:
        state = PartState.PRESENT
    else:
        state = PartState.MISSING
    return _part("revocation", state, then.source)


def _strength(item: SignatureReport) -> ProofPart:
    found = item.strength
    if found is None or Soundness.UNKNOWN in {found.then, found.now}:
        return _part("strength", PartState.MISSING, item.algorithm)
    if found.then is Soundness.WEAK:
        return _part("strength", PartState.FAILED, item.algorithm)
    part = _part("strength", PartState.PRESENT, item.algorithm)
    return part if found.now is Soundness.SOUND else ProofPart(part.name, part.state, _WEAK_NOW, part.detail)


_P, _M, _F = PartState.PRESENT, PartState.MISSING, PartState.FAILED
_INTEGRITY: Final = {
    _P: Reason("文件自签署后未被改动。", "The document is unchanged since it was signed."),
    _M: Reason("未能判断文件是否被改动。", "It could not be judged whether the document was changed."),
    _F: Reason("文件在签署后被改动。", "The document was changed after it was signed."),
}
_VALUE: Final = {
    _P: Reason("签名值正确。", "The signature's value is right."),
    _M: Reason("未能核对签名值。", "The signature's value could not be checked."),
    _F: Reason("签名与文件不符。", "The signature does not belong to the document."),
}
_CERTIFICATE: Final = {
    _P: Reason(
        "证书链可达受信任的锚点，当时有效。",
        "The certificate's chain reaches a trusted anchor and was valid then.",
    ),
    _M: Reason(
        "找不到可信的证书链，无法识别签署人。",
        "No trusted chain was found: the signatory is not recognised.",
    ),
    _F: Reason("证书当时不在有效状态。", "The certificate was not in force then."),
}
_TIME: Final = {
    _P: Reason("签署时间由可信时间戳证明。", "A trusted time-stamp proves the time."),
    _M: Reason(
        "没有时间戳，签署时间仅为签署人声称。",
        "There is no time-stamp; the time is the signatory's own word.",
    ),
    _F: Reason("", ""),
}
_UNVERIFIED: Final = Reason(
    "时间戳机构无法识别，不能作为时间证明。",
    "The time-stamp's authority is not recognised: it proves no time.",
)
_REVOCATION: Final = {
    _P: Reason(
        "吊销信息证明证书当时未被吊销。",
        "Revocation evidence shows that the certificate was not revoked then.",
    ),
    _M: Reason("缺少当时的吊销信息。", "Revocation evidence for that time is missing."),
    _F: Reason("证书当时已被吊销或暂停。", "The certificate was revoked or suspended then."),
}
_STRENGTH: Final = {
    _P: Reason("算法在签署时与现在均可靠。", "The algorithms counted then and count now."),
    _M: Reason("未能判断算法强度。", "The strength of the algorithms could not be judged."),
    _F: Reason("算法在签署时已不可靠。", "The algorithms did not count any more when it was signed."),
}
_WORDS: Final = {
    "integrity": _INTEGRITY,
    "signature": _VALUE,
    "revocation": _REVOCATION,
    "strength": _STRENGTH,
}
_WEAK_NOW: Final = Reason(
    "算法在签署时可靠，现在已不再可靠，由时间戳保全。",
    "The algorithms counted then and count no longer; the time-stamps keep the proof.",
)
