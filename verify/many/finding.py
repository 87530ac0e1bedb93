"""What is kept of one document among many: the verdict and what each signature says, small enough for ten thousand of them.

A finding is plain JSON: a state file, a database and a message hold the same. :func:`rows` lays it out for a sheet, one
row a signature, so that a spreadsheet can filter by owner, seal or list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from verify.acceptance.answers import AnswerStatus
from verify.institution.proofs import PartState, ProofPart
from verify.report import DocumentReport, SignatureReport, StatusReport, iso
from verify.trusted_lists.decision import TrustDecision
from verify.verdict import Verdict

MAX_SIGNATURES: Final = 50
"""Signatures of one document that are kept one by one; the count of all is kept too, and the verdict is on all."""
MAX_OCTETS: Final = 512 * 1024
"""Octets of a finding as it is written (JSON in ASCII): a line of a state file and a message have twice that. Of a document whose
signatures say more, the first are kept."""
MAX_TEXT: Final = 500
"""Characters of a name or sentence that is kept: foreign text may be megabytes."""
ABSENT: Final = "not-asked"

Finding = dict[str, Any]


def finding(report: DocumentReport) -> Finding:
    """Keep what matters of a report; its members are those of :data:`DOCUMENT`, and ``signatures``."""
    answers = report.answers
    accepted = None if answers is None else answers.accepted
    acceptance = None if answers is None else answers.acceptance
    kept = _within_bounds(
        [_signature(number, one) for number, one in enumerate(report.signatures[:MAX_SIGNATURES], 1)]
    )
    voided = report.voided
    return {
        "file": _text(report.file),
        "sha256": report.sha256,
        "content_sha256": report.content_sha256,
        "size": report.size,
        "verdict": report.verdict.value,
        "verdict_zh": report.verdict.zh,
        "nature": report.nature.value,
        "nature_zh": report.nature.zh,
        "reason_zh": _text(report.reason.zh),
        "reason": _text(report.reason.en),
        "sub_indication": None if report.sub_indication is None else report.sub_indication.value,
        "modified": _worst_change(report),
        "voided_since": None if voided is None else iso(voided.since),
        "notice": report.notice,
        "reported": "" if report.reported is None else report.reported.word,
        "department": "" if acceptance is None else acceptance.department,
        "act": "" if acceptance is None else acceptance.act,
        "accepted": ABSENT if accepted is None else accepted.status.value,
        "accepted_zh": "" if acceptance is None or accepted is None else _text(accepted.sentence.zh),
        "accepted_en": "" if acceptance is None or accepted is None else _text(accepted.sentence.en),
        "rule": "" if acceptance is None else _text(acceptance.rule),
        "policy_version": "" if acceptance is None else _text(acceptance.policy_version),
        "verified_at": iso(report.verified_at),
        "evidence_as_of": iso(report.evidence_as_of),
        "signature_count": len(report.signatures),
        "signatures": kept,
    }


def _within_bounds(signatures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first signatures, as many as a finding has room for: names in them are foreign, and may be long each."""
    left = MAX_OCTETS
    for number, one in enumerate(signatures):
        left -= len(json.dumps(one))
        if left < 0:
            return signatures[: max(number, 1)]
    return signatures


def _signature(number: int, item: SignatureReport) -> dict[str, Any]:
    signer, seal, time = item.signer, item.seal, item.time
    told: dict[str, Any] = {
        "number": number,
        "field": _text(item.field),
        "kind": item.kind.value,
        "verdict": item.verdict.value,
        "verdict_zh": item.verdict.zh,
        "reason_zh": _text(item.reason.zh),
        "reason": _text(item.reason.en),
        "sub_indication": None if item.sub_indication is None else item.sub_indication.value,
        "modified": item.integrity.modified,
        "time": iso(time.value),
        "time_source": time.source.value,
        "time_authority": _text(time.authority),
        "certificate_then": _state(item.certificate_then),
        "certificate_now": _state(item.certificate_now),
        "seal_then": _state(item.seal_then) if seal is not None else "",
        "seal_now": _state(item.seal_now) if seal is not None else "",
        "level": item.level,
        "algorithm": item.algorithm,
        "container": item.container,
    }
    told |= {
        "owner": "" if signer is None else _text(signer.organization or signer.name),
        "owner_name": "" if signer is None else _text(signer.name),
        "uscc": "" if signer is None else _text(signer.uscc),
        "serial": "" if signer is None else signer.serial,
        "issuer": "" if signer is None else _text(signer.issuer),
        "not_before": None if signer is None else iso(signer.not_before),
        "not_after": None if signer is None else iso(signer.not_after),
        "certificate_sha256": "" if signer is None else signer.sha256,
        "seal_name": "" if seal is None else _text(seal.name),
        "seal_code": "" if seal is None else _text(seal.code),
        "seal_kind": "" if seal is None else _text(seal.kind_zh),
        "seal_owner": "" if seal is None else _text(seal.owner),
        "seal_maker": "" if seal is None else _text(seal.maker),
        "seal_trusted": None if seal is None else seal.trusted,
    }
    proofs = item.proofs
    told["technical"] = "" if proofs is None else _whole(proofs.technical)
    told["institutional"] = "" if proofs is None else _whole(proofs.institutional)
    return told | _list(item.trust)


def _whole(parts: Sequence[ProofPart]) -> str:
    """Say in one word how a proof stands: failed where a part failed, else missing where one is missing."""
    states = {part.state for part in parts}
    return next(
        one for one in (PartState.FAILED, PartState.MISSING, PartState.PRESENT) if one in states
    ).value


def _list(decision: TrustDecision | None) -> dict[str, Any]:
    """Name the list and the number of it that decided; an anchor by decree is a list without a name."""
    if decision is None:
        return {"list": "", "list_operator": "", "list_sequence": None, "list_issued": None, "list_entry": ""}
    entry = decision.entry
    return {
        "list": "(anchor)" if decision.by_decree else _text(entry.scheme_id),
        "list_operator": _text(entry.operator_zh or entry.operator),
        "list_sequence": None if decision.by_decree else entry.sequence,
        "list_issued": iso(entry.issued),
        "list_entry": _text(entry.service_zh or entry.service),
    }


def _worst_change(report: DocumentReport) -> bool | None:
    """Tell whether any signature found a change: true wins over not judged, which wins over false."""
    found = [one.integrity.modified for one in report.signatures]
    if True in found:
        return True
    return None if not found or None in found else False


def _state(status: StatusReport) -> str:
    return status.status


def _text(text: str) -> str:
    """Cut foreign text, and put a sign for half a character, which no JSON and no sheet could hold."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet: the member's name, its heading, and whether it is the document's or a signature's."""

    name: str
    zh: str
    width: int = 14
    of_signature: bool = False

    @property
    def heading(self) -> str:
        """The Chinese heading, and the member's name that programs look for."""
        return f"{self.zh} / {self.name}"


DOCUMENT: Final = (
    Column("file", "文件", 36),
    Column("verdict_zh", "结论", 10),
    Column("verdict", "结论代码"),
    Column("reason_zh", "原因", 48),
    Column("reason", "原因（英文）", 48),
    Column("accepted", "部门答复"),
    Column("accepted_zh", "部门答复说明", 40),
    Column("accepted_en", "部门答复说明（英文）", 40),
    Column("department", "部门"),
    Column("act", "事项"),
    Column("rule", "依据规则"),
    Column("policy_version", "政策版本"),
    Column("voided_since", "作废时间", 20),
    Column("nature_zh", "性质", 10),
    Column("nature", "性质代码", 10),
    Column("sub_indication", "细分代码", 22),
    Column("notice", "提示", 20),
    Column("reported", "报告的结论"),
    Column("verified_at", "核验时间", 20),
    Column("evidence_as_of", "证据截至", 20),
    Column("size", "字节数", 12),
    Column("sha256", "SHA-256", 20),
    Column("content_sha256", "原文件 SHA-256", 20),
    Column("signature_count", "签名数", 8),
)
SIGNATURE: Final = tuple(
    Column(name, zh, width, of_signature=True)
    for name, zh, width in (
        ("number", "签名序号", 8),
        ("kind", "签名种类", 12),
        ("verdict", "签名结论", 14),
        ("reason_zh", "签名原因", 40),
        ("reason", "签名原因（英文）", 40),
        ("modified", "签后改动", 10),
        ("owner", "证书持有者", 26),
        ("owner_name", "证书名称", 20),
        ("uscc", "统一社会信用代码", 20),
        ("serial", "证书序列号", 26),
        ("issuer", "颁发者", 30),
        ("not_before", "证书生效", 20),
        ("not_after", "证书到期", 20),
        ("certificate_sha256", "证书 SHA-256", 20),
        ("certificate_then", "证书当时状态", 12),
        ("certificate_now", "证书现在状态", 12),
        ("time", "签名时间", 20),
        ("time_source", "时间来源", 14),
        ("time_authority", "时间戳机构", 24),
        ("seal_name", "印章名称", 24),
        ("seal_code", "印章编码", 16),
        ("seal_kind", "印章种类", 12),
        ("seal_owner", "印章所有者", 24),
        ("seal_maker", "制章单位", 24),
        ("seal_trusted", "制章单位可信", 12),
        ("seal_then", "印章当时状态", 12),
        ("seal_now", "印章现在状态", 12),
        ("list", "信任清单", 30),
        ("list_operator", "清单发布者", 24),
        ("list_sequence", "清单序号", 10),
        ("list_issued", "清单签发", 20),
        ("list_entry", "清单条目", 24),
        ("technical", "技术证据", 10),
        ("institutional", "制度证据", 10),
        ("level", "级别", 10),
        ("algorithm", "算法", 18),
        ("container", "容器", 12),
        ("field", "签名域", 16),
        ("sub_indication", "签名细分代码", 22),
    )
)
COLUMNS: Final = (*DOCUMENT, *SIGNATURE)
HEADINGS: Final = (
    *(column.heading for column in DOCUMENT),
    *(
        f"{column.zh} / signature_{column.name}"
        if column.name in {one.name for one in DOCUMENT}
        else column.heading
        for column in SIGNATURE
    ),
)
Cell = str | int | bool | None


def rows(found: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Lay a finding out: one row a signature, and one for a document without any.

    What was found before a column was there leaves it empty.
    """
    own = tuple(found.get(column.name) for column in DOCUMENT)
    signatures: list[dict[str, Any]] = found["signatures"] or [{}]
    for signature in signatures:
        yield (*own, *(signature.get(column.name) for column in SIGNATURE))


def passed(found: Mapping[str, Any]) -> bool:
    """Tell whether a finding is good in every respect that was asked: valid, not voided, accepted if a department was asked.

    A verification report is as good as what it says.
    """
    good = {AnswerStatus.YES.value, AnswerStatus.NOT_ASKED.value, ABSENT}
    told = found.get("reported") in {None, "", Verdict.PASSED.value}
    return (
        told and found["verdict"] == "passed" and found["voided_since"] is None and found["accepted"] in good
    )
