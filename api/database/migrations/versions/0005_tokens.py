"""Tokens, chips and ranges of chip numbers.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chip_series",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_chip_series")),
    )
    op.create_table(
        "token",
        sa.Column("serial", sa.String(length=24), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("holder_uscc", sa.String(length=18), nullable=False),
        sa.Column("holder_person", sa.String(length=128), nullable=False),
        sa.Column("holder_name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("prior", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.String(length=200), nullable=False),
        sa.Column("stopped_by", sa.String(length=200), nullable=False),
        sa.Column("resume_requested_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "prior IN ('uninitialised', 'ready', 'personalised', 'issued', 'suspended', 'temporarily_lost', 'permanently_lost', 'damaged', 'terminated')",
            name=op.f("ck_token_prior"),
        ),
        sa.CheckConstraint(
            "state IN ('uninitialised', 'ready', 'personalised', 'issued', 'suspended', 'temporarily_lost', 'permanently_lost', 'damaged', 'terminated')",
            name=op.f("ck_token_state"),
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_batch"), "token", ["batch"], unique=False)
    op.create_index(op.f("ix_token_holder_uscc"), "token", ["holder_uscc"], unique=False)
    op.create_index(op.f("ix_token_state"), "token", ["state"], unique=False)
    op.create_index(
        "token_number",
        "token",
        ["number"],
        unique=True,
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
    )
    op.create_table(
        "chip_range",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("shop", sa.String(length=64), nullable=False),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("method IN ('courier', 'in-person', 'post')", name=op.f("ck_chip_range_method")),
        sa.CheckConstraint("first >= 0 AND first <= last", name=op.f("ck_chip_range_order")),
        sa.ForeignKeyConstraint(["prefix"], ["chip_series.prefix"], name=op.f("fk_chip_range_prefix")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chip_range")),
    )
    op.create_index("chip_range_place", "chip_range", ["prefix", "first"], unique=False)
    op.create_table(
        "token_application",
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=7), nullable=False),
        sa.Column("pin_length", sa.Integer(), nullable=False),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("pin_left", sa.Integer(), nullable=True),
        sa.Column("pin_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["token"], ["token.serial"], name=op.f("fk_token_application_token")),
        sa.PrimaryKeyConstraint("token", "name", name=op.f("pk_token_application")),
    )
    op.create_table(
        "token_event",
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["token.serial"], name=op.f("fk_token_event_token")),
        sa.PrimaryKeyConstraint("token", "number", name=op.f("pk_token_event")),
    )
    op.create_table(
        "token_request",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("requester", sa.String(length=200), nullable=False),
        sa.Column("requester_name", sa.String(length=200), nullable=False),
        sa.Column("requester_uscc", sa.String(length=18), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'approved', 'used', 'rejected', 'superseded')",
            name=op.f("ck_token_request_status"),
        ),
        sa.ForeignKeyConstraint(["token"], ["token.serial"], name=op.f("fk_token_request_token")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_token_request")),
        sa.UniqueConstraint("id", name=op.f("uq_token_request_id")),
    )
    op.create_index(op.f("ix_token_request_token"), "token_request", ["token"], unique=False)
    op.create_index(
        "token_request_open",
        "token_request",
        ["token"],
        unique=True,
        sqlite_where=sa.text("status IN ('asked', 'approved')"),
        postgresql_where=sa.text("status IN ('asked', 'approved')"),
    )
    op.create_table(
        "token_procedure",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["request"], ["token_request.id"], name=op.f("fk_token_procedure_request")),
        sa.ForeignKeyConstraint(["token"], ["token.serial"], name=op.f("fk_token_procedure_token")),
        sa.CheckConstraint(
            "status IN ('running', 'done', 'abandoned')", name=op.f("ck_token_procedure_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token_procedure")),
        sa.UniqueConstraint("request", name=op.f("uq_token_procedure_request")),
        sa.UniqueConstraint("token", name=op.f("uq_token_procedure_token")),
    )
    op.create_table(
        "chip_number",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("range", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fate", sa.String(length=8), nullable=False),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.CheckConstraint("fate IN ('consumed', 'spoilt', 'returned')", name=op.f("ck_chip_number_fate")),
        sa.ForeignKeyConstraint(["range"], ["chip_range.id"], name=op.f("fk_chip_number_range")),
        sa.PrimaryKeyConstraint("prefix", "value", name=op.f("pk_chip_number")),
    )
    op.create_index(op.f("ix_chip_number_range"), "chip_number", ["range"], unique=False)
    op.create_table(
        "pin_letter",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("application", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["token", "application"],
            ["token_application.token", "token_application.name"],
            name=op.f("fk_pin_letter_token_application"),
        ),
        sa.CheckConstraint(
            "status IN ('prepared', 'ready', 'printed', 'void')", name=op.f("ck_pin_letter_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_letter")),
    )
    op.create_index("pin_letter_token", "pin_letter", ["token", "application"], unique=False)
    op.create_table(
        "token_container",
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("application", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["token", "application"],
            ["token_application.token", "token_application.name"],
            name=op.f("fk_token_container_token_application"),
        ),
        sa.PrimaryKeyConstraint("token", "application", "name", name=op.f("pk_token_container")),
    )
    op.create_table(
        "token_step",
        sa.Column("procedure", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=48), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["procedure"], ["token_procedure.id"], name=op.f("fk_token_step_procedure")),
        sa.CheckConstraint(
            "status IN ('planned', 'begun', 'done', 'failed')", name=op.f("ck_token_step_status")
        ),
        sa.PrimaryKeyConstraint("procedure", "number", name=op.f("pk_token_step")),
    )
    op.create_table(
        "token_key",
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("application", sa.String(length=7), nullable=False),
        sa.Column("container", sa.String(length=32), nullable=False),
        sa.Column("use", sa.String(length=8), nullable=False),
        sa.Column("key_uri", sa.String(length=1024), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("standing", sa.String(length=8), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.String(40), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "standing IN ('none', 'good', 'held', 'apart', 'revoked')", name=op.f("ck_token_key_standing")
        ),
        sa.CheckConstraint("use IN ('sign', 'encrypt')", name=op.f("ck_token_key_use")),
        sa.ForeignKeyConstraint(
            ["token", "application", "container"],
            ["token_container.token", "token_container.application", "token_container.name"],
            name=op.f("fk_token_key_token_application_container"),
        ),
        sa.PrimaryKeyConstraint("token", "application", "container", "use", name=op.f("pk_token_key")),
    )
    op.create_index(op.f("ix_token_key_request_key"), "token_key", ["request_key"], unique=False)
    op.create_index(op.f("ix_token_key_spki_sha256"), "token_key", ["spki_sha256"], unique=False)
    op.create_table(
        "unblock_task",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("token", sa.String(length=24), nullable=False),
        sa.Column("application", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["letter"], ["pin_letter.id"], name=op.f("fk_unblock_task_letter")),
        sa.ForeignKeyConstraint(
            ["token", "application"],
            ["token_application.token", "token_application.name"],
            name=op.f("fk_unblock_task_token_application"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'approved', 'done', 'rejected')", name=op.f("ck_unblock_task_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unblock_task")),
    )
    op.create_index(
        "unblock_task_open",
        "unblock_task",
        ["token", "application"],
        unique=True,
        sqlite_where=sa.text("status IN ('requested', 'approved')"),
        postgresql_where=sa.text("status IN ('requested', 'approved')"),
    )


def downgrade() -> None:
    op.drop_index(
        "unblock_task_open",
        table_name="unblock_task",
        sqlite_where=sa.text("status IN ('requested', 'approved')"),
        postgresql_where=sa.text("status IN ('requested', 'approved')"),
    )
    op.drop_table("unblock_task")
    op.drop_index(op.f("ix_token_key_spki_sha256"), table_name="token_key")
    op.drop_index(op.f("ix_token_key_request_key"), table_name="token_key")
    op.drop_table("token_key")
    op.drop_table("token_step")
    op.drop_table("token_container")
    op.drop_index("pin_letter_token", table_name="pin_letter")
    op.drop_table("pin_letter")
    op.drop_index(op.f("ix_chip_number_range"), table_name="chip_number")
    op.drop_table("chip_number")
    op.drop_table("token_procedure")
    op.drop_index(
        "token_request_open",
        table_name="token_request",
        sqlite_where=sa.text("status IN ('asked', 'approved')"),
        postgresql_where=sa.text("status IN ('asked', 'approved')"),
    )
    op.drop_index(op.f("ix_token_request_token"), table_name="token_request")
    op.drop_table("token_request")
    op.drop_table("token_event")
    op.drop_table("token_application")
    op.drop_index("chip_range_place", table_name="chip_range")
    op.drop_table("chip_range")
    op.drop_index(
        "token_number",
        table_name="token",
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
    )
    op.drop_index(op.f("ix_token_state"), table_name="token")
    op.drop_index(op.f("ix_token_holder_uscc"), table_name="token")
    op.drop_index(op.f("ix_token_batch"), table_name="token")
    op.drop_table("token")
    op.drop_table("chip_series")
