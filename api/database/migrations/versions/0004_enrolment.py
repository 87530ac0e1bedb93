"""Enrolment: requests with their versions, checks and approvals, orders, jobs, reminders.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("matter", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("requester", sa.String(length=200), nullable=False),
        sa.Column("requester_name", sa.String(length=200), nullable=False),
        sa.Column("requester_uscc", sa.String(length=18), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approving_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=True),
        sa.Column("encryption_serial", sa.String(length=40), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("predecessor_serial", sa.String(length=40), nullable=True),
        sa.Column("delivered_to", sa.String(length=200), nullable=False),
        sa.Column("delivered_how", sa.String(length=200), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing', 'issued', 'delivered', 'rejected', 'withdrawn', 'expired', 'failed')",
            name=op.f("ck_enrolment_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("request_key", name=op.f("uq_enrolment_request_key")),
    )
    op.create_index(op.f("ix_enrolment_encryption_serial"), "enrolment", ["encryption_serial"], unique=False)
    op.create_index(
        "ix_enrolment_open_key",
        "enrolment",
        ["spki_sha256"],
        unique=True,
        sqlite_where=sa.text(
            "status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing')"
        ),
        postgresql_where=sa.text(
            "status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing')"
        ),
    )
    op.create_index(
        op.f("ix_enrolment_predecessor_serial"), "enrolment", ["predecessor_serial"], unique=False
    )
    op.create_index(op.f("ix_enrolment_serial"), "enrolment", ["serial"], unique=False)
    op.create_index(op.f("ix_enrolment_spki_sha256"), "enrolment", ["spki_sha256"], unique=False)
    op.create_index("ix_enrolment_status_deadline", "enrolment", ["status", "deadline"], unique=False)
    op.create_index("ix_enrolment_status_id", "enrolment", ["status", "id"], unique=False)
    op.create_index("ix_enrolment_uscc_id", "enrolment", ["uscc", "id"], unique=False)
    op.create_table(
        "enrolment_approval",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("substitute", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "version", "person", name=op.f("pk_enrolment_approval")),
    )
    op.create_table(
        "enrolment_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("matter", sa.String(length=16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("requester", sa.String(length=200), nullable=False),
        sa.Column("requester_name", sa.String(length=200), nullable=False),
        sa.Column("requester_uscc", sa.String(length=18), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'running', 'done', 'rejected', 'withdrawn', 'expired')",
            name=op.f("ck_enrolment_job_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_job")),
        sa.UniqueConstraint("request_key", name=op.f("uq_enrolment_job_request_key")),
    )
    op.create_table(
        "expiry_reminder",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_expiry_reminder")),
        sa.UniqueConstraint("issuer", "serial", "days", name=op.f("uq_expiry_reminder_issuer_serial_days")),
    )
    op.create_table(
        "expiry_reminder_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expiry_reminder_head")),
    )
    op.create_table(
        "enrolment_check",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("enrolment", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("checker", sa.String(length=200), nullable=False),
        sa.Column("checker_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("outcome IN ('found', 'refused')", name=op.f("ck_enrolment_check_outcome")),
        sa.ForeignKeyConstraint(["enrolment"], ["enrolment.id"], name=op.f("fk_enrolment_check_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_check")),
    )
    op.create_index(
        "ix_enrolment_check_enrolment_version", "enrolment_check", ["enrolment", "version"], unique=False
    )
    op.create_table(
        "enrolment_job_item",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.Column("fault_zh", sa.Text(), nullable=False),
        sa.Column("fault_en", sa.Text(), nullable=False),
        sa.Column("enrolment", sa.String(length=32), nullable=False),
        sa.Column("new_serial", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('left', 'done', 'failed')", name=op.f("ck_enrolment_job_item_status")),
        sa.ForeignKeyConstraint(["job"], ["enrolment_job.id"], name=op.f("fk_enrolment_job_item_job")),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_enrolment_job_item")),
    )
    op.create_index(
        "ix_enrolment_job_item_job_status", "enrolment_job_item", ["job", "status", "number"], unique=False
    )
    op.create_table(
        "enrolment_version",
        sa.Column("enrolment", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("csr", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["enrolment"], ["enrolment.id"], name=op.f("fk_enrolment_version_enrolment")),
        sa.PrimaryKeyConstraint("enrolment", "version", name=op.f("pk_enrolment_version")),
    )


def downgrade() -> None:
    op.drop_table("enrolment_version")
    op.drop_index("ix_enrolment_job_item_job_status", table_name="enrolment_job_item")
    op.drop_table("enrolment_job_item")
    op.drop_index("ix_enrolment_check_enrolment_version", table_name="enrolment_check")
    op.drop_table("enrolment_check")
    op.drop_table("expiry_reminder_head")
    op.drop_table("expiry_reminder")
    op.drop_table("enrolment_job")
    op.drop_table("enrolment_approval")
    op.drop_index("ix_enrolment_uscc_id", table_name="enrolment")
    op.drop_index("ix_enrolment_status_id", table_name="enrolment")
    op.drop_index("ix_enrolment_status_deadline", table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_spki_sha256"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_serial"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_predecessor_serial"), table_name="enrolment")
    op.drop_index(
        "ix_enrolment_open_key",
        table_name="enrolment",
        sqlite_where=sa.text(
            "status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing')"
        ),
        postgresql_where=sa.text(
            "status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing')"
        ),
    )
    op.drop_index(op.f("ix_enrolment_encryption_serial"), table_name="enrolment")
    op.drop_table("enrolment")
