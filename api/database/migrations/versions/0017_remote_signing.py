"""Sealing in two steps with a key elsewhere, and digests signed for remote clients.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_sealing",
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=32), nullable=False),
        sa.Column("container", sa.String(length=16), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("protected", sa.String(length=140), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("to_sign", sa.LargeBinary(), nullable=False),
        sa.Column("source_size", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("signature_sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'returned', 'expired', 'withdrawn')", name=op.f("ck_waiting_sealing_state")
        ),
        sa.ForeignKeyConstraint(["sealing"], ["sealing.id"], name=op.f("fk_waiting_sealing_sealing")),
        sa.PrimaryKeyConstraint("sealing", "attempt", name=op.f("pk_waiting_sealing")),
    )
    op.create_index("waiting_sealing_due", "waiting_sealing", ["state", "deadline"])
    op.create_table(
        "signing_activation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("seal_code", sa.String(length=14), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("document_class", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("pin_box", sa.LargeBinary(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_activation")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_signing_activation_secret_sha256")),
    )
    op.create_index("signing_activation_expires", "signing_activation", ["expires_at"])
    op.create_table(
        "hash_signature",
        sa.Column("activation", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=140), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("permit", sa.String(length=32), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("signature_sha256", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('authorised', 'begun', 'signed', 'failed')", name=op.f("ck_hash_signature_state")
        ),
        sa.ForeignKeyConstraint(
            ["activation"], ["signing_activation.id"], name=op.f("fk_hash_signature_activation")
        ),
        sa.PrimaryKeyConstraint("activation", "document", name=op.f("pk_hash_signature")),
    )
    op.create_index("hash_signature_state", "hash_signature", ["state", "begun_at"])


def downgrade() -> None:
    op.drop_table("hash_signature")
    op.drop_table("signing_activation")
    op.drop_table("waiting_sealing")
