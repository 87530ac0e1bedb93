"""Approving: what is to be signed, the signature made here or elsewhere, and its proof, now and again before each use.

Intent first, then the key, then the outcome: a signature that was made and never recorded counts for nothing, and its payload
is too old to be used after a quarter of an hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography import x509

from hsm.pins import Pin
from hsm.provider import open_signer
from hsm.public_keys import certificate_key
from seals import jws
from seals.cases import case_store, signer_store
from seals.cases.approval_form import APPROVAL_TYPE, Bidding, payload_of, read_approval
from seals.cases.case import CaseApproval, CaseRecord, Hand, approvals_digest
from seals.cases.deciding import Ballot, enough, seat
from seals.cases.errors import ApprovalInvalid, ApprovalNoLongerGood, CaseNotReady, SignerMissing, SignerUnfit
from seals.cases.office import CaseDeed, CaseOffice, load, move, next_status
from seals.cases.proof import chain_of, fit_certificate
from seals.cases.signed import Payload, payload_for
from seals.cases.signer_store import Signer
from seals.cases.signers import signer_for, signer_of
from seals.cases.states import CaseAct
from seals.cases.texts import check_reason
from seals.ledger import Ledger

Passing = Callable[[str], None]
"""Told each step of an approval as it is done; a test may stop the process there."""


class Approving:
    """Takes approvals; one approval is one person's signature over the very content."""

    def __init__(self, office: CaseOffice, passing: Passing) -> None:
        self._office = office
        self._passing = passing

    def payload(self, case_id: str, ballot: Ballot, *, hand: Hand) -> Payload:
        """Return what this person may sign now for this case; whoever may not approve is told why not."""
        now = self._office.now()
        with self._office.reading() as conn:
            case = load(conn, case_id)
            bidding = self._bidding(conn, case, ballot, hand, now)
            signer = signer_for(conn, hand.actor, case.owner_uscc)
            chain = chain_of(conn, signer.der, signer.issuer)
        return payload_for(payload_of(case, hand.actor, bidding), APPROVAL_TYPE, signer, chain)

    def approve(self, case_id: str, signed: str, *, hand: Hand) -> CaseRecord:
        """Count a signed approval, verified first; with the last one needed the case is *approved*.

        Seat, deadline and certificate are judged as they are now: the moment that was signed is the signer's word.
        Raises :class:`ApprovalInvalid`, :class:`SignerMissing`, :class:`SignerUnfit`, and like
        :func:`seals.cases.deciding.seat`.
        """
        with self._office.acting() as ledger:
            case = load(ledger.conn, case_id, lock=True)
            now = self._office.now()  # after the lock: whoever waited for it acts later than the one before
            next_status(case, CaseAct.APPROVE)
            read, bidding = read_approval(signed, case, hand.actor, now)
            signer = signer_of(ledger.conn, hand.actor, read.chain_der[0], case.owner_uscc)
            for when in (bidding.at, now):
                fit_certificate(ledger.conn, signer.der, when)
            ballot = Ballot(case.content, bidding.comment, bidding.stage)
            if self._bidding(ledger.conn, case, ballot, hand, now) != replace(bidding, at=now):
                raise ApprovalInvalid(
                    "“jws”：签名的审批环节与您的席位不符",
                    "jws: the stage that was signed is not yours",
                    field="jws",
                )
            if case.approving_since is not None and bidding.at < case.approving_since:
                raise ApprovalInvalid(
                    "“jws”：签名时间早于提交审批的时间，请重新获取待签内容",
                    "jws: it was signed before the case was handed in; fetch the payload again",
                    field="jws",
                )
            approval = _approval(case, hand, signer, signed, bidding)
            case_store.insert_approval(ledger.conn, case.id, case.version, approval)
            return self._count(ledger, case, approval, hand, now)

    def approve_with_key(self, case_id: str, ballot: Ballot, *, hand: Hand, pin: Pin | None) -> CaseRecord:
        """Approve with the approver's key in one of the service's stores, for which they give their PIN."""
        payload = self.payload(case_id, ballot, hand=hand)
        with self._office.reading() as conn:
            case = load(conn, case_id)
            signer = signer_for(conn, hand.actor, case.owner_uscc)
            chain = chain_of(conn, signer.der, signer.issuer)
        keys = self._office.keys
        if keys is None or not signer.key_uri:
            raise SignerMissing(
                "您的密钥不在本系统中，请取待签内容后自行签名。",
                "Your key is not kept here; fetch the payload and sign it elsewhere.",
            )
        self._intend(case, payload, signer, hand)
        self._passing("intended")
        expected = certificate_key(x509.load_der_x509_certificate(signer.der))
        opened = open_signer(keys, signer.key_uri, expected=expected, pin=pin)
        signed = jws.sign(payload.members, typ=APPROVAL_TYPE, signer=opened, chain=chain)
        self._passing("signed")
        return self.approve(case_id, signed, hand=hand)

    def _intend(self, case: CaseRecord, payload: Payload, signer: Signer, hand: Hand) -> None:
        with self._office.acting() as ledger:
            detail = {
                "payload": hashlib.sha256(payload.signing_input.encode()).hexdigest(),
                "content": case.content,
                "certificate": signer.certificate_sha256,
                "credential": hand.credential,
            }
            ledger.note("case.signing", actor=hand.actor, subject=f"case:{case.id}", detail=detail)

    def _bidding(
        self, conn: sa.Connection, case: CaseRecord, ballot: Ballot, hand: Hand, at: datetime
    ) -> Bidding:
        next_status(case, CaseAct.APPROVE)
        comment = check_reason(ballot.comment, "comment")
        holders = signer_store.holders(conn, case.owner_uscc)
        taken = seat(case, hand, Ballot(ballot.digest, comment, ballot.stage), holders, at)
        return Bidding(taken.stage, taken.stands_for, at, comment)

    def _count(
        self, ledger: Ledger, case: CaseRecord, approval: CaseApproval, hand: Hand, now: datetime
    ) -> CaseRecord:
        counted = replace(case, approvals=(*case.approvals, approval))
        holders = signer_store.holders(ledger.conn, case.owner_uscc)
        detail: dict[str, str | int | None] = {
            "stage": approval.stage,
            "stands_for": approval.stands_for,
            "certificate": approval.certificate_sha256,
            "approval": approval.sha256,
            "comment": approval.comment,
        }
        if not enough(counted, holders, now):
            return move(ledger, counted, CaseDeed(CaseAct.APPROVE, hand, {}, detail), now)
        total = approvals_digest(counted.approvals)
        changes = {
            "approvals_sha256": total,
            "deadline": now + timedelta(days=case.rule.use_days),
        }
        return move(
            ledger, counted, CaseDeed(CaseAct.GRANT, hand, changes, {**detail, "approvals": total}), now
        )


def prove_approvals(conn: sa.Connection, case: CaseRecord) -> None:
    """Verify again every approval that counted: its text, its signature, its certificate then and now.

    Raises :class:`ApprovalNoLongerGood`, or :class:`CaseNotReady` where they are not what the case was approved by.
    """
    if approvals_digest(case.approvals) != case.approvals_sha256:
        raise CaseNotReady(
            case.id,
            "的审批记录与批准时不一致，不能用印。",
            "has other approvals on record than it was approved by.",
        )
    for approval in case.approvals:
        try:
            read, bidding = read_approval(approval.jws, case, approval.actor, approval.at)
            signer = signer_of(conn, approval.actor, read.chain_der[0], case.owner_uscc)
            fit_certificate(conn, signer.der, bidding.at)
        except (ApprovalInvalid, SignerMissing, SignerUnfit) as wrong:
            raise ApprovalNoLongerGood from wrong


def _approval(case: CaseRecord, hand: Hand, signer: Signer, signed: str, bidding: Bidding) -> CaseApproval:
    return CaseApproval(
        hand.actor.person,
        bidding.stage,
        bidding.stands_for,
        case.content,
        hand.actor,
        signer.certificate_sha256,
        signed,
        bidding.comment,
        bidding.at,
    )
