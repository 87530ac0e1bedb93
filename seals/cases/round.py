"""Uses of many documents in one transaction: each case is read and held once, moved in memory, and written at the end.

The rows are those that one use after the other would have left: the same entries in the same chain, the same counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hsm.algorithms import Digest
from seals.cases import case_store, round_store
from seals.cases.case import GENESIS, CaseRecord, Hand
from seals.cases.errors import CaseMoved, CaseUnknown
from seals.cases.office import PLAIN, CaseDeed, Last, next_status, noted_entry
from seals.cases.states import FIRST_STATUS, CaseAct
from seals.ledger import Ledger

Member = tuple[str, str, str]
"""A case, a document's digest, and the role that it has there."""


class Round:
    """The cases of one open transaction; :meth:`write` puts what became of them among its rows."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._read: dict[str, CaseRecord] = {}
        self._now: dict[str, CaseRecord] = {}
        self._last: dict[str, Last] = {}
        self._known: set[Member] = set()

    def hold(self, ids: Sequence[str]) -> None:
        """Read cases and hold their rows; raises :class:`CaseUnknown` if one is missing."""
        wanted = sorted({one for one in ids if one not in self._now})
        if not wanted:
            return
        found = round_store.among(self.ledger.conn, wanted)
        if len(found) != len(wanted):
            raise CaseUnknown
        self._read |= found
        self._now |= found
        self._last |= round_store.last_entries(self.ledger.conn, wanted)

    def case(self, case_id: str) -> CaseRecord:
        """Return a case that is held, as it is now."""
        return self._now[case_id]

    def begin(self, record: CaseRecord, hand: Hand, now: datetime) -> None:
        """Begin a new case and its first entry."""
        assert record.status is FIRST_STATUS  # noqa: S101 - a case begins where the table says
        if not any(one.rule.hash == record.rule.hash for one in self._now.values()):
            case_store.keep_rule(self.ledger.conn, record.rule)
        self._now[record.id] = record
        self._last[record.id] = (0, GENESIS, None)
        document = record.request.document.digest
        detail = {"seal": record.seal_code, "document": str(document)}
        self._enter(record, CaseDeed(CaseAct.OPEN, hand, {}, detail), now)
        self._name(record, document, "asked")

    def move(self, record: CaseRecord, deed: CaseDeed, now: datetime) -> CaseRecord:
        """Move a case that is held; :class:`seals.cases.errors.CaseActRefused` where the table has no such move."""
        if not deed.changes.keys() <= PLAIN:
            raise ValueError("a use changes plain columns alone")
        after = next_status(record, deed.act)
        moved = replace(record, status=after, moves=record.moves + 1, changed_at=now, **deed.changes)
        self._now[record.id] = moved
        self._enter(moved, deed, now)
        return moved

    def name(self, named: Sequence[tuple[CaseRecord, Digest, str]]) -> None:
        """Remember which documents cases are about, and which sealed files came of them; twice changes nothing."""
        if not named:
            return
        self._known |= round_store.known_documents(self.ledger.conn, [digest for _, digest, _ in named])
        for case, digest, role in named:
            self._name(case, digest, role)

    def write(self) -> None:
        """Put new cases among the transaction's rows, and move the others; :class:`CaseMoved` if anybody was faster."""
        for case_id, case in self._now.items():
            if case_id not in self._read:
                self.ledger.put(case_store.NEW_CASE, case_store.row_of(case), referred=True)
        moved = [(self._read[one], self._now[one]) for one in self._read]
        if not round_store.swap(self.ledger.conn, [pair for pair in moved if pair[0] is not pair[1]]):
            raise CaseMoved

    def _name(self, case: CaseRecord, digest: Digest, role: str) -> None:
        member = (case.id, str(digest), role)
        if member not in self._known:
            self._known.add(member)
            self.ledger.put(case_store.NEW_DOCUMENT, case_store.document_row(case, digest, role))

    def _enter(self, after: CaseRecord, deed: CaseDeed, now: datetime) -> None:
        entry = noted_entry(self.ledger, after, deed, now, self._last[after.id])
        self._last[after.id] = (entry.number, entry.digest, entry.at)
        self.ledger.put(case_store.NEW_ENTRY, case_store.entry_row(entry))
