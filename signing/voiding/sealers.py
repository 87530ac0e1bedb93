"""Whose seals are in a document: from the record of sealings, back to the first seal and forward to the last.

A voiding takes in the document and every later version of it. An earlier version is taken in too where all that was ever
sealed on top of it belongs to enterprises that seal the document as well: nobody's document is voided without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from seals import store as seal_store
from signing.store import SealingState, sealing
from signing.voiding.voiding import Sealer
from verify.voided.form import MAX_DOCUMENTS

_DONE = sealing.c.state == SealingState.COMPLETED.value


@dataclass(frozen=True, slots=True)
class Family:
    """A sealed document with its versions: the digests (SHA-256, hex) that a voiding takes in, and whose seals they carry."""

    documents: tuple[str, ...]
    sealers: tuple[Sealer, ...]
    title: str


def family_of(conn: sa.Connection, sha256: str) -> Family | None:
    """Find the family of a document that was sealed here; nothing if none was."""
    row = _made(conn, sha256)
    if row is None:
        return None
    line = [row]
    while (
        len(line) < MAX_DOCUMENTS
        and (before := _made(conn, line[-1].document.rpartition(":")[2])) is not None
    ):
        line.append(before)
    later = _later(conn, sha256)
    seals = {one.seal_code for one in (*line, *later)}
    taken = [sha256, *(one.result for one in later)]
    for before in line[1:]:
        branches = _later(conn, before.result)
        if not {one.seal_code for one in branches} <= seals:
            break
        taken += [before.result, *(one.result for one in branches)]
    documents = tuple(sorted(set(taken)))[:MAX_DOCUMENTS]
    return Family(documents, _sealers(conn, sorted(seals)), row.name)


def _made(conn: sa.Connection, sha256: str) -> sa.Row[Any, Any, Any, Any] | None:
    """Return the sealing that made a document."""
    at = sealing.c
    query = (
        sa.select(at.result, at.document, at.seal_code, at.name).where(at.result == sha256, _DONE).limit(1)
    )
    return conn.execute(query).one_or_none()


def _later(conn: sa.Connection, sha256: str) -> list[sa.Row[Any, Any, Any, Any]]:
    """Return every sealing on top of a document, however far."""
    at = sealing.c
    found: dict[str, sa.Row[Any, Any, Any, Any]] = {}
    waiting = [sha256]
    while waiting and len(found) < MAX_DOCUMENTS:
        names = [f"sha256:{one}" for one in waiting]
        query = sa.select(at.result, at.document, at.seal_code, at.name).where(at.document.in_(names), _DONE)
        rows = [row for row in conn.execute(query) if row.result not in found]
        found |= {row.result: row for row in rows}
        waiting = [row.result for row in rows]
    return list(found.values())


def _sealers(conn: sa.Connection, codes: Sequence[str]) -> tuple[Sealer, ...]:
    """Name the owners of seals, each once."""
    found: dict[str, Sealer] = {}
    for code in codes:
        record = seal_store.find(conn, code)
        if record is not None:
            found.setdefault(record.owner.uscc, Sealer(record.owner.uscc, record.owner.name, record.code))
    return tuple(found.values())
