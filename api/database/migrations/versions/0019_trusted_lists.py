"""Trusted lists, their publication and federation.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TROUBLES = (
    "trouble IN ('', 'unreachable', 'address-refused', 'unreadable', 'bad-signature', 'rolled-back', "
    "'other-list', 'expired', 'from-the-future')"
)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "trust_list",
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'published', 'withheld')", name=op.f("ck_trust_list_state")
        ),
        sa.PrimaryKeyConstraint("issuer", "number", name=op.f("pk_trust_list")),
    )
    op.create_table(
        "foreign_list",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("territory", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("signer_sha256", sa.String(length=64), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_name", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_name", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("removal_by", sa.Text(), nullable=False),
        sa.Column("removal_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_update", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'trusted', 'leaving', 'removed', 'declined')",
            name=op.f("ck_foreign_list_status"),
        ),
        sa.CheckConstraint(TROUBLES, name=op.f("ck_foreign_list_trouble")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_list")),
        sa.UniqueConstraint("place", name=op.f("uq_foreign_list_place")),
    )
    op.create_index("foreign_list_status", "foreign_list", ["status", "id"], unique=False)
    op.create_table(
        "list_seen",
        sa.Column("scheme_id", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scheme_id", "form", name=op.f("pk_list_seen")),
    )
    op.create_table(
        "list_piece",
        sa.Column("foreign_list", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(length=32), nullable=False),
        sa.CheckConstraint("kind IN ('crl', 'seals', 'voided')", name=op.f("ck_list_piece_kind")),
        sa.CheckConstraint(TROUBLES, name=op.f("ck_list_piece_trouble")),
        sa.ForeignKeyConstraint(
            ["foreign_list"], ["foreign_list.id"], name=op.f("fk_list_piece_foreign_list")
        ),
        sa.PrimaryKeyConstraint("foreign_list", "url", name=op.f("pk_list_piece")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("list_piece")
    op.drop_table("list_seen")
    op.drop_index("foreign_list_status", table_name="foreign_list")
    op.drop_table("foreign_list")
    op.drop_table("trust_list")
