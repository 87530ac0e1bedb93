"""Cases of use, their approvals, signers and standing authorisations.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "use_reminder_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_reminder_head")),
    )
    op.create_table(
        "use_rule",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_use_rule")),
    )
    op.create_table(
        "use_signer",
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("key_uri", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('approver', 'representative')", name=op.f("ck_use_signer_role")),
        sa.CheckConstraint(
            "status IN ('requested', 'confirmed', 'ended')", name=op.f("ck_use_signer_status")
        ),
        sa.PrimaryKeyConstraint("certificate_sha256", name=op.f("pk_use_signer")),
    )
    op.create_index("use_signer_person", "use_signer", ["person", "status"], unique=False)
    op.create_index("use_signer_role", "use_signer", ["uscc", "role", "status"], unique=False)
    op.create_table(
        "use_case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("document", sa.String(length=160), nullable=False),
        sa.Column("document_name", sa.Text(), nullable=False),
        sa.Column("document_size", sa.BigInteger(), nullable=False),
        sa.Column("document_kept", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("document_class", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("requester_name", sa.Text(), nullable=False),
        sa.Column("requester_uscc", sa.String(length=18), nullable=False),
        sa.Column("ground", sa.String(length=16), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("rule_hash", sa.String(length=64), nullable=False),
        sa.Column("approvals_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("approving_since", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("ground IN ('case', 'standing', 'keeper')", name=op.f("ck_use_case_ground")),
        sa.CheckConstraint(
            "status IN ('draft', 'approving', 'approved', 'in_use', 'closed', 'rejected', 'withdrawn', 'expired', 'voided')",
            name=op.f("ck_use_case_status"),
        ),
        sa.CheckConstraint("used >= 0 AND used <= copies", name=op.f("ck_use_case_used")),
        sa.ForeignKeyConstraint(["rule_hash"], ["use_rule.hash"], name=op.f("fk_use_case_rule_hash")),
        sa.ForeignKeyConstraint(["seal_code"], ["seal.electronic_code"], name=op.f("fk_use_case_seal_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_case")),
        sa.UniqueConstraint("request_key", name=op.f("uq_use_case_request_key")),
    )
    op.create_index("use_case_due", "use_case", ["status", "deadline"], unique=False)
    op.create_index("use_case_owner", "use_case", ["owner_uscc", "id"], unique=False)
    op.create_table(
        "use_standing",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("quota", sa.BigInteger(), nullable=False),
        sa.Column("per_day", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'effective', 'expired', 'deleted')", name=op.f("ck_use_standing_status")
        ),
        sa.CheckConstraint("used >= 0 AND used <= quota", name=op.f("ck_use_standing_used")),
        sa.ForeignKeyConstraint(
            ["seal_code"], ["seal.electronic_code"], name=op.f("fk_use_standing_seal_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_standing")),
        sa.UniqueConstraint("request_key", name=op.f("uq_use_standing_request_key")),
    )
    op.create_index("use_standing_app", "use_standing", ["person", "seal_code", "status"], unique=False)
    op.create_index("use_standing_owner", "use_standing", ["owner_uscc", "id"], unique=False)
    op.create_table(
        "use_approval",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("stands_for", sa.Text(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_approval_case_id")),
        sa.PrimaryKeyConstraint("case_id", "version", "person", name=op.f("pk_use_approval")),
    )
    op.create_table(
        "use_case_document",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=160), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('asked', 'sealed')", name=op.f("ck_use_case_document_role")),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_case_document_case_id")),
        sa.PrimaryKeyConstraint("case_id", "digest", "role", name=op.f("pk_use_case_document")),
    )
    op.create_index("use_case_document_digest", "use_case_document", ["digest"], unique=False)
    op.create_table(
        "use_case_entry",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_case_entry_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_use_case_entry")),
    )
    op.create_table(
        "use_permit",
        sa.Column("permit", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_permit_case_id")),
        sa.ForeignKeyConstraint(["permit"], ["seal_permit.id"], name=op.f("fk_use_permit_permit")),
        sa.PrimaryKeyConstraint("permit", name=op.f("pk_use_permit")),
    )
    op.create_index(op.f("ix_use_permit_case_id"), "use_permit", ["case_id"], unique=False)
    op.create_table(
        "use_reminder",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["use_case.id"], name=op.f("fk_use_reminder_case_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_use_reminder")),
        sa.UniqueConstraint(
            "case_id", "version", "hours", name=op.f("uq_use_reminder_case_id_version_hours")
        ),
    )
    op.create_table(
        "use_standing_day",
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["standing"], ["use_standing.id"], name=op.f("fk_use_standing_day_standing")),
        sa.PrimaryKeyConstraint("standing", "day", name=op.f("pk_use_standing_day")),
    )


def downgrade() -> None:
    op.drop_table("use_standing_day")
    op.drop_table("use_reminder")
    op.drop_index(op.f("ix_use_permit_case_id"), table_name="use_permit")
    op.drop_table("use_permit")
    op.drop_table("use_case_entry")
    op.drop_index("use_case_document_digest", table_name="use_case_document")
    op.drop_table("use_case_document")
    op.drop_table("use_approval")
    op.drop_index("use_standing_owner", table_name="use_standing")
    op.drop_index("use_standing_app", table_name="use_standing")
    op.drop_table("use_standing")
    op.drop_index("use_case_owner", table_name="use_case")
    op.drop_index("use_case_due", table_name="use_case")
    op.drop_table("use_case")
    op.drop_index("use_signer_role", table_name="use_signer")
    op.drop_index("use_signer_person", table_name="use_signer")
    op.drop_table("use_signer")
    op.drop_table("use_rule")
    op.drop_table("use_reminder_head")
