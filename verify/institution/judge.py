"""The institutional proof of each seal: its statement's digests, and the evidence records that come with the document.

A record counts for a seal when 1. its signature holds, 2. its signer is a seal maker trusted now, or until its certificate ended if the
use is proved to be older, and the very maker whose statement stands in the signature, 3. it was issued by now, 4. it is about this
document: the octets, or a revision that the file begins with, have the digest that it states, or the seal's signed value in a package
has, and what it protects is unchanged, 5. it is about this seal: code, owner, certificate, permit and the statement's own
case, rule and approvals are the same, 6. it can have been so. Anything else is refused, by name, and proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from seals.errors import SealError
from seals.states import SealStatus
from verify.certificates.signer import CertificateJudge, Judged
from verify.digests import Prefixes
from verify.institution.agreement import agrees, counting, is_possible
from verify.institution.proofs import RECORD, PartState, ProofPart, Proofs
from verify.institution.record import EvidenceRecord, ParsedRecord, RecordedUse, parse_record, split_records
from verify.institution.technical import technical
from verify.maker_lists import check_maker
from verify.makers import NOBODY, MakerIdentity
from verify.report import (
    CertificateStatus,
    SealReport,
    SealStatusReport,
    SignatureKind,
    SignatureReport,
    SigningTime,
)
from verify.sentence import Reason
from verify.signatures.loaded import load_certificate
from verify.trusted_lists.model import ServiceKind

_STOPPED_STATES: Final = frozenset(
    {
        SealStatusReport.SUSPENDED.value,
        SealStatusReport.FROZEN.value,
        SealStatusReport.REVOKED.value,
        SealStatusReport.SUPERSEDED.value,
        SealStatusReport.EXPIRED.value,
    }
)


@dataclass(frozen=True, slots=True)
class Presented:
    """One record as it was handed in: what it says where its signature holds and its signer is trusted, or why not."""

    record: EvidenceRecord | None = None
    maker: MakerIdentity = NOBODY
    refusal: Reason | None = None
    until: datetime | None = None
    """When its signer's certificate ended, where it has: it counts for a use alone that is proved to be older."""


@dataclass(frozen=True, slots=True)
class Document:
    """The file that records are compared with: its octets' digests, its size, and the time of verification."""

    prefixes: Prefixes
    size: int
    at: datetime
    values: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each signature's signed value, by its field, where the file is a package: a later seal writes it anew around them."""

    def holds(self, use: RecordedUse, item: SignatureReport) -> bool:
        """Tell whether this is the document of a use, or one that was sealed again since: what the seal protects is what was sealed then."""
        if self.begins_with(use.document_sha256, use.document_size):
            return True
        return bool(use.value_sha256) and (self.values.get(item.field), item.integrity.modified) == (
            use.value_sha256,
            False,
        )

    def begins_with(self, sha256: str, size: int) -> bool:
        """Tell whether the file, or a revision that it begins with, has this digest and size."""
        return 0 < size <= self.size and self.prefixes.upto("sha256", size).hexdigest() == sha256


def present(text: str, judge: CertificateJudge, at: datetime) -> tuple[Presented, ...]:
    """Read the records of a file and judge their signers; never raises on bad input."""
    try:
        lines = split_records(text)
    except SealError:
        return (Presented(refusal=_UNREADABLE),)
    return tuple(_presented(line, judge, at) for line in lines)


def _presented(line: str, judge: CertificateJudge, at: datetime) -> Presented:
    try:
        parsed = parse_record(line)
        parsed.check_signature()
    except (SealError, ValueError, TypeError):
        return Presented(refusal=_UNREADABLE)
    return _trusted(parsed, judge, at) if parsed.record.issued_at <= at else Presented(refusal=_FUTURE)


def _trusted(parsed: ParsedRecord, judge: CertificateJudge, at: datetime) -> Presented:
    found = [one for der in parsed.chain_der if (one := load_certificate(der)) is not None]
    if len(found) != len(parsed.chain_der):
        return Presented(refusal=_UNREADABLE)
    end = found[0].not_valid_after_utc
    until = end if at > end else None
    moment = at if until is None else parsed.record.issued_at
    judged = judge.judge(found[0], found[1:], moment, check_maker, ServiceKind.SEAL_MAKER)
    if judged.finding is not None:
        why = judged.finding.reason
        return Presented(
            refusal=Reason(
                f"制度证据记录的签发者无法识别或不可信：{why.zh}",
                f"The signer of the evidence record is not recognised or not trusted: {why.en}",
            )
        )
    if until is not None and not _lasted(judged, judge, at):
        return Presented(refusal=_MAKER_STOPPED)
    return Presented(parsed.record, judge.known_as(found[0], found[1:], moment), until=until)


def _lasted(judged: Judged, judge: CertificateJudge, at: datetime) -> bool:
    """Tell whether nothing was ever said against a maker that has ended: whoever has its key dates what it signs as it likes."""
    chain, trust = judged.chain, judged.trust
    ends = [min(at, one.not_valid_after_utc) for one in chain]
    states = {judge.state(chain, position, end).status for position, end in enumerate(ends)}
    entries = () if trust is None else (trust.entry, *(one for one in trust.others if one.vouches))
    return any(one.in_force for one in entries) and states.isdisjoint(
        {CertificateStatus.REVOKED.value, CertificateStatus.ON_HOLD.value}
    )


def with_proofs(
    signatures: Sequence[SignatureReport], presented: Sequence[Presented], document: Document
) -> tuple[SignatureReport, ...]:
    """Add both proofs to every seal and signature; document time-stamps have none of their own."""
    return tuple(
        [
            one
            if one.kind is SignatureKind.TIMESTAMP
            else replace(one, proofs=Proofs(technical(one), institutional(one, presented, document)))
            for one in signatures
        ]
    )


def institutional(
    item: SignatureReport, presented: Sequence[Presented], document: Document
) -> tuple[ProofPart, ...]:
    """Return the parts in the order in which an auditor asks: the record, the state, the rule, the approvals, the keeper."""
    seal = item.seal
    if seal is None or not seal.trusted:
        return _NOTHING
    bound, refusal = _bound(item, seal, presented, document)
    found = _record(bound, refusal)
    return (
        found,
        _seal_state(item, bound),
        _rule(seal, bound),
        _approvals(item, bound),
        _keeper(bound),
        _trail(bound),
    )


PARTS: Final = (RECORD, "seal-state", "rule", "approvals", "keeper", "trail")
"""Names of the parts of the institutional proof."""


def _bound(
    item: SignatureReport, seal: SealReport, presented: Sequence[Presented], document: Document
) -> tuple[EvidenceRecord | None, Reason | None]:
    """Find the record of this seal's use; else why the one that claims to be it is refused."""
    refusals: list[Reason] = []
    for one in presented:
        if one.record is None:
            refusals += [] if one.refusal is None else [one.refusal]
            continue
        why = _stranger(item, seal, one, document)
        if why is None:
            return one.record, None
        refusals.append(why)
    return None, refusals[0] if refusals else None


def _stranger(
    item: SignatureReport, seal: SealReport, presented: Presented, document: Document
) -> Reason | None:
    """Say why a record is not about this seal on this document, or nothing."""
    record = presented.record
    if record is None:
        return _UNREADABLE
    use, signer = record.use, item.signer
    if not presented.maker.is_surely(seal.maker_identity):
        return _OTHER_MAKER
    if presented.until is not None and not _proved_by(item.time, presented.until):
        return _MAKER_ENDED
    if not document.holds(use, item):
        return _OTHER_DOCUMENT
    same = (
        record.seal.code == seal.code
        and signer is not None
        and record.seal.certificate_sha256 == signer.sha256
        and use.permit == seal.permit
        and (seal.leave is None or record.leave == seal.leave)
    )
    if not (same and agrees(record, seal)):
        return _OTHER_SEAL
    return None if is_possible(record) else _IMPOSSIBLE


def _proved_by(time: SigningTime, until: datetime) -> bool:
    return time.trusted and time.value is not None and time.value <= until


def _record(bound: EvidenceRecord | None, refusal: Reason | None) -> ProofPart:
    if bound is not None:
        return ProofPart(
            RECORD, PartState.PRESENT, _RECORD, f"{bound.issuer} · {bound.issued_at:%Y-%m-%dT%H:%M:%SZ}"
        )
    if refusal is not None:
        return ProofPart(RECORD, PartState.FAILED, refusal)
    return ProofPart(RECORD, PartState.MISSING, _NO_RECORD)


def _seal_state(item: SignatureReport, bound: EvidenceRecord | None) -> ProofPart:
    then = item.seal_then
    if then.status in _STOPPED_STATES or (bound is not None and bound.seal.status is not SealStatus.ACTIVE):
        return ProofPart("seal-state", PartState.FAILED, _STOPPED, then.status)
    if then.status == SealStatusReport.ACTIVE.value:
        source = then.source if bound is None else f"{then.source}, record"
        return ProofPart("seal-state", PartState.PRESENT, _ACTIVE, source)
    return ProofPart("seal-state", PartState.MISSING, _STATE_UNKNOWN)


def _rule(seal: SealReport, bound: EvidenceRecord | None) -> ProofPart:
    if bound is not None:
        leave = bound.leave
        return ProofPart(
            "rule", PartState.PRESENT, _RULE, f"{leave.rule} {leave.rule_version} · {leave.rule_sha256}"
        )
    if seal.leave is not None:
        leave = seal.leave
        return ProofPart(
            "rule",
            PartState.PRESENT,
            _RULE_STATED,
            f"{leave.rule} {leave.rule_version} · {leave.rule_sha256}",
        )
    return ProofPart("rule", PartState.MISSING, _NO_RULE)


def _approvals(item: SignatureReport, bound: EvidenceRecord | None) -> ProofPart:
    if bound is None:
        return ProofPart("approvals", PartState.MISSING, _NO_APPROVALS)
    count = counting(bound, item)
    if count < max(bound.needed, len(bound.approvals)) or bool(count) != bool(bound.leave.approvals_sha256):
        return ProofPart("approvals", PartState.FAILED, _TOO_FEW, f"{count} / {bound.needed}")
    if not count:
        return ProofPart("approvals", PartState.PRESENT, _NONE_NEEDED, bound.leave.ground)
    named = "；".join(f"{one.stage}：{one.name} {one.at:%Y-%m-%d %H:%MZ}" for one in bound.approvals[:10])
    return ProofPart("approvals", PartState.PRESENT, _APPROVED, named)


def _keeper(bound: EvidenceRecord | None) -> ProofPart:
    if bound is None:
        return ProofPart("keeper", PartState.MISSING, _NO_KEEPER)
    use = bound.use
    return ProofPart(
        "keeper",
        PartState.PRESENT,
        _KEEPER,
        f"{use.keeper} ({use.keeper_role}) {use.sealed_at:%Y-%m-%d %H:%MZ}",
    )


def _trail(bound: EvidenceRecord | None) -> ProofPart:
    if bound is None or not bound.trail:
        return ProofPart("trail", PartState.MISSING, _NO_TRAIL)
    named = "；".join(f"{one.action} #{one.number} {one.digest[:16]}" for one in bound.trail)
    return ProofPart("trail", PartState.PRESENT, _TRAIL, named)


_UNREADABLE: Final = Reason(
    "随附的制度证据记录已损坏或签名不符，不能作为证据；请向盖章单位重新索取。",
    "The evidence record beside the document is damaged or its signature does not hold; ask the sealing enterprise anew.",
)
_FUTURE: Final = Reason(
    "制度证据记录的签发时间晚于核验时间，不能作为证据；请核对时钟后重新核验。",
    "The evidence record is dated after the time of verification; check the clock and verify again.",
)
_MAKER_STOPPED: Final = Reason(
    "制度证据记录签发者的证书（或其上级机构的证书）在到期前已被吊销、暂停，或已从信任清单撤销，不能作为证据；请向盖章单位重新索取。",
    "The certificate of the evidence record's signer, or of an authority above it, was revoked or suspended before it ended, or withdrawn "
    "from the list: the record proves nothing; ask the sealing enterprise for another.",
)
_MAKER_ENDED: Final = Reason(
    "制度证据记录签发者的证书已到期，且没有可信时间戳证明用印在此之前，不能作为证据；请向盖章单位重新索取。",
    "The certificate of the evidence record's signer has ended, and no trusted time-stamp proves an earlier use: the record proves "
    "nothing; ask the sealing enterprise for another.",
)
_OTHER_MAKER: Final = Reason(
    "制度证据记录不是该印章的制章单位签发的，不能作为证据。",
    "The evidence record was signed by another than the maker of this seal: it proves nothing.",
)
_OTHER_DOCUMENT: Final = Reason(
    "制度证据记录是另一份文件的，不能用于本文件；请索取本文件的记录。",
    "The evidence record is about another document; ask for this one's.",
)
_OTHER_SEAL: Final = Reason(
    "制度证据记录与签章中的印章、证书、许可或事项不一致，不能作为证据。",
    "The evidence record does not agree with the seal, certificate, permit or case in the signature: it proves nothing.",
)
_IMPOSSIBLE: Final = Reason(
    "制度证据记录自相矛盾（用印时事项已驳回、撤回、过期或作废，或许可、印章状态晚于用印），不能作为证据；请向制章单位查询。",
    "The evidence record contradicts itself (the case had ended without leave by then, or permit or seal state are later than the use): "
    "it proves nothing; ask the seal's maker.",
)
_NO_SEAL: Final = Reason(
    "签名没有可识别的印章，没有制度证据。",
    "The signature carries no recognised seal, so there is no institutional proof.",
)
_NOTHING: Final = tuple(ProofPart(name, PartState.MISSING, _NO_SEAL) for name in PARTS)
_RECORD: Final = Reason(
    "制度证据记录由制章单位签名，与本文件和本印章相符。",
    "The evidence record is signed by the seal's maker and belongs to this document and this seal.",
)
_NO_RECORD: Final = Reason(
    "未随附制度证据记录（.evidence.jws）。", "No evidence record (.evidence.jws) came with the document."
)
_ACTIVE: Final = Reason("用印时印章为启用状态。", "The seal was active when it was used.")
_STOPPED: Final = Reason("用印时印章不得使用。", "The seal was stopped when it was used.")
_STATE_UNKNOWN: Final = Reason("用印时的印章状态未知。", "The seal's state when it was used is unknown.")
_RULE: Final = Reason("用印规则与版本见证据记录。", "The rule and its version are in the evidence record.")
_RULE_STATED: Final = Reason(
    "签章内的制章单位声明写明了规则与版本。",
    "The maker's statement inside the signature names the rule and its version.",
)
_NO_RULE: Final = Reason("不知道按哪条规则用印。", "It is not known by which rule the seal was used.")
_NO_APPROVALS: Final = Reason(
    "没有审批记录：声明中只有摘要，须有证据记录才能说明由谁审批。",
    "There are no approvals: the statement has only their digest; the evidence record tells who approved.",
)
_TOO_FEW: Final = Reason(
    "有效审批数少于规则的要求，或与声明不符（申请人自己的、申请之前或用印之后的审批不计）。",
    "There are fewer approvals that count than the rule asks for, or others than stated; the applicant's own, and any before the "
    "case or after the use, do not count.",
)
_NONE_NEEDED: Final = Reason("规则不要求他人审批。", "The rule asks for nobody's approval.")
_APPROVED: Final = Reason(
    "制章单位签名的记录列明了规则要求的全部审批；审批原件可按声明中的摘要核对。",
    "The record, signed by the seal's maker, names every approval that the rule asks for; the originals can be held against the "
    "digest in the statement.",
)
_NO_KEEPER: Final = Reason("不知道由谁保管并用印。", "It is not known who kept and used the seal.")
_KEEPER: Final = Reason("用印人见证据记录。", "Who used the seal is in the evidence record.")
_NO_TRAIL: Final = Reason("没有审计记录的位置。", "No place on the audit trail is named.")
_TRAIL: Final = Reason(
    "已写明在签发单位审计记录中的位置，可由审计员核对。",
    "Its places on the issuer's audit trail are named, for an auditor to compare.",
)
