"""The door for verification reports: allow, issue, find. The cycle is that of every use of a key.

1. Transaction A: the standing authorisation is in force and not used up; the report is reserved, its intent recorded. 2. Drawn.
3. Its data signed, the page sealed. 4. Our own verifier reads it back: a passed seal, the page and the data as made. 5. Kept by
content. 6. Transaction B: the outcome. What a crash leaves between is closed by :meth:`ReportDesk.reconcile`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest, DigestAlgorithm
from seals.ledger import Ledger, acting
from signing.archive import Archive, Draft, Stored
from signing.errors import SigningError
from signing.objects.errors import StorageUnavailable
from signing.objects.local import storage
from signing.printing.code import new_code, read_code, shown
from signing.verification_reports import store
from signing.verification_reports.bundles import BundleDesk
from signing.verification_reports.errors import (
    ReportAhead,
    ReportError,
    ReportsExhausted,
    ReportsNotAllowed,
    ReportUnknown,
    ReportWithheld,
    StandingInvalid,
    StandingUnknown,
)
from signing.verification_reports.sealing import ReportSealer
from signing.verification_reports.store import ReportRecord, ReportState, Standing
from verify.policy import CLOCK_SKEW
from verify.report import DocumentReport, Verdict
from verify.reports.attached import ATTACHED, attachment_of
from verify.reports.page import JSON_NAME, XML_NAME

_log: Final = logging.getLogger(__name__)
LONGEST: Final = timedelta(days=3 * 366)
"""Longest standing authorisation: three years, as for automatic sealing (C8)."""
MOST_PER_DAY: Final = 1_000_000
MAX_REASON: Final = 500
_ATTACHED: Final = {".json": JSON_NAME, ".xml": XML_NAME, ".jws": ATTACHED}


@dataclass(frozen=True, slots=True)
class ReportTools:
    """What the door works with: the sealer, where files are made and kept, how our own verifier reads a file, and who answers.

    ``answer`` gives the address that a report's number leads to, or nothing where the installation has none.
    """

    sealer: ReportSealer
    archive: Archive
    check: Callable[[bytes], DocumentReport]
    answer: Callable[[str], str]


class ReportDesk:
    """Issues the verification reports of one installation."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, tools: ReportTools) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._tools = tools
        self.bundles = BundleDesk(engine, clock, audit, tools.sealer)

    def allow(self, valid_to: datetime, per_day: int, reason: str, *, actor: Actor) -> Standing:
        """Grant a standing authorisation from now on. :class:`StandingInvalid`."""
        now, text = self._clock(), reason.strip()
        if not now < valid_to <= now + LONGEST:
            raise StandingInvalid("valid_to", "今后三年以内的时间", "within the next three years")
        if not 0 < per_day <= MOST_PER_DAY:
            raise StandingInvalid("per_day", f"1 至 {MOST_PER_DAY} 份", f"1 to {MOST_PER_DAY} reports")
        if not 0 < len(text) <= MAX_REASON:
            raise StandingInvalid("reason", f"1 至 {MAX_REASON} 个字", f"1 to {MAX_REASON} characters")
        one = Standing(secrets.token_hex(16), actor.id, text, now, valid_to, per_day)
        with acting(self._engine, self._audit) as ledger:
            store.add_standing(ledger.conn, one)
            detail: dict[str, str | int | None] = {
                "valid_to": valid_to.isoformat(),
                "per_day": per_day,
                "reason": text,
            }
            ledger.note("report_standing.granted", actor=actor, subject=one.id, detail=detail)
        return one

    def stop(self, standing_id: str, *, actor: Actor) -> None:
        """Stop an authorisation at once. :class:`StandingUnknown`."""
        with acting(self._engine, self._audit) as ledger:
            if not store.stop(ledger.conn, standing_id, self._clock(), actor.id):
                raise StandingUnknown
            ledger.note("report_standing.stopped", actor=actor, subject=standing_id, detail={})

    def allowed(self) -> tuple[Standing, ...]:
        """List the authorisations, the newest first."""
        with self._reading() as conn:
            return store.standings(conn)

    def issue(self, found: DocumentReport, *, actor: Actor) -> ReportRecord:
        """Issue a sealed report of what was found.

        Raises :class:`ReportAhead`, :class:`ReportsNotAllowed`, :class:`ReportsExhausted`, :class:`ReportWithheld`, what
        :meth:`ReportSealer.make` raises, :class:`signing.objects.errors.StorageUnavailable`.
        """
        if found.verified_at is not None and found.verified_at > self._clock() + CLOCK_SKEW:
            raise ReportAhead
        record = self._reserve(found, actor)
        draft = self._tools.archive.begin(record.code)
        if draft is None:
            raise ReportError(f"report {record.code} is being made")
        with draft:
            try:
                stored = self._make(found, record, draft)
            except StorageUnavailable:  # finished and kept here: reconciliation stores it
                raise
            except Exception as fault:
                self._fail(record, f"{type(fault).__name__}: {fault}", actor)
                raise
            done = self._complete(record, stored, actor, "issued")
        self._tools.archive.settle(record.code)
        return done

    def get(self, number: str) -> ReportRecord:
        """Return an issued report by its number, written in any way. :class:`ReportUnknown`."""
        code = read_code(number)
        with self._reading() as conn:
            found = None if code is None else store.find(conn, code)
        if found is None or found.state is not ReportState.ISSUED:
            raise ReportUnknown
        return found

    def octets(self, record: ReportRecord) -> bytes:
        """Return the sealed PDF. Raises what the archive raises."""
        digest = Digest(DigestAlgorithm.SHA256, bytes.fromhex(record.result))
        with self._tools.archive.open(digest) as stream:
            return stream.read()

    def file(self, record: ReportRecord, suffix: str) -> bytes:
        """Return a report as a file of a suffix: ``.pdf`` itself, or what is attached to it. ``KeyError`` for another suffix."""
        pdf = self.octets(record)
        return pdf if suffix == ".pdf" else attachment_of(pdf, _ATTACHED[suffix])

    def reconcile(self, actor: Actor) -> int:
        """Close what dead processes left: complete a finished report, fail the rest; the living are left alone."""
        with self._reading() as conn:
            left = store.reserved(conn)
        closed = 0
        for record in left:
            try:
                closed += self._settle(record, actor)
            except (SigningError, StorageUnavailable) as unavailable:
                _log.warning("report %s stays reserved: %s", record.code, unavailable)
        return closed

    def _settle(self, record: ReportRecord, actor: Actor) -> bool:
        abandoned = self._tools.archive.take_over(record.code)
        if abandoned is None:
            return False
        with abandoned:
            if abandoned.stored is not None:
                self._complete(record, abandoned.stored, actor, "reconciled")
            else:
                self._fail(record, "interrupted", actor)
            self._tools.archive.settle(record.code)
        return True

    def _reserve(self, found: DocumentReport, actor: Actor) -> ReportRecord:
        """Transaction A."""
        now = self._clock()
        with acting(self._engine, self._audit) as ledger:
            leave = store.in_force(ledger.conn, now)
            if leave is None:
                raise ReportsNotAllowed
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            if store.count_since(ledger.conn, leave.id, midnight) >= leave.per_day:
                raise ReportsExhausted(leave.per_day)
            record = ReportRecord(
                new_code(), ReportState.RESERVED, leave.id, found.sha256, found.verdict.value, actor.id, now
            )
            store.insert(ledger.conn, record)
            _note(ledger, "intent", record, actor)
        return record

    def _make(self, found: DocumentReport, record: ReportRecord, draft: Draft) -> Stored:
        tools, number = self._tools, shown(record.code)
        made = tools.sealer.make(found, number, tools.answer(record.code), self._clock())
        _prove(tools.check(made), found, number)
        with storage():
            draft.stream.write(made)
        return draft.finish()

    def _complete(self, record: ReportRecord, stored: Stored, actor: Actor, how: str) -> ReportRecord:
        """Transaction B."""
        now = self._clock()
        done = replace(
            record, state=ReportState.ISSUED, result=stored.digest.hex, size=stored.size, settled_at=now
        )
        values = {"result": done.result, "size": done.size, "settled_at": now}
        with acting(self._engine, self._audit) as ledger:
            if not store.settle(ledger.conn, record.code, ReportState.ISSUED, **values):
                raise ReportError(f"report {record.code} was settled meanwhile")
            _note(ledger, how, done, actor)
        return done

    def _fail(self, record: ReportRecord, why: str, actor: Actor) -> None:
        with acting(self._engine, self._audit) as ledger:
            if store.settle(
                ledger.conn, record.code, ReportState.FAILED, why=why[:500], settled_at=self._clock()
            ):
                _note(ledger, "failed", replace(record, state=ReportState.FAILED, why=why[:500]), actor)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _prove(read: DocumentReport, found: DocumentReport, number: str) -> None:
    """Demand that our own verifier reads back what was reported, under a seal that passes."""
    told = read.reported
    if told is None or read.verdict is not Verdict.PASSED or told.verdict is not Verdict.PASSED:
        raise ReportWithheld(f"{read.verdict.value}: {read.reason.en}")
    if (told.number, told.says, told.sha256, told.page_agrees) != (number, found.verdict, found.sha256, True):
        raise ReportWithheld("the report reads otherwise than it was made")


def _note(ledger: Ledger, what: str, record: ReportRecord, actor: Actor) -> None:
    detail = {
        "document": record.document,
        "verdict": record.verdict,
        "standing": record.standing,
        "result": record.result,
        "why": record.why,
    }
    ledger.note(f"verification_report.{what}", actor=actor, subject=record.code, detail=detail)
