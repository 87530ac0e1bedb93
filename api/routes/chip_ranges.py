"""Ranges of chip numbers: grant, account, and what became of each number.

Granting and recording are the authority's; a shop with a key of its own sees the ranges granted to its credit code.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access.scopes import Principal, Scope
from api.schemas.chip_ranges import (
    GrantRange,
    RangeReportModel,
    RangeReportsModel,
    UsageModel,
    UsagesModel,
    UseNumber,
)
from api.web.authorisation import Doors, Requires
from api.web.openapi import CALLER, problems
from ca.tokens.range_store import Fate
from ca.tokens.ranges import parse_number

router = APIRouter(prefix="/api/v1/chip-ranges", tags=["tokens"], responses=CALLER)
Reader = Annotated[Principal, Requires(Scope.TOKEN_READ)]
Granter = Annotated[Principal, Requires(Scope.CHIP_GRANT)]


@router.post("", summary="发放号段 / Grant a range", status_code=201, responses=problems(409))
def grant(doors: Doors, caller: Granter, body: GrantRange) -> RangeReportModel:
    """Grant a range of chip numbers to a shop; no number is ever granted twice."""
    caller.of_the_authority()
    made = doors.token_work.ranges.grant(body.grant(), actor=caller.actor)
    return RangeReportModel.of(doors.token_work.ranges.report(made.id))


@router.get("", summary="号段对账 / Accounts of ranges")
def reports(
    doors: Doors, caller: Reader, shop: Annotated[str, Query(max_length=64)] = ""
) -> RangeReportsModel:
    """Give the account of every range, or of a shop's; a caller bound to an enterprise sees its own."""
    found = doors.token_work.ranges.reports(shop=caller.owner(shop) or "")
    return RangeReportsModel(items=[RangeReportModel.of(report) for report in found])


@router.get("/{range_id}", summary="号段详情 / Account of a range", responses=problems(404))
def report(doors: Doors, caller: Reader, range_id: int) -> RangeReportModel:
    """Give the account of one range."""
    found = doors.token_work.ranges.report(range_id)
    caller.acting_for(found.range.shop)
    return RangeReportModel.of(found)


@router.get("/{range_id}/numbers", summary="号段内已用编号 / Used numbers", responses=problems(404))
def usages(
    doors: Doors,
    caller: Reader,
    range_id: int,
    after: Annotated[str, Query(max_length=32, description="The last number of the page before")] = "",
) -> UsagesModel:
    """Tell number by number what became of a range's chips, by whom and why; 200 at a time."""
    caller.acting_for(doors.token_work.ranges.report(range_id).range.shop)
    found = doors.token_work.ranges.usages(range_id, after=parse_number(after)[1] if after else -1)
    return UsagesModel(items=[UsageModel.of(usage) for usage in found])


@router.post("/numbers/{number}", summary="登记芯片号去向 / Use a chip number", responses=problems(409))
def use(doors: Doors, caller: Granter, number: str, body: UseNumber) -> UsageModel:
    """Record that a chip was consumed, spoilt or returned; each number once."""
    caller.of_the_authority()
    ranges = doors.token_work.ranges
    if body.fate is Fate.CONSUMED:
        return UsageModel.of(ranges.consume(number, actor=caller.actor))
    act = ranges.spoil if body.fate is Fate.SPOILT else ranges.give_back
    return UsageModel.of(act(number, reason=body.reason, actor=caller.actor))
