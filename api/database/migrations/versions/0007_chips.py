"""Chips linked with seals.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chip_link",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stop", sa.String(length=8), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('requested', 'linked', 'unlinking', 'unlinked')", name=op.f("ck_chip_link_status")
        ),
        sa.CheckConstraint("stop IN ('run', 'freeze', 'revoke')", name=op.f("ck_chip_link_stop")),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_chip_link_electronic_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chip_link")),
    )
    op.create_index(
        "chip_link_seal",
        "chip_link",
        ["electronic_code"],
        unique=True,
        sqlite_where=sa.text("status <> 'unlinked'"),
        postgresql_where=sa.text("status <> 'unlinked'"),
    )
    op.create_index(op.f("ix_chip_link_token"), "chip_link", ["token"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_chip_link_token"), table_name="chip_link")
    op.drop_index(
        "chip_link_seal",
        table_name="chip_link",
        sqlite_where=sa.text("status <> 'unlinked'"),
        postgresql_where=sa.text("status <> 'unlinked'"),
    )
    op.drop_table("chip_link")
