"""The tables of batches, and the forms of their rows. A store takes a connection and never commits."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ca.store import UtcInstant, only
from signing.batch.batch import BatchForm, BatchState, DocumentState
from signing.store import metadata

ID: Final = sa.String(32)


batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("request_key", sa.String(200), nullable=False, unique=True),
    sa.Column("form", sa.String(8), nullable=False),
    only("form", *(one.value for one in BatchForm)),
    sa.Column("state", sa.String(16), nullable=False),
    only("state", *(one.value for one in BatchState)),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("attended", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("actor_uscc", sa.String(18), nullable=False),
    sa.Column("credential", sa.Text, nullable=False),
    sa.Column("seal_code", sa.String(14), nullable=False),
    sa.Column("placement", sa.Text, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("document_class", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger),  # yuan
    sa.Column("case_id", ID, nullable=False),
    sa.Column("rule_hash", sa.String(64), nullable=False),
    sa.Column("root", sa.String(160), nullable=False),  # of the tree over the documents, algorithm:hex
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("fault", sa.String(64), nullable=False),
    sa.Column("fault_zh", sa.Text, nullable=False),
    sa.Column("fault_en", sa.Text, nullable=False),
    sa.Column("created_at", UtcInstant, nullable=False),
    sa.Column("started_at", UtcInstant),
    sa.Column("ended_at", UtcInstant),
    sa.Index("batch_state", "state", "id"),
)
"""One row an order; ``attended`` says that its key asks for a PIN, which only workers started for it were given."""

batch_document = sa.Table(
    "batch_document",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("batch.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 0, the place in the tree
    sa.Column("chunk", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.String(160), nullable=False),  # algorithm:hex
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("placement", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("mark", sa.String(200), nullable=False),  # the sender's own number of the document
    sa.Column("state", sa.String(16), nullable=False),
    only("state", *(one.value for one in DocumentState)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("sealing", ID, nullable=False),
    sa.Column("result", sa.String(64), nullable=False),
    sa.Column("result_size", sa.BigInteger, nullable=False),
    sa.Column("fault", sa.String(64), nullable=False),
    sa.Column("fault_zh", sa.Text, nullable=False),
    sa.Column("fault_en", sa.Text, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.UniqueConstraint("batch_id", "mark"),
    sa.Index("batch_document_state", "batch_id", "state", "number"),
    sa.Index("batch_document_chunk", "batch_id", "chunk", "number"),
)

batch_chunk = sa.Table(
    "batch_chunk",
    metadata,
    sa.Column("batch_id", sa.ForeignKey("batch.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(8), nullable=False),
    only("state", "open", "done"),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.String(64), nullable=False),
)
"""``fence`` rises each time that a worker takes the chunk; who holds an older one changes nothing any more."""

batch_worker = sa.Table(
    "batch_worker",
    metadata,
    sa.Column("executor", sa.String(64), primary_key=True),
    sa.Column("queue", sa.String(64), nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("started_at", UtcInstant, nullable=False),
    sa.Column("seen_at", UtcInstant, nullable=False),
)
"""Who works, and when it was last heard of."""
