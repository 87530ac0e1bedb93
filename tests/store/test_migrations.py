"""The schema that migrations make is the schema that the rooms describe, on both engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from api.database.revision import check_schema, newest
from api.database.schema import METADATA, _config, migrate
from api.errors import SchemaOutdated


def test_migrations_make_what_the_metadata_says(bare_engine: sa.Engine) -> None:
    before, after = migrate(bare_engine)
    assert before == ""
    assert after == check_schema(bare_engine)
    with bare_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, list(METADATA)) == []


def test_checks_and_keys_are_the_same_as_in_the_metadata(bare_engine: sa.Engine) -> None:
    """Alembic compares neither CHECK constraints nor primary keys, so they are compared here."""
    migrate(bare_engine)
    found = sa.inspect(bare_engine)
    tables = [table for metadata in METADATA for table in metadata.sorted_tables]
    for table in tables:
        checks = {c["name"] for c in found.get_check_constraints(table.name)}
        assert _checks(table) <= checks, table.name
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [
            c.name for c in table.primary_key
        ]
        nullable = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
        assert nullable == {c.name: c.nullable for c in table.columns}, table.name
    assert set(found.get_table_names()) == {table.name for table in tables} | {"alembic_version"}


def _checks(table: sa.Table) -> set[str]:
    """Return the names that a table's CHECK constraints have in the database, those of its columns too."""
    ddl = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    return set(re.findall(r"CONSTRAINT (\w+) CHECK", ddl))


def test_migrating_twice_changes_nothing(bare_engine: sa.Engine) -> None:
    _, first = migrate(bare_engine)
    assert migrate(bare_engine) == (first, first)


def test_another_schema_is_refused(bare_engine: sa.Engine) -> None:
    with pytest.raises(SchemaOutdated):
        check_schema(bare_engine)
    migrate(bare_engine)
    with bare_engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    with pytest.raises(SchemaOutdated):
        check_schema(bare_engine)


def test_the_release_wants_the_head_of_the_history() -> None:
    """Told by the files' names at each start, by the history itself here."""
    history = ScriptDirectory.from_config(_config())
    assert history.get_heads() == [newest()]
    assert all(Path(one.path).name.startswith(f"{one.revision}_") for one in history.walk_revisions())
