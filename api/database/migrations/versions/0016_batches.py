"""Batches: orders over many documents, their chunks and workers; cases that are about many documents.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("use_case", sa.Column("members", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "use_case_member",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("permit", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_case_member_case_id")),
        sa.ForeignKeyConstraint(["permit"], ["seal_permit.id"], name=op.f("fk_use_case_member_permit")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_use_case_member")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_uscc", sa.String(length=18), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("document_class", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=160), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("fault_zh", sa.Text(), nullable=False),
        sa.Column("fault_en", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("form IN ('each', 'tree')", name=op.f("ck_batch_form")),
        sa.CheckConstraint(
            "state IN ('gathering', 'waiting', 'running', 'halted', 'finished', 'cancelled')",
            name=op.f("ck_batch_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("request_key", name=op.f("uq_batch_request_key")),
    )
    op.create_index("batch_state", "batch", ["state", "id"], unique=False)
    op.create_table(
        "batch_worker",
        sa.Column("executor", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("executor", name=op.f("pk_batch_worker")),
    )
    op.create_table(
        "batch_chunk",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_batch_chunk_state")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_chunk_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_chunk")),
    )
    op.create_table(
        "batch_document",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=160), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("result_size", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("fault_zh", sa.Text(), nullable=False),
        sa.Column("fault_en", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'failed', 'cancelled')", name=op.f("ck_batch_document_state")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_document_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_document")),
        sa.UniqueConstraint("batch_id", "mark", name=op.f("uq_batch_document_batch_id_mark")),
    )
    op.create_index("batch_document_state", "batch_document", ["batch_id", "state", "number"], unique=False)
    op.create_index("batch_document_chunk", "batch_document", ["batch_id", "chunk", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("batch_document_chunk", table_name="batch_document")
    op.drop_index("batch_document_state", table_name="batch_document")
    op.drop_table("batch_document")
    op.drop_table("batch_chunk")
    op.drop_table("batch_worker")
    op.drop_index("batch_state", table_name="batch")
    op.drop_table("batch")
    op.drop_table("use_case_member")
    op.drop_column("use_case", "members")
