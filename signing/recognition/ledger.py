"""The recognition ledger (互认台账): every decision that was made in a department's name, and who accepted what how often.

The ledger is no second chain. A decision is a record of the audit trail, so it is hash-chained with everything else, and the
signed checkpoints kept outside the database vouch for it; a row beside it, written in the same transaction, makes it quick to
find and count, and names its record by number and digest. :meth:`RecognitionLedger.prove` compares the two, both ways.
Of the document only the digest is kept; of people who decided, their id and name, as everywhere on the trail.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ca.audit import PAGE as TRAIL_PAGE
from ca.audit import AuditRecord, AuditTrail, canonical_json
from ca.clock import Clock
from seals.cases.case import Hand
from signing.recognition import department_store as store
from signing.recognition.department_errors import (
    DecisionKeyTaken,
    DecisionUnknown,
    LedgerBroken,
    PurposeNeeded,
)
from signing.recognition.department_store import Count, LedgerQuery, Recognition
from verify.acceptance.accept import accept
from verify.acceptance.answers import Acceptance
from verify.acceptance.facts import candidates, decision_of
from verify.acceptance.policy import DepartmentPolicy
from verify.report import DocumentReport
from verify.trusted_lists.decision import ListEntry

MAX_PURPOSE: Final = 200
"""Longest purpose, in characters."""
ACTION: Final = "recognition.decided"
"""What its records on the audit trail are called."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided: the report that was read, by which policy, for which act and what purpose."""

    report: DocumentReport
    policy: DepartmentPolicy
    act: str
    purpose: str

    @property
    def acceptance(self) -> Acceptance:
        """The department's answer, judged anew from the report: nobody hands in an answer of their own."""
        return accept(self.report, self.policy, self.act)


class RecognitionLedger:
    """Keeps the ledger of one installation."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        *,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._new_id = new_id

    def decide(self, decision: Decision, *, request_key: str, hand: Hand) -> Recognition:
        """Record a decision; a repeat with the same request key gives the first one.

        Raises :class:`PurposeNeeded`, :class:`DecisionKeyTaken`, :class:`verify.acceptance.errors.ActUnknown`.
        """
        purpose = decision.purpose.strip()
        if not 0 < len(purpose) <= MAX_PURPOSE or not purpose.isprintable():
            raise PurposeNeeded
        found, key = decision.acceptance, f"{hand.actor.id}:{request_key}"[:240]
        try:
            with self._engine.begin() as conn:
                known = store.by_request_key(conn, key)
                return (
                    self._write(conn, decision, found, (key, purpose), hand)
                    if known is None
                    else _same(known, decision)
                )
        except sa.exc.IntegrityError as wrong:
            with self._reading() as conn:
                known = store.by_request_key(conn, key)
            if known is None:
                raise DecisionKeyTaken from wrong
            return _same(known, decision)

    def _write(
        self,
        conn: sa.Connection,
        decision: Decision,
        found: Acceptance,
        what: tuple[str, str],
        hand: Hand,
    ) -> Recognition:
        (key, purpose), entry, number = what, found.vouched or _entry(decision.report), self._new_id()
        detail = {
            "document": decision.report.sha256,
            "department": found.department,
            "act": found.act,
            "answer": found.status.value,
            "rule": found.rule,
            "policy": found.policy_sha256,
            "policy_version": found.policy_version,
            "scheme": entry.scheme_id,
            "sequence": entry.sequence,
            "list": entry.list_sha256,
            "purpose": purpose,
            "credential": hand.credential,
        }
        record = self._audit.append(
            conn, ACTION, actor=hand.actor, subject=f"recognition:{number}", detail=detail
        )
        row = _row(record, number, key, found, decision.report.sha256, entry, purpose, hand)
        store.insert_recognition(conn, row)
        return row

    def get(self, recognition_id: str) -> Recognition:
        """Return one decision; :class:`DecisionUnknown`."""
        with self._reading() as conn:
            found = store.by_id(conn, recognition_id) if len(recognition_id) <= 32 else None
        if found is None:
            raise DecisionUnknown
        return found

    def page(self, query: LedgerQuery, limit: int) -> list[Recognition]:
        """Return decisions, the newest first."""
        with self._reading() as conn:
            return store.page(conn, query, limit)

    def count(self, query: LedgerQuery) -> list[Count]:
        """Count who accepted and refused what, on the word of which list."""
        with self._reading() as conn:
            return store.counts(conn, query)

    def export(self) -> Iterator[str]:
        """Yield the ledger's records of the audit trail as JSON lines, in order."""
        with self._reading() as conn:
            for record in self._recorded(conn):
                yield record.to_json() + "\n"

    def prove(self) -> int:
        """Compare the ledger with the audit trail, both ways, as of the trail's end now; return how many decisions there are.

        A row without its record, a record without its row, or one that differs raises :class:`LedgerBroken`. That the trail
        itself is whole is :meth:`ca.audit.AuditTrail.verify`'s to prove.
        """
        with self._reading() as conn:
            end = self._audit.head(conn).number
            rows = _rows(conn)
            count = 0
            for record in self._recorded(conn, end):
                row = next(rows, None)
                if row is None or row[0] != record.number:
                    raise LedgerBroken(record.number, "台账中没有这项决定", "the ledger lacks this decision")
                told = store.page(conn, LedgerQuery(before=record.number + 1), 1)[0]
                if not _agrees(told, record):
                    raise LedgerBroken(
                        record.number, "台账内容与审计记录不同", "the ledger says something else"
                    )
                count += 1
            for number, _ in rows:
                if number <= end or not self._is_recorded(conn, number):
                    raise LedgerBroken(
                        number, "台账中的决定没有审计记录", "a decision on the ledger has no record there"
                    )
        return count

    def _is_recorded(self, conn: sa.Connection, number: int) -> bool:
        """Tell whether the trail has a decision under a number: one that was made while the two were compared."""
        return any(
            one.number == number and one.action == ACTION
            for one in self._audit.records(conn, number - 1, limit=1)
        )

    def _recorded(self, conn: sa.Connection, end: int | None = None) -> Iterator[AuditRecord]:
        """Yield the records of decisions, up to the number ``end`` where one is given: others are made meanwhile."""
        after = 0
        while (end is None or after < end) and (page := self._audit.records(conn, after)):
            yield from (one for one in page if one.action == ACTION and (end is None or one.number <= end))
            after = page[-1].number

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _rows(conn: sa.Connection) -> Iterator[tuple[int, str]]:
    after = 0
    while page := store.numbers(conn, after, TRAIL_PAGE):
        yield from page
        after = page[-1][0]


def _entry(report: DocumentReport) -> ListEntry:
    """Return the entry that vouched for the first seal, where it counts for nothing there; an empty one where none does."""
    at = report.verified_at
    if at is not None:
        for item in candidates(report):
            decision = decision_of(item, at)
            if decision is not None and decision.trusted:
                return decision.entry
    return ListEntry("")


def _row(  # noqa: PLR0913, PLR0917 - the columns of one row, each once
    record: AuditRecord,
    number: str,
    key: str,
    found: Acceptance,
    document: str,
    entry: ListEntry,
    purpose: str,
    hand: Hand,
) -> Recognition:
    return Recognition(
        number=record.number,
        id=number,
        request_key=key,
        digest=record.digest,
        document=document,
        department=found.department,
        act=found.act,
        answer=found.status.value,
        rule=found.rule,
        policy_version=found.policy_version,
        policy_sha256=found.policy_sha256,
        scheme=entry.scheme_id,
        sequence=entry.sequence,
        list_sha256=entry.list_sha256,
        purpose=purpose,
        actor=hand.actor.id,
        actor_name=hand.actor.name,
        credential=hand.credential,
        at=record.at,
    )


def _same(known: Recognition, decision: Decision) -> Recognition:
    """Return the first decision for a repeat; the key of another question is refused."""
    act = decision.policy.act(decision.act.strip())
    asked = (decision.report.sha256, decision.policy.id, "" if act is None else act.id)
    if (known.document, known.department, known.act) != asked:
        raise DecisionKeyTaken
    return known


def _agrees(row: Recognition, record: AuditRecord) -> bool:
    detail = {
        "document": row.document,
        "department": row.department,
        "act": row.act,
        "answer": row.answer,
        "rule": row.rule,
        "policy": row.policy_sha256,
        "policy_version": row.policy_version,
        "scheme": row.scheme,
        "sequence": row.sequence,
        "list": row.list_sha256,
        "purpose": row.purpose,
        "credential": row.credential,
    }
    return (
        row.digest == record.digest
        and record.subject == f"recognition:{row.id}"
        and canonical_json(detail) == record.detail
        and (row.actor, row.actor_name, row.at) == (record.actor.id, record.actor.name, record.at)
    )
