"""Parties, voiding and printed copies.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "print_rule",
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("shows_page", sa.Boolean(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("used >= 0 AND quota >= 0 AND printed >= used", name=op.f("ck_print_rule_counts")),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_print_rule")),
    )
    op.create_index("print_rule_owner", "print_rule", ["uscc", "document"], unique=False)
    op.create_table(
        "signing_round",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=240), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("initiator", sa.Text(), nullable=False),
        sa.Column("initiator_name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("remind_days", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("original", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("claim_party", sa.Integer(), nullable=False),
        sa.Column("claim_actor", sa.Text(), nullable=False),
        sa.Column("claim_key", sa.String(length=200), nullable=False),
        sa.Column("claim_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'declined', 'released', 'withdrawn', 'expired')",
            name=op.f("ck_signing_round_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_round")),
        sa.UniqueConstraint("request_key", name=op.f("uq_signing_round_request_key")),
    )
    op.create_index("signing_round_due", "signing_round", ["status", "deadline"], unique=False)
    op.create_index("signing_round_owner", "signing_round", ["uscc", "id"], unique=False)
    op.create_table(
        "signing_round_reminder_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_round_reminder_head")),
    )
    op.create_table(
        "void_list",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'published', 'withheld')", name=op.f("ck_void_list_state")),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_void_list")),
    )
    op.create_table(
        "voiding",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_key", sa.String(length=240), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_uscc", sa.String(length=18), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'voided', 'refused', 'withdrawn')", name=op.f("ck_voiding_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voiding")),
        sa.UniqueConstraint("request_key", name=op.f("uq_voiding_request_key")),
    )
    op.create_index("voiding_document", "voiding", ["document"], unique=False)
    op.create_index("voiding_status", "voiding", ["status", "id"], unique=False)
    op.create_table(
        "print_copy",
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("seen", sa.String(length=8), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("request_key", sa.String(length=240), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.CheckConstraint("seen IN ('true', 'grey')", name=op.f("ck_print_copy_seen")),
        sa.CheckConstraint("state IN ('reserved', 'made', 'failed')", name=op.f("ck_print_copy_state")),
        sa.ForeignKeyConstraint(["document"], ["print_rule.document"], name=op.f("fk_print_copy_document")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_print_copy")),
        sa.UniqueConstraint("document", "number", name=op.f("uq_print_copy_document_number")),
        sa.UniqueConstraint("request_key", name=op.f("uq_print_copy_request_key")),
    )
    op.create_index("print_copy_state", "print_copy", ["state", "at"], unique=False)
    op.create_table(
        "signing_round_entry",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_uscc", sa.String(length=18), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk_signing_round_entry_round_id")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_signing_round_entry")),
    )
    op.create_table(
        "signing_round_party",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("enterprise", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('waiting', 'sealed', 'declined')", name=op.f("ck_signing_round_party_status")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk_signing_round_party_round_id")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_signing_round_party")),
    )
    op.create_index(
        "signing_round_party_waiting", "signing_round_party", ["uscc", "status", "round_id"], unique=False
    )
    op.create_table(
        "signing_round_reminder",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk_signing_round_reminder_round_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_signing_round_reminder")),
        sa.UniqueConstraint(
            "round_id",
            "version",
            "days",
            "deadline",
            name=op.f("uq_signing_round_reminder_round_id_version_days_deadline"),
        ),
    )
    op.create_table(
        "signing_round_version",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=160), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["signing_round.id"], name=op.f("fk_signing_round_version_round_id")
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_signing_round_version")),
    )
    op.create_index("signing_round_version_digest", "signing_round_version", ["digest"], unique=False)
    op.create_table(
        "voided_document",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("voiding", sa.String(length=32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["voiding"], ["voiding.id"], name=op.f("fk_voided_document_voiding")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_voided_document")),
    )
    op.create_index(op.f("ix_voided_document_voiding"), "voided_document", ["voiding"], unique=False)
    op.create_table(
        "voiding_consent",
        sa.Column("voiding", sa.String(length=32), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["voiding"], ["voiding.id"], name=op.f("fk_voiding_consent_voiding")),
        sa.PrimaryKeyConstraint("voiding", "uscc", "person", name=op.f("pk_voiding_consent")),
    )
    op.create_table(
        "voiding_party",
        sa.Column("voiding", sa.String(length=32), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("enterprise", sa.Text(), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.ForeignKeyConstraint(["voiding"], ["voiding.id"], name=op.f("fk_voiding_party_voiding")),
        sa.PrimaryKeyConstraint("voiding", "uscc", name=op.f("pk_voiding_party")),
    )
    op.create_index("voiding_party_uscc", "voiding_party", ["uscc", "voiding"], unique=False)


def downgrade() -> None:
    op.drop_table("voiding_party")
    op.drop_table("voiding_consent")
    op.drop_table("voided_document")
    op.drop_table("signing_round_version")
    op.drop_table("signing_round_reminder")
    op.drop_table("signing_round_party")
    op.drop_table("signing_round_entry")
    op.drop_table("print_copy")
    op.drop_table("voiding")
    op.drop_table("void_list")
    op.drop_table("signing_round_reminder_head")
    op.drop_table("signing_round")
    op.drop_table("print_rule")
