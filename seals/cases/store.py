"""The tables of cases, signers and standing authorisations, in the room's metadata; queries stand beside them in ``*_store.py``."""

from __future__ import annotations

import sqlalchemy as sa

from ca.store import SerialNumber, UtcInstant, only
from seals.cases.states import CaseStatus
from seals.store import metadata

ID = sa.String(32)


use_case = sa.Table(
    "use_case",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", *(status.value for status in CaseStatus)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seal_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("owner_uscc", sa.String(18), nullable=False),
    sa.Column("kind", sa.String(2), nullable=False),
    sa.Column("document", sa.String(160), nullable=False),  # algorithm:hex
    sa.Column("document_name", sa.Text, nullable=False),
    sa.Column("document_size", sa.BigInteger, nullable=False),
    sa.Column("document_kept", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("medium", sa.String(16), nullable=False),
    sa.Column("copies", sa.Integer, nullable=False),
    sa.Column(
        "members", sa.Integer, nullable=False, server_default="0"
    ),  # documents of a batch; 0 for one document
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("document_class", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger),  # yuan
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("requester_name", sa.Text, nullable=False),
    sa.Column("requester_uscc", sa.String(18), nullable=False),
    sa.Column("ground", sa.String(16), nullable=False),
    only("ground", "case", "standing", "keeper"),
    sa.Column("standing", ID, nullable=False),
    sa.Column("rule_hash", sa.ForeignKey("use_rule.hash"), nullable=False),
    sa.Column("approvals_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", UtcInstant, nullable=False),
    sa.Column("changed_at", UtcInstant, nullable=False),
    sa.Column("approving_since", UtcInstant),
    sa.Column("deadline", UtcInstant),
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint("used >= 0 AND used <= copies", name="used"),
    sa.Index("use_case_made", "created_at", "id"),
    sa.Index("use_case_owner", "owner_uscc", "created_at", "id"),
    sa.Index("use_case_due", "status", "deadline"),
)
"""One row a case (业务流)."""

use_rule = sa.Table(
    "use_rule",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(64), nullable=False),
    sa.Column("version", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # canonical JSON, as it was when a case was opened under it
)
"""Every rule that a case was ever opened under, once (制度流)."""

use_case_entry = sa.Table(
    "use_case_entry",
    metadata,
    sa.Column("case_id", sa.ForeignKey("use_case.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("credential", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # canonical JSON
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
"""Who did what, when, with which credential (责任流): a chain of digests for each case."""

use_case_document = sa.Table(
    "use_case_document",
    metadata,
    sa.Column("case_id", sa.ForeignKey("use_case.id"), primary_key=True),
    sa.Column("digest", sa.String(160), primary_key=True),
    sa.Column("role", sa.String(16), primary_key=True),
    only("role", "asked", "sealed"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("use_case_document_digest", "digest"),
)
"""Every digest that a case was ever about, and those of the sealed files: from a document to its cases."""

use_case_member = sa.Table(
    "use_case_member",
    metadata,
    sa.Column("case_id", sa.ForeignKey("use_case.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # its place in the tree, from 0
    sa.Column("permit", sa.ForeignKey("seal_permit.id"), nullable=False),
)
"""Documents of a case about many that are sealed or being sealed; its primary key: each once (I29)."""

use_approval = sa.Table(
    "use_approval",
    metadata,
    sa.Column("case_id", sa.ForeignKey("use_case.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.String(200), primary_key=True),  # folded: one person, however their id is written
    sa.Column("stage", sa.String(64), nullable=False),
    sa.Column("stands_for", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("certificate_sha256", sa.String(64), nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
)
"""Its primary key is the last word on I22: one person, one approval of one version."""

use_permit = sa.Table(
    "use_permit",
    metadata,
    sa.Column("permit", sa.ForeignKey("seal_permit.id"), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("use_case.id"), nullable=False, index=True),
    sa.Column("standing", ID, nullable=False),
    sa.Column("day", sa.String(10), nullable=False),  # of the quota that it was taken from
)
"""Under which case each permit was granted."""

use_signer = sa.Table(
    "use_signer",
    metadata,
    sa.Column("certificate_sha256", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(200), nullable=False),  # folded
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("uscc", sa.String(18), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    only("role", "approver", "representative"),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("serial", SerialNumber, nullable=False),
    sa.Column("der", sa.LargeBinary, nullable=False),
    sa.Column("key_uri", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", "requested", "confirmed", "ended"),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", UtcInstant, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", UtcInstant),
    sa.Index("use_signer_person", "person", "status"),
    sa.Index("use_signer_role", "uscc", "role", "status"),
)
"""Whose certificate signs approvals."""

use_standing = sa.Table(
    "use_standing",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    sa.Column("status", sa.String(16), nullable=False),
    only("status", "pending", "effective", "expired", "deleted"),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("person", sa.String(200), nullable=False),  # the application's id, folded
    sa.Column("seal_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("owner_uscc", sa.String(18), nullable=False),
    sa.Column("classes", sa.Text, nullable=False),  # canonical JSON
    sa.Column("quota", sa.BigInteger, nullable=False),
    sa.Column("per_day", sa.BigInteger, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("begins", UtcInstant, nullable=False),
    sa.Column("ends", UtcInstant, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("requested_at", UtcInstant, nullable=False),
    sa.Column("signed_by", sa.Text, nullable=False),
    sa.Column("signed_at", UtcInstant),
    sa.Column("certificate_sha256", sa.String(64), nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
    sa.Column("ended_by", sa.Text, nullable=False),
    sa.Column("ended_at", UtcInstant),
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint("used >= 0 AND used <= quota", name="used"),
    sa.Index("use_standing_app", "person", "seal_code", "status"),
    sa.Index("use_standing_owner", "owner_uscc", "id"),
)
"""Standing authorisations of applications (静默用印)."""

use_standing_day = sa.Table(
    "use_standing_day",
    metadata,
    sa.Column("standing", sa.ForeignKey("use_standing.id"), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("used", sa.BigInteger, nullable=False),
)
"""Uses of one day (Beijing time)."""

use_reminder = sa.Table(
    "use_reminder",
    metadata,
    sa.Column(
        "number", sa.BigInteger, primary_key=True, autoincrement=False
    ),  # gapless: readers keep a cursor
    sa.Column("case_id", sa.ForeignKey("use_case.id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("hours", sa.Integer, nullable=False),
    sa.Column("waiting", sa.Text, nullable=False),  # canonical JSON: stages and people waited for
    sa.Column("deadline", UtcInstant, nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.UniqueConstraint("case_id", "version", "hours"),
)
use_reminder_head = sa.Table(
    "use_reminder_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1: the row is the lock
    sa.Column("number", sa.BigInteger, nullable=False),
)
