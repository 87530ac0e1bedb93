"""The tables of our own trusted list and of foreign ones, in the room's metadata. A store takes a connection, never commits."""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.recognition.states import ForeignStatus, Trouble
from signing.store import metadata

ID = sa.String(32)

trust_list = sa.Table(
    "trust_list",
    metadata,
    sa.Column("issuer", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("next_update", UtcInstant, nullable=False),
    sa.Column("payload_sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'published', 'withheld')", name="state"),
    sa.Column("jws", sa.Text, nullable=False),  # both forms, a JSON object of two members
)
"""Our own lists: reserved before they are signed, then released or withheld."""

foreign_list = sa.Table(
    "foreign_list",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(one.value for one in ForeignStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("scheme_id", sa.Text, nullable=False),
    sa.Column("place", sa.Text, unique=True),  # "proposed …" or "trusted …": one of each for a scheme
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("territory", sa.String(16), nullable=False),
    sa.Column("url", sa.Text, nullable=False),  # empty: it came as a file and is renewed by file
    sa.Column("signer_sha256", sa.String(64), nullable=False),  # of the certificate that two people compared
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_name", sa.Text, nullable=False),
    sa.Column("proposed_at", UtcInstant, nullable=False),
    sa.Column("confirmed_by", sa.Text, nullable=False),
    sa.Column("confirmed_name", sa.Text, nullable=False),
    sa.Column("confirmed_at", UtcInstant),
    sa.Column("removal_by", sa.Text, nullable=False),
    sa.Column("removal_name", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("form", sa.String(8), nullable=False),  # "json" or "xml"
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("next_update", UtcInstant, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("tried_at", UtcInstant),
    sa.Column("fetched_at", UtcInstant),
    sa.Column("trouble", sa.String(32), nullable=False),
    only("trouble", *(one.value for one in Trouble)),
    sa.Index("foreign_list_status", "status", "id"),
)
"""One row a list that somebody proposed; its octets are the newest that were taken."""

list_seen = sa.Table(
    "list_seen",
    metadata,
    sa.Column("scheme_id", sa.Text, primary_key=True),
    sa.Column("form", sa.String(8), primary_key=True),  # one number in two forms has two digests
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("seen_at", UtcInstant, nullable=False),
)
"""The highest sequence ever taken of a scheme, kept when its list is removed: it may not come back older (I30)."""

list_piece = sa.Table(
    "list_piece",
    metadata,
    sa.Column("foreign_list", sa.ForeignKey("foreign_list.id"), primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.CheckConstraint("kind IN ('crl', 'seals', 'voided')", name="kind"),
    sa.Column("octets", sa.LargeBinary, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("issued_at", UtcInstant),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("tried_at", UtcInstant),
    sa.Column("fetched_at", UtcInstant),
    sa.Column("trouble", sa.String(32), nullable=False),
    only("trouble", *(one.value for one in Trouble)),
)
"""What a list in force points to, as it was fetched last: revocation lists, seal status lists, lists of voided documents."""
