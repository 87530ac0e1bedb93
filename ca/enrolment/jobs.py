"""Orders over one certificate and jobs over many: asked, approved where the rule says so, run, ended with a count.

Progress is rows in the database: a process killed in the middle leaves items ``left``, and whoever runs the job next
goes on there. Each item has its own effect only once (:mod:`ca.enrolment.job_work`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.certificate import CertificateQuery, CertificateStatus, RevocationReason
from ca.enrolment import approval_store, job_store, job_work
from ca.enrolment.approval import Ballot, Case, check_second_person, check_text, person_of, satisfied, seat
from ca.enrolment.errors import (
    ContentChanged,
    EnrolmentActRefused,
    EnrolmentMoved,
    EnrolmentUnknown,
    FieldInvalid,
    NotYourRequest,
    RejectionReasonNeeded,
    RequestKeyTaken,
    SecondPersonNeeded,
)
from ca.enrolment.issuing import Issuing
from ca.enrolment.job_store import (
    JOB_TRANSITIONS,
    MAX_ITEMS,
    Instruction,
    ItemStatus,
    JobAct,
    JobItem,
    JobRecord,
    JobStatus,
    Target,
)
from ca.enrolment.office import Office
from ca.enrolment.population import population
from ca.enrolment.renewal import certificate
from ca.enrolment.request import Approver
from ca.enrolment.rules import Matter
from ca.enrolment.states import RejectionCode
from ca.enrolment.vetting import check_request_key
from ca.errors import CaError, IssuanceUnfinished
from hsm.errors import HsmError

_LOG: Final = logging.getLogger(__name__)
CHUNK: Final = 50
"""Items read at a time, and renewed together."""
AT_ONCE: Final = 5
"""A job of this many items or fewer runs before its call returns."""
Progress = Callable[[JobRecord], None]
_STATUS_MATTERS: Final = (Matter.SUSPEND, Matter.RESUME, Matter.REVOKE, Matter.MASS_REVOKE)


class Jobs:
    """Takes orders and jobs and runs them."""

    def __init__(self, office: Office, issuing: Issuing) -> None:
        self._office = office
        self._issuing = issuing

    def ask(  # noqa: PLR0913 - the parts of one instruction
        self,
        matter: Matter,
        serials: Iterable[tuple[str | None, int]],
        *,
        request_key: str,
        actor: Actor,
        reason: RevocationReason | None = None,
        text: str = "",
        validity: timedelta | None = None,
    ) -> JobRecord:
        """Ask for something to be done to certificates; where the rule wants nobody's approval it starts at once.

        The same again under the same request key returns the job there. A certificate to which it cannot be done is
        listed as failed from the beginning; if that is true of the only one, its error is raised instead.
        """
        check_request_key(request_key)
        check_text("text", text)
        _check_reason(matter, reason)
        with self._office.reading() as conn:
            found = [certificate(conn, serial, issuer) for issuer, serial in _bounded(serials)]
            rule = self._office.rules.covering(matter, (one.profile for one in found))
            asked = tuple(dict.fromkeys(Target(one.issuer, one.serial) for one in found))
            bare = Instruction(matter, rule.hash, asked, reason, text, validity)
            known = job_store.by_request_key(conn, request_key)
            if known is not None:
                return _same(known, bare, actor)
            items = tuple(self._planned(conn, bare, number, one) for number, one in enumerate(asked, 1))
        now = self._office.now()
        instruction = replace(bare, targets=tuple(item.target for item in items))
        job = JobRecord(
            id=self._office.new_id(),
            request_key=request_key,
            status=JobStatus.ASKED,
            instruction=instruction,
            digest=hashlib.sha256(instruction.canonical.encode()).hexdigest(),
            requester=actor,
            rule=rule,
            created_at=now,
            deadline=now + rule.deadline,
            started_at=None,
            ended_at=None,
            reason_code="",
            reason="",
            report="",
            approvals=(),
            done=0,
            failed=0,
            left=0,
        )
        return self._open(job, items)

    def _open(self, job: JobRecord, items: Sequence[JobItem]) -> JobRecord:
        with self._office.engine.begin() as conn:
            try:
                job_store.insert(conn, job, items)
            except sa.exc.IntegrityError as taken:
                raise RequestKeyTaken from taken
            detail = {"matter": job.instruction.matter.value, "digest": job.digest, "items": len(items)}
            self._note(conn, job, "asked", job.requester, {**detail, "rule_hash": job.rule.hash})
            started = not job.rule.stages
            if started:
                self._move(conn, job, JobAct.START, job.requester, {"started_at": self._office.now()})
        return self._at_once(job.id) if started else self.get(job.id)

    def _planned(self, conn: sa.Connection, instruction: Instruction, number: int, target: Target) -> JobItem:
        try:
            return JobItem(number, ItemStatus.LEFT, job_work.plan(self._office, conn, instruction, target))
        except CaError as wrong:
            if len(instruction.targets) == 1:
                raise
            name = type(wrong).__name__
            return JobItem(number, ItemStatus.FAILED, target, 0, name, wrong.zh, wrong.en)

    def approve(self, job: str, ballot: Ballot, *, by: Approver) -> JobRecord:
        """Approve as one of the people whom the rule wants (I22); with the last one the job starts."""
        with self._office.engine.begin() as conn:
            record = self._load(conn, job)
            _next(record, JobAct.APPROVE)
            case = case_of(record)
            if record.instruction.matter is Matter.RESUME:
                holders = {job_work.held_by(conn, one) for one in record.instruction.targets}
                if person_of(by.actor) in {person_of(Actor(one)) for one in holders}:
                    raise SecondPersonNeeded
            approval = seat(case, by, ballot, self._office.now())
            approval_store.insert(conn, record.id, 1, approval)
            enough = satisfied(replace(case, approvals=(*case.approvals, approval)))
            detail = {"digest": record.digest, "stage": approval.stage, "comment": approval.comment}
            changes = {"started_at": self._office.now()} if enough else {}
            self._move(conn, record, JobAct.START if enough else JobAct.APPROVE, by.actor, changes, detail)
        return self._at_once(job) if enough else self.get(job)

    def reject(self, job: str, code: RejectionCode, reason: str, *, by: Approver) -> JobRecord:
        """Reject with a code and a sentence."""
        if not reason.strip():
            raise RejectionReasonNeeded
        check_text("reason", reason)
        changes = {"reason_code": code.value, "reason": reason}
        with self._office.engine.begin() as conn:
            record = self._load(conn, job)
            check_second_person(by.actor, record.requester)
            self._move(conn, record, JobAct.REJECT, by.actor, changes, changes)
        return self.get(job)

    def withdraw(self, job: str, *, actor: Actor) -> JobRecord:
        """Take it back before it starts."""
        with self._office.engine.begin() as conn:
            record = self._load(conn, job)
            if person_of(actor) != person_of(record.requester):
                raise NotYourRequest
            self._move(conn, record, JobAct.WITHDRAW, actor, {})
        return self.get(job)

    def retry(self, job: str, *, actor: Actor) -> JobRecord:
        """Put the failed items of a finished job back on its list; they were approved with it."""
        with self._office.engine.begin() as conn:
            record = self._load(conn, job)
            again = job_store.reopen(conn, job)
            self._move(conn, record, JobAct.RETRY, actor, {"ended_at": None}, {"items": again})
        return self._at_once(job)

    def run(
        self, job: str, *, progress: Progress = lambda _record: None, limit: int = MAX_ITEMS
    ) -> JobRecord:
        """Work through what is left, at most ``limit`` items; taken up at any time, by any process.

        What an item cannot have is noted on it. A token that fails (:class:`hsm.errors.HsmError`) is raised: the job
        stays ``running`` and goes on later.
        """
        record, after, worked = self.get(job), 0, 0
        if record.status is JobStatus.RUNNING and not satisfied(case_of(record)):
            raise ContentChanged
        while record.status is JobStatus.RUNNING and worked < limit:
            with self._office.reading() as conn:
                chunk = job_store.items(
                    conn, job, ItemStatus.LEFT, after=after, limit=min(CHUNK, limit - worked)
                )
            if not chunk:
                break
            if not self._done_together(record, chunk):
                for item in chunk:
                    self._do(record, item)
            after, worked = chunk[-1].number, worked + len(chunk)
            record = self.get(job)
            progress(record)
        if record.status is JobStatus.RUNNING and not record.left:
            self._end(record)
        return self.get(job)

    def _done_together(self, job: JobRecord, chunk: Sequence[JobItem]) -> bool:
        """Renew a chunk at once; false when one item refuses it, or another worker is at it: then they are done one by one."""
        if job.instruction.matter is not Matter.BULK_RENEW or len(chunk) == 1:
            return False
        try:
            job_work.renew_together(self._office, self._issuing, job, chunk)
        except CaError as wrong:
            _LOG.info("job %s: a chunk is done item by item: %s", job.id, type(wrong).__name__)
            return False
        return True

    def _do(self, job: JobRecord, item: JobItem) -> None:
        outcome: job_work.Outcome | CaError
        try:
            outcome = job_work.perform(self._office, self._issuing, job, item)
        except (IssuanceUnfinished, EnrolmentMoved):
            return  # another worker has it, or it was cut off: it stays on the list
        except CaError as wrong:
            outcome = wrong
        with self._office.engine.begin() as conn:
            said = job_work.settle(self._office, conn, job, item, outcome)
            self._office.audit.append_many(conn, said, actor=job.requester)

    def _end(self, record: JobRecord) -> None:
        detail = {"done": record.done, "failed": record.failed}
        try:
            with self._office.engine.begin() as conn:
                self._move(
                    conn, record, JobAct.END, record.requester, {"ended_at": self._office.now()}, detail
                )
        except (EnrolmentMoved, EnrolmentActRefused):
            return  # another worker ended it

    def _at_once(self, job: str) -> JobRecord:
        """Run a small job inside the call; should the token be away, it waits for housekeeping."""
        record = self.get(job)
        if record.total > AT_ONCE:
            return record
        try:
            return self.run(job)
        except HsmError as fault:
            _LOG.warning("job %s waits: %s", job, type(fault).__name__)
            return self.get(job)

    def advance(self, *, actor: Actor, limit: int) -> int:
        """Go on with jobs that a dead process left running; return how many items were worked on."""
        del actor
        with self._office.reading() as conn:
            running = job_store.page(conn, JobStatus.RUNNING, "", limit)
        worked = 0
        for record in running:
            if worked >= limit:
                break
            try:
                worked += record.left - self.run(record.id, limit=limit - worked).left
            except HsmError as fault:  # the token is away: the job waits for the next round
                _LOG.warning("job %s waits: %s", record.id, type(fault).__name__)
        return worked

    def expire(self, actor: Actor) -> int:
        """Close what nobody approved in time; return how many."""
        with self._office.reading() as conn:
            due = job_store.overdue(conn, self._office.now(), MAX_ITEMS)
        for job in due:
            try:
                with self._office.engine.begin() as conn:
                    self._move(conn, self._load(conn, job), JobAct.EXPIRE, actor, {})
            except (EnrolmentMoved, EnrolmentActRefused):
                continue
        return len(due)

    def chosen(self, query: CertificateQuery) -> list[tuple[str | None, int]]:
        """Return the certificates of a query that are in force; more than one job may hold: :class:`FieldInvalid`."""
        found, more = population(self._office, query)
        if more:
            raise FieldInvalid(
                "population",
                f"超过 {MAX_ITEMS} 张证书，请缩小范围分批办理",
                f"it has more than {MAX_ITEMS} certificates; narrow the query",
            )
        return [(one.issuer, one.serial) for one in found if one.status is CertificateStatus.ISSUED]

    def get(self, job: str) -> JobRecord:
        """Return a job with its progress; :class:`EnrolmentUnknown` if there is none."""
        with self._office.reading() as conn:
            return self._load(conn, job)

    def list(
        self, status: JobStatus | None = None, *, after: str = "", limit: int = 50
    ) -> tuple[JobRecord, ...]:
        """Return jobs in order of their numbers, a page at a time."""
        with self._office.reading() as conn:
            return job_store.page(conn, status, after, max(1, min(limit, 500)))

    def items(
        self, job: str, status: ItemStatus | None = None, *, after: int = 0, limit: int = 100
    ) -> tuple[JobItem, ...]:
        """Return items of a job, a page at a time: all, or the failed ones with what to do."""
        with self._office.reading() as conn:
            self._load(conn, job)
            return job_store.items(conn, job, status, after=after, limit=max(1, min(limit, MAX_ITEMS)))

    @staticmethod
    def _load(conn: sa.Connection, job: str) -> JobRecord:
        found = job_store.get(conn, job)
        if found is None:
            raise EnrolmentUnknown
        return found

    def _move(  # noqa: PLR0913, PLR0917 - one move is one row and one record
        self,
        conn: sa.Connection,
        job: JobRecord,
        act: JobAct,
        actor: Actor,
        changes: Mapping[str, Any],
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        if not job_store.move(conn, job.id, job.status, _next(job, act), changes):
            raise EnrolmentMoved
        self._note(conn, job, act.value, actor, detail or {})

    def _note(
        self, conn: sa.Connection, job: JobRecord, word: str, actor: Actor, detail: Mapping[str, Any]
    ) -> None:
        self._office.audit.append(conn, f"job.{word}", actor=actor, subject=f"job:{job.id}", detail=detail)


def case_of(job: JobRecord) -> Case:
    """Return a job as a case to be approved, by the digest of what stands there."""
    digest = hashlib.sha256(job.instruction.canonical.encode()).hexdigest()
    return Case(job.id, 1, digest, job.requester, job.rule, job.created_at, job.deadline, job.approvals)


def _next(job: JobRecord, act: JobAct) -> JobStatus:
    after = JOB_TRANSITIONS[act].get(job.status)
    if after is None:
        raise EnrolmentActRefused(
            f"任务 {job.id} 当前为“{job.status.value}”，不能执行“{act.value}”。",
            f"Job {job.id} is {job.status.value}: {act.value} is not possible.",
        )
    return after


def _bounded(serials: Iterable[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    found = list(serials)
    if not 1 <= len(found) <= MAX_ITEMS:
        raise FieldInvalid(
            "serials", f"应为 1 至 {MAX_ITEMS} 张证书", f"it has 1 to {MAX_ITEMS} certificates"
        )
    return found


def _check_reason(matter: Matter, reason: RevocationReason | None) -> None:
    needs = matter in (Matter.REVOKE, Matter.MASS_REVOKE)
    if matter not in (*_STATUS_MATTERS, Matter.BULK_RENEW):
        raise FieldInvalid("matter", "不是可下达的任务", "it is no order or job")
    if needs != (reason is not None) or reason is RevocationReason.CERTIFICATE_HOLD:
        raise FieldInvalid(
            "reason",
            "吊销须给出原因（暂停请用 suspend），其他事项不给出",
            "a revocation has a reason (to hold, suspend), nothing else has",
        )


def _same(known: JobRecord, asked: Instruction, actor: Actor) -> JobRecord:
    before = known.instruction
    bare = tuple(Target(one.issuer, one.serial) for one in before.targets)
    same = replace(before, targets=bare, rule_hash=asked.rule_hash) == asked
    if not same or person_of(known.requester) != person_of(actor):
        raise RequestKeyTaken
    return known
