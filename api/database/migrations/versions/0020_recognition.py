"""Department policies, the recognition ledger and evidence records.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and let a sealing be found by the document that it made."""
    op.create_table(
        "evidence_record",
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'released')", name=op.f("ck_evidence_record_state")),
        sa.ForeignKeyConstraint(["sealing"], ["sealing.id"], name=op.f("fk_evidence_record_sealing")),
        sa.PrimaryKeyConstraint("sealing", name=op.f("pk_evidence_record")),
    )
    made = sa.text("result <> ''")
    op.create_index(
        "sealing_result", "sealing", ["result"], unique=False, sqlite_where=made, postgresql_where=made
    )
    op.create_table(
        "department_policy",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_name", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.Column("settled_name", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('proposed', 'in-force', 'replaced', 'declined')",
            name=op.f("ck_department_policy_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_policy")),
    )
    op.create_index("department_policy_status", "department_policy", ["status", "id"], unique=False)
    force = sa.text("status = 'in-force'")
    op.create_index(
        "department_policy_in_force",
        "department_policy",
        ["department"],
        unique=True,
        sqlite_where=force,
        postgresql_where=force,
    )
    op.create_table(
        "recognition",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=240), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('accepted', 'conditions', 'refused')", name=op.f("ck_recognition_answer")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recognition")),
        sa.UniqueConstraint("id", name=op.f("uq_recognition_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_recognition_request_key")),
    )
    op.create_index("recognition_document", "recognition", ["document"], unique=False)
    op.create_index("recognition_counted", "recognition", ["department", "act", "answer"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("recognition_counted", table_name="recognition")
    op.drop_index("recognition_document", table_name="recognition")
    op.drop_table("recognition")
    op.drop_index("department_policy_in_force", table_name="department_policy")
    op.drop_index("department_policy_status", table_name="department_policy")
    op.drop_table("department_policy")
    op.drop_index("sealing_result", table_name="sealing")
    op.drop_table("evidence_record")
