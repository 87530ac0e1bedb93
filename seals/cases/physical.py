"""The physical use of an approved case, reported by the devices in their own transactions.

A stamp's head presses as often as was approved and not once more; the case closes when its evidence is there.
"""

from __future__ import annotations

import sqlalchemy as sa

from seals.cases.approved import MADE_HERE, ApprovedUse, Medium
from seals.cases.approving import prove_approvals
from seals.cases.case import CaseRecord, Hand
from seals.cases.errors import CaseActRefused, CaseNotReady, CaseOfAnother, CopiesSpent
from seals.cases.office import CaseDeed, CaseOffice, Detail, load, move
from seals.cases.states import CaseAct, CaseStatus
from seals.ledger import Ledger


class PhysicalUses:
    """Gives out approved physical uses and takes back what became of them; it never commits."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    def take(self, ledger: Ledger, case_id: str, *, hand: Hand) -> ApprovedUse:
        """Judge an approved case and begin its use: *approved* → *in use*; each approval is verified again.

        Raises :class:`CaseNotReady`, :class:`CaseOfAnother`, :class:`seals.cases.errors.ApprovalNoLongerGood`.
        """
        case, now = load(ledger.conn, case_id, lock=True), self._office.now()
        if case.request.medium is not Medium.PHYSICAL:
            raise CaseOfAnother
        if case.status is not CaseStatus.APPROVED or case.deadline is None:
            raise CaseNotReady(
                case.id,
                f"当前为“{case.status.zh}”，不能用印。",
                f"is {case.status.value}: the seal cannot be used.",
            )
        if now > case.deadline:
            raise CaseNotReady(case.id, "已超过用印期限，请重新申请。", "is past its time; apply again.")
        prove_approvals(ledger.conn, case)
        move(ledger, case, CaseDeed(CaseAct.USE, hand, {}, {"copies": case.left}), now)
        return approved_use(case)

    def record(
        self, ledger: Ledger, case_id: str, *, hand: Hand, count: int = 1, proof: str = ""
    ) -> CaseRecord:
        """Count ``count`` imprints; ``proof`` names the event in the device's chain. :class:`CopiesSpent` for too many."""
        case = self._in_use(ledger.conn, case_id)
        if not 1 <= count <= case.left:
            raise CopiesSpent(
                f"用印事项 {case.id} 批准 {case.request.copies} 份，已用 {case.used} 份，不能再记 {count} 次；请按异常处理。",
                f"Case {case.id} has {case.request.copies} copies approved and {case.used} used; {count} more is an alarm.",
            )
        detail: Detail = {"count": count, "used": case.used + count, "proof": proof[:200]}
        deed = CaseDeed(CaseAct.PRESS, hand, {"used": case.used + count}, detail)
        return move(ledger, case, deed, self._office.now())

    def give_back(self, ledger: Ledger, case_id: str, *, hand: Hand, why: str) -> CaseRecord:
        """End a use of which nothing more came: back to *approved* with the copies that are left, else closed."""
        case = self._in_use(ledger.conn, case_id)
        act = CaseAct.GIVE_BACK if case.left else CaseAct.FINISH
        return move(ledger, case, CaseDeed(act, hand, {}, {"outcome": why[:200]}), self._office.now())

    def close(self, ledger: Ledger, case_id: str, *, hand: Hand, proof: str = "") -> CaseRecord:
        """End the physical use with its evidence; copies not used are given up."""
        case = self._in_use(ledger.conn, case_id)
        act = CaseAct.CLOSE if case.left else CaseAct.FINISH
        detail: Detail = {"used": case.used, "proof": proof[:200]}
        return move(ledger, case, CaseDeed(act, hand, {}, detail), self._office.now())

    @staticmethod
    def _in_use(conn: sa.Connection, case_id: str) -> CaseRecord:
        case = load(conn, case_id, lock=True)
        if case.request.medium is not Medium.PHYSICAL:
            raise CaseOfAnother
        if case.status is not CaseStatus.IN_USE:
            raise CaseActRefused(
                f"用印事项 {case.id} 当前为“{case.status.zh}”，没有进行中的实物用印。",
                f"Case {case.id} is {case.status.value}: no physical use is going on.",
            )
        return case


def approved_use(case: CaseRecord) -> ApprovedUse:
    """Write the leave that an approved case gives, with the copies still left."""
    assert case.deadline is not None  # noqa: S101 - an approved case has one
    return ApprovedUse(
        case_id=case.id,
        rule_id=case.rule.id,
        rule_version=case.rule.version,
        rule_hash=case.rule.hash,
        seal_code=case.seal_code,
        document=case.request.document.digest,
        title=case.request.title,
        medium=case.request.medium,
        copies=case.left,
        requester=case.requester,
        approvals_sha256=case.approvals_sha256,
        expires_at=case.deadline,
        made_by=MADE_HERE,
    )
