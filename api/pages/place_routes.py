"""What the seal page asks while a place is being chosen: matches of a text, fields, and what would be drawn where."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access.scopes import Principal, Scope
from api.access.seals import own_seal
from api.errors import NotFound
from api.pages.desk import Desk, OpenDesk
from api.pages.ofd_sheets import demand_national
from api.pages.shelf import Entry
from api.schemas.placing import MatchModel, PlacesModel, rounded
from api.web.authorisation import Doors, Requires
from signing.placing.page_range import MAX_RANGE_LENGTH, PageRange
from signing.placing.preview import Outlook
from signing.placing.where import MAX_KEYWORD_LENGTH, MAX_WHERE_LENGTH, parse_where

router = APIRouter(prefix="/seal/d/{name}", include_in_schema=False)
Keeper = Annotated[Principal, Requires(Scope.SEAL_USE)]


class Wanted(BaseModel):
    """Which seal, and where."""

    seal: str = Field(pattern="^[0-9]{14}$")
    where: str = Field(max_length=MAX_WHERE_LENGTH)
    may_cover: bool = False


class Sought(BaseModel):
    """A text to look for, and on which pages."""

    text: str = Field(max_length=MAX_KEYWORD_LENGTH)
    pages: str = Field(default="all", max_length=MAX_RANGE_LENGTH)


@router.post("/places")
def places(desk: OpenDesk, doors: Doors, caller: Keeper, name: str, body: Wanted) -> PlacesModel:
    """Say where the seal would be drawn, or why it cannot be."""
    return PlacesModel.of(outlook_of(doors, found_draft(desk, caller, name), caller, body))


@router.post("/matches")
def matches(desk: OpenDesk, doors: Doors, caller: Keeper, name: str, body: Sought) -> list[MatchModel]:
    """List where a text stands, in reading order."""
    entry = found_draft(desk, caller, name)
    found = doors.preview.find(entry.drawable, body.text, PageRange(body.pages))
    return [MatchModel.of(number, match) for number, match in enumerate(found.matches, start=1)]


@router.get("/fields")
def fields(desk: OpenDesk, doors: Doors, caller: Keeper, name: str) -> list[dict[str, object]]:
    """List the signature fields that wait to be signed."""
    found = doors.preview.fields(found_draft(desk, caller, name).drawable)
    return [
        {"name": field.name, "page": field.page if field.visible else 0, "box": rounded(field.box)}
        for field in found
        if not field.signed
    ]


def outlook_of(doors: Doors, entry: Entry, caller: Principal, wanted: Wanted) -> Outlook:
    """Say where a seal of the caller's enterprise would be drawn; an encrypted draft is looked at in its open copy."""
    seal = own_seal(doors.seals, caller, wanted.seal)
    if entry.state().get("ofd"):
        demand_national(seal)
    size = doors.seals.picture(wanted.seal).size_mm
    return doors.preview.outlook(entry.drawable, parse_where(wanted.where), size, may_cover=wanted.may_cover)


def found_draft(desk: Desk, caller: Principal, name: str) -> Entry:
    """Find a draft of the caller; another's is as if it were not there."""
    entry = desk.drafts.get(name, caller.actor)
    if entry is None:
        raise NotFound
    return entry
