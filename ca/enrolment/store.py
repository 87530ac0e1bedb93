"""The desk's tables, in the room's metadata; the queries stand beside them in ``*_store.py``.

Approvals of enrolments, orders and jobs are one table: ``case_id`` is the number of any of them. Its primary key is the
last word on I22: one person, one approval of one version.
"""

from __future__ import annotations

import sqlalchemy as sa

from ca.enrolment.states import EnrolmentStatus
from ca.store import NO_BYTES, RowId, SerialNumber, UtcTime, metadata, only

ID = sa.String(32)


def _status() -> sa.Column[str]:
    return sa.Column("status", sa.String(16), nullable=False)


enrolment = sa.Table(
    "enrolment",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    _status(),
    only("status", *(status.value for status in EnrolmentStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("matter", sa.String(16), nullable=False),
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False, default=""),
    sa.Column("spki_sha256", sa.String(64), nullable=False, index=True),
    sa.Column("requester", sa.String(200), nullable=False),
    sa.Column("requester_name", sa.String(200), nullable=False),
    sa.Column("requester_uscc", sa.String(18), nullable=False, default=""),
    sa.Column("rule_hash", sa.String(64), nullable=False),
    sa.Column("rule_version", sa.String(200), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),  # canonical JSON, as it was when the request came
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("deadline", UtcTime),
    sa.Column("approving_since", UtcTime),
    sa.Column("batch", ID, nullable=False, default=""),  # the job whose approval covers it
    sa.Column("reason_code", sa.String(32), nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("issuer", sa.String(64), nullable=False, default=""),
    sa.Column("serial", SerialNumber, index=True),
    sa.Column("encryption_serial", SerialNumber, index=True),
    sa.Column("envelope", sa.LargeBinary, nullable=False, default=NO_BYTES),
    sa.Column("predecessor_serial", SerialNumber, index=True),
    sa.Column("delivered_to", sa.String(200), nullable=False, default=""),
    sa.Column("delivered_how", sa.String(200), nullable=False, default=""),
    sa.Column("receipt_sha256", sa.String(64), nullable=False, default=""),
    sa.Column("delivered_at", UtcTime),
    sa.Index("ix_enrolment_created", "created_at", "id"),
    sa.Index("ix_enrolment_status_created", "status", "created_at", "id"),
    sa.Index("ix_enrolment_uscc_created", "uscc", "created_at", "id"),
    sa.Index("ix_enrolment_status_deadline", "status", "deadline"),
)
OPEN_KEY = sa.text("status IN ('draft', 'submitted', 'checking', 'approving', 'approved', 'issuing')")
sa.Index(
    "ix_enrolment_open_key",
    enrolment.c.spki_sha256,
    unique=True,
    sqlite_where=OPEN_KEY,
    postgresql_where=OPEN_KEY,
)
"""One key is in one open request, whoever asks at the same moment."""
enrolment_version = sa.Table(
    "enrolment_version",
    metadata,
    sa.Column("enrolment", sa.ForeignKey("enrolment.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON: what is approved
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column(
        "csr", sa.LargeBinary, nullable=False, default=NO_BYTES
    ),  # DER; empty for a key made at the desk
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
enrolment_check = sa.Table(
    "enrolment_check",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("enrolment", sa.ForeignKey("enrolment.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("item", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(8), nullable=False),
    only("outcome", "found", "refused"),
    sa.Column("remark", sa.Text, nullable=False),
    sa.Column("checker", sa.String(200), nullable=False),
    sa.Column("checker_name", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_enrolment_check_enrolment_version", "enrolment", "version"),
)
enrolment_approval = sa.Table(
    "enrolment_approval",
    metadata,
    sa.Column("case_id", ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.String(200), primary_key=True),  # folded: one person, however their id is written
    sa.Column("stage", sa.String(64), nullable=False),
    sa.Column("substitute", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("actor_name", sa.String(200), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

enrolment_job = sa.Table(
    "enrolment_job",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    _status(),
    only("status", "asked", "running", "done", "rejected", "withdrawn", "expired"),
    sa.Column("matter", sa.String(16), nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON: every item by its digest
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("requester", sa.String(200), nullable=False),
    sa.Column("requester_name", sa.String(200), nullable=False),
    sa.Column("requester_uscc", sa.String(18), nullable=False, default=""),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("rule_hash", sa.String(64), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("deadline", UtcTime, nullable=False),
    sa.Column("started_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("reason_code", sa.String(32), nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("report", sa.Text, nullable=False, default=""),  # canonical JSON, once there is one
)
enrolment_job_item = sa.Table(
    "enrolment_job_item",
    metadata,
    sa.Column("job", sa.ForeignKey("enrolment_job.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _status(),
    only("status", "left", "done", "failed"),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("serial", SerialNumber, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # of the item's content
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("fault", sa.String(64), nullable=False, default=""),  # name of the error
    sa.Column("fault_zh", sa.Text, nullable=False, default=""),
    sa.Column("fault_en", sa.Text, nullable=False, default=""),
    sa.Column("enrolment", ID, nullable=False, default=""),
    sa.Column("new_serial", SerialNumber),
    sa.Column("at", UtcTime),
    sa.Index("ix_enrolment_job_item_job_status", "job", "status", "number"),
)

expiry_reminder = sa.Table(
    "expiry_reminder",
    metadata,
    sa.Column(
        "number", sa.BigInteger, primary_key=True, autoincrement=False
    ),  # gapless: readers keep a cursor
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("serial", SerialNumber, nullable=False),
    sa.Column("days", sa.Integer, nullable=False),  # the threshold that was crossed
    sa.Column("profile", sa.String(64), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("not_after", UtcTime, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("issuer", "serial", "days"),
)
expiry_reminder_head = sa.Table(
    "expiry_reminder_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1: the row is the lock
    sa.Column("number", sa.BigInteger, nullable=False),
)
