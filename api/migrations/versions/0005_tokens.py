"""Tokens, chips and ranges of chip numbers.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add this release's tables."""


def downgrade() -> None:
    """Remove them."""
