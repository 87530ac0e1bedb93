"""Verification reports and the standing authorisations for them.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "report_standing",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_standing")),
    )
    op.create_table(
        "verification_report",
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'issued', 'failed')", name=op.f("ck_verification_report_state")
        ),
        sa.ForeignKeyConstraint(
            ["standing"],
            ["report_standing.id"],
            name=op.f("fk_verification_report_standing_report_standing"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_verification_report")),
    )
    op.create_index("verification_report_document", "verification_report", ["document"], unique=False)
    op.create_index(
        "verification_report_reserved", "verification_report", ["standing", "reserved_at"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("verification_report_reserved", table_name="verification_report")
    op.drop_index("verification_report_document", table_name="verification_report")
    op.drop_table("verification_report")
    op.drop_table("report_standing")
