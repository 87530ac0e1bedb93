"""Table of API keys. Times are whole seconds since 1970-01-01T00:00:00Z; 0 stands for "never"."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

metadata: Final = sa.MetaData()

api_key: Final = sa.Table(
    "api_key",
    metadata,
    sa.Column("prefix", sa.String(16), primary_key=True),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("actor_id", sa.String(128), nullable=False),
    sa.Column("actor_name", sa.String(256), nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("scopes", sa.String(512), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger, nullable=False),
)


def insert(connection: sa.Connection, values: dict[str, str | int]) -> None:
    """Add a key's row."""
    connection.execute(api_key.insert().values(**values))


def by_prefix(connection: sa.Connection, prefix: str) -> sa.RowMapping | None:
    """Return a key's row."""
    return (
        connection.execute(sa.select(*api_key.columns).where(api_key.c.prefix == prefix))
        .mappings()
        .one_or_none()
    )


def every(connection: sa.Connection) -> tuple[sa.RowMapping, ...]:
    """Return all rows, oldest first."""
    order = (api_key.c.created_at, api_key.c.prefix)
    return tuple(connection.execute(sa.select(*api_key.columns).order_by(*order)).mappings())


def mark_revoked(connection: sa.Connection, prefix: str, at: int) -> bool:
    """Revoke a key that is not revoked yet; tell whether there was one."""
    live = (api_key.c.prefix == prefix) & (api_key.c.revoked_at == 0)
    return connection.execute(api_key.update().where(live).values(revoked_at=at)).rowcount == 1


def revoke_all(conn: sa.Connection, now: int) -> int:
    """Revoke every key, as after a restoration: one revoked since the backup would open the door again; return how many."""
    moved = conn.execute(api_key.update().where(api_key.c.revoked_at == 0).values(revoked_at=now))
    return moved.rowcount
