"""Shards of an issuer's revocation list: which one a certificate belongs to is decided when its serial is reserved (I15).

A shard takes a fixed number of certificates, so its list has a greatest size, whatever is revoked. When the newest is
full the next one is opened; certificates stay where they are, and an issuer that never had shards keeps one list for all.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ca import issuer_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.errors import IssuerUnknown, ShardCapacityInvalid
from ca.issuer import Issuer
from ca.status import crl_store
from ca.status.crl_store import Scope

MAX_SHARD_CAPACITY: Final = 18_000
"""Most certificates of a shard: all of them revoked, with the longest entry (53 octets), make a list of under 1 MB."""
MIN_SHARD_CAPACITY: Final = 10
"""Fewer would open shards faster than anybody fetches them."""


def shards_for(conn: sa.Connection, issuer: Issuer, count: int) -> tuple[int, ...]:
    """Return the shards that the next ``count`` certificates of ``issuer`` belong to, in order.

    They fill the open shard and go on in the next; 0 for all where the issuer's list has no parts.
    """
    if not issuer.shard_capacity:
        return (0,) * count
    newest = crl_store.newest_shard(conn, issuer.id)
    last, free = (0, 0) if newest is None else (newest.shard, newest.capacity - newest.assigned)
    found: list[int] = []
    while len(found) < count:
        if free <= 0:
            last, free = last + 1, issuer.shard_capacity
        found.append(last)
        free -= 1
    return tuple(found)


def take_places(conn: sa.Connection, issuer: Issuer, shard: int, count: int) -> bool:
    """Give certificates their places, opening the shard if they are the first; false if others filled it meanwhile."""
    if not shard:
        return True
    scope = Scope(issuer.id, shard)
    if crl_store.take_places(conn, scope, count):
        return True
    if crl_store.has_shard(conn, scope):
        return False
    crl_store.open_shard(conn, scope, issuer.shard_capacity)
    return crl_store.take_places(conn, scope, count)


def set_shard_capacity(
    conn: sa.Connection, audit: AuditTrail, issuer_id: str, capacity: int, *, actor: Actor
) -> None:
    """Decide how many certificates the shards opened from now on take; those that are open keep their size.

    0 puts certificates to come on the list without shards again; what is on a shard stays there. Raises
    :class:`ShardCapacityInvalid` or :class:`IssuerUnknown`.
    """
    if capacity and not MIN_SHARD_CAPACITY <= capacity <= MAX_SHARD_CAPACITY:
        raise ShardCapacityInvalid(f"{MIN_SHARD_CAPACITY} to {MAX_SHARD_CAPACITY}, or 0")
    if not issuer_store.set_shard_capacity(conn, issuer_id, capacity):
        raise IssuerUnknown(issuer_id)
    audit.append(conn, "issuer.sharded", actor=actor, subject=issuer_id, detail={"capacity": capacity})
