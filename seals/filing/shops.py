"""The register of engraving shops: filing officers add, suspend and readmit them."""

from __future__ import annotations

import re
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import check_name
from ca.uscc import check_uscc
from seals.filing import shop_store
from seals.filing.errors import (
    FilingFieldInvalid,
    OfficerNeeded,
    ShopRegistered,
    ShopStateRefused,
    ShopUnknown,
)
from seals.filing.job import MAX_TEXT, NewShop, Shop, ShopState
from seals.ledger import acting

_DIVISION: Final = re.compile(r"[0-9]{6}")
_LICENCE: Final = re.compile(r"[0-9A-Za-z\u4e00-\u9fff〔〕()（）-]{4,64}")


def demand_officer(actor: Actor) -> None:
    """Refuse whoever is bound to an enterprise or shop: :class:`OfficerNeeded`."""
    if actor.uscc is not None:
        raise OfficerNeeded(actor.id)


class Shops:
    """Registers engraving shops; each act is one transaction with its audit record."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def register(self, new: NewShop, *, actor: Actor) -> Shop:
        """Add a shop; the same again changes nothing.

        Raises :class:`OfficerNeeded`, :class:`FilingFieldInvalid`, :class:`ca.errors.UsccInvalid`,
        :class:`ca.errors.NameInvalid`, :class:`ShopRegistered`.
        """
        demand_officer(actor)
        _check(new)
        with acting(self._engine, self._audit) as ledger:
            found = shop_store.find(ledger.conn, new.uscc)
            if found is not None:
                if (found.name, found.division, found.licence) != (new.name, new.division, new.licence):
                    raise ShopRegistered(new.uscc)
                return found
            made = Shop(
                new.uscc, new.name, new.division, new.licence, ShopState.ACTIVE, self._clock(), actor.id
            )
            if not shop_store.insert(ledger.conn, made):
                raise ShopRegistered(new.uscc)
            detail = {"name": new.name, "division": new.division, "licence": new.licence}
            ledger.note("shop.registered", actor=actor, subject=f"shop:{new.uscc}", detail=detail)
            return made

    def suspend(self, uscc: str, *, actor: Actor, reason: str) -> Shop:
        """Let a shop take and go on with no job; :class:`ShopStateRefused` if it is suspended already."""
        return self._set(uscc, ShopState.SUSPENDED, actor, reason)

    def readmit(self, uscc: str, *, actor: Actor, reason: str) -> Shop:
        """Let a suspended shop work again."""
        return self._set(uscc, ShopState.ACTIVE, actor, reason)

    def _set(self, uscc: str, state: ShopState, actor: Actor, reason: str) -> Shop:
        demand_officer(actor)
        why = reason_of(reason)
        before = next(other for other in ShopState if other is not state)
        with acting(self._engine, self._audit) as ledger:
            if shop_store.find(ledger.conn, uscc) is None:
                raise ShopUnknown(uscc[:32])
            if not shop_store.set_state(ledger.conn, uscc, before, state):
                raise ShopStateRefused(uscc)
            detail = {"state": state.value, "reason": why}
            ledger.note(f"shop.{state}", actor=actor, subject=f"shop:{uscc}", detail=detail)
            found = shop_store.find(ledger.conn, uscc)
        if found is None:
            raise ShopUnknown(uscc[:32])
        return found

    def list(self, *, division: str = "", after: str = "", limit: int = 100) -> tuple[Shop, ...]:
        """Return shops by code, a page at a time."""
        with self._reading() as conn:
            return shop_store.every(conn, division, after, max(1, min(limit, 200)))

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def reason_of(text: str) -> str:
    """Return a reason of 1 to :data:`MAX_TEXT` characters; :class:`FilingFieldInvalid`."""
    reason = text.strip()
    if not 0 < len(reason) <= MAX_TEXT or not reason.replace("\n", " ").isprintable():
        raise FilingFieldInvalid(
            "reason", f"请填写原因（1 至 {MAX_TEXT} 个字）", f"state a reason (1 to {MAX_TEXT} characters)"
        )
    return reason


def _check(new: NewShop) -> None:
    check_uscc(new.uscc)
    check_name(new.name)
    if _DIVISION.fullmatch(new.division) is None:
        raise FilingFieldInvalid(
            "division", "行政区划代码应为 6 位数字（GB/T 2260）", "six digits of a division (GB/T 2260)"
        )
    if _LICENCE.fullmatch(new.licence) is None:
        raise FilingFieldInvalid(
            "licence",
            "特种行业许可证号应为 4 至 64 个字母、数字、汉字、括号或连字符",
            "a licence number of 4 to 64 letters, digits, brackets or hyphens",
        )
