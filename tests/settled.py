"""A test world whose key ceremony was performed once in this run: its rows and keys are put into each test's own database.

A ceremony is six keys, six certificates and some thirty records, a third of a second; most tests of other things begin with
one. ``settled_world`` is for a test that does not look at the ceremony. A second installation in the same test gets a ceremony
of its own: two copies would be one and the same authority. Where a fixture holds a world for a whole file, its neighbours are
made by :func:`tests.pki.make_world`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

import ca.store
from ca.ceremony import Hierarchy
from ca.clock import Clock
from ca.profile import PROFILES, Profile
from hsm.suite import Suite
from tests.pki import DefaultSuite, MemoryProvider, World, make_world

LIFE: Final = timedelta(minutes=20)
"""How long before a test's own time the ceremony may have been: certificates and records are of its moment."""


@dataclass(frozen=True)
class _Kept:
    at: datetime
    hierarchy: Hierarchy
    provider: MemoryProvider
    rows: tuple[tuple[sa.Table, list[dict[str, Any]]], ...]


_KEPT: dict[tuple[str, Suite, str], _Kept] = {}
_GIVEN: dict[tuple[str, Suite, str], str] = {}
"""The test that a copy was last given to."""


def settled_world(
    engine: sa.Engine,
    clock: Clock,
    *,
    provider: MemoryProvider | None = None,
    suite: Suite | None = None,
    profiles: Mapping[str, Profile] | None = None,
) -> World:
    """Return the world of a finished ceremony over ``engine``, which has all tables of ``ca`` or none.

    Where something is on record already, a key centre say, the ceremony follows it and is performed.
    """
    suite, provider = suite or DefaultSuite.suite, provider or MemoryProvider()
    parts: dict[str, Any] = {} if profiles is None else {"profiles": profiles}
    if not sa.inspect(engine).has_table(ca.store.audit.name):
        ca.store.metadata.create_all(engine)
    name = (engine.dialect.name, suite, provider.scheme)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    second, _GIVEN[name] = _GIVEN.get(name) == test, test
    usual = profiles in (None, PROFILES) and not second and not _on_record(engine)
    kept = _KEPT.get(name)
    if usual and kept is not None and timedelta(0) <= clock() - kept.at <= LIFE:
        _put_back(kept, engine, provider)
        parts["hierarchy"] = kept.hierarchy
        return make_world(engine, clock, provider=provider, suite=suite, create_tables=False, **parts)
    at = clock()
    made = make_world(engine, clock, provider=provider, suite=suite, create_tables=False, **parts)
    if usual:
        keys = MemoryProvider(provider.scheme)
        keys.take_over(provider)
        _KEPT[name] = _Kept(at, made.hierarchy, keys, _rows(engine))
    return made


def _on_record(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return connection.execute(sa.select(ca.store.audit.c.number).limit(1)).first() is not None


def _rows(engine: sa.Engine) -> tuple[tuple[sa.Table, list[dict[str, Any]]], ...]:
    with engine.connect() as connection:
        found = [
            (table, [dict(row) for row in connection.execute(sa.select(table)).mappings()])
            for table in ca.store.metadata.sorted_tables
        ]
    return tuple((table, rows) for table, rows in found if rows)


def _put_back(kept: _Kept, engine: sa.Engine, provider: MemoryProvider) -> None:
    provider.take_over(kept.provider)
    with engine.begin() as connection:
        for table, rows in kept.rows:
            connection.execute(sa.insert(table), rows)
            counted = table.autoincrement_column
            if counted is not None and engine.dialect.name == "postgresql":
                sequence = sa.func.pg_get_serial_sequence(table.name, counted.name)
                connection.execute(
                    sa.select(sa.func.setval(sequence, max(row[counted.name] for row in rows)))
                )
