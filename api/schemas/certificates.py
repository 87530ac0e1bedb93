"""Requests and answers about certificates."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ca.certificate import CertificatePage, CertificateRecord, IssuedCertificate, RevocationReason

_EXAMPLE: dict[str, Any] = {
    "serial": "0001a4…",
    "issuer": "issuing",
    "status": "issued",
    "profile": "enterprise-seal",
    "name": "杭州测试云印科技有限公司",
    "subject": "CN=…,O=杭州测试云印科技有限公司,C=CN",
    "uscc": "91330106MA2CYINX3E",
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2026-12-31T23:59:59Z",
    "revoked_at": None,
    "reason": None,
    "der": "MIIB…",
}


class CertificateModel(BaseModel):
    """A serial number as the register knows it; ``der`` is base64 and empty unless a certificate was issued."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    serial: str = Field(description="Lower-case hexadecimal")
    issuer: str
    status: str
    profile: str
    name: str
    subject: str
    uscc: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    reason: str | None
    der: str

    @classmethod
    def of(cls, found: CertificateRecord) -> CertificateModel:
        """Show a record of the register."""
        return cls(
            serial=f"{found.serial:x}",
            issuer=found.issuer,
            status=found.status.value,
            profile=found.profile,
            name=found.name,
            subject=found.subject,
            uscc=found.uscc,
            not_before=found.not_before,
            not_after=found.not_after,
            revoked_at=found.revoked_at,
            reason=None if found.reason is None else found.reason.value,
            der=base64.b64encode(found.der).decode(),
        )


class CertificatePageModel(BaseModel):
    """Some certificates; ``next`` is the cursor of the following page, for the same conditions and order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next": "eyJ…"}]})

    items: list[CertificateModel]
    next: str | None

    @classmethod
    def of(cls, page: CertificatePage) -> CertificatePageModel:
        """Show a page."""
        return cls(items=[CertificateModel.of(item) for item in page.items], next=page.next)


class IssuedModel(BaseModel):
    """A certificate just issued, or issued before under the same request key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "serial": "0001a4…",
                    "issuer": "issuing",
                    "profile": "enterprise-seal",
                    "not_before": "2026-01-01T00:00:00Z",
                    "not_after": "2026-12-31T23:59:59Z",
                    "der": "MIIB…",
                    "key_uri": None,
                }
            ]
        }
    )

    serial: str
    issuer: str
    profile: str
    not_before: datetime
    not_after: datetime
    der: str
    key_uri: str | None = Field(default=None, description="RFC 7512 address of a key made by this call")

    @classmethod
    def of(cls, issued: IssuedCertificate, key_uri: str | None = None) -> IssuedModel:
        """Show an issued certificate."""
        return cls(
            serial=f"{issued.serial:x}",
            issuer=issued.issuer,
            profile=issued.profile,
            not_before=issued.not_before,
            not_after=issued.not_after,
            der=base64.b64encode(issued.der).decode(),
            key_uri=key_uri,
        )


class IssueCertificate(BaseModel):
    """A PKCS#10 request (RFC 2986) to be certified for a registered enterprise; only its key is taken from it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "csr": "-----BEGIN CERTIFICATE REQUEST-----\n…",
                    "uscc": "91330106MA2CYINX3E",
                    "common_name": "杭州测试云印科技有限公司 李伟",
                    "profile": "enterprise-seal",
                    "days": 365,
                }
            ]
        }
    )

    csr: str = Field(description="PEM", max_length=16384)
    uscc: str = Field(max_length=32)
    common_name: str = Field(min_length=1, max_length=64)
    profile: str = Field(default="enterprise-seal", max_length=64)
    days: int | None = Field(default=None, ge=1, le=3660)


class ReportCompromise(BaseModel):
    """A public key whose private half somebody else has, as a PEM key or certificate."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"public_key": "-----BEGIN PUBLIC KEY-----…"}]})

    public_key: str = Field(max_length=16_384)


class CompromiseModel(BaseModel):
    """A key barred for ever, and the certificates over it that were revoked (hexadecimal serials)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"spki_sha256": "9f…", "revoked": ["0001a4…"]}]}
    )

    spki_sha256: str
    revoked: list[str]


class Revoke(BaseModel):
    """Why a certificate is revoked (RFC 5280 §5.3.1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "keyCompromise"}]})

    reason: RevocationReason
