"""Smart stamps: register, orders, events, uses, alarms.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stamp",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("certificate_issuer", sa.String(length=64), nullable=False),
        sa.Column("certificate_serial", sa.String(length=40), nullable=False),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.String(length=14), nullable=True),
        sa.Column("chip", sa.String(length=32), nullable=False),
        sa.Column("wanted_seal", sa.String(length=14), nullable=False),
        sa.Column("wanted_chip", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("fence_latitude", sa.Integer(), nullable=True),
        sa.Column("fence_longitude", sa.Integer(), nullable=True),
        sa.Column("fence_radius", sa.Integer(), nullable=True),
        sa.Column("offline_cap", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=160), nullable=False),
        sa.Column("obeyed", sa.BigInteger(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("pressed", sa.String(length=64), nullable=False),
        sa.Column("pressed_order", sa.String(length=64), nullable=False),
        sa.Column("pressed_number", sa.BigInteger(), nullable=False),
        sa.Column("pressed_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("gap_since", sa.BigInteger(), nullable=True),
        sa.Column("battery", sa.Integer(), nullable=False),
        sa.Column("firmware", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('registered', 'in_service', 'locked', 'lost', 'tampered', 'retired')",
            name=op.f("ck_stamp_status"),
        ),
        sa.ForeignKeyConstraint(["seal"], ["seal.electronic_code"], name=op.f("fk_stamp_seal")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_stamp")),
    )
    op.create_index(op.f("ix_stamp_uscc"), "stamp", ["uscc"], unique=False)
    op.create_index("stamp_certificate", "stamp", ["certificate_issuer", "certificate_serial"], unique=True)
    op.create_index(
        "stamp_seal",
        "stamp",
        ["seal"],
        unique=True,
        sqlite_where=sa.text("seal IS NOT NULL"),
        postgresql_where=sa.text("seal IS NOT NULL"),
    )
    op.create_table(
        "stamp_alarm",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=14), nullable=False),
        sa.Column("seal_stop", sa.String(length=8), nullable=False),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("seal_stop IN ('', 'due', 'done')", name=op.f("ck_stamp_alarm_seal_stop")),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_alarm_serial")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_alarm")),
    )
    op.create_index("stamp_alarm_open", "stamp_alarm", ["acknowledged_at", "id"], unique=False)
    op.create_index("stamp_alarm_stamp", "stamp_alarm", ["serial", "id"], unique=False)
    op.create_index("stamp_alarm_stop", "stamp_alarm", ["seal_stop"], unique=False)
    op.create_table(
        "stamp_event",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_event_serial")),
        sa.PrimaryKeyConstraint("serial", "number", name=op.f("pk_stamp_event")),
    )
    op.create_table(
        "stamp_grant",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("operators", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'granted', 'turned_down')", name=op.f("ck_stamp_grant_state")),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_grant_serial")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_grant")),
    )
    op.create_index(op.f("ix_stamp_grant_serial"), "stamp_grant", ["serial"], unique=False)
    op.create_table(
        "stamp_operator",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_operator_serial")),
        sa.PrimaryKeyConstraint("serial", "operator", name=op.f("pk_stamp_operator")),
    )
    op.create_table(
        "stamp_order",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("seal", sa.String(length=14), nullable=False),
        sa.Column("chip", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("operators", sa.Text(), nullable=False),
        sa.Column("fence_latitude", sa.Integer(), nullable=True),
        sa.Column("fence_longitude", sa.Integer(), nullable=True),
        sa.Column("fence_radius", sa.Integer(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("remade", sa.String(length=32), nullable=False),
        sa.Column("case_ended", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('use', 'grant', 'lock', 'unlock', 'cancel')", name=op.f("ck_stamp_order_kind")
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'signed', 'accepted', 'refused', 'skipped', 'expired', 'withdrawn')",
            name=op.f("ck_stamp_order_status"),
        ),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_order_serial")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_order")),
    )
    op.create_index("stamp_order_case", "stamp_order", ["case_id"], unique=False)
    op.create_index("stamp_order_sequence", "stamp_order", ["serial", "sequence"], unique=True)
    op.create_index("stamp_order_status", "stamp_order", ["status", "serial", "sequence"], unique=False)
    op.create_table(
        "stamp_request",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_request_serial")),
        sa.PrimaryKeyConstraint("serial", "nonce", name=op.f("pk_stamp_request")),
    )
    op.create_index(op.f("ix_stamp_request_at"), "stamp_request", ["at"], unique=False)
    op.create_table(
        "stamp_use",
        sa.Column("serial", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reservation", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("pressed_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("latitude", sa.Integer(), nullable=True),
        sa.Column("longitude", sa.Integer(), nullable=True),
        sa.Column("picture", sa.String(length=8), nullable=False),
        sa.Column("picture_digest", sa.String(length=160), nullable=False),
        sa.Column("picture_size", sa.BigInteger(), nullable=False),
        sa.Column("picture_due", sa.BigInteger(), nullable=False),
        sa.Column("late_told", sa.Boolean(), nullable=False),
        sa.CheckConstraint("picture IN ('none', 'awaited', 'here')", name=op.f("ck_stamp_use_picture")),
        sa.CheckConstraint(
            "status IN ('open', 'used', 'uncertain', 'returned')", name=op.f("ck_stamp_use_status")
        ),
        sa.ForeignKeyConstraint(["serial"], ["stamp.serial"], name=op.f("fk_stamp_use_serial")),
        sa.PrimaryKeyConstraint("serial", "number", name=op.f("pk_stamp_use")),
    )
    op.create_index(op.f("ix_stamp_use_case_id"), "stamp_use", ["case_id"], unique=False)
    op.create_index(op.f("ix_stamp_use_order_id"), "stamp_use", ["order_id"], unique=False)
    op.create_index("stamp_use_picture", "stamp_use", ["picture", "picture_due"], unique=False)
    op.create_index("stamp_use_reservation", "stamp_use", ["serial", "reservation"], unique=False)


def downgrade() -> None:
    op.drop_index("stamp_alarm_open", table_name="stamp_alarm")
    op.drop_index("stamp_alarm_stamp", table_name="stamp_alarm")
    op.drop_index("stamp_alarm_stop", table_name="stamp_alarm")
    op.drop_table("stamp_alarm")
    op.drop_table("stamp_event")
    op.drop_index(op.f("ix_stamp_grant_serial"), table_name="stamp_grant")
    op.drop_table("stamp_grant")
    op.drop_table("stamp_operator")
    op.drop_index("stamp_order_case", table_name="stamp_order")
    op.drop_index("stamp_order_sequence", table_name="stamp_order")
    op.drop_index("stamp_order_status", table_name="stamp_order")
    op.drop_table("stamp_order")
    op.drop_index(op.f("ix_stamp_request_at"), table_name="stamp_request")
    op.drop_table("stamp_request")
    op.drop_index(op.f("ix_stamp_use_case_id"), table_name="stamp_use")
    op.drop_index(op.f("ix_stamp_use_order_id"), table_name="stamp_use")
    op.drop_index("stamp_use_picture", table_name="stamp_use")
    op.drop_index("stamp_use_reservation", table_name="stamp_use")
    op.drop_table("stamp_use")
    op.drop_index(op.f("ix_stamp_uscc"), table_name="stamp")
    op.drop_index("stamp_certificate", table_name="stamp")
    op.drop_index(
        "stamp_seal",
        table_name="stamp",
        sqlite_where=sa.text("seal IS NOT NULL"),
        postgresql_where=sa.text("seal IS NOT NULL"),
    )
    op.drop_table("stamp")
