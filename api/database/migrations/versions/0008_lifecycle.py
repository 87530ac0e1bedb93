"""The whole life of a pair: making, filing, suspension, renewal, destruction; states as of any past time.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OLD_STATUS = "status IN ('applied', 'active', 'frozen', 'revoked', 'superseded', 'rejected')"
_STATUS = (
    "status IN ('applied', 'making', 'made', 'personalised', 'awaiting', 'delivered', 'returned', 'active',"
    " 'suspended', 'frozen', 'revoked', 'superseded', 'rejected', 'closed')"
)
_FROZEN = "(frozen_from IS NULL) = (status <> 'frozen')"
_OLD_FOLLOWS = sa.text("status <> 'rejected'")
_FOLLOWS = sa.text("status NOT IN ('rejected', 'closed', 'revoked')")


def upgrade() -> None:
    op.add_column("seal", sa.Column("engrave", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("seal", sa.Column("frozen_from", sa.String(length=16), nullable=True))
    op.add_column("seal", sa.Column("stopped", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("seal", sa.Column("filed_at", sa.BigInteger(), nullable=True))
    op.add_column("seal", sa.Column("filed_by", sa.Text(), nullable=True))
    op.add_column("seal", sa.Column("destroyed_at", sa.BigInteger(), nullable=True))
    # Until now approval was filing, a frozen pair had been active, and a third act was always a freeze or an end.
    op.execute("UPDATE seal SET filed_at = valid_from, filed_by = approver WHERE valid_from IS NOT NULL")
    op.execute("UPDATE seal SET frozen_from = 'active' WHERE status = 'frozen'")
    op.execute(
        sa.text("UPDATE seal SET stopped = :yes WHERE valid_from IS NOT NULL AND moves > 2").bindparams(
            yes=True
        )
    )
    _checks(_OLD_STATUS, _STATUS, frozen=True)
    _follower(_FOLLOWS)
    op.create_index("seal_event_at", "seal_event", ["electronic_code", "at", "number"], unique=False)
    op.create_table(
        "seal_renewal",
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("old_serial", sa.String(40), nullable=True),
        sa.Column("old_sha256", sa.String(length=64), nullable=True),
        sa.Column("old_der", sa.LargeBinary(), nullable=True),
        sa.Column("old_not_before", sa.BigInteger(), nullable=True),
        sa.Column("old_not_after", sa.BigInteger(), nullable=True),
        sa.Column("old_valid_from", sa.BigInteger(), nullable=True),
        sa.Column("old_valid_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_renewal_electronic_code")
        ),
        sa.PrimaryKeyConstraint("electronic_code", "number", name=op.f("pk_seal_renewal")),
    )
    op.create_table(
        "seal_destruction",
        sa.Column("electronic_code", sa.String(length=14), nullable=False),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=False),
        sa.Column("destroyed_by", sa.Text(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("picture_sha256", sa.String(length=64), nullable=False),
        sa.Column("picture_type", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["electronic_code"], ["seal.electronic_code"], name=op.f("fk_seal_destruction_electronic_code")
        ),
        sa.PrimaryKeyConstraint("electronic_code", name=op.f("pk_seal_destruction")),
    )


def downgrade() -> None:
    op.drop_table("seal_destruction")
    op.drop_table("seal_renewal")
    op.drop_index("seal_event_at", table_name="seal_event")
    _follower(_OLD_FOLLOWS)
    _checks(_STATUS, _OLD_STATUS, frozen=False)
    for column in ("destroyed_at", "filed_by", "filed_at", "stopped", "frozen_from", "engrave"):
        op.drop_column("seal", column)


def _follower(where: sa.TextClause) -> None:
    op.drop_index("seal_predecessor", table_name="seal")
    op.create_index(
        "seal_predecessor", "seal", ["predecessor"], unique=True, sqlite_where=where, postgresql_where=where
    )


def _checks(old: str, new: str, *, frozen: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(old, new, frozen=frozen)
        return
    op.drop_constraint(op.f("ck_seal_status"), "seal", type_="check")
    op.create_check_constraint(op.f("ck_seal_status"), "seal", new)
    if frozen:
        op.create_check_constraint(op.f("ck_seal_frozen_from"), "seal", _FROZEN)
    else:
        op.drop_constraint(op.f("ck_seal_frozen_from"), "seal", type_="check")


def _rewrite(old: str, new: str, *, frozen: bool) -> None:
    """Change CHECK constraints in the schema's own text, as SQLite's manual describes for changes that touch no row.

    Making the table anew would drop it while other tables refer to it, which SQLite refuses inside a transaction.
    (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes")
    """
    status = "CONSTRAINT ck_seal_status CHECK ({})"
    both = f", CONSTRAINT ck_seal_frozen_from CHECK ({_FROZEN})"
    before = status.format(old) + ("" if frozen else both)
    after = status.format(new) + (both if frozen else "")
    bind = op.get_bind()
    text = bind.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'seal'")
    ).scalar_one()
    if before not in text:
        raise RuntimeError("the table of seals does not have the constraint that this migration changes")
    version = bind.execute(sa.text("PRAGMA schema_version")).scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'seal'"),
        {"sql": text.replace(before, after)},
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
