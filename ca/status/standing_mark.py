"""A mark of all that evidence rests on: while it is the same, evidence gathered a moment ago may be used again.

A revocation counts up the changes of its issuer's list in the very transaction that records it, whoever makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from ca.issuer import UnitPurpose
from ca.store import crl_shard, issuer, unit

StandingMark = tuple[tuple[str, str, str], ...]
"""What was found, to be compared with what is found later."""

_ISSUERS: Final[sa.BindParameter[str]] = sa.bindparam("issuers", expanding=True)
_MARK: Final = sa.union_all(
    sa.select(
        sa.literal("list").label("what"),
        crl_shard.c.issuer.label("name"),
        sa.cast(sa.func.sum(crl_shard.c.changes), sa.String(20)).label("said"),
    )
    .where(crl_shard.c.issuer.in_(_ISSUERS))
    .group_by(crl_shard.c.issuer),
    sa.select(sa.literal("issuer"), issuer.c.id, issuer.c.status).where(issuer.c.id.in_(_ISSUERS)),
    sa.select(sa.literal("unit"), unit.c.id, unit.c.status).where(
        unit.c.purpose.in_(sa.bindparam("purposes", expanding=True))
    ),
)


def standing_mark(
    conn: sa.Connection, issuers: Sequence[str], purposes: Sequence[UnitPurpose]
) -> StandingMark:
    """Read the mark of these issuers (ids), their revocations, and the units of these purposes: one statement."""
    asked = {"issuers": list(issuers), "purposes": [purpose.value for purpose in purposes]}
    return tuple(sorted((row.what, row.name, row.said) for row in conn.execute(_MARK, asked)))
