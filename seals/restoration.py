"""After a restoration from a backup: seals stopped since stay stopped, codes and list numbers given out since are not reused.

Runs in the transaction that restores the database, like :mod:`ca.restoration`. A seal that a published list calls frozen,
revoked or superseded after the backup is so again from the moment that the list gives; one that was resumed since stays
frozen, for resuming takes two people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.restoration import number_floor
from seals import event_store, store
from seals.codes import DIVISION_DIGITS
from seals.errors import StatementInvalid
from seals.ledger import Deed, Ledger
from seals.permit import PermitState
from seals.seal import SealAct, SealRecord, SealStatus, destination
from seals.statement import SealStatusList, parse_status_list
from seals.store import seal_counter, seal_permit, seal_status_list

SKIPPED_CODES: Final = 1000
"""Codes passed over in every division: applications since the backup had codes that no published list names yet. A
division hands out a few an hour, so a thousand covers weeks; eight digits of serial can spare them."""

_STOPPING: Final = {
    SealStatus.SUSPENDED: SealAct.SUSPEND,
    SealStatus.FROZEN: SealAct.FREEZE,
    SealStatus.REVOKED: SealAct.REVOKE,
    SealStatus.SUPERSEDED: SealAct.SUPERSEDE,
}
_UNFILED: Final = {SealStatus.APPLIED: SealAct.REJECT, SealStatus.MAKING: SealAct.CLOSE}
"""What is done to a pair that was filed since the backup: its certificate is not here. Once made it is frozen."""
_WHY: Final = "据已公布的印章状态列表恢复 / from the published list"


@dataclass(frozen=True, slots=True)
class StatesMerged:
    """What a status list taught: its number, codes stopped again, codes that are not in the backup."""

    number: int
    stopped: tuple[str, ...]
    unknown: tuple[str, ...]


def merge_states(
    conn: sa.Connection, jws: str, *, makers: Collection[bytes], actor: Actor, audit: AuditTrail
) -> StatesMerged:
    """Stop again what a published list calls stopped.

    ``makers`` are the DER certificates of this installation's seal makers. Raises :class:`StatementInvalid` or
    :class:`seals.errors.StatementSignatureInvalid` for a list that none of them signed.
    """
    parsed = parse_status_list(jws)
    if parsed.chain_der[0] not in makers:
        raise StatementInvalid("no seal maker of this installation signed it")
    parsed.check_signature()
    ledger = Ledger(conn)
    stopped, unknown = [], []
    for code in sorted(parsed.status_list.active | parsed.status_list.entries.keys()):
        record = store.find(conn, code)
        if record is None:
            unknown.append(code)
        elif _stop_again(ledger, record, parsed.status_list, actor):
            stopped.append(code)
    ledger.close(audit)
    _pass_over(conn, unknown)
    return StatesMerged(parsed.status_list.number, tuple(stopped), tuple(unknown))


def _stop_again(ledger: Ledger, record: SealRecord, found: SealStatusList, actor: Actor) -> bool:
    """Do what the list tells of later than anything that the register knows; tell whether there was something.

    A list older than the backup tells nothing new. A pair that was resumed since is left frozen, so that the time of its
    loss stays on record; one that was filed since is applied for anew, or, when it was made already, frozen until two
    people look at it: its certificate is not here.
    """
    before = record
    known = event_store.last_moment(ledger.conn, record.code)
    if record.filed_at is None:
        act = _UNFILED.get(record.status, SealAct.FREEZE)
        before = _stop(ledger, before, act, actor, max(known, found.issued_at))
    for since, status in found.entries.get(record.code, ()):
        stopping = _STOPPING.get(status)
        if since > known and stopping is not None:
            before = _stop(
                ledger, before, stopping, actor, max(since, event_store.last_moment(ledger.conn, record.code))
            )
    return before is not record


def _stop(ledger: Ledger, before: SealRecord, act: SealAct, actor: Actor, at: datetime) -> SealRecord:
    """Do a stopping act where the table has it; return the pair as it is then."""
    if destination(act, before.status, before.frozen_from) is None:
        return before
    return ledger.move(before, Deed(act, actor, at, _WHY))


def _pass_over(conn: sa.Connection, unknown: list[str]) -> None:
    for division, count in Counter(code[:DIVISION_DIGITS] for code in unknown).items():
        for name in (f"electronic:{division}", f"physical:{division}"):
            _raise_counter(conn, name, count)


def retire_states(conn: sa.Connection, at: datetime) -> None:
    """Let no status list of before be served again: each is due at once."""
    lists = seal_status_list
    conn.execute(lists.update().where(lists.c.next_update > at).values(next_update=at))


LIST_COUNTERS: Final = ("status-list:", "void-list:", "trust-list:", "offline-bundle")
"""Counters of what others keep and compare: a number that they have seen may not come again."""


def use_up_counters(conn: sa.Connection, at: datetime) -> None:
    """Let codes and list numbers go on above all that can have been given out since the backup.

    List numbers go on from the milliseconds since 1970, as CRL numbers do (:func:`ca.restoration.number_floor`).
    """
    for name in conn.execute(sa.select(seal_counter.c.name)).scalars().all():
        if name.startswith(LIST_COUNTERS):
            floor = number_floor(at)
            conn.execute(
                seal_counter.update()
                .where(seal_counter.c.name == name, seal_counter.c.value < floor)
                .values(value=floor)
            )
        else:
            _raise_counter(conn, name, SKIPPED_CODES)


def _raise_counter(conn: sa.Connection, name: str, by: int) -> None:
    moved = conn.execute(
        seal_counter.update().where(seal_counter.c.name == name).values(value=seal_counter.c.value + by)
    )
    if moved.rowcount == 0:
        conn.execute(seal_counter.insert().values(name=name, value=by))


def void_permits(conn: sa.Connection, at: datetime) -> int:
    """Release every permit that is still open: it may have been used since the backup. Return how many."""
    moved = conn.execute(
        seal_permit.update()
        .where(seal_permit.c.state == PermitState.GRANTED.value)
        .values(state=PermitState.RELEASED.value, settled_at=at, outcome="restored from a backup")
    )
    return moved.rowcount


def highest_list(conn: sa.Connection) -> int:
    """Return the highest number of any status list on record, 0 if none."""
    query = sa.select(sa.func.coalesce(sa.func.max(seal_status_list.c.number), 0))
    return int(conn.execute(query).scalar_one())
