"""Holding one message of the national platform against the record, in the transaction of its import."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from seals import store as seal_store
from seals.filing import exchange_store
from seals.filing.errors import ExchangeContradiction, NeverAlive
from seals.filing.exchange_store import NationalSeal
from seals.filing.national import Interface, InvalidType, Message
from seals.renewal import as_filed
from seals.seal import SealRecord
from seals.states import SealStatus

SKEW: Final = timedelta(minutes=10)
"""How far ahead of our clock the moment of a deactivation may lie: two well-kept clocks differ by far less."""
_STOPPED: Final = (SealStatus.FROZEN, SealStatus.REVOKED, SealStatus.SUPERSEDED, SealStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Told:
    """Takes messages in, one after the other, at one moment and for one officer."""

    conn: sa.Connection
    now: datetime
    actor: Actor

    def take(self, message: Message) -> bool:
        """Take a message in; false if it is known. Raises :class:`ExchangeContradiction`, :class:`NeverAlive`."""
        if exchange_store.is_known(self.conn, message.digest):
            return False
        own = seal_store.find(self.conn, message.code)
        before = exchange_store.find(self.conn, message.code)
        _same_name(message, own, before)
        if message.interface is Interface.RELEASE:
            self._release(message, own, before)
        elif message.interface is Interface.RENEW:
            self._renew(message, own, before)
        else:
            self._deactivate(message, own, before)
        exchange_store.insert_message(
            self.conn,
            {
                "digest": message.digest,
                "kind": message.interface.value,
                "seal_code": message.code,
                "maker_sha256": hashlib.sha256(message.maker).hexdigest(),
                "taken_at": self.now,
                "taken_by": self.actor.id,
                "message": canonical_json(message.as_object()),
            },
        )
        return True

    def _release(self, message: Message, own: SealRecord | None, before: NationalSeal | None) -> None:
        _alive(message.code, own, before)
        start, end = message.when("validStartTime"), message.when("validEndTime")
        if start >= end:
            raise _contradiction(
                message, "validEndTime", "止期不晚于起期", "the end is not later than the start"
            )
        unit = message.fields["useUnitCode"]
        if own is not None:
            filed = as_filed(self.conn, own).valid_from
            if filed is None:
                raise _contradiction(message, "sealCode", "该印章尚未备案启用", "the seal is not filed here")
            _equal(message, "useUnitCode", unit, own.owner.uscc)
            _equal(message, "validStartTime", start, _seconds(filed))
        if before is None:
            exchange_store.insert(self.conn, _new(message, unit, start, end))
            return
        _equal(message, "useUnitCode", unit, before.use_unit_code)
        _equal(message, "validStartTime", start, before.valid_from)
        if before.valid_to is None or end > before.valid_to:  # an earlier end was renewed since
            _equal(message, "validEndTime", end, before.valid_to)

    def _renew(self, message: Message, own: SealRecord | None, before: NationalSeal | None) -> None:
        _alive(message.code, own, before)
        if before is None or before.valid_to is None:
            raise _contradiction(message, "sealCode", "没有该印章的发布记录", "the seal was never released")
        end = message.when("validEndTime")
        if end < before.valid_to:
            raise _contradiction(message, "validEndTime", "早于现有止期", "earlier than the end on record")
        if own is not None and own.valid_to is not None:
            _equal(message, "validEndTime", end, _seconds(own.valid_to))
        exchange_store.change(self.conn, before, {"valid_to": end})

    def _deactivate(self, message: Message, own: SealRecord | None, before: NationalSeal | None) -> None:
        since = message.when("invalidEffectTime")
        if since > self.now + SKEW:
            raise _contradiction(
                message, "invalidEffectTime", "晚于当前时间", "later than the present moment"
            )
        kind = InvalidType(message.fields["invalidType"])
        if before is None:
            if own is None:
                raise _contradiction(message, "sealCode", "没有该印章的记录", "the seal is not on record")
            before = exchange_store.insert(
                self.conn, _new(message, own.owner.uscc, own.valid_from, own.valid_to)
            )
        stopped = _stopped(own, before)
        if stopped in (InvalidType.REVOKED, InvalidType.CANCELLED) and kind is InvalidType.LOST:
            raise NeverAlive(message.code)
        if stopped and (stopped != InvalidType.LOST or kind is InvalidType.LOST):
            raise _contradiction(
                message, "invalidEffectTime", "已有另一条失效记录", "another deactivation is on record"
            )
        was = before.invalid_from if stopped else None
        earlier = since if was is None else min(was, since)
        changes = {"invalid_type": kind.value, "invalid_from": earlier, "followed": False}
        exchange_store.change(self.conn, before, changes)


def _new(message: Message, unit: str, start: datetime | None, end: datetime | None) -> NationalSeal:
    maker = hashlib.sha256(message.maker).hexdigest()
    name = message.fields["sealName"]
    return NationalSeal(
        code=message.code,
        name=name,
        use_unit_code=unit,
        valid_from=start,
        valid_to=end,
        maker_sha256=maker,
        invalid_type="",
        invalid_from=None,
        followed=True,
        moves=1,
    )


def _same_name(message: Message, own: SealRecord | None, before: NationalSeal | None) -> None:
    for known in (own, before):
        if known is not None:
            _equal(message, "sealName", message.fields["sealName"], known.name)


def _alive(code: str, own: SealRecord | None, before: NationalSeal | None) -> None:
    """Demand that nothing on record says that the seal is stopped or over."""
    if (own is not None and own.status in _STOPPED) or (before is not None and _stopped(own, before)):
        raise NeverAlive(code)


def _stopped(own: SealRecord | None, before: NationalSeal) -> str:
    """Return how the platform told a seal to be stopped; nothing for one of ours that two people brought back since."""
    resumed = own is not None and before.followed and own.status not in _STOPPED
    return "" if resumed and before.invalid_type == InvalidType.LOST else before.invalid_type


def _equal(message: Message, field: str, told: object, known: object) -> None:
    if told != known:
        raise _contradiction(message, field, "与登记的内容不同", "differs from what is on record")


def _contradiction(message: Message, field: str, zh: str, en: str) -> ExchangeContradiction:
    return ExchangeContradiction(message.code, field, zh, en)


def _seconds(when: datetime) -> datetime:
    return when.replace(microsecond=0)
