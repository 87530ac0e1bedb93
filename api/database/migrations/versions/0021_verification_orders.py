"""Orders to verify many documents, and webhooks.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _orders()
    _files()
    _deliveries()


def _orders() -> None:
    op.create_table(
        "verification_order",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("maker_name", sa.Text(), nullable=False),
        sa.Column("maker_uscc", sa.String(length=18), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("per_document", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("served_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('gathering', 'running', 'finished', 'cancelled')",
            name=op.f("ck_verification_order_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification_order")),
        sa.UniqueConstraint("request_key", name=op.f("uq_verification_order_request_key")),
    )
    op.create_index(
        "verification_order_turn", "verification_order", ["state", "served_at", "id"], unique=False
    )
    op.create_index("verification_order_maker", "verification_order", ["maker", "created_at"], unique=False)


def _files() -> None:
    op.create_table(
        "verification_order_file",
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("spooled", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'cancelled')", name=op.f("ck_verification_order_file_state")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["verification_order.id"], name=op.f("fk_verification_order_file_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_verification_order_file")),
        sa.UniqueConstraint("order_id", "mark", name=op.f("uq_verification_order_file_order_id_mark")),
    )
    op.create_index(
        "verification_order_file_waiting",
        "verification_order_file",
        ["state", "order_id", "claimed_until", "number"],
        unique=False,
    )
    op.create_index(
        "verification_order_file_settled",
        "verification_order_file",
        ["order_id", "settled_at"],
        unique=False,
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("maker_uscc", sa.String(length=18), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_by", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("why_zh", sa.Text(), nullable=False),
        sa.Column("why_en", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')", name=op.f("ck_webhook_delivery_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("webhook_delivery_next", "webhook_delivery", ["state", "next_at"], unique=False)
    op.create_index("webhook_delivery_subject", "webhook_delivery", ["subject", "created_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("webhook_delivery_subject", table_name="webhook_delivery")
    op.drop_index("webhook_delivery_next", table_name="webhook_delivery")
    op.drop_table("webhook_delivery")
    op.drop_index("verification_order_file_settled", table_name="verification_order_file")
    op.drop_index("verification_order_file_waiting", table_name="verification_order_file")
    op.drop_table("verification_order_file")
    op.drop_index("verification_order_maker", table_name="verification_order")
    op.drop_index("verification_order_turn", table_name="verification_order")
    op.drop_table("verification_order")
