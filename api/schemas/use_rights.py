"""Requests and answers about the register of signers and standing authorisations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, Field, SecretStr

from api.schemas.cases import MAX_JWS, actor_model, examples
from api.schemas.enrolment import ActorModel
from api.schemas.moments import Moment
from ca.actor import Actor
from ca.actor_ids import entered_id
from seals.cases.rules import Role
from seals.cases.signer_store import Signer
from seals.cases.standing_store import Grantee, Standing

MAX_CERTIFICATE: Final = 24 * 1024
"""Characters of a certificate in PEM: ours have two thousand."""
_HEX: Final = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"
_AT: Final = "2026-01-01T00:00:00Z"
_STANDING: Final[dict[str, Any]] = {
    "id": "7c1e…",
    "status": "effective",
    "status_zh": "已生效",
    "app": "app:oa",
    "seal_code": "33010600000017",
    "owner_uscc": "91330106MA2CYINX3E",
    "classes": ["receipt"],
    "quota": 1000,
    "per_day": 100,
    "used": 12,
    "begins": _AT,
    "ends": "2027-01-01T00:00:00Z",
    "requested_by": "person:zhang.min",
    "signed_by": "person:wang.fang",
    "certificate_sha256": _HEX,
    "reason": "",
}


class RegisterSigner(BaseModel):
    """Bind a certificate to a person; another person confirms it."""

    model_config = examples(
        {
            "certificate": "-----BEGIN CERTIFICATE-----\n…",
            "holder": {"id": "person:chen.jing", "name": "陈静"},
            "uscc": "91330106MA2CYINX3E",
            "role": "approver",
            "key_uri": "",
        }
    )

    certificate: str = Field(description="PEM", max_length=MAX_CERTIFICATE)
    holder: ActorModel
    uscc: str = Field(default="", max_length=18)
    role: Role = Role.APPROVER
    key_uri: str = Field(
        default="", max_length=500, description="Where the service keeps the key, if it does"
    )

    def person(self) -> Actor:
        """Return the holder."""
        return Actor(entered_id(self.holder.id), self.holder.name, self.uscc or None)


class SignerModel(BaseModel):
    """A certificate on the register of signers."""

    model_config = examples(
        {
            "certificate_sha256": _HEX,
            "holder": {"id": "person:chen.jing", "name": "陈静"},
            "uscc": "91330106MA2CYINX3E",
            "role": "approver",
            "serial": "1234ab",
            "kept_here": True,
            "status": "confirmed",
            "requested_by": "person:zhang.min",
            "decided_by": "person:wang.fang",
        }
    )

    certificate_sha256: str
    holder: ActorModel
    uscc: str
    role: str
    serial: str
    kept_here: bool
    status: str
    requested_by: str
    decided_by: str

    @classmethod
    def of(cls, signer: Signer) -> SignerModel:
        """Describe a registration."""
        return cls(
            certificate_sha256=signer.certificate_sha256,
            holder=actor_model(signer.holder),
            uscc=signer.holder.uscc or "",
            role=signer.role.value,
            serial=f"{signer.serial:x}",
            kept_here=bool(signer.key_uri),
            status=signer.status.value,
            requested_by=signer.requested_by,
            decided_by=signer.decided_by,
        )


class SignerListModel(BaseModel):
    """Registrations in order of their certificates."""

    model_config = examples({"items": []})

    items: list[SignerModel]


class AskStanding(BaseModel):
    """Ask that an application may use a seal for some classes of documents; 365 days unless ``ends`` says otherwise."""

    model_config = examples(
        {
            "app": "app:oa",
            "seal_code": "33010600000017",
            "classes": ["receipt"],
            "quota": 1000,
            "per_day": 100,
        }
    )

    app: str = Field(max_length=200)
    seal_code: str = Field(max_length=14)
    classes: list[str] = Field(max_length=50)
    quota: int
    per_day: int = 0
    begins: Moment | None = None
    ends: Moment | None = None

    def grantee(self, begins: datetime, ends: datetime, uscc: str | None) -> Grantee:
        """Return what the desk takes."""
        return Grantee(
            Actor(entered_id(self.app), "", uscc),
            self.seal_code,
            tuple(self.classes),
            self.quota,
            self.per_day,
            begins,
            ends,
        )


class SignStanding(BaseModel):
    """The representative's signature: ``jws`` made elsewhere, or ``pin`` for the key that the service keeps."""

    model_config = examples({"jws": "eyJ…"}, {"pin": "••••••"})

    pin: SecretStr | None = None
    jws: str = Field(default="", max_length=MAX_JWS)


class StandingModel(BaseModel):
    """A standing authorisation (静默用印)."""

    model_config = examples(_STANDING)

    id: str
    status: str
    status_zh: str
    app: str
    seal_code: str
    owner_uscc: str
    classes: list[str]
    quota: int
    per_day: int
    used: int
    begins: datetime
    ends: datetime
    requested_by: str
    signed_by: str
    certificate_sha256: str
    reason: str

    @classmethod
    def of(cls, one: Standing) -> StandingModel:
        """Describe an authorisation."""
        asked = one.grantee
        return cls(
            id=one.id,
            status=one.status.value,
            status_zh=one.status.zh,
            app=asked.app.id,
            seal_code=asked.seal_code,
            owner_uscc=one.owner_uscc,
            classes=list(asked.classes),
            quota=asked.quota,
            per_day=asked.per_day,
            used=one.used,
            begins=asked.begins,
            ends=asked.ends,
            requested_by=one.requested_by,
            signed_by=one.signed_by,
            certificate_sha256=one.certificate_sha256,
            reason=one.reason,
        )


class StandingListModel(BaseModel):
    """Authorisations in order of their numbers."""

    model_config = examples({"items": [_STANDING]})

    items: list[StandingModel]
