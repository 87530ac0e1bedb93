"""Requests to list a keeper of a seal; the messages between authorities and key centre are no more.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of requests; drop the numbers of messages, which nothing ever received outside of tests."""
    op.create_table(
        "seal_keeper_request",
        sa.Column("electronic_code", sa.String(14), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("keeper", sa.Text(), nullable=False),
        sa.Column("principal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["electronic_code"],
            ["seal.electronic_code"],
            name=op.f("fk_seal_keeper_request_electronic_code"),
        ),
        sa.PrimaryKeyConstraint("electronic_code", "number", name=op.f("pk_seal_keeper_request")),
    )
    op.drop_table("key_task")


def downgrade() -> None:
    """Put the numbers of messages back, empty, and drop the requests."""
    op.create_table(
        "key_task",
        sa.Column("ca_key_sha256", sa.String(length=64), nullable=False),
        sa.Column("task_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ca_key_sha256", "task_number", name=op.f("pk_key_task")),
    )
    op.drop_table("seal_keeper_request")
