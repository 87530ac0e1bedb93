"""Permits of voided sealings that a restored backup did not have.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of permits."""
    op.create_table(
        "voided_permit",
        sa.Column("permit", sa.String(32), nullable=False),
        sa.Column("voiding", sa.String(32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["voiding"], ["voiding.id"], name=op.f("fk_voided_permit_voiding")),
        sa.PrimaryKeyConstraint("permit", name=op.f("pk_voided_permit")),
    )
    op.create_index(op.f("ix_voided_permit_voiding"), "voided_permit", ["voiding"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("voided_permit")
