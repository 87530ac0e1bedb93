"""Requests and answers about enterprises."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.tokens.enrolment import EnrolmentOrder, pin_of
from ca.enterprise import Enterprise
from hsm.algorithms import KeyKind

USCC_EXAMPLE = "91330106MA2CYINX3E"


class EnterpriseModel(BaseModel):
    """An enterprise of the register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "uscc": USCC_EXAMPLE,
                    "name": "杭州测试云印科技有限公司",
                    "created_at": "2026-01-01T00:00:00Z",
                    "names": [],
                }
            ]
        }
    )

    uscc: str
    name: str
    created_at: datetime
    names: list[str] = Field(default=[], description="Earlier and present names, oldest first")

    @classmethod
    def of(cls, found: Enterprise, names: tuple[tuple[str, datetime], ...] = ()) -> EnterpriseModel:
        """Show an enterprise."""
        return cls(
            uscc=found.uscc, name=found.name, created_at=found.created_at, names=[name for name, _ in names]
        )


class EnterprisePageModel(BaseModel):
    """Some enterprises; ``next`` is the cursor of the following page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "next": None}]})

    items: list[EnterpriseModel]
    next: str | None


class RegisterEnterprise(BaseModel):
    """An enterprise to be registered."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"uscc": USCC_EXAMPLE, "name": "杭州测试云印科技有限公司"}]}
    )

    uscc: str = Field(description="统一社会信用代码 GB 32100-2015", max_length=32)
    name: str = Field(max_length=64)


class RenameEnterprise(BaseModel):
    """A change of an enterprise's name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "杭州测试云印集团有限公司"}]})

    name: str = Field(max_length=64)


class RenamedModel(BaseModel):
    """The enterprise under its new name, and the codes of the pairs applied for in place of those in use."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"enterprise": {"uscc": USCC_EXAMPLE}, "applications": ["33010600000002"]}]
        }
    )

    enterprise: EnterpriseModel
    applications: list[str]


class EnrolKeeper(BaseModel):
    """A seal keeper's key and certificate, made in the enterprise's own token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"keeper": "person:li.wei", "pin": "********", "so_pin": "********", "key_kind": "ec-p256"}
            ]
        }
    )

    keeper: str = Field(description="Actor id of the keeper", pattern="^person:[a-z0-9._-]{1,64}$")
    keeper_name: str = Field(
        default="",
        max_length=20,
        description="The keeper's name as the certificate shows it",
        examples=["李伟"],
    )
    pin: SecretStr = Field(description="The token's PIN; set by this call when the token is new")
    so_pin: SecretStr | None = Field(default=None, description="Security officer's PIN, for a new token")
    key_kind: KeyKind | None = Field(
        default=None,
        description="Kind of the key; without it that of the installation's suite",
        examples=["ec-p256", "sm2", "rsa-3072"],
    )

    def order(self, uscc: str, request_key: str) -> EnrolmentOrder:
        """Return what is asked for, the PINs as secrets that cannot print themselves."""
        so_pin = None if self.so_pin is None else pin_of(self.so_pin.get_secret_value())
        pin = pin_of(self.pin.get_secret_value())
        return EnrolmentOrder(uscc, self.keeper, pin, so_pin, self.key_kind, request_key, self.keeper_name)
