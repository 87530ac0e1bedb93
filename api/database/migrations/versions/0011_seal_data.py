"""Electronic seal data made here.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MADE = sa.text("state = 'made'")
_RESERVED = sa.text("state = 'reserved'")


def upgrade() -> None:
    op.create_table(
        "seal_data",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("info_sha256", sa.String(length=64), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("maker", sa.String(length=64), nullable=False),
        sa.Column("maker_sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("version IN (4, 5)", name=op.f("ck_seal_data_version")),
        sa.CheckConstraint("state IN ('reserved', 'made', 'withheld')", name=op.f("ck_seal_data_state")),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_data_electronic_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_data")),
    )
    op.create_index("seal_data_seal", "seal_data", ["electronic_code", "version", "id"])
    op.create_index(
        "seal_data_basis",
        "seal_data",
        ["electronic_code", "basis"],
        unique=True,
        sqlite_where=_MADE,
        postgresql_where=_MADE,
    )
    op.create_index(
        "seal_data_open", "seal_data", ["made_at"], sqlite_where=_RESERVED, postgresql_where=_RESERVED
    )


def downgrade() -> None:
    op.drop_index("seal_data_open", table_name="seal_data")
    op.drop_index("seal_data_basis", table_name="seal_data")
    op.drop_index("seal_data_seal", table_name="seal_data")
    op.drop_table("seal_data")
