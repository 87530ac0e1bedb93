"""The enrolment desk: request, check, approve, issue, deliver. The sub-package's door."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.enrolment import approval_store, enrolment_store, renewal, vetting
from ca.enrolment.approval import (
    Ballot,
    check_second_person,
    check_text,
    person_of,
    satisfied,
    seat,
)
from ca.enrolment.checks import mark_item
from ca.enrolment.drill import RevocationDrill
from ca.enrolment.enrolment_store import EnrolmentQuery
from ca.enrolment.errors import (
    EnrolmentActRefused,
    EnrolmentMoved,
    EvidenceInvalid,
    FieldInvalid,
    KeyReused,
    NotYourRequest,
    RejectionReasonNeeded,
    RequestKeyTaken,
)
from ca.enrolment.evidence_files import MAX_DOCUMENTS, RECEIPT, EvidenceFiles
from ca.enrolment.issuing import Issuing
from ca.enrolment.jobs import Jobs
from ca.enrolment.moving import Deed, case_of, load, move, next_status
from ca.enrolment.office import Office
from ca.enrolment.ports import EncryptionKeys, StatusSource
from ca.enrolment.reminders import Reminders
from ca.enrolment.request import Application, Approver, Delivery, EnrolmentRecord, EvidenceRef
from ca.enrolment.rules import Matter, RuleBook
from ca.enrolment.states import TRANSITIONS, EnrolmentAct, EnrolmentStatus, RejectionCode
from ca.enrolment.timeline import Timeline, timeline_of
from ca.enrolment.vetting import Vetted

MAX_ROUND: Final = 200
"""Cases closed or taken up in one round of housekeeping; the next round takes the rest."""


class Enrolment:
    """Takes requests, has them checked and approved, issues and delivers. ``jobs`` and ``reminders`` stand beside it."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        authority: CertificateAuthority,
        clock: Clock,
        audit: AuditTrail,
        rules: RuleBook,
        *,
        evidence: EvidenceFiles,
        encryption_keys: EncryptionKeys | None = None,
        status: StatusSource | None = None,
    ) -> None:
        office = Office(engine, authority, clock, audit, rules, evidence, encryption_keys)
        self.office = office
        self._issuing = Issuing(office)
        self.jobs = Jobs(office, self._issuing)
        self.reminders = Reminders(office)
        self.drill = None if status is None else RevocationDrill(office, self.jobs, status)

    # -- the requester ------------------------------------------------------------------------------------------------

    def request(self, application: Application, *, request_key: str, actor: Actor) -> EnrolmentRecord:
        """Begin an enrolment as a draft; the same application under the same request key returns the one there (I4).

        Raises :class:`ca.enrolment.errors.FieldInvalid`, which names the field, :class:`KeyReused`,
        :class:`KeyBarred` (I27), :class:`RequestKeyTaken` or :class:`RuleMissing`.
        """
        vetting.check_profile(self.office, application.profile, Matter.NEW)
        rule = self.office.rules.find(Matter.NEW, application.profile)
        vetted = vetting.vet(self.office, application, Matter.NEW, rule)
        return self._begin(vetted, request_key, actor)

    def renew(
        self, serial: int, *, request_key: str, actor: Actor, validity: timedelta | None = None
    ) -> EnrolmentRecord:
        """Begin the renewal of a certificate over the same key; :class:`RenewalRefused` where the rule has no such."""
        with self.office.reading() as conn:
            known = enrolment_store.by_request_key(conn, request_key)
            if known is not None and renewal.is_same(known, serial, validity, actor):
                return known
            vetted = renewal.same_key(self.office, conn, serial, validity)
        return self._begin(vetted, request_key, actor)

    def rekey(
        self, serial: int, application: Application, *, request_key: str, actor: Actor
    ) -> EnrolmentRecord:
        """Begin the replacement of a certificate by one over a new key, for the same subject."""
        with self.office.reading() as conn:
            before = renewal.replaced(conn, serial, application)
        rule = self.office.rules.find(Matter.REKEY, application.profile)
        vetted = vetting.vet(self.office, application, Matter.REKEY, rule, before)
        return self._begin(vetted, request_key, actor)

    def again(self, serial: int, csr: bytes, *, days: int | None = None) -> Application:
        """Return an application for the holder of a certificate over the key of a new request file."""
        with self.office.reading() as conn:
            record = renewal.certificate(conn, serial, None)
        name = renewal.subject_of(x509.load_der_x509_certificate(record.der).subject)
        validity = None if days is None else timedelta(days=days)
        return Application(record.profile, name, csr=csr, validity=validity, issuer=record.issuer)

    def _begin(self, vetted: Vetted, request_key: str, actor: Actor) -> EnrolmentRecord:
        vetting.check_request_key(request_key)
        try:
            with self.office.engine.begin() as conn:
                known = self._known(conn, request_key, vetted, actor)
                if known is not None:
                    return known
                return self._insert(conn, vetted, request_key, actor)
        except sa.exc.IntegrityError as taken:  # its request key or its key was asked for at the same moment
            with self.office.reading() as conn:
                known = self._known(conn, request_key, vetted, actor)
                if known is None:
                    vetting.check_records(self.office, conn, vetted.content)
                    raise KeyReused from taken
            return known

    @staticmethod
    def _known(conn: sa.Connection, request_key: str, vetted: Vetted, actor: Actor) -> EnrolmentRecord | None:
        """Return what was begun under the request key, if it is the same by the same person (I4)."""
        known = enrolment_store.by_request_key(conn, request_key)
        if known is None:
            return None
        first = enrolment_store.first_digest(conn, known.id)
        if first != vetted.content.digest or person_of(known.requester) != person_of(actor):
            raise RequestKeyTaken
        return known

    def _insert(self, conn: sa.Connection, vetted: Vetted, request_key: str, actor: Actor) -> EnrolmentRecord:
        record = renewal.new_record(self.office, vetted, request_key, actor)
        enrolment_store.insert(conn, record)  # first: whoever comes second waits here and then finds it
        vetting.check_records(self.office, conn, record.content, own=record.id)
        self.office.audit.append(
            conn,
            "enrolment.requested",
            actor=actor,
            subject=f"enrolment:{record.id}",
            detail=renewal.described(record),
        )
        return load(conn, record.id)

    def attach(
        self, enrolment: str, octets: bytes, kind: str, *, name: str = "", actor: Actor
    ) -> EnrolmentRecord:
        """Keep a document and add it to the evidence: a new version, whatever was approved before is void."""
        with self.office.reading() as conn:
            self._own(load(conn, enrolment), EnrolmentAct.EDIT, actor)
        ref = self.office.evidence.put(octets, kind, name)
        with self.office.engine.begin() as conn:
            record = self._own(load(conn, enrolment), EnrolmentAct.EDIT, actor)
            if any((one.kind, one.sha256) == (kind, ref.sha256) for one in record.content.evidence):
                return record
            if len(record.content.evidence) >= MAX_DOCUMENTS:
                raise EvidenceInvalid(f"至多 {MAX_DOCUMENTS} 份材料", f"at most {MAX_DOCUMENTS} documents")
            content = replace(record.content, evidence=tuple(sorted((*record.content.evidence, ref))))
            return self._new_version(conn, record, Vetted(content, record.csr, record.rule), actor)

    def edit(self, enrolment: str, application: Application, *, actor: Actor) -> EnrolmentRecord:
        """Replace the content: a new version in ``draft``; checks and approvals of the old one are void (I22)."""
        with self.office.reading() as conn:
            record = self._own(load(conn, enrolment), EnrolmentAct.EDIT, actor)
        before = record.content
        if before.predecessor is not None:
            with self.office.reading() as conn:
                renewal.replaced(conn, before.predecessor.serial, application)
        vetted = vetting.vet(self.office, application, before.matter, record.rule, before.predecessor)
        with self.office.engine.begin() as conn:
            record = self._own(load(conn, enrolment), EnrolmentAct.EDIT, actor)
            vetting.check_records(self.office, conn, vetted.content, own=record.id)
            return self._new_version(conn, record, vetted, actor)

    def _new_version(
        self, conn: sa.Connection, record: EnrolmentRecord, vetted: Vetted, actor: Actor
    ) -> EnrolmentRecord:
        number, now = record.version + 1, self.office.now()
        enrolment_store.insert_version(conn, record.id, number, vetted.content, vetted.csr, by=actor, at=now)
        changes = {
            **enrolment_store.content_columns(vetted.content, number),
            "approving_since": None,
            "reason_code": "",
            "reason": "",
        }
        detail = {"voided_approvals": len(record.approvals), "voided_checks": len(record.checks)}
        return move(self.office, conn, record, Deed(EnrolmentAct.EDIT, actor, changes, detail))

    def submit(self, enrolment: str, *, actor: Actor) -> EnrolmentRecord:
        """Hand it in: from now on the deadline runs. With an empty checklist it goes straight to the approvers."""
        with self.office.engine.begin() as conn:
            record = self._own(load(conn, enrolment), EnrolmentAct.SUBMIT, actor)
            vetting.check_records(self.office, conn, record.content, own=record.id)
            deadline = self.office.now() + record.rule.deadline
            deed = Deed(
                EnrolmentAct.SUBMIT,
                actor,
                {"deadline": deadline},
                {"deadline": f"{deadline:%Y-%m-%dT%H:%M:%SZ}"},
            )
            record = move(self.office, conn, record, deed)
            if record.rule.checklist:
                return record
            return move(self.office, conn, record, self._cleared(actor))

    def withdraw(self, enrolment: str, *, actor: Actor, reason: str = "") -> EnrolmentRecord:
        """Take it back, as the requester, before it is being issued."""
        check_text("reason", reason)
        with self.office.engine.begin() as conn:
            record = self._own(load(conn, enrolment), EnrolmentAct.WITHDRAW, actor)
            return move(self.office, conn, record, Deed(EnrolmentAct.WITHDRAW, actor, {"reason": reason}))

    def _own(self, record: EnrolmentRecord, act: EnrolmentAct, actor: Actor) -> EnrolmentRecord:
        if person_of(actor) != person_of(record.requester):
            raise NotYourRequest
        next_status(record, act)
        return record

    # -- the officers -------------------------------------------------------------------------------------------------

    def check(
        self, enrolment: str, item: str, *, found: bool, remark: str = "", by: Approver
    ) -> EnrolmentRecord:
        """Mark one item of the checklist, as another person; the last one found opens it for approval."""
        with self.office.engine.begin() as conn:
            record = load(conn, enrolment)
            complete, mark = mark_item(record, item, found=found, remark=remark, by=by, at=self.office.now())
            enrolment_store.insert_check(conn, record.id, record.version, mark)
            detail = {"item": item, "outcome": "found" if found else "refused", "remark": mark.remark}
            record = move(self.office, conn, record, Deed(EnrolmentAct.CHECK, by.actor, detail=detail))
            return move(self.office, conn, record, self._cleared(by.actor)) if complete else record

    def _cleared(self, actor: Actor) -> Deed:
        return Deed(EnrolmentAct.CLEAR, actor, {"approving_since": self.office.now()})

    def approve(self, enrolment: str, ballot: Ballot, *, by: Approver) -> EnrolmentRecord:
        """Approve the version whose digest was seen (I22); with the last approval needed it is ``approved``."""
        with self.office.engine.begin() as conn:
            record = load(conn, enrolment)
            next_status(record, EnrolmentAct.APPROVE)
            case, now = case_of(record), self.office.now()
            approval = seat(case, by, ballot, now)
            approval_store.insert(conn, record.id, record.version, approval)
            detail = {
                "stage": approval.stage,
                "substitute": int(approval.substitute),
                "comment": approval.comment,
            }
            enough = satisfied(replace(case, approvals=(*case.approvals, approval)))
            act = EnrolmentAct.GRANT if enough else EnrolmentAct.APPROVE
            changes = {"deadline": now + record.rule.deadline} if enough else {}
            return move(self.office, conn, record, Deed(act, by.actor, changes, detail))

    def reject(self, enrolment: str, code: RejectionCode, reason: str, *, by: Approver) -> EnrolmentRecord:
        """Reject with a code and a sentence; :class:`RejectionReasonNeeded` without."""
        if not reason.strip():
            raise RejectionReasonNeeded
        check_text("reason", reason)
        with self.office.engine.begin() as conn:
            record = load(conn, enrolment)
            next_status(record, EnrolmentAct.REJECT)
            check_second_person(by.actor, record.requester)
            changes = {"reason_code": code.value, "reason": reason}
            return move(self.office, conn, record, Deed(EnrolmentAct.REJECT, by.actor, changes, changes))

    def issue(self, enrolment: str, *, actor: Actor) -> EnrolmentRecord:
        """Issue what was approved, exactly once (:meth:`ca.enrolment.issuing.Issuing.issue`)."""
        return self._issuing.issue(enrolment, actor=actor)

    def deliver(
        self, enrolment: str, delivery: Delivery, *, actor: Actor, receipt: bytes = b""
    ) -> EnrolmentRecord:
        """Record to whom and how it was handed over; ``receipt`` is kept with the evidence."""
        check_text("to", delivery.to, needed=True)
        check_text("how", delivery.how, needed=True)
        for field in ("to", "how"):
            if len(getattr(delivery, field)) > 200:
                raise FieldInvalid(field, "至多 200 个字符", "it has at most 200 characters")
        with self.office.reading() as conn:
            next_status(load(conn, enrolment), EnrolmentAct.DELIVER)
        kept = self.office.evidence.put(receipt, RECEIPT) if receipt else None
        sha256 = delivery.receipt_sha256 if kept is None else kept.sha256
        changes = {
            "delivered_to": delivery.to,
            "delivered_how": delivery.how,
            "receipt_sha256": sha256,
            "delivered_at": self.office.now(),
        }
        detail = {"to": delivery.to, "how": delivery.how, "receipt_sha256": sha256}
        with self.office.engine.begin() as conn:
            record = load(conn, enrolment)
            return move(self.office, conn, record, Deed(EnrolmentAct.DELIVER, actor, changes, detail))

    # -- reading and housekeeping -------------------------------------------------------------------------------------

    def get(self, enrolment: str) -> EnrolmentRecord:
        """Return one enrolment; :class:`ca.enrolment.errors.EnrolmentUnknown` if there is none."""
        with self.office.reading() as conn:
            return load(conn, enrolment)

    def list(self, query: EnrolmentQuery) -> tuple[EnrolmentRecord, ...]:
        """Return one page of enrolments, newest first unless the query wants the oldest."""
        with self.office.reading() as conn:
            return enrolment_store.page(conn, query)

    def document(self, ref: EvidenceRef) -> bytes:
        """Return a document of the evidence, proved against its digest."""
        return self.office.evidence.get(ref.sha256)

    def timeline(self, serial: int, issuer: str | None = None) -> Timeline:
        """Return everything that happened to a certificate, with those before and after it."""
        with self.office.reading() as conn:
            return timeline_of(self.office, conn, serial, issuer)

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Expire what is overdue, take up what was cut off, note who is to be reminded; return how many of each."""
        return {
            "enrolments_expired": self._expire(actor) + self.jobs.expire(actor),
            "enrolments_issued": len(self._issuing.resume(actor=actor, limit=MAX_ROUND)),
            "job_items": self.jobs.advance(actor=actor, limit=MAX_ROUND),
            "expiry_reminders": self.reminders.collect(actor),
        }

    def _expire(self, actor: Actor) -> int:
        waiting = tuple(status for status in EnrolmentStatus if status in TRANSITIONS[EnrolmentAct.EXPIRE])
        with self.office.reading() as conn:
            due = enrolment_store.overdue(conn, waiting, self.office.now(), MAX_ROUND)
        expired = 0
        for enrolment in due:
            try:
                with self.office.engine.begin() as conn:
                    record = load(conn, enrolment)
                    if record.deadline is not None and record.deadline < self.office.now():
                        move(self.office, conn, record, Deed(EnrolmentAct.EXPIRE, actor))
                        expired += 1
            except (EnrolmentMoved, EnrolmentActRefused):
                continue  # somebody acted at the last moment
        return expired
