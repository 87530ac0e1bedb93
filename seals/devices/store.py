"""The tables of smart stamps. A store takes a connection and never commits.

``stamp_event`` is the truth: every event as it was signed. The counts in ``stamp_order`` and ``stamp_use`` are what
:func:`seals.devices.chain.effect` made of it, kept for asking; :meth:`seals.devices.board.StampBoard.prove` folds the
events again and compares.
"""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import RowId, SerialNumber, UtcInstant
from seals.store import metadata

stamp = sa.Table(
    "stamp",
    metadata,
    sa.Column("serial", sa.String(32), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("certificate_issuer", sa.String(64), nullable=False),
    sa.Column("certificate_serial", SerialNumber, nullable=False),
    sa.Column("certificate_der", sa.LargeBinary, nullable=False),
    sa.Column("not_before", UtcInstant, nullable=False),
    sa.Column("not_after", UtcInstant, nullable=False),
    sa.Column("seal", sa.ForeignKey("seal.electronic_code")),
    sa.Column("chip", sa.String(32), nullable=False),
    sa.Column("wanted_seal", sa.String(14), nullable=False),
    sa.Column("wanted_chip", sa.String(32), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("fence_latitude", sa.Integer),
    sa.Column("fence_longitude", sa.Integer),
    sa.Column("fence_radius", sa.Integer),
    sa.Column("offline_cap", sa.Integer, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("head", sa.String(160), nullable=False),
    sa.Column("obeyed", sa.BigInteger, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
    sa.Column("pressed", sa.String(64), nullable=False),
    sa.Column("pressed_order", sa.String(64), nullable=False),
    sa.Column("pressed_number", sa.BigInteger, nullable=False),
    sa.Column("pressed_at", UtcInstant),
    sa.Column("told_at", UtcInstant),
    sa.Column("seen_at", UtcInstant),
    sa.Column("gap_since", UtcInstant),
    sa.Column("battery", sa.Integer, nullable=False),
    sa.Column("firmware", sa.String(64), nullable=False),
    sa.Column("registered_at", UtcInstant, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
    sa.CheckConstraint(
        "status IN ('registered', 'in_service', 'locked', 'lost', 'tampered', 'retired')", name="status"
    ),
    sa.Index("stamp_certificate", "certificate_issuer", "certificate_serial", unique=True),
)
"""One row a stamp: what people did to it, and the end of its chain. ``told_at`` is the stamp's time of its last event."""

_MOUNTED = sa.text("seal IS NOT NULL")
sa.Index("stamp_seal", stamp.c.seal, unique=True, sqlite_where=_MOUNTED, postgresql_where=_MOUNTED)
"""There is one physical seal of each code, so it is in one stamp at a time."""

stamp_operator = sa.Table(
    "stamp_operator",
    metadata,
    sa.Column("serial", sa.ForeignKey("stamp.serial"), primary_key=True),
    sa.Column("operator", sa.String(64), primary_key=True),
)
"""Who is enrolled in the stamp itself."""

stamp_order = sa.Table(
    "stamp_order",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("serial", sa.ForeignKey("stamp.serial"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("seal", sa.String(14), nullable=False),
    sa.Column("chip", sa.String(32), nullable=False),
    sa.Column("case_id", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("operators", sa.Text, nullable=False),
    sa.Column("fence_latitude", sa.Integer),
    sa.Column("fence_longitude", sa.Integer),
    sa.Column("fence_radius", sa.Integer),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("expires_at", UtcInstant),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
    sa.Column("remade", sa.String(32), nullable=False),
    sa.Column("case_ended", sa.Boolean, nullable=False),
    sa.Column("open", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("uncertain", sa.Integer, nullable=False),
    sa.Column("returned", sa.Integer, nullable=False),
    sa.CheckConstraint("kind IN ('use', 'grant', 'lock', 'unlock', 'cancel')", name="kind"),
    sa.CheckConstraint(
        "status IN ('queued', 'signed', 'accepted', 'refused', 'skipped', 'expired', 'withdrawn')",
        name="status",
    ),
    sa.Index("stamp_order_sequence", "serial", "sequence", unique=True),
    sa.Index("stamp_order_status", "status", "serial", "sequence"),
    sa.Index("stamp_order_case", "case_id"),
)
"""One row an order, made before it is signed; the four counts are what the chain made of it. ``remade`` is the order that
took a skipped one's place."""

stamp_grant = sa.Table(
    "stamp_grant",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("serial", sa.ForeignKey("stamp.serial"), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("operators", sa.Text, nullable=False),
    sa.Column("expires_at", UtcInstant, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("order_id", sa.String(32), nullable=False),
    sa.CheckConstraint("state IN ('asked', 'granted', 'turned_down')", name="state"),
)
"""Offline allowances asked for; a second person's consent makes the order."""

stamp_event = sa.Table(
    "stamp_event",
    metadata,
    sa.Column("serial", sa.ForeignKey("stamp.serial"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(160), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("received_at", UtcInstant, nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
)
"""Every event as it was signed."""

stamp_use = sa.Table(
    "stamp_use",
    metadata,
    sa.Column("serial", sa.ForeignKey("stamp.serial"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reservation", sa.String(64), nullable=False),
    sa.Column("order_id", sa.String(64), nullable=False, index=True),
    sa.Column("case_id", sa.String(64), nullable=False, index=True),
    sa.Column("seal", sa.String(64), nullable=False),
    sa.Column("operator", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("pressed_at", UtcInstant, nullable=False),
    sa.Column("received_at", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("fault", sa.String(32), nullable=False),
    sa.Column("latitude", sa.Integer),
    sa.Column("longitude", sa.Integer),
    sa.Column("picture", sa.String(8), nullable=False),
    sa.Column("picture_digest", sa.String(160), nullable=False),
    sa.Column("picture_size", sa.BigInteger, nullable=False),
    sa.Column("picture_due", UtcInstant, nullable=False),
    sa.Column("late_told", sa.Boolean, nullable=False),
    sa.CheckConstraint("status IN ('open', 'used', 'uncertain', 'returned')", name="status"),
    sa.CheckConstraint("picture IN ('none', 'awaited', 'here')", name="picture"),
    sa.Index("stamp_use_reservation", "serial", "reservation"),
    sa.Index("stamp_use_picture", "picture", "picture_due"),
)
"""One row a press of the button, by the number of its event; ``seal`` is what the head said it was."""

stamp_alarm = sa.Table(
    "stamp_alarm",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("serial", sa.ForeignKey("stamp.serial"), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("raised_at", UtcInstant, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("proof", sa.Text, nullable=False),
    sa.Column("seal", sa.String(14), nullable=False),
    sa.Column("seal_stop", sa.String(8), nullable=False),
    sa.Column("acknowledged_by", sa.Text, nullable=False),
    sa.Column("acknowledged_at", UtcInstant),
    sa.Column("note", sa.Text, nullable=False),
    sa.CheckConstraint("seal_stop IN ('', 'due', 'done')", name="seal_stop"),
    sa.Index("stamp_alarm_stamp", "serial", "id"),
    sa.Index("stamp_alarm_open", "acknowledged_at", "id"),
    sa.Index("stamp_alarm_stop", "seal_stop"),
)
"""Alarms; ``proof`` keeps the octets that the chain has no room for: the other branch of a fork, say."""

stamp_request = sa.Table(
    "stamp_request",
    metadata,
    sa.Column("serial", sa.ForeignKey("stamp.serial"), primary_key=True),
    sa.Column("nonce", sa.String(64), primary_key=True),
    sa.Column("at", UtcInstant, nullable=False, index=True),
)
"""Tokens of request seen in the window in which they count, so that each counts once."""
