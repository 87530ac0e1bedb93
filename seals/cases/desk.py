"""Permission to use a seal: the sub-package's door. Open, change, submit, approve, reject, withdraw, void, close, use.

Beside it stand ``signers`` (whose certificate approves), ``standing`` (applications), ``reminders`` and ``uses``, which works in
the transactions of permits. Every act here is one short transaction with its entry and its audit record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enrolment.approval import check_second_person
from ca.enrolment.evidence_files import EvidenceFiles
from hsm.algorithms import DigestAlgorithm
from hsm.pins import Pin
from hsm.provider import KeyRing
from seals import store as seal_store
from seals.cases import case_store, lanes, member_store
from seals.cases.approving import Approving, Passing
from seals.cases.asking import check_request
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.cases.case_store import CaseQuery
from seals.cases.deciding import Ballot
from seals.cases.errors import (
    CaseFieldInvalid,
    CaseKeyTaken,
    CaseReasonNeeded,
    CaseUnknown,
    DocumentDiffers,
    NotYourCase,
)
from seals.cases.grounds import Grounds, Use
from seals.cases.lanes import ThreeLanes
from seals.cases.office import DESK, CaseDeed, CaseOffice, Detail, begin, load, move, next_status
from seals.cases.reminders import CaseReminders
from seals.cases.rules import UseBook, UseRule, Wish
from seals.cases.signed import Payload
from seals.cases.signers import SignerRegister, signer_for
from seals.cases.standing import StandingDesk
from seals.cases.states import WAITING, CaseAct, CaseStatus
from seals.cases.texts import check_key, check_reason, own_key
from seals.cases.uses import Uses, new_case
from seals.cases.warrant import Warrant
from seals.errors import SealNotFound
from seals.ledger import Ledger
from seals.seal import SealRecord

MAY_CLOSE: Final = "seal:authorise"
"""The right of whoever looks after an enterprise's uses: it closes cases that others asked for."""
MAX_PAGE: Final = 200
ROUND: Final = 200
"""Cases closed in one round of housekeeping; the next takes the rest."""


def no_passing(step: str) -> None:
    """Tell nobody."""
    del step


class UseDesk:
    """Takes requests to use a seal and gives warrants for what is approved."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        book: UseBook,
        *,
        keys: KeyRing | None = None,
        files: EvidenceFiles | None = None,
        passing: Passing = no_passing,
    ) -> None:
        self.office = CaseOffice(engine, clock, audit, book, keys)
        self._files = files
        self._approving = Approving(self.office, passing)
        self.signers = SignerRegister(self.office)
        self.standing = StandingDesk(self.office)
        self.reminders = CaseReminders(self.office)
        self.uses = Uses(self.office)
        self._grounds = Grounds(self.office)

    # -- the requester ------------------------------------------------------------------------------------------------

    def open(self, request: UseRequest, *, request_key: str, hand: Hand) -> CaseRecord:
        """Open a case as a draft; the same request under the same key by the same person returns the one there.

        Raises :class:`CaseFieldInvalid`, which names the member, :class:`CaseKeyTaken`,
        :class:`seals.errors.SealNotFound`, :class:`seals.cases.errors.UseRuleMissing`.
        """
        check_key(request_key)
        request = check_request(request)
        try:
            with self.office.acting() as ledger:
                seal = _seal(ledger.conn, request.seal_code, hand)
                known = case_store.by_request_key(ledger.conn, own_key(seal.owner.uscc, request_key))
                if known is not None:
                    return _same(known, request, seal, hand)
                now = self.office.now()
                case = new_case(
                    seal, replace(request, seal_code=seal.code), self._rule(seal, request), hand, now
                )
                case = replace(
                    case, id=self.office.new_id(), request_key=own_key(seal.owner.uscc, request_key)
                )
                return begin(ledger, case, hand, now)
        except sa.exc.IntegrityError:  # opened under the same key at the same moment
            with self.office.reading() as conn:
                seal = _seal(conn, request.seal_code, hand)
                known = case_store.by_request_key(conn, own_key(seal.owner.uscc, request_key))
                if known is None:
                    raise
                return _same(known, request, seal, hand)

    def keep(self, octets: bytes, name: str) -> Attachment:
        """Keep a document in the archive and return what a request says of it; too large a one is given by its digest."""
        if self._files is None:
            raise CaseFieldInvalid("file", "本系统未设文件存储", "this installation keeps no files")
        ref = self._files.put(octets, "use-document", name)
        return Attachment(DigestAlgorithm.SHA256.digest(octets), ref.name, ref.size, kept=True)

    def attach(self, case_id: str, octets: bytes, name: str, *, hand: Hand) -> CaseRecord:
        """Keep the document of a case. Another one than its digest names is a new version, and every approval is void."""
        with self.office.reading() as conn:
            case = load(conn, case_id)
        if not hand.actor.is_any_of(case.requester.id):
            raise NotYourCase
        given = self.keep(octets, name)
        if given.digest != case.request.document.digest:
            return self.amend(case_id, replace(case.request, document=given), hand=hand)
        with self.office.acting() as ledger:
            if case.request.document.name:  # under which name it was asked for is not changed afterwards
                given = replace(given, name=case.request.document.name)
            case_store.mark_kept(ledger.conn, case_id, given)
            detail: Detail = {"document": str(given.digest), "size": given.size, "name": given.name}
            ledger.note("case.document_kept", actor=hand.actor, subject=f"case:{case_id}", detail=detail)
            return load(ledger.conn, case_id)

    def document(self, case_id: str) -> bytes:
        """Return the kept document of a case, proved against its digest; :class:`CaseUnknown` if it is not kept."""
        document = self.get(case_id).request.document
        if (
            self._files is None
            or not document.kept
            or document.digest.algorithm is not DigestAlgorithm.SHA256
        ):
            raise CaseUnknown(
                "该事项的文件未存档，只登记了摘要。", "The document is not kept here, only its digest."
            )
        return self._files.get(document.digest.hex)

    def amend(self, case_id: str, request: UseRequest, *, hand: Hand) -> CaseRecord:
        """Replace the document or anything else that is approved: a new version as a draft; every approval is void (I22)."""
        request = check_request(request)
        with self.office.acting() as ledger:
            case = self._own(ledger.conn, case_id, CaseAct.AMEND, hand)
            seal = _seal(ledger.conn, case.seal_code, hand)
            if _seal(ledger.conn, request.seal_code, hand).code != seal.code:
                raise CaseFieldInvalid(
                    "seal_code", "不能更换印章，请另行申请", "the seal stays; open another case"
                )
            rule = self._rule(seal, request)
            case_store.keep_rule(ledger.conn, rule)
            document = request.document.digest
            case_store.note_document(ledger.conn, case.id, document, "asked", case.version + 1)
            changes = {
                **case_store.content_columns(request),
                "version": case.version + 1,
                "rule_hash": rule.hash,
                "approvals_sha256": "",
                "approving_since": None,
                "deadline": None,
                "reason": "",
            }
            detail: Detail = {"document": str(document), "voided_approvals": len(case.approvals)}
            return move(ledger, case, CaseDeed(CaseAct.AMEND, hand, changes, detail), self.office.now())

    def submit(self, case_id: str, *, hand: Hand) -> CaseRecord:
        """Hand it in: the deadline runs. By a rule without approvals it is approved at once, on record."""
        with self.office.acting() as ledger:
            case, now = self._own(ledger.conn, case_id, CaseAct.SUBMIT, hand), self.office.now()
            if case.rule.alone:
                changes = {"deadline": now + timedelta(days=case.rule.use_days)}
                return move(ledger, case, CaseDeed(CaseAct.ADMIT, hand, changes), now)
            deadline = now + timedelta(days=case.rule.deadline_days)
            changes = {"deadline": deadline, "approving_since": now}
            detail = {"deadline": f"{deadline:%Y-%m-%dT%H:%M:%SZ}"}
            return move(ledger, case, CaseDeed(CaseAct.SUBMIT, hand, changes, detail), now)

    def withdraw(self, case_id: str, *, hand: Hand, reason: str = "") -> CaseRecord:
        """Take it back, as the requester, before anything was sealed."""
        text = check_reason(reason)
        with self.office.acting() as ledger:
            case = self._own(ledger.conn, case_id, CaseAct.WITHDRAW, hand)
            deed = CaseDeed(CaseAct.WITHDRAW, hand, {"reason": text}, {"reason": text})
            return move(ledger, case, deed, self.office.now())

    # -- the approvers ------------------------------------------------------------------------------------------------

    def payload(self, case_id: str, ballot: Ballot, *, hand: Hand) -> Payload:
        """Return what this person may sign now (:meth:`seals.cases.approving.Approving.payload`)."""
        return self._approving.payload(case_id, ballot, hand=hand)

    def approve(self, case_id: str, signed: str, *, hand: Hand) -> CaseRecord:
        """Count an approval signed elsewhere (:meth:`seals.cases.approving.Approving.approve`)."""
        return self._approving.approve(case_id, signed, hand=hand)

    def approve_with_key(self, case_id: str, ballot: Ballot, *, hand: Hand, pin: Pin | None) -> CaseRecord:
        """Sign here with the approver's PIN and count it (:meth:`seals.cases.approving.Approving.approve_with_key`)."""
        return self._approving.approve_with_key(case_id, ballot, hand=hand, pin=pin)

    def key_of(self, case: CaseRecord, hand: Hand) -> str:
        """Return where this approver's key is kept here, empty if they keep it; a PIN is asked for by it."""
        with self.office.reading() as conn:
            return signer_for(conn, hand.actor, case.owner_uscc).key_uri

    def reject(self, case_id: str, reason: str, *, hand: Hand) -> CaseRecord:
        """Reject with a reason, as another person than the requester."""
        text = check_reason(reason)
        if not text:
            raise CaseReasonNeeded
        with self.office.acting() as ledger:
            case = load(ledger.conn, case_id, lock=True)
            next_status(case, CaseAct.REJECT)
            check_second_person(hand.actor, case.requester)
            deed = CaseDeed(CaseAct.REJECT, hand, {"reason": text}, {"reason": text})
            return move(ledger, case, deed, self.office.now())

    def void(self, case_id: str, reason: str, *, hand: Hand) -> CaseRecord:
        """Void the approvals of a case, on record; the requester may change it and submit it again."""
        text = check_reason(reason)
        if not text:
            raise CaseReasonNeeded
        with self.office.acting() as ledger:
            return self._void(ledger, load(ledger.conn, case_id, lock=True), text, hand)

    def _void(self, ledger: Ledger, case: CaseRecord, reason: str, hand: Hand) -> CaseRecord:
        changes = {"approvals_sha256": "", "reason": reason}
        detail: Detail = {"reason": reason, "voided_approvals": len(case.approvals)}
        return move(ledger, case, CaseDeed(CaseAct.VOID, hand, changes, detail), self.office.now())

    # -- the use ------------------------------------------------------------------------------------------------------

    def warrant(self, use: Use) -> Warrant:
        """Return the ground for one permit, judged now and again when the permit is granted.

        A document that is not the one approved voids the approvals, on record, before it is refused. Raises a
        :class:`seals.cases.errors.UseRefused` that says what is missing.
        """
        return self.warrants((use,))[0]

    def warrants(self, uses: Sequence[Use]) -> list[Warrant]:
        """Return the grounds for several permits of one transaction; approvals are voided for a single use alone."""
        try:
            with self.office.reading() as conn:
                return self._grounds.warrants(conn, uses)
        except DocumentDiffers:
            if len(uses) == 1:
                self._void_differing(uses[0])
            raise

    def _void_differing(self, use: Use) -> None:
        with self.office.acting() as ledger:
            case = load(ledger.conn, use.case_id, lock=True)
            if case.status in (CaseStatus.APPROVED, CaseStatus.APPROVING):
                self._void(ledger, case, f"文件不符 / another document: {use.document}", use.hand)

    def close(self, case_id: str, *, hand: Hand, reason: str = "") -> CaseRecord:
        """Close a case whose remaining copies are not needed; one that is in use closes with its last copy.

        The requester closes it, or whoever may authorise uses. A case about many documents closes in use too, while none
        of them is being sealed.
        """
        text = check_reason(reason)
        with self.office.acting() as ledger:
            case = load(ledger.conn, case_id, lock=True)
            _bound(case, hand)
            if not hand.actor.is_any_of(case.requester.id) and MAY_CLOSE not in hand.scopes:
                raise NotYourCase
            if case.status is CaseStatus.IN_USE and not _at_rest(ledger.conn, case):
                next_status(case, CaseAct.VOID)  # says that this state does not allow it
            deed = CaseDeed(CaseAct.CLOSE, hand, {"reason": text}, {"reason": text, "used": case.used})
            return move(ledger, case, deed, self.office.now())

    def expire(self) -> int:
        """End cases and authorisations past their time; return how many."""
        with self.office.reading() as conn:
            due = case_store.due(conn, self.office.now(), WAITING, ROUND)
        ended = 0
        for one in due:
            with self.office.acting() as ledger:
                case, now = load(ledger.conn, one.id, lock=True), self.office.now()
                if case.moves == one.moves and case.deadline is not None and case.deadline < now:
                    move(ledger, case, CaseDeed(CaseAct.EXPIRE, DESK), now)
                    ended += 1
        return ended + self.standing.expire()

    # -- reading ------------------------------------------------------------------------------------------------------

    def get(self, case_id: str) -> CaseRecord:
        """Return a case; :class:`CaseUnknown`."""
        with self.office.reading() as conn:
            return load(conn, case_id)

    def list(self, query: CaseQuery) -> tuple[CaseRecord, ...]:
        """List cases, newest first unless the query wants the oldest."""
        with self.office.reading() as conn:
            return tuple(case_store.page(conn, query, max(1, min(query.limit, MAX_PAGE))))

    def lanes(self, case_id: str) -> ThreeLanes:
        """Return the three lanes of a case; :class:`seals.cases.errors.LaneBroken` if the record was changed."""
        with self.office.reading() as conn:
            return lanes.of_case(conn, load(conn, case_id), self.office.now())

    def lanes_of(self, digest: str, uscc: str = "") -> tuple[ThreeLanes, ...]:
        """Return the three lanes of every case about a document, as it was asked for or as it was sealed, newest first.

        With ``uscc``, those about that enterprise's seals.
        """
        with self.office.reading() as conn:
            return lanes.of_document(conn, digest, self.office.now(), uscc)

    def _rule(self, seal: SealRecord, request: UseRequest) -> UseRule:
        wish = Wish(
            seal.kind.code, request.medium.value, request.document_class, request.amount, request.department
        )
        return self.office.book.find(wish)

    @staticmethod
    def _own(conn: sa.Connection, case_id: str, act: CaseAct, hand: Hand) -> CaseRecord:
        case = load(conn, case_id, lock=True)
        if not hand.actor.is_any_of(case.requester.id):
            raise NotYourCase
        next_status(case, act)
        return case


def _seal(conn: sa.Connection, code: str, hand: Hand) -> SealRecord:
    """Return a seal that the caller may see; another enterprise's is as unknown as none."""
    seal = seal_store.find(conn, code) if code.isascii() and code.isdigit() else None
    if seal is None or hand.actor.uscc not in (None, seal.owner.uscc):
        raise SealNotFound(code[:32])
    return seal


def _at_rest(conn: sa.Connection, case: CaseRecord) -> bool:
    return bool(case.request.members) and member_store.taken(conn, case.id) == case.used


def _bound(case: CaseRecord, hand: Hand) -> None:
    if hand.actor.uscc not in (None, case.owner_uscc):
        raise CaseUnknown


def _same(known: CaseRecord, request: UseRequest, seal: SealRecord, hand: Hand) -> CaseRecord:
    same = replace(request, seal_code=seal.code) == known.request and hand.actor.is_any_of(known.requester.id)
    if not same:
        raise CaseKeyTaken
    return known
