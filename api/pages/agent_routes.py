"""What the seal page asks where the token is in the keeper's own computer: prepare, complete, or give it up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, SecretStr

from api.access.scopes import Principal, Scope
from api.agent.confirm import DIGEST_END
from api.errors import InputInvalid
from api.pages.approved_case import approved_case
from api.pages.desk import Desk, OpenDesk
from api.pages.drafts import LEVEL, OPEN, Wish
from api.pages.place_routes import Wanted, found_draft, outlook_of
from api.pages.shelf import Entry
from api.pages.verify_routes import MAX_PASSWORD
from api.routes.remote_sealing import octets_of, told
from api.web.authorisation import Doors, Requires
from signing.order import SealOrder
from signing.placing.where import parse_where
from signing.two_step.errors import RemoteSealingUnknown

router = APIRouter(prefix="/seal/d/{name}/remote", include_in_schema=False)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]


class Order(Wanted):
    """What is wanted, and the document's password where it has one. There is no PIN: the agent asks for it."""

    password: SecretStr | None = Field(default=None, max_length=MAX_PASSWORD)


class Signature(BaseModel):
    """The signature that the agent gave, base64, and the document's password where it has one."""

    signature: str = Field(min_length=4, max_length=1400)
    password: SecretStr | None = Field(default=None, max_length=MAX_PASSWORD)


@router.post("", status_code=201)
def prepare(desk: OpenDesk, doors: Doors, caller: Keeper, name: str, body: Order) -> dict[str, Any]:
    """Prepare the draft and say what the agent is to sign."""
    entry = found_draft(desk, caller, name)
    _demand_open(desk, entry)
    shown = outlook_of(doors, entry, caller, body).shown
    case = approved_case(doors, entry.document, body.seal, caller.actor)
    named = doors.seals.get(body.seal).name
    wish = Wish(body.seal, parse_where(body.where), named, shown, body.may_cover, case)
    wanted = wish.to_json()
    order = SealOrder(
        entry.document,
        str(entry.state()["name"]),
        body.seal,
        wish.place,
        LEVEL,
        _key(entry, wanted),
        _opened(body.password),
        credential=f"key:{caller.key_prefix}",
        may_cover=body.may_cover,
        case=case,
    )
    asked = told(doors.two_step.begin(order, actor=caller.actor))
    entry.update(remote={"id": asked.id, "order": wanted}, problem=None)
    end = asked.digest[-DIGEST_END:].upper()
    shown_end = f"{end[: DIGEST_END // 2]} {end[DIGEST_END // 2 :]}"
    return {"title": asked.name, "digest_end": shown_end} | asked.model_dump(
        mode="json", include={"id", "certificate_sha256", "digest_algorithm", "digest", "deadline"}
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """A draft of the caller whose signature is awaited: the entry, what was wished, the sealing's number."""

    entry: Entry
    wanted: dict[str, Any]
    sealing: str


def waits_of(desk: OpenDesk, caller: Keeper, name: str, sealing: str) -> Waits:
    """Find what waits; :class:`RemoteSealingUnknown` for another number than the draft's newest."""
    entry = found_draft(desk, caller, name)
    kept = entry.state().get("remote")
    if not isinstance(kept, dict) or kept.get("id") != sealing:
        raise RemoteSealingUnknown(sealing[:32])
    return Waits(entry, kept["order"], sealing)


Found = Annotated[Waits, Depends(waits_of)]


@router.post("/{sealing}")  # noqa: FAST003 - read by waits_of
def complete(desk: OpenDesk, doors: Doors, caller: Keeper, waits: Found, body: Signature) -> dict[str, str]:
    """Complete the draft with the signature that the agent gave."""
    _demand_open(desk, waits.entry)
    password = _opened(body.password)
    signature = octets_of(body.signature)
    sealed = doors.two_step.complete(waits.sealing, signature, actor=caller.actor, password=password)
    desk.drafts.take_in(waits.entry, waits.wanted, sealed, password)
    return {"url": f"/seal/d/{waits.entry.id}"}


@router.delete("/{sealing}", status_code=204)  # noqa: FAST003 - read by waits_of
def withdraw(doors: Doors, caller: Keeper, waits: Found) -> None:
    """Give up what was prepared: its permit is given back."""
    doors.two_step.withdraw(waits.sealing, actor=caller.actor)


def _demand_open(desk: Desk, entry: Entry) -> None:
    """Refuse what another window seals, or has sealed, with the PIN: a draft is sealed once."""
    if desk.drafts.state(entry)["status"] != OPEN:
        raise InputInvalid(
            "这份文件正在用印或已经用印，请重新打开此页查看结果。",
            "This document is being sealed or is sealed; load the page again to see the result.",
        )


def _opened(password: SecretStr | None) -> str | None:
    return password.get_secret_value() if password is not None else None


def _key(entry: Entry, wanted: dict[str, Any]) -> str:
    text = json.dumps([entry.id, wanted], sort_keys=True)
    return f"desk-{hashlib.sha256(text.encode()).hexdigest()}"
