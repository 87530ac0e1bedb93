"""Requests and answers about tokens: inventory, life, personalisation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.procedure_store import Procedure
from ca.tokens.token import Holder, NewToken, PinPolicy, Purpose, Token, TokenEvent, TokenPage
from hsm.algorithms import KeyKind

SERIAL_EXAMPLE: Final = "JZT20260001"
_USCC: Final = "91330106MA2CYINX3E"
_KEY: Final[dict[str, Any]] = {
    "use": "sign",
    "key_uri": "pkcs11:token=JZT20260001%2Fbank;object=bank",
    "issuer": "issuing",
    "certificate": "0001a4…",
    "standing": "good",
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
}
_CONTAINER: Final[dict[str, Any]] = {"name": "bank", "purpose": "bank", "purpose_zh": "银行", "keys": [_KEY]}
_APPLICATION: Final[dict[str, Any]] = {
    "name": "bank",
    "pin_length": 8,
    "pin_tries": 5,
    "pin_left": 5,
    "pin_locked": False,
    "pin_read_at": "2026-01-01T00:00:00Z",
    "containers": [_CONTAINER],
}
TOKEN_EXAMPLE: Final[dict[str, Any]] = {
    "serial": SERIAL_EXAMPLE,
    "model": "集证通 A1",
    "medium": "pkcs11",
    "batch": "2026-01",
    "number": "YX00000100",
    "holder_uscc": _USCC,
    "holder_person": "person:li.wei",
    "holder_name": "李伟",
    "state": "issued",
    "state_zh": "已发放",
    "resume_requested_by": "",
    "applications": [_APPLICATION],
    "history": [],
}


def example(value: dict[str, Any]) -> ConfigDict:
    """Give a model its example."""
    return ConfigDict(json_schema_extra={"examples": [value]})


class TokenKeyModel(BaseModel):
    """A key pair of a container and its certificate (hexadecimal serial, empty while there is none)."""

    use: str
    key_uri: str
    issuer: str
    certificate: str
    standing: str
    not_before: datetime | None
    not_after: datetime | None


class TokenContainerModel(BaseModel):
    """A container with its purpose."""

    name: str
    purpose: str
    purpose_zh: str
    keys: list[TokenKeyModel]


class TokenApplicationModel(BaseModel):
    """An issuer's part of the chip; the tries left are as last read from the chip."""

    name: str
    pin_length: int
    pin_tries: int
    pin_left: int | None
    pin_locked: bool
    pin_read_at: datetime | None
    containers: list[TokenContainerModel]


class TokenEventModel(BaseModel):
    """One act on record."""

    act: str
    act_zh: str
    state: str
    at: datetime
    actor: str
    reason: str


class TokenModel(BaseModel):
    """A token with everything on it."""

    model_config = example(TOKEN_EXAMPLE)

    serial: str
    model: str
    medium: str
    batch: str
    number: str
    holder_uscc: str
    holder_person: str
    holder_name: str
    state: str
    state_zh: str
    resume_requested_by: str
    applications: list[TokenApplicationModel]
    history: list[TokenEventModel] = []

    @classmethod
    def of(cls, token: Token, history: tuple[TokenEvent, ...] = ()) -> TokenModel:
        """Show a token."""
        return cls(
            serial=token.serial,
            model=token.model,
            medium=token.medium,
            batch=token.batch,
            number=token.number,
            holder_uscc=token.holder.uscc,
            holder_person=token.holder.person,
            holder_name=token.holder.name,
            state=token.state.value,
            state_zh=token.state.zh,
            resume_requested_by=token.resume_requested_by,
            applications=_applications(token),
            history=[
                TokenEventModel(
                    act=event.act.value,
                    act_zh=event.act.zh,
                    state=event.state.value,
                    at=event.at,
                    actor=event.actor,
                    reason=event.reason,
                )
                for event in history
            ],
        )


def _applications(token: Token) -> list[TokenApplicationModel]:
    return [
        TokenApplicationModel(
            name=part.name,
            pin_length=part.policy.length,
            pin_tries=part.policy.tries,
            pin_left=part.pin.left,
            pin_locked=part.pin.locked,
            pin_read_at=part.pin.read_at,
            containers=[
                TokenContainerModel(
                    name=container.name,
                    purpose=container.purpose.value,
                    purpose_zh=container.purpose.zh,
                    keys=[
                        TokenKeyModel(
                            use=key.use.value,
                            key_uri=key.key_uri,
                            issuer=key.issuer,
                            certificate="" if key.serial is None else f"{key.serial:x}",
                            standing=key.standing.value,
                            not_before=key.not_before,
                            not_after=key.not_after,
                        )
                        for key in container.keys
                    ],
                )
                for container in part.containers
            ],
        )
        for part in token.applications
    ]


class TokenPageModel(BaseModel):
    """Some tokens; ``next`` is the cursor of the following page."""

    model_config = example({"items": [TOKEN_EXAMPLE], "next": None})

    items: list[TokenModel]
    next: str | None

    @classmethod
    def of(cls, page: TokenPage) -> TokenPageModel:
        """Show a page."""
        return cls(items=[TokenModel.of(token) for token in page.items], next=page.next)


class RegisterToken(BaseModel):
    """A chip that comes into the inventory."""

    model_config = example(
        {"serial": SERIAL_EXAMPLE, "model": "集证通 A1", "medium": "pkcs11", "uscc": _USCC}
    )

    serial: str = Field(max_length=24)
    model: str = Field(max_length=64)
    medium: str = Field(default="pkcs11", pattern="^(pkcs11|skf|file)$")
    batch: str = Field(default="", max_length=64)
    number: str = Field(
        default="", max_length=32, description="Chip number, if it comes from a granted range"
    )
    uscc: str = Field(default="", max_length=18, description="The enterprise that it is made for")

    def new(self) -> NewToken:
        """Return the same as the inventory reads it."""
        return NewToken(self.serial, self.model, self.medium, self.batch, self.number, Holder(self.uscc))


class ReceiveToken(BaseModel):
    """Who receives a token."""

    model_config = example({"uscc": _USCC, "person": "person:li.wei", "name": "李伟"})

    uscc: str = Field(max_length=18)
    person: str = Field(max_length=128)
    name: str = Field(max_length=64)


class TokenReason(BaseModel):
    """Why."""

    model_config = example({"reason": "公章随芯片遗失"})

    reason: str = Field(default="", max_length=200)


class ContainerPlanModel(BaseModel):
    """A container to make: its purpose, whom its certificate names, by which profile, issuer and validity in days."""

    name: str = Field(max_length=32)
    purpose: Purpose
    common_name: str = Field(max_length=64)
    profile: str = Field(default="enterprise-sign", max_length=64)
    kind: KeyKind = KeyKind.EC_P256
    issuer: str = Field(default="", max_length=64)
    days: int = Field(default=0, ge=0, le=3660)
    encryption_profile: str = Field(
        default="",
        max_length=64,
        description="`enterprise-encrypt`: with an encryption pair of the key centre",
    )


class ApplicationPlanModel(BaseModel):
    """An issuer's application with its PIN policy."""

    name: str = Field(max_length=7)
    pin_length: int = Field(default=8, ge=6, le=16)
    pin_tries: int = Field(default=6, ge=3, le=15)
    containers: list[ContainerPlanModel] = Field(max_length=16)


class PersonaliseToken(BaseModel):
    """Everything that a chip is to hold."""

    model_config = example(
        {
            "applications": [
                {
                    "name": "bank",
                    "pin_tries": 5,
                    "containers": [{"name": "bank", "purpose": "bank", "common_name": "测试云印 银行"}],
                }
            ]
        }
    )

    applications: list[ApplicationPlanModel] = Field(max_length=16)

    def plan(self, serial: str) -> PersonalisationPlan:
        """Return the same as the procedure reads it."""
        return PersonalisationPlan(
            serial,
            tuple(
                ApplicationPlan(
                    part.name,
                    tuple(ContainerPlan(**each.model_dump()) for each in part.containers),
                    PinPolicy(part.pin_length, part.pin_tries),
                )
                for part in self.applications
            ),
        )


class StepModel(BaseModel):
    """One step of a personalisation; ``fault`` is the class of what went wrong."""

    number: int
    name: str
    name_zh: str
    name_en: str
    target: str
    status: str
    attempts: int
    fault: str


class ProcedureModel(BaseModel):
    """A personalisation with its steps."""

    model_config = example(
        {"serial": SERIAL_EXAMPLE, "status": "running", "begun_by": "person:zhao.lei", "steps": []}
    )

    serial: str
    status: str
    begun_by: str
    steps: list[StepModel]

    @classmethod
    def of(cls, procedure: Procedure) -> ProcedureModel:
        """Show a procedure."""
        return cls(
            serial=procedure.token,
            status=procedure.status.value,
            begun_by=procedure.begun_by,
            steps=[
                StepModel(
                    number=step.number,
                    name=step.name.value,
                    name_zh=step.name.zh,
                    name_en=step.name.en.capitalize(),
                    target=step.target,
                    status=step.status.value,
                    attempts=step.attempts,
                    fault=step.fault,
                )
                for step in procedure.steps
            ],
        )
