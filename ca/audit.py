"""The audit trail: append-only, hash-chained, written in the transaction of the change that it reports.

The chain, for whoever wants to check it with a program of their own. The canonical bytes of a record are the UTF-8
JSON text of the object ``{"action", "actor", "at", "detail", "number", "previous", "subject"}`` with keys sorted, no
blanks and nothing escaped but what JSON must (RFC 8785 for our keys, which are ASCII, and our values, which are text,
whole numbers, null, lists and objects), where

* ``number`` counts 1, 2, 3 … without gaps; ``at`` is ``YYYY-MM-DDTHH:MM:SSZ``;
* ``actor`` is ``{"id", "name", "uscc"}``, the last two empty text if unknown; ``detail`` an object;
* ``previous`` is the digest of the record before in lower-case hexadecimal, 64 zeros before the first.

``digest = SHA-256("yinxin-audit-v1" LF canonical bytes)``. The head row holds number and digest of the last record; a
checkpoint is the head signed by a key and kept outside the database: it finds a trail cut off together with its head.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.checkpoint import Anchor, Checkpoint, sign_checkpoint
from ca.clock import Clock
from ca.errors import AuditBroken
from ca.store import audit, audit_head, is_storable
from hsm.signer import Signer

Detail = Mapping[str, Any]
"""Text, whole numbers, null, lists and objects of these; a float or a byte string is a ``TypeError``."""

DOMAIN: Final = b"yinxin-audit-v1\n"
GENESIS: Final = "0" * 64
PAGE: Final = 1000
"""Records read at a time: a page of some 500 kB."""
MAX_LOOKED: Final = 100_000
"""Records looked through for an action in one go: they stand in no index of their own, which every act would pay for."""
_HEAD: Final = 1
_json: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
_COLUMNS: Final = tuple(audit.c)
_READ_HEAD: Final = sa.select(audit_head.c.number, audit_head.c.digest).where(audit_head.c.id == _HEAD)
_LOCK_HEAD: Final = _READ_HEAD.with_for_update()
_ADD: Final = audit.insert()
_MOVE_HEAD: Final = (
    audit_head.update()
    .where(audit_head.c.id == _HEAD, audit_head.c.number == sa.bindparam("before"))
    .values(number=sa.bindparam("after"), digest=sa.bindparam("newest"))
)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the trail; ``detail`` is canonical JSON, digests are lower-case hexadecimal."""

    number: int
    at: datetime
    action: str
    actor: Actor
    subject: str
    detail: str
    previous: str
    digest: str

    def to_json(self) -> str:
        """Return the record as one line: the canonical object with its ``digest`` added."""
        return canonical_json({**_canonical_object(self), "digest": self.digest})


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded: what was done, to what, and what there is to say of it."""

    action: str
    subject: str
    detail: Detail


@dataclass(frozen=True, slots=True)
class AuditProof:
    """The trail was read from end to end and is whole; ``anchored`` is the highest anchor that it met, 0 if none."""

    records: int
    digest: str
    anchored: int


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which records to show: an action or a whole family of them (``seal`` for ``seal.…``), a subject, before which number."""

    action: str = ""
    subject: str = ""
    before: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records, newest first; ``further`` is the number to go on before, 0 at the beginning of the trail."""

    records: tuple[AuditRecord, ...]
    further: int


def canonical_json(value: object) -> str:
    """Write ``value`` as the module's docstring says; what that cannot carry is a ``TypeError``."""
    _check_plain(value)
    return _json(value)


def _check_plain(value: object) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError("a key of an audit record is ASCII text")
            _check_plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_plain(inner)
    elif value is not None and not isinstance(value, str | int):
        raise TypeError(f"an audit record does not carry {type(value).__name__}")


def _canonical_object(record: AuditRecord) -> dict[str, Any]:
    actor = record.actor
    return {
        "action": record.action,
        "actor": {"id": actor.id, "name": actor.name, "uscc": actor.uscc or ""},
        "at": f"{record.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "detail": json.loads(record.detail),
        "number": record.number,
        "previous": record.previous,
        "subject": record.subject,
    }


def _canonical_octets(record: AuditRecord) -> bytes:
    """Write the canonical object around a detail that is canonical already: what :func:`digest_of` reads back."""
    actor = record.actor
    who = {"id": actor.id, "name": actor.name, "uscc": actor.uscc or ""}
    return (
        f'{{"action":{_json(record.action)},"actor":{_json(who)},'
        f'"at":"{record.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}","detail":{record.detail},"number":{record.number},'
        f'"previous":"{record.previous}","subject":{_json(record.subject)}}}'
    ).encode()


def digest_of(record: AuditRecord) -> str:
    """Return the digest that the record must have."""
    return hashlib.sha256(DOMAIN + canonical_json(_canonical_object(record)).encode()).hexdigest()


class AuditTrail:
    """Writes and proves the trail. It takes the caller's connection and never commits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def append(
        self, conn: sa.Connection, action: str, *, actor: Actor, subject: str, detail: Detail | None = None
    ) -> AuditRecord:
        """Add one record in the caller's transaction, last in it: the head row is locked until that ends."""
        return self.append_many(conn, (Entry(action, subject, detail or {}),), actor=actor)[0]

    def append_many(
        self, conn: sa.Connection, entries: Sequence[Entry], *, actor: Actor
    ) -> tuple[AuditRecord, ...]:
        """Add records in order, at one time of the clock; the head is locked once and moved once, past all of them.

        The chain is the one that single appends would have made, record for record.
        """
        texts = [canonical_json(dict(entry.detail)) for entry in entries]
        if not entries:
            return ()
        first, previous = self._lock_head(conn)
        at = self._clock().astimezone(UTC).replace(microsecond=0)
        records = []
        for number, (entry, text) in enumerate(zip(entries, texts, strict=True), first + 1):
            draft = AuditRecord(number, at, entry.action, actor, entry.subject, text, previous, "")
            previous = hashlib.sha256(DOMAIN + _canonical_octets(draft)).hexdigest()
            records.append(replace(draft, digest=previous))
        conn.execute(_ADD, [_row_of(record) for record in records])
        after = {"before": first, "after": records[-1].number, "newest": previous}
        if conn.execute(_MOVE_HEAD, after).rowcount != 1:
            raise AuditBroken(first, "the head row moved under its lock")
        return tuple(records)

    def _lock_head(self, conn: sa.Connection) -> tuple[int, str]:
        head = conn.execute(_LOCK_HEAD).one_or_none()
        if head is None:
            try:
                with conn.begin_nested():
                    conn.execute(audit_head.insert().values(id=_HEAD, number=0, digest=GENESIS))
            except sa.exc.IntegrityError:  # another writer began the trail at the same moment
                pass
            head = conn.execute(_LOCK_HEAD).one()
        return head.number, head.digest

    def records(self, conn: sa.Connection, after: int = 0, limit: int = PAGE) -> list[AuditRecord]:
        """Return up to ``limit`` records with numbers above ``after``, in order."""
        query = sa.select(*_COLUMNS).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
        return [_record_of(row) for row in conn.execute(query)]

    def newest(self, conn: sa.Connection, query: AuditQuery) -> AuditPage:
        """Return records newest first; looking for an action alone, no more than :data:`MAX_LOOKED` at a time are read."""
        if not is_storable(query.action + query.subject):
            return AuditPage((), 0)  # what no row can hold matches none
        top = query.before or self.head(conn).number + 1
        last = max(1, top - MAX_LOOKED) if query.action and not query.subject else 1
        rows = sa.select(*_COLUMNS).where(audit.c.number < top, audit.c.number >= last)
        if query.subject:
            rows = rows.where(audit.c.subject == query.subject)
        if query.action:
            family = audit.c.action.startswith(f"{query.action}.", autoescape=True)
            rows = rows.where(sa.or_(audit.c.action == query.action, family))
        found = conn.execute(rows.order_by(audit.c.number.desc()).limit(query.limit)).all()
        end = found[-1].number if len(found) == query.limit else last
        return AuditPage(tuple(map(_record_of, found)), end if end > 1 else 0)

    def about(
        self,
        conn: sa.Connection,
        subjects: Sequence[str],
        limit: int = PAGE,
        *,
        actions: Sequence[str] = (),
    ) -> list[AuditRecord]:
        """Return the first ``limit`` records about any of ``subjects``, of ``actions`` if any are named, in order."""
        query = sa.select(*_COLUMNS).where(audit.c.subject.in_(subjects)).order_by(audit.c.number)
        if actions:
            query = query.where(audit.c.action.in_(actions))
        return [_record_of(row) for row in conn.execute(query.limit(limit))]

    def names(self, conn: sa.Connection, subjects: Sequence[str]) -> dict[str, str]:
        """Return the names under which people acted on any of ``subjects``, the newest of each, by their ids."""
        last = sa.func.max(audit.c.number)
        query = (
            sa.select(audit.c.actor_id, audit.c.actor_name)
            .where(audit.c.subject.in_(subjects), audit.c.actor_name != "")
            .group_by(audit.c.actor_id, audit.c.actor_name)
            .order_by(last)
        )
        return {row.actor_id: row.actor_name for row in conn.execute(query)}

    def every(self, conn: sa.Connection) -> Iterator[AuditRecord]:
        """Yield all records in order, a page at a time."""
        after = 0
        while page := self.records(conn, after):
            yield from page
            after = page[-1].number

    def export(self, conn: sa.Connection) -> Iterator[str]:
        """Yield every record as a JSON line, from which anybody can re-compute the chain."""
        for record in self.every(conn):
            yield record.to_json() + "\n"

    def verify(
        self,
        conn: sa.Connection,
        anchors: Sequence[Anchor] = (),
        *,
        reached: Callable[[int], object] | None = None,
    ) -> AuditProof:
        """Re-compute the whole chain; :class:`AuditBroken` names the first record that is wrong.

        ``anchors`` come from checkpoints kept outside (:meth:`ca.checkpoint.Checkpoint.proven`); ``reached`` is told
        the number of every thousandth record that was found right.
        """
        wanted = {anchor.number: anchor.digest for anchor in anchors}
        number, digest = 0, GENESIS
        for record in self.every(conn):
            if record.number != number + 1:
                raise AuditBroken(number + 1, "the record is missing")
            if record.previous != digest:
                raise AuditBroken(record.number, "it does not follow the record before")
            if digest_of(record) != record.digest:
                raise AuditBroken(record.number, "it was edited")
            if wanted.get(record.number, record.digest) != record.digest:
                raise AuditBroken(record.number, "it differs from the anchor")
            number, digest = record.number, record.digest
            if reached is not None and number % PAGE == 0:
                reached(number)
        self._check_end(conn, number, digest)
        beyond = max(wanted, default=0)
        if beyond > number:
            raise AuditBroken(number + 1, f"an anchor vouches for record {beyond}, the trail ends before")
        return AuditProof(number, digest, beyond)

    def _check_end(self, conn: sa.Connection, number: int, digest: str) -> None:
        head = conn.execute(_READ_HEAD).one_or_none()
        if head is None and number:
            raise AuditBroken(number, "the head row is missing")
        if head is not None and (head.number, head.digest) != (number, digest):
            raise AuditBroken(number + 1, f"the trail ends here, its head says {head.number}")

    def checkpoint(self, conn: sa.Connection, signer: Signer) -> Checkpoint:
        """Sign the head. Call it outside a long transaction, and keep the result outside the database."""
        return sign_checkpoint(self.head(conn), self._clock(), signer)

    def head(self, conn: sa.Connection) -> Anchor:
        """Return number and digest of the last record; 0 and 64 zeros before the first."""
        found = conn.execute(_READ_HEAD).one_or_none()
        return Anchor(0, GENESIS) if found is None else Anchor(found.number, found.digest)


def _row_of(record: AuditRecord) -> dict[str, Any]:
    return {
        "number": record.number,
        "at": record.at,
        "action": record.action,
        "actor_id": record.actor.id,
        "actor_name": record.actor.name,
        "actor_uscc": record.actor.uscc or "",
        "subject": record.subject,
        "detail": record.detail,
        "previous": record.previous,
        "digest": record.digest,
    }


def _record_of(row: sa.Row[*tuple[Any, ...]]) -> AuditRecord:
    actor = Actor(row.actor_id, row.actor_name, row.actor_uscc or None)
    return AuditRecord(
        row.number, row.at, row.action, actor, row.subject, row.detail, row.previous, row.digest
    )
