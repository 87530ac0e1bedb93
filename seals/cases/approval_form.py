"""The signed approval: a JWS (RFC 7515) whose payload names the case, the document's digest, the rule, the stage and who decides.

The payload is made from the case as it stands and is good once: for one stage of one version and one person, and for
:data:`PAYLOAD_LIFE`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ca.actor import Actor
from seals.cases.case import CaseRecord
from seals.cases.errors import ApprovalInvalid
from seals.errors import StatementInvalid
from seals.jws import SignedJson, check_signature, parse

APPROVAL_TYPE: Final = "yinxin-use-approval+jws"
FORM: Final = "yinxin-use-approval-v1"
MAX_APPROVAL: Final = 32 * 1024
"""Longest signed approval read, in octets: a payload of one kilobyte and a chain of three certificates."""
PAYLOAD_LIFE: Final = timedelta(minutes=15)
"""How long a payload may wait for its signature: a person fetches a token from a drawer."""
APPROVE: Final = "approve"


@dataclass(frozen=True, slots=True)
class Bidding:
    """What an approver is to sign: where they sit, when it was asked for, what they remark."""

    stage: str
    stands_for: str
    at: datetime
    comment: str = ""


def payload_of(case: CaseRecord, approver: Actor, bidding: Bidding) -> dict[str, Any]:
    """Write what is signed; canonical JSON of it is the JWS payload."""
    many = {"members": case.request.members} if case.request.members else {}
    return many | {
        "form": FORM,
        "case": case.id,
        "version": case.version,
        "content": case.content,
        "document": str(case.request.document.digest),
        "title": case.request.title,
        "seal": case.seal_code,
        "copies": case.request.copies,
        "medium": case.request.medium.value,
        "rule": case.rule.id,
        "rule_version": case.rule.version,
        "rule_sha256": case.rule.hash,
        "stage": bidding.stage,
        "stands_for": bidding.stands_for,
        "decision": APPROVE,
        "approver": approver.person,
        "comment": bidding.comment,
        "at": f"{bidding.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
    }


def read_approval(text: str, case: CaseRecord, approver: Actor, now: datetime) -> tuple[SignedJson, Bidding]:
    """Take a signed approval apart and compare it, member by member, with what this person may sign now.

    Its signature is compared with the enclosed certificate; whether that is the approver's is for :mod:`seals.cases.proof`.
    Raises :class:`ApprovalInvalid`.
    """
    try:
        signed = parse(text, typ=APPROVAL_TYPE, limit=MAX_APPROVAL)
        check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
    except StatementInvalid as wrong:
        raise ApprovalInvalid(
            f"“jws”：不是有效的审批签名（{wrong.zh}）",
            f"jws: it is not a good signature ({wrong.en})",
            field="jws",
        ) from wrong
    bidding = _bidding(signed.payload)
    if signed.payload != payload_of(case, approver, bidding):
        raise ApprovalInvalid(
            "“jws”：签名内容与该事项、版本、环节或审批人不符，请重新获取待签内容",
            "jws: what was signed is not this case, version, stage or person; fetch the payload again",
            field="jws",
        )
    if not now - PAYLOAD_LIFE <= bidding.at <= now:
        raise ApprovalInvalid(
            "“jws”：待签内容已超过 15 分钟，请重新获取并签名",
            "jws: the payload is older than 15 minutes; fetch it again and sign it",
            field="jws",
        )
    return signed, bidding


def _bidding(payload: dict[str, Any]) -> Bidding:
    found = {name: payload.get(name) for name in ("stage", "stands_for", "comment", "at")}
    try:
        texts = {name: value for name, value in found.items() if isinstance(value, str)}
        at = datetime.strptime(texts.pop("at"), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        return Bidding(texts["stage"], texts["stands_for"], at, texts["comment"])
    except (KeyError, ValueError) as wrong:
        raise ApprovalInvalid(
            "“jws”：签名内容缺少必需的成员", "jws: a member of what was signed is missing", field="jws"
        ) from wrong
