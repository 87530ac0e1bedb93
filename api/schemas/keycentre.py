"""Requests and answers of the key centre. No model has a field for a private key."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.tokens.key_input import base64_octets, public_key, recipient
from ca.keycentre.case import Case, CaseVote, JudicialRecovery, UserRecovery
from ca.keycentre.case_store import Notice
from ca.keycentre.centre import CentreStatus
from ca.keycentre.key import EscrowedKey
from ca.keycentre.recovery import Ballot
from ca.keycentre.roster import ballot
from hsm.algorithms import KeyKind

Base64 = Annotated[str, Field(max_length=16384, description="Base64")]
_ID = "9f2c1a7be05d4c6f8a3b2c1d0e9f8a7b"
_DIGEST = "ab" * 32


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class PoolModel(BaseModel):
    """How many keys of one kind stand in one state."""

    kind: str
    status: str
    number: int


class CentreModel(BaseModel):
    """The key centre: keys by kind and state, custodians, quorums, cases that wait."""

    model_config = _example(
        token="yinxin-service",  # noqa: S106 - a label
        roster_version=1,
        custodians=["person:k1 (王静)"],
        user_quorum=2,
        judicial_quorum=3,
        open_cases=0,
        keys=[{"kind": "sm2", "status": "pooled", "number": 8}],
    )

    token: str
    roster_version: int
    custodians: list[str]
    user_quorum: int
    judicial_quorum: int
    open_cases: int
    keys: list[PoolModel]

    @classmethod
    def of(cls, status: CentreStatus) -> CentreModel:
        """Show the centre."""
        return cls(
            token=status.token,
            roster_version=status.roster_version,
            custodians=[f"{person} ({name})" for person, name in status.custodians],
            user_quorum=status.user_quorum,
            judicial_quorum=status.judicial_quorum,
            open_cases=status.open_cases,
            keys=[
                PoolModel(kind=kind, status=state, number=number)
                for (kind, state), number in sorted(status.keys.items())
            ],
        )


class FillPool(BaseModel):
    """How many keys of a kind the pool should have."""

    model_config = _example(kind="sm2", target=100)

    kind: KeyKind
    target: int = Field(ge=0, le=10_000)


class FilledModel(BaseModel):
    """How many keys were made."""

    model_config = _example(made=92)

    made: int


class KeyReason(BaseModel):
    """Why a key changes its state."""

    model_config = _example(reason="证书已吊销 / certificate revoked")

    reason: str = Field(min_length=1, max_length=200)


class EscrowedKeyModel(BaseModel):
    """An escrowed key as the register knows it; the sealed private half is never shown."""

    model_config = _example(
        id=_ID,
        status="delivered",
        kind="sm2",
        holder="李伟",
        uscc="91330106MA2CYINX3E",
        made_at="2026-01-01T00:00:00Z",
        delivered_at="2026-01-02T00:00:00Z",
        closed_at=None,
        reason="",
    )

    id: str
    status: str
    kind: str
    holder: str
    uscc: str
    made_at: datetime
    delivered_at: datetime | None
    closed_at: datetime | None
    reason: str

    @classmethod
    def of(cls, key: EscrowedKey) -> EscrowedKeyModel:
        """Show a key."""
        return cls(
            id=key.id,
            status=key.status.value,
            kind=key.kind.value,
            holder=key.holder,
            uscc=key.uscc,
            made_at=key.made_at,
            delivered_at=key.delivered_at,
            closed_at=key.closed_at,
            reason=key.reason,
        )


class OpenUserCase(BaseModel):
    """The holder lost the token; the key goes to the holder's new signing key, or to a transport key it vouches for."""

    model_config = _example(
        key_id=_ID,
        reason="UKey 丢失 / lost token",
        evidence_sha256=_DIGEST,
        sign_public_key="-----BEGIN PUBLIC KEY-----…",
    )

    key_id: str = Field(min_length=32, max_length=32)
    reason: str = Field(min_length=1, max_length=200)
    evidence_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    sign_public_key: str = Field(max_length=4096, description="PEM of the holder's new signing key")
    transport_key: str = Field(default="", max_length=4096, description="PEM; empty: the signing key itself")
    serial: str = Field(default="", max_length=64)
    container: str = Field(default="", max_length=64)
    proof: Base64 = Field(
        default="", description="Base64: the signing key's signature over the transport statement"
    )

    def order(self) -> UserRecovery:
        """Return what the key centre takes."""
        signing = public_key(self.sign_public_key.encode())
        to = public_key(self.transport_key.encode()) if self.transport_key else signing
        named = recipient(to, self.serial, self.container)
        return UserRecovery(
            self.key_id, self.reason, self.evidence_sha256, signing, named, base64_octets(self.proof)
        )


class OpenJudicialCase(BaseModel):
    """An authority orders it; the key goes to the authority's certificate."""

    model_config = _example(
        key_id=_ID,
        order_number="(2026)浙01刑初1号",
        authority="杭州市中级人民法院",
        evidence_sha256=_DIGEST,
        certificate="MIIB…",
        notice_after=None,
        delay_reason="",
    )

    key_id: str = Field(min_length=32, max_length=32)
    order_number: str = Field(min_length=1, max_length=200)
    authority: str = Field(min_length=1, max_length=200)
    evidence_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    certificate: Base64
    notice_after: datetime | None = Field(
        default=None, description="Hold the holder's notice back until then"
    )
    delay_reason: str = Field(default="", max_length=200)

    def order(self) -> JudicialRecovery:
        """Return what the key centre takes."""
        return JudicialRecovery(
            self.key_id,
            self.order_number,
            self.authority,
            self.evidence_sha256,
            base64_octets(self.certificate),
            self.notice_after,
            self.delay_reason,
        )


class CaseModel(BaseModel):
    """A case. ``document`` is the exact text that votes sign; ``delivery`` (base64) is for its recipient alone."""

    model_config = _example(
        id=_ID,
        kind="user",
        status="open",
        key_id=_ID,
        document='{"case":"9f2c…","expires_at":"2026-01-08T00:00:00Z",…}',
        document_sha256=_DIGEST,
        requested_by="person:wu.gang",
        expires_at="2026-01-08T00:00:00Z",
        executed_at=None,
        delivery="",
    )

    id: str
    kind: str
    status: str
    key_id: str
    document: str
    document_sha256: str
    requested_by: str
    expires_at: datetime
    executed_at: datetime | None
    delivery: str

    @classmethod
    def of(cls, case: Case) -> CaseModel:
        """Show a case."""
        return cls(
            id=case.id,
            kind=case.kind.value,
            status=case.status.value,
            key_id=case.key_id,
            document=case.document,
            document_sha256=case.document_sha256,
            requested_by=case.requested_by,
            expires_at=case.expires_at,
            executed_at=case.executed_at,
            delivery=base64.b64encode(case.delivery).decode(),
        )


class BallotModel(BaseModel):
    """What a custodian reads and signs: ``approve`` and ``reject`` are the octets (base64) of either word."""

    model_config = _example(
        case=_ID,
        document='{"case":"9f2c…",…}',
        document_sha256=_DIGEST,
        approve="eWlueGlu…",
        reject="eWlueGlu…",
        voted=["person:k1"],
    )

    case: str
    document: str
    document_sha256: str
    approve: str
    reject: str
    voted: list[str]

    @classmethod
    def of(cls, case: Case, votes: tuple[CaseVote, ...]) -> BallotModel:
        """Show a case to a custodian."""
        octets = {
            word: base64.b64encode(ballot(word, case.document)).decode() for word in ("approve", "reject")
        }
        voted = [vote.custodian for vote in votes if vote.document_sha256 == case.document_sha256]
        return cls(
            case=case.id, document=case.document, document_sha256=case.document_sha256, voted=voted, **octets
        )


class CastVote(BaseModel):
    """A custodian's signed word on exactly the document with this digest."""

    model_config = _example(document_sha256=_DIGEST, word="approve", signature="MEUCIQ…", reason="")

    document_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    word: Literal["approve", "reject"]
    signature: Base64
    reason: str = Field(default="", max_length=200)

    def ballot(self, case_id: str) -> Ballot:
        """Return what the key centre takes."""
        return Ballot(case_id, self.document_sha256, self.word, base64_octets(self.signature), self.reason)


class NoticeModel(BaseModel):
    """A notice to a holder or auditor; ``sent_at`` is empty while it waits."""

    model_config = _example(
        number=7,
        case=_ID,
        event="opened",
        addressee="holder",
        address="91330106MA2CYINX3E",
        due_at="2026-01-01T00:00:00Z",
        sent_at=None,
    )

    number: int
    case: str
    event: str
    addressee: str
    address: str
    due_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, notice: Notice) -> NoticeModel:
        """Show a notice."""
        return cls(
            number=notice.id,
            case=notice.case_id,
            event=notice.event,
            addressee=notice.addressee,
            address=notice.address,
            due_at=notice.due_at,
            sent_at=notice.sent_at,
        )


class NoticesModel(BaseModel):
    """Notices that are due."""

    model_config = _example(items=[])

    items: list[NoticeModel]


class CasesModel(BaseModel):
    """Some cases, newest first."""

    model_config = _example(items=[])

    items: list[CaseModel]
