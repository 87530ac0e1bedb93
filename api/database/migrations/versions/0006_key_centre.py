"""Key centre, pool and escrow.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "escrowed_key",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("spki", sa.LargeBinary(), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("sign_spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("delivery", sa.LargeBinary(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status IN ('pooled', 'assigned', 'delivered', 'revoked', 'archived', 'destroyed')",
            name=op.f("ck_escrowed_key_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escrowed_key")),
        sa.UniqueConstraint("request_key", name=op.f("uq_escrowed_key_request_key")),
        sa.UniqueConstraint("spki_sha256", name=op.f("uq_escrowed_key_spki_sha256")),
    )
    op.create_index(
        "ix_escrowed_key_status_kind", "escrowed_key", ["status", "kind", "made_at"], unique=False
    )
    op.create_index("ix_escrowed_key_uscc", "escrowed_key", ["uscc"], unique=False)
    op.create_table(
        "key_centre",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("sign_key_uri", sa.String(length=1024), nullable=False),
        sa.Column("sign_spki", sa.LargeBinary(), nullable=False),
        sa.Column("founded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("founded_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_centre")),
    )
    op.create_table(
        "key_roster",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_key_roster")),
    )
    op.create_table(
        "key_task",
        sa.Column("ca_key_sha256", sa.String(length=64), nullable=False),
        sa.Column("task_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ca_key_sha256", "task_number", name=op.f("pk_key_task")),
    )
    op.create_table(
        "recovery_case",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("executed_by", sa.String(length=200), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'executing', 'executed', 'rejected', 'withdrawn')",
            name=op.f("ck_recovery_case_status"),
        ),
        sa.CheckConstraint(
            "kind IN ('user', 'judicial', 'roster')",
            name=op.f("ck_recovery_case_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_case")),
    )
    op.create_index("ix_recovery_case_status", "recovery_case", ["status", "requested_at"], unique=False)
    op.create_table(
        "key_notice",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("addressee", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delay_reason", sa.String(length=200), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'sent')",
            name=op.f("ck_key_notice_status"),
        ),
        sa.CheckConstraint(
            "addressee IN ('holder', 'auditor')",
            name=op.f("ck_key_notice_addressee"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["recovery_case.id"], name=op.f("fk_key_notice_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_notice")),
        sa.UniqueConstraint(
            "case_id", "event", "addressee", name=op.f("uq_key_notice_case_id_event_addressee")
        ),
    )
    op.create_index("ix_key_notice_status_due_at", "key_notice", ["status", "due_at"], unique=False)
    op.create_table(
        "recovery_vote",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("custodian", sa.String(length=200), nullable=False),
        sa.Column("credential_sha256", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "word IN ('approve', 'reject')",
            name=op.f("ck_recovery_vote_word"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["recovery_case.id"], name=op.f("fk_recovery_vote_case_id")),
        sa.PrimaryKeyConstraint("case_id", "document_sha256", "custodian", name=op.f("pk_recovery_vote")),
        sa.UniqueConstraint(
            "case_id",
            "document_sha256",
            "credential_sha256",
            name=op.f("uq_recovery_vote_case_id_document_sha256_credential_sha256"),
        ),
    )


def downgrade() -> None:
    op.drop_table("recovery_vote")
    op.drop_index("ix_key_notice_status_due_at", table_name="key_notice")
    op.drop_table("key_notice")
    op.drop_index("ix_recovery_case_status", table_name="recovery_case")
    op.drop_table("recovery_case")
    op.drop_table("key_task")
    op.drop_table("key_roster")
    op.drop_table("key_centre")
    op.drop_index("ix_escrowed_key_uscc", table_name="escrowed_key")
    op.drop_index("ix_escrowed_key_status_kind", table_name="escrowed_key")
    op.drop_table("escrowed_key")
