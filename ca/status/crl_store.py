"""Queries on shards and on the lists over them. Takes a connection, never commits.

A *scope* is what a list covers: the certificates of one issuer that were put in one shard when their serials were
reserved. Shard 0 is the list without shards. Every change of what a scope's lists say is counted in its row, under the
row's lock, so a list that remembers the count knows whether anything changed since, and a delta list what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.status.revocation_list import encode_removal
from ca.store import NO_BYTES, certificate, crl, crl_shard, issuer

ROWS_AT_ONCE: Final = 5000
"""Entries read at a time: a quarter of a megabyte."""
SERIALS_AT_ONCE: Final = 500
"""Serials in one query: databases take a few thousand parameters."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list covers; ``shard`` 0 is the list without shards."""

    issuer: str
    shard: int = 0


@dataclass(frozen=True, slots=True)
class ListHead:
    """A signed list without its octets. ``base`` is 0 for a complete list; ``changes`` is the count it was drawn up at."""

    scope: Scope
    number: int
    this_update: datetime
    next_update: datetime
    entries: int
    base: int
    changes: int


@dataclass(frozen=True, slots=True)
class PublishedCrl:
    """A signed list in force; ``entries`` counts them, ``der`` is what is served (``application/pkix-crl``)."""

    issuer: str
    number: int
    this_update: datetime
    next_update: datetime
    entries: int
    der: bytes
    shard: int = 0
    base: int = 0


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard as its row says; ``capacity`` 0 takes any number."""

    shard: int
    capacity: int
    assigned: int


_S: Final = crl_shard.c
_C: Final = certificate.c
_THIS: Final = sa.and_(_S.issuer == sa.bindparam("its_issuer"), _S.shard == sa.bindparam("its_shard"))
_EVER_CHANGED: Final = _C.crl_change > sa.literal_column("0")
"""In the very words of the index over what ever changed: a database cannot tell what a parameter will be."""
_CHANGE: Final = (
    crl_shard.update()
    .where(_THIS)
    .values(
        changes=_S.changes + 1,
        pending_since=sa.func.coalesce(_S.pending_since, sa.bindparam("at", type_=_S.pending_since.type)),
    )
    .returning(_S.changes)
)
_COUNT: Final = sa.bindparam("count", type_=_S.assigned.type)
_TAKE: Final = (
    crl_shard.update().where(_THIS, _S.assigned + _COUNT <= _S.capacity).values(assigned=_S.assigned + _COUNT)
)
_NEWEST: Final = (
    sa.select(_S.shard, _S.capacity, _S.assigned)
    .where(_S.issuer == sa.bindparam("its_issuer"), _S.shard > 0)
    .order_by(_S.shard.desc())
    .limit(1)
)


def open_shard(conn: sa.Connection, scope: Scope, capacity: int) -> None:
    """Begin a shard; one that somebody else began stays as it is."""
    try:
        with conn.begin_nested():
            conn.execute(
                crl_shard.insert().values(
                    issuer=scope.issuer, shard=scope.shard, capacity=capacity, assigned=0, changes=0
                )
            )
    except sa.exc.IntegrityError:  # another writer began it at the same moment
        pass


def newest_shard(conn: sa.Connection, issuer_id: str) -> ShardState | None:
    """Return the shard opened last; nothing before the first."""
    row = conn.execute(_NEWEST, {"its_issuer": issuer_id}).one_or_none()
    return None if row is None else ShardState(row.shard, row.capacity, row.assigned)


def take_places(conn: sa.Connection, scope: Scope, count: int) -> bool:
    """Count ``count`` more certificates in a shard; false if it has not so many places left."""
    taken = conn.execute(_TAKE, {"its_issuer": scope.issuer, "its_shard": scope.shard, "count": count})
    return taken.rowcount == 1


def note_change(conn: sa.Connection, scope: Scope, at: datetime) -> int:
    """Count one change of what the scope's lists say, at ``at``; return its number, which goes into ``crl_change``.

    The row stays locked until the transaction ends, so numbers become visible in their order.
    """
    values = {"its_issuer": scope.issuer, "its_shard": scope.shard, "at": at}
    number = conn.execute(_CHANGE, values).scalar_one_or_none()
    if number is None:
        open_shard(conn, scope, 0)
        number = conn.execute(_CHANGE, values).scalar_one()
    return int(number)


def changes_of(conn: sa.Connection, scope: Scope) -> int:
    """Return how many changes a scope has seen."""
    query = sa.select(_S.changes).where(_THIS)
    found = conn.scalar(query, {"its_issuer": scope.issuer, "its_shard": scope.shard})
    return int(found or 0)


def has_shard(conn: sa.Connection, scope: Scope) -> bool:
    """Tell whether a shard was ever opened."""
    query = sa.select(_S.shard).where(_THIS)
    return conn.execute(query, {"its_issuer": scope.issuer, "its_shard": scope.shard}).first() is not None


def settle(conn: sa.Connection, scope: Scope, listed: int, at: datetime) -> None:
    """Note that a complete list drawn up at ``at`` has the first ``listed`` changes; what came later waits since then."""
    conn.execute(
        crl_shard.update()
        .where(_S.issuer == scope.issuer, _S.shard == scope.shard)
        .values(
            pending_since=sa.case(
                (_S.changes <= listed, sa.null()), else_=sa.literal(at, _S.pending_since.type)
            )
        )
    )


def oldest_pending(conn: sa.Connection) -> datetime | None:
    """Return when the oldest change was made that no complete list has yet; nothing when every list is up to date."""
    found: datetime | None = conn.scalar(sa.select(sa.func.min(_S.pending_since)))
    return found


def shard_of(conn: sa.Connection, issuer_id: str, serial: int) -> int | None:
    """Return the shard of a certificate; nothing for a serial that is not the issuer's."""
    query = sa.select(_C.shard).where(_C.issuer == issuer_id, _C.serial == serial)
    found: int | None = conn.scalar(query)
    return found


# --- entries -----------------------------------------------------------------------------------------------------


def listed(conn: sa.Connection, scope: Scope, since: datetime | None) -> Iterator[list[bytes]]:
    """Yield the encoded entries of the next complete list, some at a time, in the order of their changes.

    RFC 5280 §3.3: an entry stays until it has stood on one list issued after the certificate's expiry. ``since`` is
    the thisUpdate of the list before; what had expired before that and was revoked before that has been there.
    """
    query = (
        sa.select(_C.crl_entry)
        .where(
            _C.issuer == scope.issuer,
            _C.shard == scope.shard,
            _EVER_CHANGED,
            _C.crl_entry != NO_BYTES,
        )
        .order_by(_C.crl_change)
    )
    if since is not None:
        query = query.where(sa.or_(_C.not_after >= since, _C.revoked_at >= since))
    found = conn.execute(query.execution_options(yield_per=ROWS_AT_ONCE))
    for some in found.scalars().partitions():
        yield [bytes(entry) for entry in some]


def changed(conn: sa.Connection, scope: Scope, base: ListHead) -> list[bytes]:
    """Return the entries of a delta list: what changed since ``base`` was drawn up, lifted holds as removals."""
    query = (
        sa.select(_C.serial, _C.crl_entry, _C.hold_released_at)
        .where(
            _C.issuer == scope.issuer,
            _C.shard == scope.shard,
            _EVER_CHANGED,
            _C.crl_change > base.changes,
        )
        .order_by(_C.crl_change)
    )
    return [
        bytes(row.crl_entry) or encode_removal(row.serial, row.hold_released_at)
        for row in conn.execute(query)
        if row.crl_entry or row.hold_released_at is not None
    ]


def may_leave(conn: sa.Connection, scope: Scope, serials: Sequence[int], since: datetime) -> set[int]:
    """Return which serials on the list issued at ``since`` may be missing from the next: expired, or a lifted hold."""
    found: set[int] = set()
    for start in range(0, len(serials), SERIALS_AT_ONCE):
        query = sa.select(_C.serial).where(
            _C.issuer == scope.issuer,
            _C.serial.in_(serials[start : start + SERIALS_AT_ONCE]),
            sa.or_(_C.not_after < since, _C.hold_released_at.is_not(None)),
        )
        found.update(conn.execute(query).scalars())
    return found


# --- lists -------------------------------------------------------------------------------------------------------

_HEAD: Final = (
    crl.c.issuer,
    crl.c.shard,
    crl.c.number,
    crl.c.this_update,
    crl.c.next_update,
    crl.c.entries,
    crl.c.base,
    crl.c.changes,
)


def _head(row: sa.Row[*tuple[Any, ...]]) -> ListHead:
    return ListHead(
        Scope(row.issuer, row.shard),
        row.number,
        row.this_update,
        row.next_update,
        row.entries,
        row.base,
        row.changes,
    )


def highest_number(conn: sa.Connection, issuer_id: str) -> int:
    """Return the highest CRL number ever reserved, 0 if none: all lists of an issuer share one sequence."""
    query = sa.select(sa.func.coalesce(sa.func.max(crl.c.number), 0)).where(crl.c.issuer == issuer_id)
    return int(conn.execute(query).scalar_one())


def newest_list(conn: sa.Connection, scope: Scope, *, delta: bool = False) -> ListHead | None:
    """Return the list in force, the issued one with the highest number; nothing before the first."""
    query = (
        sa.select(*_HEAD)
        .where(
            crl.c.issuer == scope.issuer,
            crl.c.shard == scope.shard,
            crl.c.status == "issued",
            crl.c.base > 0 if delta else crl.c.base == 0,
        )
        .order_by(crl.c.number.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else _head(row)


def oldest_base(conn: sa.Connection, scope: Scope, now: datetime) -> ListHead | None:
    """Return the oldest complete list that somebody may still rely on at ``now``: what a delta list begins at."""
    query = (
        sa.select(*_HEAD)
        .where(
            crl.c.issuer == scope.issuer,
            crl.c.shard == scope.shard,
            crl.c.status == "issued",
            crl.c.base == 0,
            crl.c.next_update > now,
        )
        .order_by(crl.c.number)
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else _head(row)


def octets_of(conn: sa.Connection, head: ListHead) -> bytes:
    """Return a list's DER."""
    query = sa.select(crl.c.der).where(crl.c.issuer == head.scope.issuer, crl.c.number == head.number)
    return bytes(conn.execute(query).scalar_one())


def reserve_list(conn: sa.Connection, head: ListHead, tbs_sha256: str) -> None:
    """Record a list that is about to be signed; its number is then spent."""
    conn.execute(
        crl.insert().values(
            status="reserved",
            issuer=head.scope.issuer,
            shard=head.scope.shard,
            number=head.number,
            this_update=head.this_update,
            next_update=head.next_update,
            entries=head.entries,
            base=head.base,
            changes=head.changes,
            tbs_sha256=tbs_sha256,
        )
    )


def close_list(conn: sa.Connection, issuer_id: str, number: int, der: bytes) -> bool:
    """Move a reserved list to issued, or to burned when ``der`` is empty; tell whether it was still reserved."""
    moved = conn.execute(
        crl.update()
        .where(crl.c.issuer == issuer_id, crl.c.number == number, crl.c.status == "reserved")
        .values(status="issued" if der else "burned", der=der)
    )
    return moved.rowcount == 1


def open_lists(conn: sa.Connection, before: datetime) -> list[tuple[str, int]]:
    """Return issuer and number of the lists reserved before ``before`` and never closed."""
    query = sa.select(crl.c.issuer, crl.c.number).where(
        crl.c.status == "reserved", crl.c.this_update <= before
    )
    return [(row.issuer, row.number) for row in conn.execute(query)]


@dataclass(frozen=True, slots=True)
class ScopeState:
    """A scope with its count of changes and the complete list in force, if there is one."""

    scope: Scope
    changes: int
    newest: ListHead | None


def every_scope(conn: sa.Connection) -> list[ScopeState]:
    """Return all scopes of all issuers with a certificate, roots and older ones first, by two statements."""
    newest = (
        sa.select(crl.c.issuer, crl.c.shard, sa.func.max(crl.c.number).label("number"))
        .where(crl.c.status == "issued", crl.c.base == 0)
        .group_by(crl.c.issuer, crl.c.shard)
        .subquery()
    )
    on_newest = sa.and_(crl.c.issuer == newest.c.issuer, crl.c.number == newest.c.number)
    heads = {head.scope: head for head in map(_head, conn.execute(sa.select(*_HEAD).join(newest, on_newest)))}
    rows = conn.execute(
        sa.select(issuer.c.id, _S.shard, _S.changes)
        .join(crl_shard, _S.issuer == issuer.c.id, isouter=True)
        .where(issuer.c.certificate != NO_BYTES)
        .order_by(issuer.c.parent != issuer.c.id, issuer.c.created_at, issuer.c.id, _S.shard)
    )
    changes: dict[Scope, int] = {}
    for row in rows:
        changes.setdefault(Scope(row.id), 0)
        if row.shard is not None:
            changes[Scope(row.id, row.shard)] = row.changes
    return [ScopeState(scope, count, heads.get(scope)) for scope, count in changes.items()]
