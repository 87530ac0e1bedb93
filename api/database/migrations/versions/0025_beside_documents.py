"""Octets that wait beside a document to be verified.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count what waits behind a document; what waits now has nothing beside it."""
    with op.batch_alter_table("verification_order_file") as table:
        table.add_column(sa.Column("beside", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("verification_order_file") as table:
        table.drop_column("beside")
