"""Acts on seals by time: which there were since a list was made, without walking the register.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("seal_event_when", "seal_event", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("seal_event_when", "seal_event")
