"""The door for anyone who asks about a seal by its code: read, answered, signed, and kept for as long as nothing changed.

Each question reads the registry, so a seal that is frozen is answered as frozen from that moment. The signature is the
costly part: an answer whose content is still the same is given again for :data:`GIVEN_AGAIN`. As with OCSP the key states
what is on record and changes nothing, so there is no intent to record first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.clock import Clock
from seals import store
from seals.errors import StatementInvalid
from seals.event_store import began, latest
from seals.lookup.answer import EXPIRED, HIDDEN, UNKNOWN, SealLookup, parse_lookup, sign_lookup
from seals.lookup.errors import CodeMalformed, LookupNotReady, MomentToCome
from seals.renewal_store import seal_renewal
from seals.seal import SealRecord, SealStatus, is_electronic_code, is_physical_code
from seals.status_list import ListMaker

LIFE: Final = timedelta(minutes=5)
"""From an answer to its ``next_update``: whoever keeps one longer asks again."""
GIVEN_AGAIN: Final = timedelta(seconds=60)
"""How long the same signed answer is given again while nothing changes."""
MAX_KEPT: Final = 4096
"""Most signed answers kept, the least asked for going first: some 20 MB."""

_EVER: Final = datetime.max.replace(tzinfo=UTC)
_RENEWED_AFTER: Final = (
    sa.select(seal_renewal.c.old_valid_from, seal_renewal.c.old_valid_to)
    .where(
        seal_renewal.c.electronic_code == sa.bindparam("code"), seal_renewal.c.decided_at > sa.bindparam("at")
    )
    .order_by(seal_renewal.c.decided_at)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """An answer and its signed form."""

    lookup: SealLookup
    jws: str


class SealLookups:
    """Answers questions of the public; ``maker`` says who signs now, or ``None`` before the ceremony."""

    def __init__(self, engine: sa.Engine, clock: Clock, maker: Callable[[], ListMaker | None]) -> None:
        self._engine = engine
        self._clock = clock
        self._maker = maker
        self._kept: OrderedDict[tuple[str, datetime | None], PublicAnswer] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, code: str, at: datetime | None = None) -> PublicAnswer:
        """Answer about a 13- or 14-digit code, now or as of the past moment ``at`` (aware).

        An unknown code is answered like any other. Raises :class:`CodeMalformed`, :class:`MomentToCome`,
        :class:`LookupNotReady` before there is a seal maker, and what the key raises.
        """
        now, maker = self._clock(), self._maker()
        if not (is_physical_code(code) or is_electronic_code(code)):
            raise CodeMalformed
        if at is not None and at > now:
            raise MomentToCome
        if maker is None:
            raise LookupNotReady
        found = self._read(code, at, now, maker.issuer)
        with self._lock:
            kept = self._kept.get((code, at))
        if kept is not None and _stands(kept.lookup, found):
            return kept
        answer = PublicAnswer(found, sign_lookup(found, maker.signer(), maker.chain))
        _prove(answer)
        self._keep((code, at), answer)
        return answer

    def _keep(self, key: tuple[str, datetime | None], answer: PublicAnswer) -> None:
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)

    def _read(self, code: str, at: datetime | None, now: datetime, issuer: str) -> SealLookup:
        as_of = at or now
        answer = SealLookup(issuer, code, as_of, now, now + LIFE, UNKNOWN)
        with self._engine.execution_options(read_only=True).connect() as conn:
            record = store.find(conn, code)
            state = _state(conn, code if record is None else record.code, at)
            validity = _validity(conn, record, as_of)
        if record is None or state is None or state[0] in HIDDEN:
            return answer
        status, since = state
        word = _word(status, validity[1], as_of)
        told = _told(answer, record)
        return replace(told, status=word, since=since, valid_from=validity[0], valid_to=validity[1])


def as_utc(at: datetime) -> datetime:
    """Write an aware moment as UTC; one that leaves the calendar so is taken for the calendar's first or last."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if at.year == 1 else _EVER


def _told(answer: SealLookup, record: SealRecord) -> SealLookup:
    """Add what anyone may know of a seal, and nothing else of the record."""
    return replace(
        answer,
        code=record.code,
        physical_code=record.physical.code,
        kind=record.kind,
        owner_name=record.owner.name,
        owner_uscc=record.owner.uscc,
        predecessor=record.predecessor,
        successor=record.successor,
    )


def _word(status: SealStatus, valid_to: datetime | None, when: datetime) -> str:
    over = valid_to is not None and when > valid_to
    return EXPIRED if over and status is SealStatus.ACTIVE else status.value


_Validity = tuple[datetime | None, datetime | None]


def _validity(conn: sa.Connection, record: SealRecord | None, when: datetime) -> _Validity:
    """Read first and last day as they stood at ``when``: a renewal since has put others in their place."""
    if record is None:
        return None, None
    row = conn.execute(_RENEWED_AFTER, {"code": record.code, "at": when}).one_or_none()
    found = (record.valid_from, record.valid_to) if row is None else (row.old_valid_from, row.old_valid_to)
    return found if found[0] is not None and found[0] <= when else (None, None)


def _state(conn: sa.Connection, code: str, at: datetime | None) -> tuple[SealStatus, datetime] | None:
    """Read the state at a moment and when it began. *Now* is whatever was last written, whoever's clock dated it."""
    last = latest(conn, code, at or _EVER)
    if last is None:
        return None
    return last.status, began(conn, last)


def _stands(kept: SealLookup, found: SealLookup) -> bool:
    """Tell whether a kept answer is young and says what is on record now."""
    if not kept.issued_at <= found.issued_at < kept.issued_at + GIVEN_AGAIN:
        return False
    dated = replace(found, as_of=kept.as_of, issued_at=kept.issued_at, next_update=kept.next_update)
    return dated == kept


def _prove(answer: PublicAnswer) -> None:
    """Demand that our own reader gives back what was answered, under a signature that verifies."""
    parsed = parse_lookup(answer.jws)
    parsed.check_signature()
    if parsed.lookup != answer.lookup:
        raise StatementInvalid("the signed answer is not the one meant")
