"""Engraving shops, jobs, imprints, challenges, deliveries; what the national platform tells.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filing_shop",
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("division", sa.String(length=6), nullable=False),
        sa.Column("licence", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'suspended')", name=op.f("ck_filing_shop_state")),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_filing_shop")),
        sa.UniqueConstraint("licence", name=op.f("uq_filing_shop_licence")),
    )
    op.create_index(op.f("ix_filing_shop_division"), "filing_shop", ["division"], unique=False)
    op.create_table(
        "filing_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("division", sa.String(length=6), nullable=False),
        sa.Column("shop", sa.String(length=18), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.Text(), nullable=False),
        sa.Column("representative_name", sa.Text(), nullable=False),
        sa.Column("representative_document", sa.String(length=16), nullable=False),
        sa.Column("representative_tail", sa.String(length=8), nullable=False),
        sa.Column("representative_proof", sa.String(length=160), nullable=False),
        sa.Column("imprint", sa.Integer(), nullable=False),
        sa.Column("chip", sa.String(length=24), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("reason_code", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'taken', 'made', 'personalised', 'offered', 'delivered', 'returned', 'filed', 'closed')",
            name=op.f("ck_filing_job_status"),
        ),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_filing_job_electronic_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_job")),
    )
    op.create_index("filing_job_age", "filing_job", ["status", "opened_at", "id"], unique=False)
    op.create_index(
        "filing_job_chip",
        "filing_job",
        ["chip"],
        unique=True,
        sqlite_where=sa.text("chip <> '' AND status <> 'closed'"),
        postgresql_where=sa.text("chip <> '' AND status <> 'closed'"),
    )
    op.create_index("filing_job_idle", "filing_job", ["status", "moved_at"], unique=False)
    op.create_index(
        "filing_job_seal",
        "filing_job",
        ["electronic_code"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('filed', 'closed')"),
        postgresql_where=sa.text("status NOT IN ('filed', 'closed')"),
    )
    op.create_index("filing_job_shop", "filing_job", ["shop", "opened_at", "id"], unique=False)
    op.create_table(
        "filing_event",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["filing_job.id"], name=op.f("fk_filing_event_job")),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_filing_event")),
    )
    op.create_table(
        "filing_imprint",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("overlap", sa.Float(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("rotation_deg", sa.Float(), nullable=False),
        sa.Column("shift_x_mm", sa.Float(), nullable=False),
        sa.Column("shift_y_mm", sa.Float(), nullable=False),
        sa.Column("advice", sa.String(length=16), nullable=False),
        sa.Column("overlay_sha256", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'compared', 'failed')", name=op.f("ck_filing_imprint_state")
        ),
        sa.ForeignKeyConstraint(["job"], ["filing_job.id"], name=op.f("fk_filing_imprint_job")),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_filing_imprint")),
    )
    op.create_index(op.f("ix_filing_imprint_state"), "filing_imprint", ["state"], unique=False)
    op.create_table(
        "filing_challenge",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("chip", sa.String(length=24), nullable=False),
        sa.Column("application", sa.String(length=16), nullable=False),
        sa.Column("container", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'proved', 'refused')", name=op.f("ck_filing_challenge_state")),
        sa.ForeignKeyConstraint(["job"], ["filing_job.id"], name=op.f("fk_filing_challenge_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_challenge")),
    )
    op.create_index("filing_challenge_chip", "filing_challenge", ["chip", "made_at"], unique=False)
    op.create_table(
        "filing_delivery",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("receiver_name", sa.Text(), nullable=False),
        sa.Column("receiver_document", sa.String(length=16), nullable=False),
        sa.Column("receiver_tail", sa.String(length=8), nullable=False),
        sa.Column("receiver_proof", sa.String(length=160), nullable=False),
        sa.Column("letter_sha256", sa.String(length=64), nullable=False),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["filing_job.id"], name=op.f("fk_filing_delivery_job")),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_filing_delivery")),
    )
    op.create_table(
        "national_message",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("maker_sha256", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_national_message")),
    )
    op.create_index("national_message_seal", "national_message", ["seal_code", "taken_at"], unique=False)
    op.create_table(
        "national_seal",
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("use_unit_code", sa.String(length=18), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("maker_sha256", sa.String(length=64), nullable=False),
        sa.Column("invalid_type", sa.String(length=1), nullable=False),
        sa.Column("invalid_from", sa.BigInteger(), nullable=True),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seal_code", name=op.f("pk_national_seal")),
    )
    op.create_index("national_seal_invalid", "national_seal", ["invalid_from", "seal_code"], unique=False)


def downgrade() -> None:
    op.drop_index("national_seal_invalid", table_name="national_seal")
    op.drop_table("national_seal")
    op.drop_index("national_message_seal", table_name="national_message")
    op.drop_table("national_message")
    op.drop_table("filing_delivery")
    op.drop_index("filing_challenge_chip", table_name="filing_challenge")
    op.drop_table("filing_challenge")
    op.drop_index(op.f("ix_filing_imprint_state"), table_name="filing_imprint")
    op.drop_table("filing_imprint")
    op.drop_table("filing_event")
    op.drop_index("filing_job_age", table_name="filing_job")
    op.drop_index(
        "filing_job_chip",
        table_name="filing_job",
        sqlite_where=sa.text("chip <> '' AND status <> 'closed'"),
        postgresql_where=sa.text("chip <> '' AND status <> 'closed'"),
    )
    op.drop_index("filing_job_idle", table_name="filing_job")
    op.drop_index(
        "filing_job_seal",
        table_name="filing_job",
        sqlite_where=sa.text("status NOT IN ('filed', 'closed')"),
        postgresql_where=sa.text("status NOT IN ('filed', 'closed')"),
    )
    op.drop_index("filing_job_shop", table_name="filing_job")
    op.drop_table("filing_job")
    op.drop_index(op.f("ix_filing_shop_division"), table_name="filing_shop")
    op.drop_table("filing_shop")
