"""The tables of voidings, in the room's metadata. A store takes a connection, never commits."""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.store import metadata
from signing.voiding.states import VoidStatus

ID = sa.String(32)

voiding = sa.Table(
    "voiding",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(240), nullable=False, unique=True),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(one.value for one in VoidStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("document", sa.String(64), nullable=False),  # SHA-256 of the document as it was named
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_uscc", sa.String(18), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),  # canonical JSON, as it was when it was asked for
    sa.Column("settled_at", UtcInstant),
    sa.Column("why", sa.Text, nullable=False),  # of a refusal or a withdrawal
    sa.Column("record", sa.Text, nullable=False),  # JWS, once it is signed
    sa.Index("voiding_document", "document"),
    sa.Index("voiding_status", "status", "id"),
)
"""One row a voiding."""

voiding_consent = sa.Table(
    "voiding_consent",
    metadata,
    sa.Column("voiding", sa.ForeignKey("voiding.id"), primary_key=True),
    sa.Column("uscc", sa.String(18), primary_key=True),
    sa.Column("person", sa.String(200), primary_key=True),  # folded: one person, however their id is written
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("credential", sa.Text, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
)
"""Who agreed, for which enterprise; its primary key is the last word on two people."""

voiding_party = sa.Table(
    "voiding_party",
    metadata,
    sa.Column("voiding", sa.ForeignKey("voiding.id"), primary_key=True),
    sa.Column("uscc", sa.String(18), primary_key=True),
    sa.Column("enterprise", sa.Text, nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Index("voiding_party_uscc", "uscc", "voiding"),
)
"""Whose seals are in the document."""

voided_document = sa.Table(
    "voided_document",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("voiding", sa.ForeignKey("voiding.id"), nullable=False, index=True),
    sa.Column("since", UtcInstant, nullable=False),
)
"""Every voided digest, once and for good."""

voided_permit = sa.Table(
    "voided_permit",
    metadata,
    sa.Column("permit", sa.String(32), primary_key=True),
    sa.Column("voiding", sa.ForeignKey("voiding.id"), nullable=False, index=True),
    sa.Column("since", UtcInstant, nullable=False),
)
"""Permits of voided sealings that a restored backup did not have: a list of ours named them. Of all others the sealing tells."""

void_list = sa.Table(
    "void_list",
    metadata,
    sa.Column("issuer", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("next_update", UtcInstant, nullable=False),
    sa.Column("payload_sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'published', 'withheld')", name="state"),
    sa.Column("jws", sa.Text, nullable=False),
)
"""Lists of voided documents: reserved before they are signed, then released or withheld."""
