"""Requests and answers about chips and their seals, PIN letters and unblocking."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.tokens import SERIAL_EXAMPLE, TOKEN_EXAMPLE, TokenModel, example
from ca.tokens.letter_store import Letter, UnblockTask
from seals.chip_store import ChipLink
from seals.chips import ChipStanding


class ChipStandingModel(BaseModel):
    """A chip after an act, with its linked seals and their states."""

    model_config = example({"token": TOKEN_EXAMPLE, "seals": {"33010600000017": "frozen"}})

    token: TokenModel
    seals: dict[str, str]

    @classmethod
    def of(cls, standing: ChipStanding) -> ChipStandingModel:
        """Show a standing."""
        return cls(
            token=TokenModel.of(standing.token),
            seals={seal.code: seal.status.value for seal in standing.seals},
        )


class LinkChip(BaseModel):
    """The seal that a chip is in."""

    model_config = example({"seal": "33010600000017"})

    seal: str = Field(max_length=14)


class ChipLinkModel(BaseModel):
    """A link between a chip and a seal; ``stop`` is what the chip's state has done to the seal."""

    model_config = example(
        {
            "serial": SERIAL_EXAMPLE,
            "seal": "33010600000017",
            "status": "linked",
            "stop": "run",
            "asked_by": "person:li.wei",
        }
    )

    serial: str
    seal: str
    status: str
    stop: str
    asked_by: str

    @classmethod
    def of(cls, link: ChipLink) -> ChipLinkModel:
        """Show a link."""
        return cls(
            serial=link.token,
            seal=link.seal,
            status=link.status.value,
            stop=link.stop.value,
            asked_by=link.asked_by,
        )


class ChipLinksModel(BaseModel):
    """Every link of a chip, past ones too."""

    model_config = example({"items": []})

    items: list[ChipLinkModel]


class LetterModel(BaseModel):
    """A PIN letter; what it says is not shown."""

    model_config = example(
        {"id": 17, "application": "bank", "status": "ready", "made_at": "2026-01-01T00:00:00Z"}
    )

    id: int
    application: str
    status: str
    made_at: datetime

    @classmethod
    def of(cls, letter: Letter) -> LetterModel:
        """Show a letter."""
        return cls(
            id=letter.id, application=letter.application, status=letter.status.value, made_at=letter.made_at
        )


class LettersModel(BaseModel):
    """A token's PIN letters."""

    model_config = example({"items": []})

    items: list[LetterModel]


class RequestUnblock(BaseModel):
    """Which application's PIN is to be set anew, and why."""

    model_config = example({"application": "bank", "reason": "PIN 已锁定"})

    application: str = Field(max_length=7)
    reason: str = Field(max_length=200)


class UnblockModel(BaseModel):
    """An unblocking task; ``letter`` is the new PIN's letter once it is done."""

    model_config = example(
        {
            "id": 3,
            "serial": SERIAL_EXAMPLE,
            "application": "bank",
            "status": "done",
            "reason": "PIN 已锁定",
            "requested_by": "person:li.wei",
            "decided_by": "person:chen.jing",
            "letter": 18,
        }
    )

    id: int
    serial: str
    application: str
    status: str
    reason: str
    requested_by: str
    decided_by: str
    letter: int | None

    @classmethod
    def of(cls, task: UnblockTask) -> UnblockModel:
        """Show a task."""
        return cls(
            id=task.id,
            serial=task.token,
            application=task.application,
            status=task.status.value,
            reason=task.reason,
            requested_by=task.requested_by,
            decided_by=task.decided_by,
            letter=task.letter,
        )


class UnblocksModel(BaseModel):
    """Unblocking tasks, newest first."""

    model_config = example({"items": []})

    items: list[UnblockModel]
