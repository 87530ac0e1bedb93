"""The ground for a use, judged before its transaction: a case, a standing authorisation, or the rule that lets a keeper seal alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from ca.clock import BEIJING
from hsm.algorithms import Digest
from hsm.merkle import Inclusion
from seals import store as seal_store
from seals.active import check_usable
from seals.cases import standing_store
from seals.cases.approved import MADE_HERE, Medium
from seals.cases.approving import prove_approvals
from seals.cases.case import CaseRecord, Hand
from seals.cases.errors import (
    ApprovalNeeded,
    CaseNotReady,
    CaseOfAnother,
    CaseUnknown,
    DocumentDiffers,
    StandingEnded,
    StandingUsedUp,
    UseRefused,
)
from seals.cases.members import prove_member
from seals.cases.office import CaseOffice, load
from seals.cases.proof import still_good
from seals.cases.rules import UseRule, Wish
from seals.cases.standing import still_signed
from seals.cases.standing_store import Standing
from seals.cases.states import CaseStatus
from seals.cases.warrant import Ground, Warrant
from seals.errors import SealUnknown
from seals.seal import SealRecord


@dataclass(frozen=True, slots=True)
class Use:
    """One use that is wished for: the seal, the document, whose hand; the case, or what else is known of it.

    ``inclusion`` is the document's place among those of a case about many.
    """

    seal_code: str
    document: Digest
    hand: Hand
    case_id: str = ""
    title: str = ""
    document_class: str = ""
    amount: int | None = None
    inclusion: Inclusion | None = None


class Grounds:
    """Finds and judges grounds; it writes nothing."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    def warrant(self, conn: sa.Connection, use: Use) -> Warrant:
        """Find the ground for a use and judge it: the named case, a standing authorisation, or the keeper-alone rule.

        Every approval is verified again, signature and certificate. Raises a :class:`seals.cases.errors.UseRefused`;
        :class:`ApprovalNeeded` names the rule and how to apply.
        """
        seal = seal_store.find(conn, use.seal_code) if use.seal_code.isdigit() else None
        if seal is None:
            raise SealUnknown(use.seal_code[:32])
        check_usable(seal, self._office.now())
        if use.case_id:
            return self._of_case(conn, seal, use)
        return self._of_standing(conn, seal, use) or self._alone(seal, use)

    def warrants(self, conn: sa.Connection, uses: Sequence[Use]) -> list[Warrant]:
        """Find the grounds of several uses, as :meth:`warrant` does; of one case about many, approvals are proved once."""
        found: list[Warrant] = []
        known: tuple[tuple[str, str], SealRecord, CaseRecord] | None = None
        for use in uses:
            same = known is not None and known[0] == (use.seal_code, use.case_id)
            if same and known is not None and known[2].request.members:
                found.append(self._of_member(known[1], known[2], use))
                continue
            warrant = self.warrant(conn, use)
            found.append(warrant)
            if warrant.member is not None:
                seal = seal_store.find(conn, use.seal_code)
                assert seal is not None  # noqa: S101 - a warrant was just found for it
                known = ((use.seal_code, use.case_id), seal, _case(conn, use.case_id))
        return found

    def _of_case(self, conn: sa.Connection, seal: SealRecord, use: Use) -> Warrant:
        case = _case(conn, use.case_id)
        if case.seal_code != seal.code or case.request.medium is not Medium.ELECTRONIC:
            raise CaseOfAnother
        if use.hand.actor.uscc not in (None, case.owner_uscc):
            raise CaseUnknown
        asked = case.request
        if asked.members:
            warrant = self._of_member(seal, case, use)
        elif asked.document.digest == use.document:
            warrant = _warrant(case.rule, Ground.CASE, case.id, use, seal, case.approvals_sha256)
        else:
            raise DocumentDiffers
        check_ready(case, self._office.now())
        prove_approvals(conn, case)
        return warrant

    @staticmethod
    def _of_member(seal: SealRecord, case: CaseRecord, use: Use) -> Warrant:
        asked = case.request
        member = prove_member(asked.document.digest, asked.members, use.document, use.inclusion)
        warrant = _warrant(case.rule, Ground.CASE, case.id, use, seal, case.approvals_sha256)
        return replace(warrant, member=member, made_by=MADE_HERE)

    def _of_standing(self, conn: sa.Connection, seal: SealRecord, use: Use) -> Warrant | None:
        """Return a warrant from the first authorisation that covers the use; why none does, if there are some."""
        now = self._office.now()
        why: UseRefused | None = None
        for one in standing_store.of_app(conn, use.hand.actor.person, seal.code):
            asked = one.grantee
            if use.document_class not in asked.classes:
                continue
            if not asked.begins <= now <= asked.ends or not signature_holds(conn, one):
                why = why or StandingEnded()
            elif one.used >= asked.quota or self._spent_today(conn, one, now):
                why = StandingUsedUp()
            else:
                rule = self._rule(seal, use)
                return _warrant(rule, Ground.STANDING, self._office.new_id(), use, seal, _digest(one), one.id)
        if why is not None:
            raise why
        return None

    @staticmethod
    def _spent_today(conn: sa.Connection, one: Standing, now: datetime) -> bool:
        used = standing_store.used_on(conn, one.id, day_of(now)) or 0
        return bool(one.grantee.per_day) and used >= one.grantee.per_day

    def _alone(self, seal: SealRecord, use: Use) -> Warrant:
        rule = self._rule(seal, use)
        if not rule.alone:
            raise ApprovalNeeded(rule.id, rule.told)
        return _warrant(rule, Ground.KEEPER, self._office.new_id(), use, seal, "")

    def _rule(self, seal: SealRecord, use: Use) -> UseRule:
        wish = Wish(seal.kind.code, Medium.ELECTRONIC.value, use.document_class, use.amount)
        return self._office.book.find(wish)


def check_ready(case: CaseRecord, now: datetime) -> None:
    """Demand that a case may be used now; :class:`CaseNotReady` says why not."""
    many = case.request.members and case.status is CaseStatus.IN_USE
    if case.status is not CaseStatus.APPROVED and not many:
        raise CaseNotReady(
            case.id,
            f"当前为“{case.status.zh}”，不能用印。",
            f"is {case.status.value}: the seal cannot be used.",
        )
    if case.deadline is not None and now > case.deadline:
        raise CaseNotReady(case.id, "已超过用印期限，请重新申请。", "is past its time; apply again.")


def _warrant(  # noqa: PLR0913, PLR0917 - the facts of a warrant, each once
    rule: UseRule,
    ground: Ground,
    case_id: str,
    use: Use,
    seal: SealRecord,
    approvals: str,
    standing: str = "",
) -> Warrant:
    return Warrant(
        ground=ground,
        case_id=case_id,
        seal_code=seal.code,
        document=use.document,
        person=use.hand.actor.person,
        rule_id=rule.id,
        rule_version=rule.version,
        rule_hash=rule.hash,
        approvals_sha256=approvals,
        standing=standing,
        document_class=use.document_class,
        amount=use.amount,
        made_by=MADE_HERE,
    )


def _case(conn: sa.Connection, case_id: str) -> CaseRecord:
    """Return the case that an order names; a wrong number refuses the use."""
    try:
        return load(conn, case_id)
    except CaseUnknown as unknown:
        raise CaseOfAnother(
            "没有这个编号的用印事项，请核对。", "There is no case of this number; check it."
        ) from unknown


def signature_holds(conn: sa.Connection, one: Standing) -> bool:
    """Tell whether the representative's registration and certificate are still in force."""
    signer = still_signed(conn, one)
    return signer is not None and still_good(conn, signer.issuer, signer.serial, signer.der)


def _digest(one: Standing) -> str:
    return hashlib.sha256(one.jws.encode()).hexdigest()


def day_of(now: datetime) -> str:
    """Name the day of a quota: Beijing's."""
    return now.astimezone(BEIJING).date().isoformat()
