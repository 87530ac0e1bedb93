"""The tables of rounds, in the room's metadata; queries stand beside them in ``round_store.py`` and ``reminders.py``."""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.parties.states import PartyStatus, RoundStatus
from signing.store import metadata

ID = sa.String(32)


signing_round = sa.Table(
    "signing_round",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(240), nullable=False, unique=True),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(status.value for status in RoundStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("initiator", sa.Text, nullable=False),
    sa.Column("initiator_name", sa.Text, nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("deadline", UtcInstant, nullable=False),
    sa.Column("remind_days", sa.Text, nullable=False),  # canonical JSON
    sa.Column("created_at", UtcInstant, nullable=False),
    sa.Column("changed_at", UtcInstant, nullable=False),
    sa.Column(
        "original", sa.String(160), nullable=False
    ),  # algorithm:hex of the document as it was handed in
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("claim_party", sa.Integer, nullable=False),  # 0: nobody is sealing
    sa.Column("claim_actor", sa.Text, nullable=False),
    sa.Column("claim_key", sa.String(200), nullable=False),
    sa.Column("claim_at", UtcInstant),
    sa.Index("signing_round_owner", "uscc", "id"),
    sa.Index("signing_round_due", "status", "deadline"),
)
"""One row a round. A claim is the intent to seal its newest version: one party at a time, by compare-and-swap."""

signing_round_party = sa.Table(
    "signing_round_party",
    metadata,
    sa.Column("round_id", sa.ForeignKey("signing_round.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("enterprise", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("kind", sa.String(2), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),  # the group it is called with
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(status.value for status in PartyStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("sealing", ID, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcInstant),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("signing_round_party_waiting", "uscc", "status", "round_id"),
)
"""One row a party."""

signing_round_version = sa.Table(
    "signing_round_version",
    metadata,
    sa.Column("round_id", sa.ForeignKey("signing_round.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(160), nullable=False),  # algorithm:hex
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("party", sa.Integer, nullable=False),
    sa.Column("sealing", ID, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Index("signing_round_version_digest", "digest"),
)
"""Every version, linked by its digest; the octets are in the archive."""

signing_round_entry = sa.Table(
    "signing_round_entry",
    metadata,
    sa.Column("round_id", sa.ForeignKey("signing_round.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("party", sa.Integer, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("actor_uscc", sa.String(18), nullable=False),
    sa.Column("credential", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # canonical JSON
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
"""Who did what, when, with which credential: a chain of digests for each round."""

signing_round_reminder = sa.Table(
    "signing_round_reminder",
    metadata,
    sa.Column(
        "number", sa.BigInteger, primary_key=True, autoincrement=False
    ),  # gapless: readers keep a cursor
    sa.Column("round_id", sa.ForeignKey("signing_round.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Text, nullable=False),  # canonical JSON: the parties waited for
    sa.Column("deadline", UtcInstant, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.UniqueConstraint("round_id", "version", "days", "deadline"),
)
signing_round_reminder_head = sa.Table(
    "signing_round_reminder_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1: the row is the lock
    sa.Column("number", sa.BigInteger, nullable=False),
)
