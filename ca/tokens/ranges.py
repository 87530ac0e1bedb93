"""Ranges of chip numbers granted to engravers and shops (A5): no overlap, each number used once, totals reconcile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.tokens import range_store
from ca.tokens.errors import (
    ChipNumberNotGranted,
    ChipNumberUsed,
    RangeOverlaps,
    RangeUnknown,
    TokenFieldInvalid,
    TokenReasonNeeded,
)
from ca.tokens.range_store import Fate, Range, Usage
from ca.tokens.token import MAX_REASON, check_text

MAX_RANGE: Final = 1_000_000
"""Most numbers in one range: a province's yearly need; a slip of a digit beyond that is refused."""
_NUMBER: Final = re.compile(r"(?P<prefix>(?:[A-Z0-9]*[A-Z])?)(?P<value>[0-9]{1,12})")
_PREFIX: Final = re.compile(r"[A-Z0-9]{0,15}[A-Z]")


class Method(StrEnum):
    """How the chips went to the shop."""

    COURIER = "courier"
    IN_PERSON = "in-person"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Grant:
    """A range to grant: chip numbers as they stand on chips (``YX00000100``), both ends included."""

    first: str
    last: str
    shop: str
    receiver: str
    method: Method = Method.COURIER


@dataclass(frozen=True, slots=True)
class RangeReport:
    """The account of one range. ``faults`` says, in words, what does not add up; it is empty on a sound account."""

    range: Range
    consumed: int
    spoilt: int
    returned: int
    remaining: int
    faults: tuple[str, ...]

    @property
    def reconciles(self) -> bool:
        """Whether granted = consumed + spoilt + returned + remaining, with every number in its place."""
        return not self.faults


def parse_number(text: str) -> tuple[str, int, int]:
    """Read a chip number as (prefix, value, digits); :class:`TokenFieldInvalid`.

    The prefix is capital letters and digits and ends in a letter; the value has 1 to 12 digits, zeros in front.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or _PREFIX.fullmatch(found["prefix"]) is None:
        raise TokenFieldInvalid(
            "number",
            "芯片号应为大写字母开头的前缀加 1 至 12 位数字，如 YX00000100",
            "a chip number is a prefix in capitals and 1 to 12 digits, such as YX00000100",
        )
    return found["prefix"], int(found["value"]), len(found["value"])


class ChipRanges:
    """Grants ranges and keeps their accounts; each act is one transaction with its audit record."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def grant(self, grant: Grant, *, actor: Actor) -> Range:
        """Grant a range. Raises :class:`RangeOverlaps`, :class:`TokenFieldInvalid`."""
        prefix, first, digits = parse_number(grant.first)
        last = _last(grant)
        shop, receiver = check_text("shop", grant.shop), check_text("receiver", grant.receiver)
        with self._engine.begin() as conn:
            if range_store.lock_series(conn, prefix, digits) != digits:
                raise TokenFieldInvalid(
                    "first", "与该前缀已有号段的位数不同", "other digits than this prefix has"
                )
            taken = range_store.overlapping(conn, prefix, first, last)
            if taken is not None:
                raise RangeOverlaps(f"range {taken}")
            values = {"prefix": prefix, "first": first, "last": last, "shop": shop, "receiver": receiver}
            origin = {"method": grant.method, "granted_at": self._clock(), "granted_by": actor.id}
            made = range_store.insert(conn, {**values, **origin})
            detail = {
                "first": grant.first,
                "last": grant.last,
                "shop": grant.shop,
                "receiver": grant.receiver,
            }
            detail["method"] = grant.method.value
            self._audit.append(conn, "chips.granted", actor=actor, subject=f"range:{made}", detail=detail)
            return _found(range_store.find(conn, made), made)

    def consume(self, number: str, *, token: str = "", actor: Actor) -> Usage:
        """Record that a chip of this number was personalised; see :meth:`spoil` for the errors."""
        return self._use(number, Fate.CONSUMED, "", token, actor)

    def spoil(self, number: str, *, reason: str, actor: Actor) -> Usage:
        """Record a spoilt chip. Raises :class:`ChipNumberNotGranted`, :class:`ChipNumberUsed`."""
        return self._use(number, Fate.SPOILT, _reason(reason), "", actor)

    def give_back(self, number: str, *, reason: str, actor: Actor) -> Usage:
        """Record a chip that the shop returned; its number is not granted again."""
        return self._use(number, Fate.RETURNED, _reason(reason), "", actor)

    def _use(self, number: str, fate: Fate, reason: str, token: str, actor: Actor) -> Usage:
        with self._engine.begin() as conn:
            made = settle_number(conn, Usage(number, fate, token, reason, self._clock(), actor.id))
            detail = {"fate": fate.value, "token": token, "reason": reason}
            self._audit.append(conn, f"chip.{fate}", actor=actor, subject=f"chip:{number}", detail=detail)
            return made

    def usages(self, range_id: int, *, after: int = -1, limit: int = 200) -> tuple[Usage, ...]:
        """Return a range's used numbers with their fates, in order."""
        with self._reading() as conn:
            found = _found(range_store.find(conn, range_id), range_id)
            return range_store.usages(conn, found, after, max(1, min(limit, 200)))

    def report(self, range_id: int) -> RangeReport:
        """Give the account of one range: counts of rows against the numbers granted."""
        with self._reading() as conn:
            return account(conn, _found(range_store.find(conn, range_id), range_id))

    def reports(self, *, shop: str = "") -> tuple[RangeReport, ...]:
        """Give the account of every range, or of a shop's."""
        made: list[RangeReport] = []
        with self._reading() as conn:
            after = 0
            while page := range_store.every(conn, shop, after, 200):
                made += [account(conn, each) for each in page]
                after = page[-1].id
        return tuple(made)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def account(conn: sa.Connection, where: Range) -> RangeReport:
    """Add up one range and name what does not fit."""
    counted: Mapping[Fate, int] = range_store.totals(conn, where.id)
    remaining = where.count - sum(counted.values())
    faults: list[str] = []
    if remaining < 0:
        faults.append(f"more numbers are used than were granted: {sum(counted.values())} of {where.count}")
    faults += [f"{where.written(value)} lies outside the range" for value in range_store.strays(conn, where)]
    faults += [f"range {other} has some of the same numbers" for other in range_store.shared(conn, where)]
    faults += [
        f"{where.written(value)} was consumed by a token that is not in the inventory"
        for value in range_store.consumed_without_token(conn, where)
    ]
    return RangeReport(
        where,
        counted[Fate.CONSUMED],
        counted[Fate.SPOILT],
        counted[Fate.RETURNED],
        max(remaining, 0),
        tuple(faults),
    )


def settle_number(conn: sa.Connection, usage: Usage) -> Usage:
    """Give a chip number its fate in the caller's transaction.

    Raises :class:`ChipNumberNotGranted` or :class:`ChipNumberUsed`.
    """
    prefix, value, digits = parse_number(usage.number)
    where = range_store.holding(conn, prefix, value)
    if where is None or where.digits != digits:
        raise ChipNumberNotGranted(usage.number)
    if not range_store.use(conn, where, value, usage):
        raise ChipNumberUsed(usage.number)
    return usage


def check_free(conn: sa.Connection, number: str) -> bool:
    """Tell whether a granted number is free; :class:`ChipNumberNotGranted` for one that was never granted."""
    prefix, value, digits = parse_number(number)
    where = range_store.holding(conn, prefix, value)
    if where is None or where.digits != digits:
        raise ChipNumberNotGranted(number)
    return not range_store.is_used(conn, prefix, value)


def _last(grant: Grant) -> int:
    prefix, first, digits = parse_number(grant.first)
    other, last, width = parse_number(grant.last)
    if (other, width) != (prefix, digits):
        raise TokenFieldInvalid("last", "起止号的前缀与位数应相同", "both ends have one prefix and width")
    if not 0 <= last - first < MAX_RANGE:
        raise TokenFieldInvalid(
            "last",
            "止号不能小于起号，且一次不超过 100 万个",
            "not below the first; at most a million numbers",
        )
    return last


def _found(found: Range | None, range_id: int) -> Range:
    if found is None:
        raise RangeUnknown(f"range {range_id}")
    return found


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > MAX_REASON:
        raise TokenReasonNeeded
    return reason
