"""Enter what was just stored, in the transaction that records why it was made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from signing.archive import Stored
from signing.retention.states import DocumentState
from signing.retention.store import StoredDocument, insert_sealed
from signing.store import SealingRecord


def enter_sealed(conn: sa.Connection, sealed: Sequence[tuple[SealingRecord, Stored]], when: datetime) -> None:
    """Enter sealed documents, each as the first of its line. Octets that are in the archive already are entered once."""
    insert_sealed(conn, [(_document(*one, when), one[0].seal_code) for one in sealed])


def _document(record: SealingRecord, stored: Stored, when: datetime) -> StoredDocument:
    digest = stored.digest.hex
    return StoredDocument(
        digest=digest,
        origin=digest,
        previous="",
        next="",
        number=0,
        sealing=record.id,
        owner_uscc="",
        name=record.name,
        level=record.level,
        size=stored.size,
        stored_at=when,
        retention="",
        retain_until=None,
        state=DocumentState.KEPT,
    )
