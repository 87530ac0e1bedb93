"""Tables of enterprises, certificates, lists, time-stamps, the audit trail and API keys.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=200), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("actor_uscc", sa.String(length=18), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "ceremony",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("performed_by", sa.String(length=200), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('begun', 'complete')", name=op.f("ck_ceremony_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ceremony")),
    )
    op.create_table(
        "compromised_key",
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("spki_sha256", name=op.f("pk_compromised_key")),
    )
    op.create_table(
        "enterprise",
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renamed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("uscc", name=op.f("pk_enterprise")),
    )
    op.create_index(op.f("ix_enterprise_name"), "enterprise", ["name"], unique=False)
    op.create_table(
        "issuer",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("key_uri", sa.String(length=1024), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('planned', 'active', 'retired')", name=op.f("ck_issuer_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuer")),
    )
    op.create_table(
        "certificate",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("profile_hash", sa.String(length=64), nullable=False),
        sa.Column("config_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unsigned", sa.LargeBinary(), nullable=False),
        sa.Column("tbs", sa.LargeBinary(), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.Column("hold_released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crl_entry", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name=op.f("fk_certificate_issuer")),
        sa.CheckConstraint(
            "status IN ('reserved', 'issued', 'burned', 'revoked')", name=op.f("ck_certificate_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("issuer", "serial", name=op.f("uq_certificate_issuer_serial")),
        sa.UniqueConstraint("request_key", name=op.f("uq_certificate_request_key")),
    )
    op.create_index("ix_certificate_issuer_not_before", "certificate", ["issuer", "not_before"], unique=False)
    op.create_index("ix_certificate_issuer_revoked_at", "certificate", ["issuer", "revoked_at"], unique=False)
    op.create_index("ix_certificate_name_id", "certificate", ["name", "id"], unique=False)
    op.create_index("ix_certificate_not_after_id", "certificate", ["not_after", "id"], unique=False)
    op.create_index(op.f("ix_certificate_serial"), "certificate", ["serial"], unique=False)
    op.create_index(op.f("ix_certificate_spki_sha256"), "certificate", ["spki_sha256"], unique=False)
    op.create_index(
        "ix_certificate_status_reserved_at", "certificate", ["status", "reserved_at"], unique=False
    )
    op.create_index("ix_certificate_uscc_id", "certificate", ["uscc", "id"], unique=False)
    op.create_table(
        "crl",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("this_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_update", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("tbs_sha256", sa.String(length=64), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name=op.f("fk_crl_issuer")),
        sa.CheckConstraint("status IN ('reserved', 'issued', 'burned')", name=op.f("ck_crl_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crl")),
        sa.UniqueConstraint("issuer", "number", name=op.f("uq_crl_issuer_number")),
    )
    op.create_table(
        "enterprise_name",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["uscc"], ["enterprise.uscc"], name=op.f("fk_enterprise_name_uscc")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_name")),
    )
    op.create_index(op.f("ix_enterprise_name_uscc"), "enterprise_name", ["uscc"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("key_uri", sa.String(length=1024), nullable=False),
        sa.Column("spki_sha256", sa.String(length=64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name=op.f("fk_unit_issuer")),
        sa.CheckConstraint("status IN ('planned', 'active', 'retired')", name=op.f("ck_unit_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_purpose"), "unit", ["purpose"], unique=False)
    op.create_table(
        "timestamp",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("gen_time", sa.BigInteger(), nullable=False),
        sa.Column("imprint_algorithm", sa.String(length=16), nullable=False),
        sa.Column("imprint", sa.LargeBinary(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.id"], name=op.f("fk_timestamp_unit")),
        sa.CheckConstraint("status IN ('reserved', 'issued', 'burned')", name=op.f("ck_timestamp_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timestamp")),
        sa.UniqueConstraint("unit", "serial", name=op.f("uq_timestamp_unit_serial")),
    )
    op.create_index("ix_timestamp_status_gen_time", "timestamp", ["status", "gen_time"], unique=False)
    op.create_index("ix_timestamp_unit_gen_time", "timestamp", ["unit", "gen_time"], unique=False)
    op.create_table(
        "timestamp_head",
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("gen_time", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.id"], name=op.f("fk_timestamp_head_unit")),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_timestamp_head")),
    )
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=128), nullable=False),
        sa.Column("actor_name", sa.String(length=256), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("scopes", sa.String(length=512), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix"),
    )


def downgrade() -> None:
    op.drop_table("api_key")
    op.drop_table("timestamp_head")
    op.drop_index("ix_timestamp_unit_gen_time", table_name="timestamp")
    op.drop_index("ix_timestamp_status_gen_time", table_name="timestamp")
    op.drop_table("timestamp")
    op.drop_index(op.f("ix_unit_purpose"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("ix_enterprise_name_uscc"), table_name="enterprise_name")
    op.drop_table("enterprise_name")
    op.drop_table("crl")
    op.drop_index("ix_certificate_uscc_id", table_name="certificate")
    op.drop_index("ix_certificate_status_reserved_at", table_name="certificate")
    op.drop_index(op.f("ix_certificate_spki_sha256"), table_name="certificate")
    op.drop_index(op.f("ix_certificate_serial"), table_name="certificate")
    op.drop_index("ix_certificate_not_after_id", table_name="certificate")
    op.drop_index("ix_certificate_name_id", table_name="certificate")
    op.drop_index("ix_certificate_issuer_revoked_at", table_name="certificate")
    op.drop_index("ix_certificate_issuer_not_before", table_name="certificate")
    op.drop_table("certificate")
    op.drop_table("issuer")
    op.drop_index(op.f("ix_enterprise_name"), table_name="enterprise")
    op.drop_table("enterprise")
    op.drop_table("compromised_key")
    op.drop_table("ceremony")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_subject"), table_name="audit")
    op.drop_table("audit")
