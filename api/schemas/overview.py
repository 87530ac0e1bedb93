"""The answer about one enterprise: 企号 with seals, certificates, chips, stamps, licences and cases, each with its state in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.answers.enterprise import EnterpriseOverview
from ca.certificate import CertificateRecord, CertificateStatus
from ca.certificate import RevocationReason as Reason
from ca.tokens.token import Token
from seals.devices.board import StampView
from seals.seal import SealRecord
from signing.licences.licence import Licence

_CERTIFICATE_ZH = {
    "reserved": "签发中",
    "issued": "有效",
    "expired": "已过期",
    "held": "已停用",
    "revoked": "已吊销",
    "burned": "已作废编号",
}
_EXAMPLE: dict[str, Any] = {
    "uscc": "91330106MA2CYNTX07",
    "name": "杭州测试云印科技有限公司",
    "registered_at": "2026-01-01T00:00:00Z",
    "names": [{"name": "杭州测试云印科技有限公司", "since": "2026-01-01T00:00:00Z"}],
    "card": "http://127.0.0.1:8080/e/91330106MA2CYNTX07",
    "seals": [
        {
            "code": "33010600000017",
            "of": "法定名称章",
            "status": "active",
            "status_zh": "启用",
            "until": "2029-01-01T00:00:00Z",
        }
    ],
    "certificates": [],
    "chips": [],
    "stamps": None,
    "licences": [],
    "cases": {"total": 1, "by_status": {"closed": 1}, "last_at": "2026-03-01T00:00:00Z"},
}


class NameModel(BaseModel):
    """A name and the time from which it held."""

    name: str
    since: datetime


class ThingModel(BaseModel):
    """A seal, certificate, chip, stamp or licence: its number, what it is, how it stands, and its last day if it has one."""

    code: str
    of: str
    status: str
    status_zh: str
    until: datetime | None = None


class CasesModel(BaseModel):
    """Cases of use: how many, how they stand, and when the last one moved."""

    total: int
    by_status: dict[str, int]
    last_at: datetime | None


class EnterpriseOverviewModel(BaseModel):
    """An enterprise; a part that the caller's key may not see is ``null``. Names are oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    uscc: str
    name: str
    registered_at: datetime
    names: list[NameModel]
    card: str = Field(description="Address of the public card, as its QR code says it")
    seals: list[ThingModel] | None
    certificates: list[ThingModel] | None
    chips: list[ThingModel] | None
    stamps: list[ThingModel] | None
    licences: list[ThingModel] | None
    cases: CasesModel | None

    @classmethod
    def of(cls, found: EnterpriseOverview, *, base_url: str, now: datetime) -> EnterpriseOverviewModel:
        """Show an overview as of ``now``."""
        uscc, cases = found.enterprise.uscc, found.cases
        counts = {} if cases is None else {status.value: count for status, count in cases.by_status.items()}
        return cls(
            uscc=uscc,
            name=found.enterprise.name,
            registered_at=found.enterprise.created_at,
            names=[NameModel(name=name, since=since) for name, since in found.names],
            card=f"{base_url}/e/{uscc}",
            seals=_each(found.seals, lambda one: _seal(one, now)),
            certificates=_each(found.certificates, lambda one: _certificate(one, now)),
            chips=_each(found.chips, _chip),
            stamps=_each(found.stamps, _stamp),
            licences=_each(found.licences, lambda one: _licence(one, now)),
            cases=None
            if cases is None
            else CasesModel(total=cases.total, by_status=counts, last_at=cases.last_at),
        )


def _each(items: Any, told: Any) -> list[ThingModel] | None:
    return None if items is None else [told(one) for one in items]


def _seal(one: SealRecord, now: datetime) -> ThingModel:
    expired = one.status.value == "active" and one.expired(now)
    status, zh = ("expired", "已过期") if expired else (one.status.value, one.status.zh)
    return ThingModel(code=one.code, of=one.kind.zh, status=status, status_zh=zh, until=one.valid_to)


def _certificate(one: CertificateRecord, now: datetime) -> ThingModel:
    status = one.status.value
    if one.status is CertificateStatus.REVOKED and one.reason is Reason.CERTIFICATE_HOLD:
        status = "held"
    elif one.status is CertificateStatus.ISSUED and one.not_after < now:
        status = "expired"
    return ThingModel(
        code=f"{one.serial:x}",
        of=one.profile,
        status=status,
        status_zh=_CERTIFICATE_ZH[status],
        until=one.not_after,
    )


def _licence(one: Licence, now: datetime) -> ThingModel:
    status = one.standing(now)
    return ThingModel(
        code=str(one.identifier), of=one.name, status=status.value, status_zh=status.zh, until=one.valid_to
    )


def _chip(one: Token) -> ThingModel:
    return ThingModel(code=one.serial, of=one.model, status=one.state.value, status_zh=one.state.zh)


def _stamp(view: StampView) -> ThingModel:
    one = view.stamp
    return ThingModel(
        code=one.serial,
        of=one.model,
        status=one.status.value,
        status_zh=one.status.zh,
        until=one.certificate.not_after,
    )
