"""Pictures of seals that were uploaded, not drawn.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal_upload",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("centre", sa.String(length=8), nullable=False),
        sa.Column("emblem", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("electronic_code", sa.String(length=14), nullable=True),
        sa.CheckConstraint("centre IN ('empty', 'star', 'other')", name=op.f("ck_seal_upload_centre")),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_upload_electronic_code")
        ),
        sa.PrimaryKeyConstraint("sha256", "uscc", name=op.f("pk_seal_upload")),
    )


def downgrade() -> None:
    op.drop_table("seal_upload")
