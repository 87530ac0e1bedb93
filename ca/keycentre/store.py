"""The tables of the key centre. Nothing in them opens without the token: private keys stand there only sealed."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from ca.keycentre.state import CaseKind, CaseStatus, KeyStatus
from ca.store import NO_BYTES, RowId, UtcTime, metadata, only, status_column

THE_ONE: Final = 1
"""Primary key of the one row of ``key_centre``."""


def _words(name: str, words: tuple[str, ...]) -> sa.Column[Any]:
    return sa.Column(name, sa.String(16), only(name, *words), nullable=False)


key_centre = sa.Table(
    "key_centre",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1
    sa.Column("token", sa.String(32), nullable=False),
    sa.Column("sign_key_uri", sa.String(1024), nullable=False),
    sa.Column("sign_spki", sa.LargeBinary, nullable=False),
    sa.Column("founded_at", UtcTime, nullable=False),
    sa.Column("founded_by", sa.String(200), nullable=False),
)
key_roster = sa.Table(
    "key_roster",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text, nullable=False),  # canonical JSON: what the custodians approved
    sa.Column(
        "sealed", sa.LargeBinary, nullable=False
    ),  # the same, sealed by the token: what the token believes
    sa.Column("case_id", sa.String(32), nullable=False),  # empty for the founding roster
    sa.Column("made_at", UtcTime, nullable=False),
)
escrowed_key = sa.Table(
    "escrowed_key",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    status_column(*(status.value for status in KeyStatus)),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("token", sa.String(32), nullable=False),  # which token's AES key opens ``sealed``
    sa.Column("spki", sa.LargeBinary, nullable=False),
    sa.Column("spki_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False, default=NO_BYTES),  # empty once destroyed
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("request_key", sa.String(200), unique=True),  # null while pooled: one key for one request
    sa.Column("request_digest", sa.String(64), nullable=False, default=""),
    sa.Column("holder", sa.String(200), nullable=False, default=""),
    sa.Column("uscc", sa.String(18), nullable=False, default=""),
    sa.Column("sign_spki_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("recipient", sa.Text, nullable=False, default=""),  # canonical JSON: whom the envelope is for
    sa.Column("delivery", sa.LargeBinary, nullable=False, default=NO_BYTES),
    sa.Column("assigned_at", UtcTime),
    sa.Column("delivered_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("reason", sa.String(200), nullable=False, default=""),
    sa.Index("ix_escrowed_key_status_kind", "status", "kind", "made_at"),
    sa.Index("ix_escrowed_key_uscc", "uscc"),
)
recovery_case = sa.Table(
    "recovery_case",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    status_column(*(status.value for status in CaseStatus)),
    _words("kind", tuple(kind.value for kind in CaseKind)),
    sa.Column("key_id", sa.String(32), nullable=False),  # empty for a change of custodians
    sa.Column("document", sa.Text, nullable=False),  # canonical JSON: the exact octets that votes sign
    sa.Column("document_sha256", sa.String(64), nullable=False),
    sa.Column("requested_by", sa.String(200), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("executed_by", sa.String(200), nullable=False, default=""),
    sa.Column("executed_at", UtcTime),
    sa.Column("delivery", sa.LargeBinary, nullable=False, default=NO_BYTES),
    sa.Index("ix_recovery_case_status", "status", "requested_at"),
)
recovery_vote = sa.Table(
    "recovery_vote",
    metadata,
    sa.Column("case_id", sa.ForeignKey("recovery_case.id"), primary_key=True),
    sa.Column("document_sha256", sa.String(64), primary_key=True),  # of the bytes voted on
    sa.Column("custodian", sa.String(200), primary_key=True),
    sa.Column("credential_sha256", sa.String(64), nullable=False),
    _words("word", ("approve", "reject")),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("voted_at", UtcTime, nullable=False),
    sa.UniqueConstraint("case_id", "document_sha256", "credential_sha256"),
)
key_notice = sa.Table(
    "key_notice",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    status_column("waiting", "sent"),
    sa.Column("case_id", sa.ForeignKey("recovery_case.id"), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),  # opened, executed
    _words("addressee", ("holder", "auditor")),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("delay_reason", sa.String(200), nullable=False, default=""),
    sa.Column("sent_at", UtcTime),
    sa.UniqueConstraint("case_id", "event", "addressee"),
    sa.Index("ix_key_notice_status_due_at", "status", "due_at"),
)
