"""Stored documents: retention, legal hold, renewal of archive time-stamps.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_document",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("next", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealing", sa.String(length=32), nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("retention", sa.String(length=64), nullable=False),
        sa.Column("retain_until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", sa.Text(), nullable=False),
        sa.Column("delete_reason", sa.Text(), nullable=False),
        sa.Column("fades_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('kept', 'deleting', 'deleted')", name=op.f("ck_stored_document_state")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_stored_document")),
    )
    op.create_index(op.f("ix_stored_document_origin"), "stored_document", ["origin"], unique=False)
    op.create_index("stored_document_listed", "stored_document", ["stored_at", "digest"], unique=False)
    op.create_index(
        "stored_document_owner", "stored_document", ["owner_uscc", "stored_at", "digest"], unique=False
    )
    op.create_index(
        "stored_document_fading", "stored_document", ["level", "state", "next", "fades_at"], unique=False
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('standing', 'asked', 'lifted')", name=op.f("ck_legal_hold_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_origin"), "legal_hold", ["origin"], unique=False)
    op.create_table(
        "archive_renewal",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('begun', 'completed', 'failed')", name=op.f("ck_archive_renewal_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_renewal")),
        sa.UniqueConstraint("document", name=op.f("uq_archive_renewal_document")),
    )
    op.create_index("archive_renewal_state", "archive_renewal", ["state", "begun_at"], unique=False)
    _enter_what_was_sealed()


def _enter_what_was_sealed() -> None:
    """Enter the documents that earlier releases sealed; where two sealings gave the same octets, the first counts."""
    op.execute(
        "INSERT INTO stored_document (digest, origin, previous, next, number, sealing, owner_uscc, name, level, size,"
        " stored_at, retention, retain_until, state, deleted_at, deleted_by, delete_reason, fades_at, looked_at, fault)"
        " SELECT s.result, s.result, '', '', 0, s.id, o.owner_uscc, s.name, s.level, s.size, s.settled_at, '', NULL,"
        " 'kept', NULL, '', '', NULL, NULL, ''"
        " FROM sealing s JOIN seal o ON o.electronic_code = s.seal_code"
        " WHERE s.state = 'completed'"
        " AND s.id = (SELECT MIN(t.id) FROM sealing t WHERE t.state = 'completed' AND t.result = s.result)"
    )


def downgrade() -> None:
    op.drop_index("archive_renewal_state", table_name="archive_renewal")
    op.drop_table("archive_renewal")
    op.drop_index(op.f("ix_legal_hold_origin"), table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_index("stored_document_fading", table_name="stored_document")
    op.drop_index("stored_document_owner", table_name="stored_document")
    op.drop_index("stored_document_listed", table_name="stored_document")
    op.drop_index(op.f("ix_stored_document_origin"), table_name="stored_document")
    op.drop_table("stored_document")
