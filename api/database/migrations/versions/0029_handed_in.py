"""What was handed in under a mark of a verification order, by digest.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep a digest beside each mark; of what waits now it is not known."""
    with op.batch_alter_table("verification_order_file") as table:
        table.add_column(sa.Column("handed", sa.String(64), server_default="", nullable=False))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("verification_order_file") as table:
        table.drop_column("handed")
