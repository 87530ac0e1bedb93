"""The tables of engraving, filing and exchange.

The queries stand in ``job_store``, ``shop_store``, ``challenge_store`` and ``exchange_store``; each takes a connection and
never commits.

No identity number stands in any table: a person is a name, a kind of document, its last digits, and a salted slow hash.
"""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import UtcInstant, only
from seals.filing.job import ImprintState, JobStatus, ShopState
from seals.store import metadata

filing_shop = sa.Table(
    "filing_shop",
    metadata,
    sa.Column("uscc", sa.String(18), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("division", sa.String(6), nullable=False, index=True),
    sa.Column("licence", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("registered_at", UtcInstant, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
    only("state", *ShopState),
)

filing_job = sa.Table(
    "filing_job",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("owner_uscc", sa.String(18), nullable=False),
    sa.Column("division", sa.String(6), nullable=False),
    sa.Column("shop", sa.String(18), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcInstant, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("moved_at", UtcInstant, nullable=False),
    sa.Column("moved_by", sa.Text, nullable=False),
    sa.Column("representative_name", sa.Text, nullable=False),
    sa.Column("representative_document", sa.String(16), nullable=False),
    sa.Column("representative_tail", sa.String(8), nullable=False),
    sa.Column("representative_proof", sa.String(160), nullable=False),
    sa.Column("imprint", sa.Integer, nullable=False),
    sa.Column("chip", sa.String(24), nullable=False),
    sa.Column("delivered_at", UtcInstant),
    sa.Column("reason_code", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    only("status", *JobStatus),
    sa.Index("filing_job_age", "status", "opened_at", "id"),
    sa.Index("filing_job_shop", "shop", "opened_at", "id"),
    sa.Index("filing_job_idle", "status", "moved_at"),
)
_LIVE = sa.text("status NOT IN ('filed', 'closed')")
sa.Index(
    "filing_job_seal", filing_job.c.electronic_code, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
)
"""A seal has one job in progress at a time."""
_IN_A_BODY = sa.text("chip <> '' AND status <> 'closed'")
sa.Index(
    "filing_job_chip", filing_job.c.chip, unique=True, sqlite_where=_IN_A_BODY, postgresql_where=_IN_A_BODY
)
"""A chip is in one seal's body."""

filing_event = sa.Table(
    "filing_event",
    metadata,
    sa.Column("job", sa.ForeignKey("filing_job.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)

filing_imprint = sa.Table(
    "filing_imprint",
    metadata,
    sa.Column("job", sa.ForeignKey("filing_job.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("overlap", sa.Float, nullable=False),
    sa.Column("scale", sa.Float, nullable=False),
    sa.Column("rotation_deg", sa.Float, nullable=False),
    sa.Column("shift_x_mm", sa.Float, nullable=False),
    sa.Column("shift_y_mm", sa.Float, nullable=False),
    sa.Column("advice", sa.String(16), nullable=False),
    sa.Column("overlay_sha256", sa.String(64), nullable=False),
    sa.Column("fault", sa.String(64), nullable=False),
    only("state", *ImprintState),
)

filing_challenge = sa.Table(
    "filing_challenge",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("job", sa.ForeignKey("filing_job.id"), nullable=False),
    sa.Column("electronic_code", sa.String(14), nullable=False),
    sa.Column("chip", sa.String(24), nullable=False),
    sa.Column("application", sa.String(16), nullable=False),
    sa.Column("container", sa.String(32), nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("made_at", UtcInstant, nullable=False),
    sa.Column("expires_at", UtcInstant, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("settled_at", UtcInstant),
    only("state", "open", "proved", "refused"),
    sa.Index("filing_challenge_chip", "chip", "made_at"),
)

filing_delivery = sa.Table(
    "filing_delivery",
    metadata,
    sa.Column("job", sa.ForeignKey("filing_job.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("receiver_name", sa.Text, nullable=False),
    sa.Column("receiver_document", sa.String(16), nullable=False),
    sa.Column("receiver_tail", sa.String(8), nullable=False),
    sa.Column("receiver_proof", sa.String(160), nullable=False),
    sa.Column("letter_sha256", sa.String(64), nullable=False),
    sa.Column("receipt_sha256", sa.String(64), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

national_message = sa.Table(
    "national_message",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("maker_sha256", sa.String(64), nullable=False),
    sa.Column("taken_at", UtcInstant, nullable=False),
    sa.Column("taken_by", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("national_message_seal", "seal_code", "taken_at"),
)
"""Each message that was taken in, once: the digest of its canonical octets."""

national_seal = sa.Table(
    "national_seal",
    metadata,
    sa.Column("seal_code", sa.String(14), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("use_unit_code", sa.String(18), nullable=False),
    sa.Column("valid_from", UtcInstant),
    sa.Column("valid_to", UtcInstant),
    sa.Column("maker_sha256", sa.String(64), nullable=False),
    sa.Column("invalid_type", sa.String(1), nullable=False),
    sa.Column("invalid_from", UtcInstant),
    sa.Column("followed", sa.Boolean, nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Index("national_seal_invalid", "invalid_from", "seal_code"),
)
"""Seals as the platform's messages tell of them, ours and others'. ``invalid_type`` is empty while nothing was told;
``followed`` tells that a seal of ours has been stopped after what was told."""
