"""The tables of tokens, personalisation, PIN letters, unblocking and ranges of chip numbers.

The queries stand in ``inventory_store``, ``procedure_store``, ``letter_store`` and ``range_store``. No PIN stands in any
table: a letter's ``sealed`` octets open only with a key that never leaves the service's token.
"""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import NO_BYTES, RowId, SerialNumber, UtcInstant, UtcTime, metadata, only, status_column
from ca.tokens.state import TokenState

_STATES = tuple(state.value for state in TokenState)

token = sa.Table(
    "token",
    metadata,
    sa.Column("serial", sa.String(24), primary_key=True),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("medium", sa.String(16), nullable=False),  # scheme of its keys' addresses: pkcs11, skf, file
    sa.Column("batch", sa.String(64), nullable=False, default="", index=True),
    sa.Column("number", sa.String(32), nullable=False, default=""),  # chip number; "" = from no granted range
    sa.Column("holder_uscc", sa.String(18), nullable=False, default="", index=True),
    sa.Column("holder_person", sa.String(128), nullable=False, default=""),
    sa.Column("holder_name", sa.String(64), nullable=False, default=""),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("prior", sa.String(16), nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("registered_at", UtcInstant, nullable=False),
    sa.Column("moved_at", UtcInstant, nullable=False),
    sa.Column("moved_by", sa.String(200), nullable=False),
    sa.Column("stopped_by", sa.String(200), nullable=False, default=""),
    sa.Column("resume_requested_by", sa.String(200), nullable=False, default=""),
    only("state", *_STATES),
    only("prior", *_STATES),
)
_NUMBERED = sa.text("number <> ''")
sa.Index("token_number", token.c.number, unique=True, sqlite_where=_NUMBERED, postgresql_where=_NUMBERED)

token_event = sa.Table(
    "token_event",
    metadata,
    sa.Column("token", sa.ForeignKey("token.serial"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

token_application = sa.Table(
    "token_application",
    metadata,
    sa.Column("token", sa.ForeignKey("token.serial"), primary_key=True),
    sa.Column("name", sa.String(7), primary_key=True),
    sa.Column("pin_length", sa.Integer, nullable=False),
    sa.Column("pin_tries", sa.Integer, nullable=False),
    sa.Column("pin_left", sa.Integer),  # as last read from the chip; NULL = never read
    sa.Column("pin_read_at", UtcTime),
)

token_container = sa.Table(
    "token_container",
    metadata,
    sa.Column("token", sa.String(24), primary_key=True),
    sa.Column("application", sa.String(7), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.ForeignKeyConstraint(["token", "application"], ["token_application.token", "token_application.name"]),
)

token_key = sa.Table(
    "token_key",
    metadata,
    sa.Column("token", sa.String(24), primary_key=True),
    sa.Column("application", sa.String(7), primary_key=True),
    sa.Column("container", sa.String(32), primary_key=True),
    sa.Column("use", sa.String(8), primary_key=True),
    sa.Column("key_uri", sa.String(1024), nullable=False),
    sa.Column("spki_sha256", sa.String(64), nullable=False, index=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),  # SubjectPublicKeyInfo, DER
    sa.Column(
        "request_key", sa.String(200), nullable=False, default="", index=True
    ),  # "" = nothing asked yet
    sa.Column("standing", sa.String(8), nullable=False),
    sa.Column("issuer", sa.String(64), nullable=False, default=""),
    sa.Column("certificate", SerialNumber),
    sa.Column("not_before", UtcTime),
    sa.Column("not_after", UtcTime),
    only("use", "sign", "encrypt"),
    only("standing", "none", "good", "held", "apart", "revoked"),
    sa.ForeignKeyConstraint(
        ["token", "application", "container"],
        ["token_container.token", "token_container.application", "token_container.name"],
    ),
)

token_request = sa.Table(
    "token_request",
    metadata,
    sa.Column("number", RowId, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),  # the case of its approvals
    sa.Column("token", sa.ForeignKey("token.serial"), nullable=False, index=True),
    status_column("asked", "approved", "used", "rejected", "superseded"),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),  # canonical JSON; it holds no secret
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON: the very text that is approved
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("requester", sa.String(200), nullable=False),
    sa.Column("requester_name", sa.String(200), nullable=False),
    sa.Column("requester_uscc", sa.String(18), nullable=False, default=""),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("deadline", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
)
_ASKED = sa.text("status IN ('asked', 'approved')")
sa.Index(
    "token_request_open",
    token_request.c.token,
    unique=True,
    sqlite_where=_ASKED,
    postgresql_where=_ASKED,
)

token_procedure = sa.Table(
    "token_procedure",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("token", sa.ForeignKey("token.serial"), nullable=False, unique=True),
    status_column("running", "done", "abandoned"),
    sa.Column("request", sa.ForeignKey("token_request.id"), nullable=False, unique=True),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("begun_by", sa.String(200), nullable=False),
    sa.Column("ended_at", UtcTime),
)

token_step = sa.Table(
    "token_step",
    metadata,
    sa.Column("procedure", sa.ForeignKey("token_procedure.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(16), nullable=False),
    sa.Column("target", sa.String(48), nullable=False),
    status_column("planned", "begun", "done", "failed"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("at", UtcTime),
    sa.Column("fault", sa.String(64), nullable=False, default=""),
)

pin_letter = sa.Table(
    "pin_letter",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String(24), nullable=False),
    sa.Column("application", sa.String(7), nullable=False),
    status_column("prepared", "ready", "printed", "void"),
    sa.Column("sealed", sa.LargeBinary, nullable=False, default=NO_BYTES),  # empty once printed or void
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.String(200), nullable=False),
    sa.Column("printed_at", UtcTime),
    sa.Column("printed_by", sa.String(200), nullable=False, default=""),
    sa.ForeignKeyConstraint(["token", "application"], ["token_application.token", "token_application.name"]),
    sa.Index("pin_letter_token", "token", "application"),
)

unblock_task = sa.Table(
    "unblock_task",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("token", sa.String(24), nullable=False),
    sa.Column("application", sa.String(7), nullable=False),
    status_column("requested", "approved", "done", "rejected"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("requested_by", sa.String(200), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False, default=""),
    sa.Column("decided_at", UtcTime),
    sa.Column("letter", sa.ForeignKey("pin_letter.id")),
    sa.ForeignKeyConstraint(["token", "application"], ["token_application.token", "token_application.name"]),
)
_OPEN = sa.text("status IN ('requested', 'approved')")
sa.Index(
    "unblock_task_open",
    unblock_task.c.token,
    unblock_task.c.application,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

chip_series = sa.Table(
    "chip_series",
    metadata,
    sa.Column("prefix", sa.String(16), primary_key=True),  # its row is locked while a range is granted
    sa.Column("digits", sa.Integer, nullable=False),
)

chip_range = sa.Table(
    "chip_range",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("prefix", sa.ForeignKey("chip_series.prefix"), nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("shop", sa.String(64), nullable=False),
    sa.Column("receiver", sa.String(64), nullable=False),
    sa.Column("method", sa.String(16), nullable=False),
    sa.Column("granted_at", UtcTime, nullable=False),
    sa.Column("granted_by", sa.String(200), nullable=False),
    sa.CheckConstraint("first >= 0 AND first <= last", name="order"),
    only("method", "courier", "in-person", "post"),
    sa.Index("chip_range_place", "prefix", "first"),
)

chip_number = sa.Table(
    "chip_number",
    metadata,
    sa.Column("prefix", sa.String(16), primary_key=True),
    sa.Column("value", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("range", sa.ForeignKey("chip_range.id"), nullable=False, index=True),
    sa.Column("fate", sa.String(8), nullable=False),
    sa.Column("token", sa.String(24), nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    only("fate", "consumed", "spoilt", "returned"),
)
