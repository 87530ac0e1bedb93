"""Which schema a database has and which one this release wants, told without the tools that change one.

Every command asks this when it starts; the history itself and how it is applied are in :mod:`api.database.schema`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from api.errors import SchemaOutdated

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_NAMED: Final = re.compile(r"(\d{4})_\w+\.py")
"""Revisions are numbered in one line, and each file is named by its number."""
_VERSION: Final = sa.table("alembic_version", sa.column("version_num", sa.String))


def newest() -> str:
    """Return the revision of this release."""
    found = (_NAMED.fullmatch(path.name) for path in (MIGRATIONS / "versions").iterdir())
    return max(match[1] for match in found if match is not None)


def current(connection: sa.Connection) -> str:
    """Return the revision of a database; empty where it has no tables of ours."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return ""
    return connection.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none() or ""


def check_schema(engine: sa.Engine) -> str:
    """Return the database's revision; raise :class:`SchemaOutdated` unless it is this release's."""
    with engine.execution_options(read_only=True).connect() as connection:
        found = current(connection)
    if found != newest():
        raise SchemaOutdated(found)
    return found
