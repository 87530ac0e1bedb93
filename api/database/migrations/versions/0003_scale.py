"""Shards of revocation lists, delta lists, and the index of names.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ca.store import search_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 5000
"""Names of certificates indexed at a time."""
_CHANGED = sa.text("crl_change > 0")


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("issuer", sa.Column("shard_capacity", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_issuer_profile_status", "issuer", ["profile", "status"], unique=False)
    op.create_index("ix_unit_issuer_purpose", "unit", ["issuer", "purpose"], unique=False)
    words = postgresql.TSVECTOR() if on_postgresql else sa.Text()
    op.add_column("certificate", sa.Column("name_words", words, server_default="", nullable=False))
    op.add_column("certificate", sa.Column("shard", sa.Integer(), server_default="0", nullable=False))
    op.add_column("certificate", sa.Column("crl_change", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("crl", sa.Column("shard", sa.Integer(), server_default="0", nullable=False))
    op.add_column("crl", sa.Column("base", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("crl", sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_crl_issuer_shard_number", "crl", ["issuer", "shard", "number"], unique=False)
    op.create_index("ix_crl_status_this_update", "crl", ["status", "this_update"], unique=False)
    op.create_table(
        "crl_shard",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("assigned", sa.Integer(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name=op.f("fk_crl_shard_issuer")),
        sa.PrimaryKeyConstraint("issuer", "shard", name=op.f("pk_crl_shard")),
    )
    op.create_index("ix_crl_shard_pending_since", "crl_shard", ["pending_since"], unique=False)
    _number_changes()
    if on_postgresql:
        _index_names()
    op.create_index(
        "ix_certificate_name_words",
        "certificate",
        ["name_words"],
        unique=False,
        postgresql_using="gin",
        sqlite_where=sa.text("name_words != ''"),
    )
    op.drop_index("ix_certificate_issuer_revoked_at", "certificate")
    op.create_index("ix_certificate_status_id", "certificate", ["status", "id"], unique=False)
    op.create_index(
        "ix_certificate_issuer_shard_crl_change",
        "certificate",
        ["issuer", "shard", "crl_change"],
        unique=False,
        postgresql_where=_CHANGED,
        sqlite_where=_CHANGED,
    )


def _number_changes() -> None:
    """Count the revocations there are in the order of the lists made so far; every next list is then due."""
    op.execute(
        "UPDATE certificate SET crl_change = numbered.place FROM (SELECT id, ROW_NUMBER() OVER "
        "(PARTITION BY issuer ORDER BY revoked_at, id) AS place FROM certificate WHERE revoked_at IS NOT NULL) "
        "AS numbered WHERE numbered.id = certificate.id"
    )
    op.execute(
        "INSERT INTO crl_shard (issuer, shard, capacity, assigned, changes, pending_since) "
        "SELECT issuer, 0, 0, 0, MAX(crl_change), MAX(revoked_at) FROM certificate "
        "WHERE crl_change > 0 GROUP BY issuer"
    )


def _index_names() -> None:
    bind, after = op.get_bind(), 0
    page = sa.text("SELECT id, name FROM certificate WHERE id > :after ORDER BY id LIMIT :some")
    write = sa.text("UPDATE certificate SET name_words = CAST(:words AS tsvector) WHERE id = :id")
    while rows := bind.execute(page, {"after": after, "some": ROWS_AT_ONCE}).all():
        bind.execute(write, [{"id": row.id, "words": search_words(row.name)} for row in rows])
        after = rows[-1].id


def downgrade() -> None:
    op.drop_index("ix_certificate_issuer_shard_crl_change", "certificate")
    op.drop_index("ix_certificate_status_id", "certificate")
    op.create_index("ix_certificate_issuer_revoked_at", "certificate", ["issuer", "revoked_at"], unique=False)
    op.drop_index("ix_certificate_name_words", "certificate")
    op.drop_table("crl_shard")
    op.drop_index("ix_crl_status_this_update", "crl")
    op.drop_index("ix_crl_issuer_shard_number", "crl")
    for table, column in (
        ("crl", "changes"),
        ("crl", "base"),
        ("crl", "shard"),
        ("certificate", "crl_change"),
        ("certificate", "shard"),
        ("certificate", "name_words"),
        ("issuer", "shard_capacity"),
    ):
        if table == "issuer":
            op.drop_index("ix_unit_issuer_purpose", "unit")
            op.drop_index("ix_issuer_profile_status", "issuer")
        op.drop_column(table, column)
