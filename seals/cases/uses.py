"""From a case to a permit and back: the warrant judged again, the case moved, the outcome counted.

:class:`Uses` works in the transactions of ``seals.permit``; it never commits. Row locks are taken before the audit trail's:
the seal first, then the case or the authorisation, as everywhere in this room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from hsm.algorithms import Digest
from seals.cases import member_store, round_store, signer_store, standing_store
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.cases.errors import (
    ApprovalNoLongerGood,
    CaseNotReady,
    CaseUnknown,
    StandingEnded,
    StandingUsedUp,
)
from seals.cases.grounds import check_ready, day_of, signature_holds
from seals.cases.office import CaseDeed, CaseOffice, load, move
from seals.cases.proof import still_good
from seals.cases.round import Round
from seals.cases.rules import UseRule
from seals.cases.signer_store import SignerStatus
from seals.cases.states import FIRST_STATUS, CaseAct, CaseStatus
from seals.cases.warrant import Ground, Warrant
from seals.ledger import Ledger
from seals.seal import SealRecord

AUTO: Final = "permit:"
"""Begins the request key of a case that the desk opened for a use without one."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One use being taken: for which permit, under which warrant, of the seal as it was just admitted, by whose hand, for what."""

    permit: str
    warrant: Warrant
    seal: SealRecord
    hand: Hand
    purpose: str


class Uses:
    """Judges uses and counts them."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    # -- inside the transaction of permits ----------------------------------------------------------------------------

    def exercise(self, ledger: Ledger, takings: Sequence[Taking]) -> None:
        """Judge the warrants again and take the one use that each stands for; the seals' rows are held already.

        Raises :class:`CaseNotReady`, :class:`ApprovalNoLongerGood`, :class:`StandingEnded` or :class:`StandingUsedUp`;
        then nothing was taken for any of them.
        """
        uses, now = Round(ledger), self._office.now()
        uses.hold([one.warrant.case_id for one in takings if one.warrant.ground is Ground.CASE])
        proven: set[str] = set()
        cases = [self._case_for(uses, taking, proven, now) for taking in takings]
        for taking, case in zip(takings, cases, strict=True):
            held = uses.case(case.id)
            if held.status is CaseStatus.APPROVED:
                deed = CaseDeed(CaseAct.USE, taking.hand, {}, {"permit": taking.permit})
                uses.move(held, deed, self._office.now())
            warrant = taking.warrant
            day = day_of(now) if warrant.ground is Ground.STANDING else ""
            row = round_store.permit_row(taking.permit, case.id, warrant.standing, day)
            ledger.put(round_store.NEW_PERMIT, row)
        self._take_members(uses, takings)
        uses.write()

    def _case_for(self, uses: Round, taking: Taking, proven: set[str], now: datetime) -> CaseRecord:
        """Return the case of one use: the one named, proved again once in a transaction, or one that is opened for it."""
        warrant = taking.warrant
        if warrant.ground is Ground.CASE:
            case = uses.case(warrant.case_id)
            if case.id not in proven:
                check_ready(case, self._office.now())
            self._same(case, warrant)
            if case.id not in proven:
                _still_approved(uses.ledger.conn, case)
                proven.add(case.id)
            elif not case.request.members:
                raise CaseNotReady(case.id, "只用印一份文件。", "is for one document.")
            return case
        if warrant.ground is Ground.STANDING:
            self._take(uses.ledger.conn, warrant, day_of(now), now)
        return self._opened(uses, taking)

    @staticmethod
    def _same(case: CaseRecord, warrant: Warrant) -> None:
        asked = warrant.document if warrant.member is None else warrant.member.root
        same = (case.request.document.digest, case.approvals_sha256, case.rule.hash) == (
            asked,
            warrant.approvals_sha256,
            warrant.rule_hash,
        )
        if not same:
            raise CaseNotReady(case.id, "在批准后已变更，请重试。", "has changed since; try again.")

    @staticmethod
    def _take_members(uses: Round, takings: Sequence[Taking]) -> None:
        """Give each document of a case about many its one use (I29)."""
        named: dict[str, list[tuple[int, Taking]]] = {}
        for taking in takings:
            if taking.warrant.member is not None:
                numbered = (taking.warrant.member.number, taking)
                named.setdefault(taking.warrant.case_id, []).append(numbered)
        for case_id, members in named.items():
            taken = member_store.taken_among(uses.ledger.conn, case_id, [number for number, _ in members])
            for number, taking in members:
                if number in taken:
                    raise CaseNotReady(
                        case_id,
                        f"第 {number + 1} 份已经用印或正在用印。",
                        f"has document {number + 1} sealed, or being sealed.",
                    )
                taken.add(number)
                row = {"case_id": case_id, "number": number, "permit": taking.permit}
                uses.ledger.put(member_store.TAKE, row)
        asked = [
            (uses.case(one.warrant.case_id), one.warrant.document, "asked")
            for one in takings
            if one.warrant.member
        ]
        uses.name(asked)

    @staticmethod
    def _take(conn: sa.Connection, warrant: Warrant, day: str, now: datetime) -> None:
        one = standing_store.find(conn, warrant.standing, lock=True)
        if one is None or not signature_holds(conn, one):
            raise StandingEnded
        if standing_store.take(conn, one, day, now):
            return
        in_force = one.status is standing_store.StandingStatus.EFFECTIVE
        raise StandingUsedUp if in_force and one.grantee.ends >= now else StandingEnded

    def _opened(self, uses: Round, taking: Taking) -> CaseRecord:
        """Open a case for a use that needed none, and admit it by its rule."""
        seal, hand, warrant, now = taking.seal, taking.hand, taking.warrant, self._office.now()
        rule = self._kept(warrant, seal)
        document = Attachment(warrant.document, taking.purpose)
        request = UseRequest(
            seal.code,
            document,
            taking.purpose or seal.name,
            document_class=warrant.document_class,
            amount=warrant.amount,
        )
        opened = replace(
            new_case(seal, request, rule, hand, now),
            id=warrant.case_id,
            request_key=f"{AUTO}{taking.permit}",
            ground=warrant.ground,
            standing=warrant.standing,
        )
        uses.begin(opened, hand, now)
        admitted = {"approvals_sha256": warrant.approvals_sha256}
        detail = {"ground": warrant.ground.value, "standing": warrant.standing}
        return uses.move(opened, CaseDeed(CaseAct.ADMIT, hand, admitted, detail), now)

    def _kept(self, warrant: Warrant, seal: SealRecord) -> UseRule:
        for rule in self._office.book.rules:
            if rule.hash == warrant.rule_hash:
                return rule
        raise CaseUnknown(
            f"印章 {seal.code} 的用印规则已变更，请重试。", "The rules have changed; try again."
        )

    def hold(self, conn: sa.Connection, warrant: Warrant) -> None:
        """Refuse to go on if the authorisation was ended since: :class:`StandingEnded`, before the key is touched."""
        if warrant.ground is Ground.STANDING:
            self._hold_standing(conn, warrant.standing)

    def hold_permit(self, conn: sa.Connection, permit: str) -> bool:
        """Do the same for a permit taken in an earlier transaction; tell whether it was granted to an application."""
        found = round_store.case_of_permit(conn, permit)
        standing = "" if found is None else found[1]
        if standing:
            self._hold_standing(conn, standing)
        return bool(standing)

    def _hold_standing(self, conn: sa.Connection, standing: str) -> None:
        one = standing_store.find(conn, standing, lock=True)
        if one is None or not signature_holds(conn, one):
            raise StandingEnded
        in_force = one.status is standing_store.StandingStatus.EFFECTIVE
        if not in_force or self._office.now() > one.grantee.ends:
            raise StandingEnded

    # -- the outcome --------------------------------------------------------------------------------------------------

    def used(self, ledger: Ledger, permits: Sequence[tuple[str, Digest | None]], hand: Hand) -> None:
        """Count the uses of permits: one copy more each, the sealed file's digest among its case's documents."""
        found = round_store.cases_of_permits(ledger.conn, [permit for permit, _ in permits])
        uses = Round(ledger)
        uses.hold([case_id for case_id, _, _ in found.values()])
        named: list[tuple[CaseRecord, Digest, str]] = []
        for permit, result in permits:
            if permit not in found:
                continue
            case = uses.case(found[permit][0])
            if _is_late(ledger, case, permit, hand):
                continue
            more = CaseAct.PRESS if case.request.members else CaseAct.COUNT
            act = CaseAct.FINISH if case.left <= 1 else more
            detail = {"permit": permit, "result": None if result is None else str(result)}
            deed = CaseDeed(act, hand, {"used": case.used + 1}, detail)
            uses.move(case, deed, self._office.now())
            if result is not None:
                named.append((case, result, "sealed"))
        uses.name(named)
        uses.write()

    def released(self, ledger: Ledger, permit: str, hand: Hand, why: str) -> None:
        """Give back the use of a permit that came to nothing: to its case, or to the authorisation that it was taken from."""
        found = round_store.case_of_permit(ledger.conn, permit)
        if found is None:
            return
        case_id, standing, day = found
        case = load(ledger.conn, case_id, lock=True)
        if standing:
            standing_store.give_back(ledger.conn, standing, day)
        if case.request.members:
            member_store.free(ledger.conn, case.id, permit)
            return
        if _is_late(ledger, case, permit, hand):
            return
        act = CaseAct.GIVE_BACK if case.ground is Ground.CASE else CaseAct.CLOSE
        detail = {"permit": permit, "outcome": why}
        move(ledger, case, CaseDeed(act, hand, {}, detail), self._office.now())


def new_case(seal: SealRecord, request: UseRequest, rule: UseRule, hand: Hand, now: datetime) -> CaseRecord:
    """Return a case as it begins, without its id and request key."""
    return CaseRecord(
        id="",
        request_key="",
        status=FIRST_STATUS,
        moves=0,
        version=1,
        seal_code=seal.code,
        owner_uscc=seal.owner.uscc,
        kind=seal.kind.code,
        request=request,
        requester=hand.actor,
        ground=Ground.CASE,
        standing="",
        rule=rule,
        used=0,
        approvals_sha256="",
        created_at=now,
        changed_at=now,
        approving_since=None,
        deadline=None,
        reason="",
    )


def _still_approved(conn: sa.Connection, case: CaseRecord) -> None:
    """Ask once more whether those who approved may still be relied on; :class:`ApprovalNoLongerGood`."""
    signers = signer_store.among(conn, [one.certificate_sha256 for one in case.approvals])
    for approval in case.approvals:
        signer = signers.get(approval.certificate_sha256)
        if (
            signer is None
            or signer.status is not SignerStatus.CONFIRMED
            or not still_good(conn, signer.issuer, signer.serial, signer.der)
        ):
            raise ApprovalNoLongerGood


def _is_late(ledger: Ledger, case: CaseRecord, permit: str, hand: Hand) -> bool:
    """Tell whether the case was ended while its permit was out, as a restoration does; the outcome is on the trail then."""
    if case.status is CaseStatus.IN_USE:
        return False
    ledger.note("case.outcome_late", actor=hand.actor, subject=f"case:{case.id}", detail={"permit": permit})
    return True
