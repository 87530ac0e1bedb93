"""Answers about electronic licences."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from signing.licences.licence import Licence, LicenceAct

_EXAMPLE: Final[dict[str, Any]] = {
    "identifier": "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "name": "营业执照",
    "number": "91330106MA2CYNTX07",
    "holder_uscc": "91330106MA2CYNTX07",
    "holder_name": "杭州测试云印科技有限公司",
    "issuer_uscc": "11430000006122244L",
    "issuer_name": "某市市场监督管理局",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": None,
    "status": "valid",
    "status_zh": "有效",
    "status_code": "01",
    "seal_code": "33010600000017",
    "sha256": "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
    "document": "/api/v1/licences/1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U/document",
    "changed_at": "2026-01-01T00:00:00Z",
    "reason": "",
}


class LicenceModel(BaseModel):
    """A licence; ``status_code`` is that of national directories (01 valid, 02 suspended … 07 revoked)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    identifier: str = Field(description="GB/T 36904, with its check character")
    name: str
    number: str
    holder_uscc: str
    holder_name: str
    issuer_uscc: str
    issuer_name: str
    valid_from: datetime
    valid_to: datetime | None
    status: str
    status_zh: str
    status_code: str
    seal_code: str
    sha256: str = Field(description="Of the sealed document; empty while it is being issued")
    document: str | None
    changed_at: datetime
    reason: str

    @classmethod
    def of(cls, one: Licence, now: datetime) -> LicenceModel:
        """Show a licence as of ``now``."""
        status = one.standing(now)
        return cls(
            identifier=str(one.identifier),
            name=one.name,
            number=one.number,
            holder_uscc=one.holder_uscc,
            holder_name=one.holder_name,
            issuer_uscc=one.issuer_uscc,
            issuer_name=one.issuer_name,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
            status=status.value,
            status_zh=status.zh,
            status_code=status.code,
            seal_code=one.seal_code,
            sha256=one.document,
            document=f"/api/v1/licences/{one.identifier}/document" if one.document else None,
            changed_at=one.changed_at,
            reason=one.reason,
        )


class LicenceListModel(BaseModel):
    """A page of licences; ``next`` goes into ``after`` for the page behind it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next": None}]})

    items: list[LicenceModel]
    next: str | None


class ActOnLicence(BaseModel):
    """Suspend, resume, withdraw, cancel or revoke."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"act": "suspend", "reason": "年报未按期公示"}]}
    )

    act: LicenceAct
    reason: str = Field(max_length=500)
