"""Tables of seals, permits, status lists and sealings.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("physical_code", sa.String(length=13), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("picture_sha256", sa.String(length=64), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=True),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("keeper", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("resume_requested_by", sa.Text(), nullable=True),
        sa.Column("predecessor", sa.String(length=14), nullable=True),
        sa.Column("successor", sa.String(length=14), nullable=True),
        sa.Column("certificate_serial", sa.String(40), nullable=True),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=True),
        sa.Column("certificate_der", sa.LargeBinary(), nullable=True),
        sa.Column("certificate_not_before", sa.BigInteger(), nullable=True),
        sa.Column("certificate_not_after", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('applied', 'active', 'frozen', 'revoked', 'superseded', 'rejected')",
            name=op.f("ck_seal_status"),
        ),
        sa.PrimaryKeyConstraint("electronic_code", name=op.f("pk_seal")),
    )
    op.create_index("seal_owner", "seal", ["owner_uscc", "electronic_code"], unique=False)
    op.create_index(
        "seal_physical_code",
        "seal",
        ["physical_code"],
        unique=True,
        sqlite_where=sa.text("status <> 'rejected'"),
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.create_index(
        "seal_predecessor",
        "seal",
        ["predecessor"],
        unique=True,
        sqlite_where=sa.text("status <> 'rejected'"),
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.create_table(
        "seal_counter",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_seal_counter")),
    )
    op.create_table(
        "seal_status_list",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'published', 'withheld')", name=op.f("ck_seal_status_list_state")
        ),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_seal_status_list")),
    )
    op.create_table(
        "seal_event",
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_event_electronic_code")
        ),
        sa.PrimaryKeyConstraint("electronic_code", "number", name=op.f("pk_seal_event")),
    )
    op.create_table(
        "seal_keeper",
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_keeper_electronic_code")
        ),
        sa.PrimaryKeyConstraint("electronic_code", "actor", name=op.f("pk_seal_keeper")),
    )
    op.create_table(
        "seal_permit",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('granted', 'consumed', 'used', 'released')", name=op.f("ck_seal_permit_state")
        ),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_permit_electronic_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_permit")),
    )
    op.create_index("seal_permit_seal", "seal_permit", ["electronic_code", "granted_at"], unique=False)
    op.create_table(
        "seal_key",
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("key_uri", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("certificate_sha256", name=op.f("pk_seal_key")),
    )
    op.create_table(
        "sealing",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("permit", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'completed', 'failed')", name=op.f("ck_sealing_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing")),
        sa.UniqueConstraint("actor", "idempotency_key", name=op.f("uq_sealing_actor_idempotency_key")),
    )
    op.create_index("sealing_state", "sealing", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("sealing_state", table_name="sealing")
    op.drop_table("sealing")
    op.drop_table("seal_key")
    op.drop_index("seal_permit_seal", table_name="seal_permit")
    op.drop_table("seal_permit")
    op.drop_table("seal_keeper")
    op.drop_table("seal_event")
    op.drop_table("seal_status_list")
    op.drop_table("seal_counter")
    op.drop_index(
        "seal_predecessor",
        table_name="seal",
        sqlite_where=sa.text("status <> 'rejected'"),
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.drop_index(
        "seal_physical_code",
        table_name="seal",
        sqlite_where=sa.text("status <> 'rejected'"),
        postgresql_where=sa.text("status <> 'rejected'"),
    )
    op.drop_index("seal_owner", table_name="seal")
    op.drop_table("seal")
