"""Orders of cross certification.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "cross_order",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("possession", sa.String(length=12), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "possession IN ('self-signed', 'request', 'unproven')", name=op.f("ck_cross_order_possession")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'confirmed', 'issued', 'withdrawn')", name=op.f("ck_cross_order_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cross_order")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("cross_order")
