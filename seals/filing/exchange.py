"""Telling the national platform and being told: export, import, query, revocation list.

An export is recorded, signed outside any transaction by the seal maker, and recorded again. An import is all or nothing: every
signature is proved first, every message is held against the record, and one contradiction refuses the file. Taken in again, a
message changes nothing. Nothing told here makes a stopped seal alive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ca.actor import Actor
from hsm.signer import Signer
from seals import store as seal_store
from seals.errors import ActRefused, SealError, SealNotFound
from seals.filing import exchange_store, national
from seals.filing.errors import FilingFieldInvalid, MakerMissing
from seals.filing.exchange_store import NationalSeal, Span, Stop
from seals.filing.house import House
from seals.filing.national import STATUS_INVALID, STATUS_VALID, Interface, InvalidType, Message, civil, moment
from seals.filing.shops import demand_officer
from seals.filing.told import Told
from seals.renewal import as_filed, validity_at
from seals.seal import SealRecord, is_electronic_code
from seals.states import SealStatus

_NOT_MADE: Final = frozenset({SealStatus.APPLIED, SealStatus.MAKING})
"""States of a seal that the platform can tell to stop before there is anything to stop."""
PRECISION: Final = timedelta(seconds=1, microseconds=-1)
"""The platform's times are whole seconds: one stands for the second that it begins."""
MAX_PAGE: Final = 500
"""Most entries of one page of a list or one exported file."""
Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Maker:
    """The seal maker that signs: its certificate (DER) and key."""

    certificate: bytes
    signer: Signer


@dataclass(frozen=True, slots=True)
class Makers:
    """Where the own seal maker comes from, and whose messages are believed (DER certificates)."""

    own: Callable[[], Maker | None]
    trusted: Callable[[], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, its end not in it, and a page of what lies in it, from 1."""

    start: datetime
    end: datetime
    page: int = 1
    size: int = MAX_PAGE

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise FilingFieldInvalid(
                "endTime", "结束时间应晚于开始时间", "the end is not later than the start"
            )
        if not 1 <= self.page <= 100_000 or not 1 <= self.size <= MAX_PAGE:
            raise FilingFieldInvalid(
                "pageNo",
                f"页码从 1 起，每页 1 至 {MAX_PAGE} 条",
                f"pages from 1, 1 to {MAX_PAGE} entries each",
            )

    @property
    def span(self) -> Span:
        """The same as a query takes it."""
        return Span(self.start, self.end, (self.page - 1) * self.size, self.size)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: messages taken in, known before, and own seals that were stopped after it."""

    taken: int
    known: int
    stopped: tuple[str, ...]


class NationalExchange:
    """Exchanges filing states with the national platform."""

    def __init__(self, house: House, makers: Makers) -> None:
        self._house = house
        self._makers = makers

    # -- telling ------------------------------------------------------------------------------------------------------

    def export(
        self, interface: Interface, stretch: Stretch, *, actor: Actor, progress: Progress = _quiet
    ) -> bytes:
        """Write what came into use, was renewed or was stopped in a stretch of time; :class:`MakerMissing`, OfficerNeeded.

        A page with nothing on it is a file without messages. Raises :class:`hsm.errors.HsmError` from the key.
        """
        demand_officer(actor)
        maker = self._makers.own()
        if maker is None:
            raise MakerMissing
        bare = self._bare(interface, stretch, maker)
        subject = f"exchange:{interface}"
        told: dict[str, str | int | None] = {
            "start": civil(stretch.start),
            "end": civil(stretch.end),
            "page": stretch.page,
            "messages": len(bare),
        }
        with self._house.acting() as ledger:
            ledger.note("exchange.export_begun", actor=actor, subject=subject, detail=told)
        signed = []
        for number, message in enumerate(bare, 1):
            progress(number, len(bare))
            signed.append(message.signed(maker.signer.sign(message.canonical)))
        octets = national.write_file(tuple(signed), self._house.clock())
        told |= {"sha256": hashlib.sha256(octets).hexdigest()}
        with self._house.acting() as ledger:
            ledger.note("exchange.exported", actor=actor, subject=subject, detail=told)
        return octets

    def _bare(self, interface: Interface, stretch: Stretch, maker: Maker) -> list[Message]:
        with self._house.reading() as conn:
            if interface is Interface.DEACTIVATE:
                stops = exchange_store.stops(conn, stretch.span, ours_only=True)
                fields = [_deactivation(stop, self._house.clock()) for stop in stops]
            else:
                released = interface is Interface.RELEASE
                codes = (exchange_store.released if released else exchange_store.renewed)(conn, stretch.span)
                found = [record for code in codes if (record := seal_store.find(conn, code)) is not None]
                fields = (
                    [_release(as_filed(conn, record)) for record in found]
                    if released
                    else [_renewal(record) for record in found]
                )
        return [national.unsigned(interface, each, maker.certificate) for each in fields]

    # -- being told ---------------------------------------------------------------------------------------------------

    def take_in(self, octets: bytes, *, actor: Actor, progress: Progress = _quiet) -> Imported:
        """Take in a file of messages, all or none; then stop the own seals that it tells to stop.

        Raises :class:`OfficerNeeded`, :class:`seals.filing.errors.ExchangeUnreadable`,
        :class:`seals.filing.errors.ExchangeUnproven`, :class:`seals.filing.errors.ExchangeContradiction`,
        :class:`seals.filing.errors.NeverAlive`.
        """
        demand_officer(actor)
        messages = national.read_file(octets)
        trusted = {hashlib.sha256(der).hexdigest(): der for der in self._makers.trusted()}
        for number, message in enumerate(messages, 1):
            progress(number, len(messages))
            national.check_signature(message, trusted)
        sha256 = hashlib.sha256(octets).hexdigest()
        with self._house.acting() as ledger:
            told = Told(ledger.conn, self._house.clock(), actor)
            known = [message for message in messages if not told.take(message)]
            detail: dict[str, str | int | None] = {
                "messages": len(messages),
                "known": len(known),
                "seals": " ".join(sorted({one.code for one in messages}))[:2000],
            }
            ledger.note("exchange.imported", actor=actor, subject=f"exchange:{sha256}", detail=detail)
        return Imported(len(messages) - len(known), len(known), self.follow(actor))

    def follow(self, actor: Actor) -> tuple[str, ...]:
        """Stop the own seals that the platform told to stop; what a crash left is done by the next call."""
        with self._house.reading() as conn:
            waiting = exchange_store.unfollowed(conn, MAX_PAGE)
        stopped = []
        for told in waiting:
            seals = self._house.beside.seals
            act = seals.freeze if told.invalid_type == InvalidType.LOST else seals.revoke
            why = f"国家平台通知{InvalidType(told.invalid_type).zh} / told by the national platform"
            try:
                act(told.code, actor=actor, reason=why)
                stopped.append(told.code)
            except ActRefused:
                if seals.get(told.code).status in _NOT_MADE:
                    continue  # there is nothing to stop yet; the word waits for it
            except SealError:
                continue  # somebody acts on it in this moment: next time
            with self._house.engine.begin() as conn:
                exchange_store.change(conn, told, {"followed": True})
        return tuple(stopped)

    # -- asking -------------------------------------------------------------------------------------------------------

    def query(self, question: Mapping[str, str]) -> dict[str, str]:
        """Answer ``{sealCode, sealName, queryTime}`` with ``status`` 0 (valid) or 1: as of that time, of anybody's seal.

        The platform writes whole seconds: what came about within the second asked for counts, as far as it is past. An empty ``sealName`` is not compared. Raises :class:`FilingFieldInvalid`, :class:`seals.errors.SealNotFound`.
        """
        code, name = question.get("sealCode", ""), question.get("sealName", "")
        asked = _time("queryTime", question.get("queryTime", ""))
        when = max(asked, min(asked + PRECISION, self._house.clock()))
        if not is_electronic_code(code):
            raise FilingFieldInvalid("sealCode", "应为 14 位数字", "14 digits")
        with self._house.reading() as conn:
            own, told = seal_store.find(conn, code), exchange_store.find(conn, code)
            validity = None if own is None else validity_at(conn, own, when)
        found = own.name if own else told.name if told else None
        if found is None or (name and name != found):
            raise SealNotFound(code)
        if own is None and told is not None and told.valid_from and told.valid_to:
            validity = told.valid_from, told.valid_to
        valid = validity is not None and _in_force(own, told, validity, when)
        if own is not None and valid:
            valid = self._house.beside.seals.state_at(code, when) is SealStatus.ACTIVE
        status = STATUS_VALID if valid else STATUS_INVALID
        return {"sealCode": code, "sealName": found, "queryTime": civil(asked), "status": status}

    def revocations(self, stretch: Stretch) -> dict[str, object]:
        """Return a page of the seals that are stopped since a moment in a stretch of time, ours and others'."""
        with self._house.reading() as conn:
            total = exchange_store.count_stops(conn, stretch.start, stretch.end)
            found = exchange_store.stops(conn, stretch.span, ours_only=False)
        items = [
            {
                "sealCode": stop.code,
                "sealName": stop.name,
                "invalidType": stop.invalid_type,
                "invalidEffectTime": civil(stop.since),
            }
            for stop in found
        ]
        return {
            "startTime": civil(stretch.start),
            "endTime": civil(stretch.end),
            "pageNo": stretch.page,
            "pageSize": stretch.size,
            "total": total,
            "items": items,
        }


def _in_force(
    own: SealRecord | None, told: NationalSeal | None, validity: tuple[datetime, datetime], when: datetime
) -> bool:
    """Tell whether a moment lies in the validity and before what the platform told; of our own, once followed, we know."""
    open_end = told is None or told.invalid_from is None or (own is not None and told.followed)
    stopped = (
        not open_end and told is not None and told.invalid_from is not None and when >= told.invalid_from
    )
    return validity[0] <= when <= validity[1] and not stopped


def stretch_of(start: str, end: str, page: int = 1, size: int = MAX_PAGE) -> Stretch:
    """Read a stretch of time as the platform writes it; :class:`FilingFieldInvalid` names the field."""
    return Stretch(_time("startTime", start), _time("endTime", end), page, size)


def _time(field: str, text: str) -> datetime:
    try:
        return moment(text)
    except ValueError as wrong:
        raise FilingFieldInvalid(
            field,
            "时间格式应为 2026-01-31 08:00:00（北京时间）",
            "a time is written 2026-01-31 08:00:00, in UTC+8",
        ) from wrong


def _release(record: SealRecord) -> dict[str, str]:
    bound = record.electronic.certificate
    if record.valid_from is None or record.valid_to is None or bound is None:
        raise SealNotFound(f"seal {record.code} was never in use")
    return {
        "sealCode": record.code,
        "sealName": record.name,
        "useUnitCode": record.owner.uscc,
        "sealZone": record.code[:6],
        "validStartTime": civil(record.valid_from),
        "validEndTime": civil(record.valid_to),
        "parentSealCode": record.predecessor or "",
        "createTime": civil(record.applied_at),
        "creater": "Yinxin",
        "legalType": record.kind.code,
        "certStartTime": civil(bound.not_before),
        "certEndTime": civil(bound.not_after),
    }


def _renewal(record: SealRecord) -> dict[str, str]:
    if record.valid_to is None:
        raise SealNotFound(f"seal {record.code} was never in use")
    return {"sealCode": record.code, "sealName": record.name, "validEndTime": civil(record.valid_to)}


def _deactivation(stop: Stop, now: datetime) -> dict[str, str]:
    kind = InvalidType(stop.invalid_type)
    return {
        "sealCode": stop.code,
        "sealName": stop.name,
        "cancelReason": kind.zh,
        "cancelDescribe": " ".join(stop.reason.split())[: national.MAX_TEXT],
        "applyDate": civil(min(stop.since, now)),
        "invalidType": kind.value,
        "invalidEffectTime": civil(stop.since),
    }
