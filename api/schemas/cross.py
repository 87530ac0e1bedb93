"""Requests and answers about cross certification."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, Field

from api.schemas.cases import examples
from ca.cross.order import MAX_CERTIFICATE
from ca.cross.store import CrossRecord, CrossStatus

STATUS_ZH: Final = {
    CrossStatus.PROPOSED: "待复核",
    CrossStatus.CONFIRMED: "已复核，签发中",
    CrossStatus.ISSUED: "已签发",
    CrossStatus.WITHDRAWN: "已撤回",
}
_SHA: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_LEVEL: Final = "1.3.6.1.4.1.55555.1.1"
_TERMS: Final[dict[str, Any]] = {
    "issuer": "root",
    "days": 1095,
    "path_length": 1,
    "policies": [_LEVEL],
    "map": [{"ours": _LEVEL, "theirs": "1.2.156.10197.6.1.1"}],
    "permitted": ["dn:/C=CN/O=乙机构"],
}
_PEM: Final = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"
_ORDER: Final[dict[str, Any]] = {
    "id": "9601ae38f2c14b7d9e5a6c3d2b1f0e48",
    "status": "proposed",
    "status_zh": "待复核",
    "issuer": "root",
    "authority": "CN=乙机构 TEST Root,O=乙机构,C=CN",
    "fingerprint": _SHA,
    "digest": "9601ae38f2c14b7d9e5a6c3d2b1f0e4876543210fedcba9876543210fedcba98",
    "possession": "self-signed",
    "days": 1095,
    "path_length": 1,
    "policies": [_LEVEL],
    "mappings": [{"ours": _LEVEL, "theirs": "1.2.156.10197.6.1.1"}],
    "permitted": ["dn:/C=CN/O=乙机构"],
    "excluded": [],
    "require_explicit_policy": 0,
    "inhibit_policy_mapping": None,
    "inhibit_any_policy": 0,
    "proposed_by": "person:zhao.lei",
    "proposed_at": "2026-01-01T00:00:00Z",
    "decided_by": "",
    "decided_at": None,
    "serial": None,
    "certificate": "",
}


class MappingModel(BaseModel):
    """Which of our policies stands for which of theirs."""

    ours: str = Field(max_length=200)
    theirs: str = Field(max_length=200)


class CrossTermsModel(BaseModel):
    """The terms, as in the file of the command (``cross-certification.md``); what is left out has the same default."""

    model_config = examples(_TERMS)

    issuer: str | None = Field(default=None, max_length=64)
    days: int | None = None
    path_length: int | None = None
    policies: list[str] = Field(max_length=100)
    map: list[MappingModel] | None = Field(default=None, max_length=100)
    permitted: list[str] = Field(max_length=500)
    excluded: list[str] | None = Field(default=None, max_length=500)
    require_explicit_policy: int | bool | None = Field(
        default=None, description="Certificates that may follow before a policy is demanded; false: never"
    )
    inhibit_policy_mapping: int | bool | None = None
    inhibit_any_policy: int | bool | None = None


class ProposeCross(BaseModel):
    """Another installation's authority, our terms, and its fingerprint as it was told over a channel of its own."""

    model_config = examples({"certificate": _PEM, "fingerprint": _SHA, "terms": _TERMS})

    certificate: str = Field(max_length=2 * MAX_CERTIFICATE, description="Its certificate, PEM")
    fingerprint: str = Field(max_length=200, description="SHA-256 of that certificate")
    terms: CrossTermsModel
    request: str = Field(
        default="", max_length=2 * MAX_CERTIFICATE, description="PKCS#10 (PEM) signed with its key, if given"
    )


class ConfirmCross(BaseModel):
    """The second person's comparison of the fingerprint."""

    model_config = examples({"fingerprint": _SHA})

    fingerprint: str = Field(max_length=200)


class CrossOrderModel(BaseModel):
    """An order as it stands: what the second person looks at before confirming, and the certificate once there is one."""

    model_config = examples(_ORDER)

    id: str = Field(description="Half the digest of the content: whoever confirms by it confirms these terms")
    status: str
    status_zh: str
    issuer: str
    authority: str
    fingerprint: str
    digest: str
    possession: str = Field(description="How it proved that it has its key: self-signed, request or unproven")
    days: int
    path_length: int
    policies: list[str]
    mappings: list[MappingModel]
    permitted: list[str]
    excluded: list[str]
    require_explicit_policy: int | None
    inhibit_policy_mapping: int | None
    inhibit_any_policy: int | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    serial: str | None
    certificate: str = Field(description="The cross certificate (PEM); empty until it is issued")

    @classmethod
    def of(cls, record: CrossRecord) -> CrossOrderModel:
        """Tell of one order."""
        order, terms = record.order, record.order.terms
        return cls(
            id=record.id,
            status=record.status.value,
            status_zh=STATUS_ZH[record.status],
            issuer=order.issuer,
            authority=order.authority,
            fingerprint=order.fingerprint,
            digest=order.digest,
            possession=record.possession,
            days=order.days,
            path_length=terms.path_length,
            policies=list(terms.policies),
            mappings=[MappingModel(ours=own, theirs=theirs) for own, theirs in terms.mappings],
            permitted=list(terms.permitted),
            excluded=list(terms.excluded),
            require_explicit_policy=terms.require_explicit_policy,
            inhibit_policy_mapping=terms.inhibit_policy_mapping,
            inhibit_any_policy=terms.inhibit_any_policy,
            proposed_by=record.proposed_by,
            proposed_at=record.proposed_at,
            decided_by=record.decided_by,
            decided_at=record.decided_at,
            serial=None if record.serial is None else f"{record.serial:x}",
            certificate=_pem(record.certificate),
        )


class CrossOrdersModel(BaseModel):
    """The orders, newest first."""

    model_config = examples({"items": [_ORDER]})

    items: list[CrossOrderModel]


def _pem(der: bytes) -> str:
    if not der:
        return ""
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
