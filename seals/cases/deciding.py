"""Who may approve a use, and when it is enough (I22): enrolment's seats, with roles, dated substitutes and *any one*. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ca.actor import Actor
from ca.enrolment import approval as seats
from ca.enrolment.approval import Ballot, check_second_person
from ca.enrolment.errors import ApprovedAlready
from ca.enrolment.request import Approval, Approver
from ca.enrolment.rules import Order, Rule, Stage
from seals.cases.case import CaseApproval, CaseRecord, Hand
from seals.cases.rules import Course, UseStage

__all__ = ["Ballot", "Seat", "check_second_person", "enough", "seat", "waiting"]

Holders = Mapping[str, tuple[str, ...]]
"""The people in each role for the seal's owner."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an approver sits; ``stands_for`` names whom a substitute stands for."""

    stage: str
    stands_for: str


def seat(case: CaseRecord, hand: Hand, ballot: Ballot, holders: Holders, at: datetime) -> Seat:
    """Return the seat that this person may take now, or raise why not.

    Raises :class:`ca.enrolment.errors.ContentChanged`, ``DeadlinePassed``, ``SecondPersonNeeded``, ``ApprovedAlready`` or
    ``ApproverUnfit``. A person and their substitute are one seat: whoever comes second has been represented.
    """
    if any(hand.actor.is_any_of(one.stands_for) for one in case.approvals):
        raise ApprovedAlready
    taken = seats.seat(_case(case, holders, at), Approver(hand.actor, hand.scopes), ballot, at)
    stage = next(one for one in case.rule.stages if one.id == taken.stage)
    return Seat(stage.id, _principal(stage, hand.actor, at) if taken.substitute else "")


def enough(case: CaseRecord, holders: Holders, at: datetime) -> bool:
    """Tell whether the approvals suffice: every stage, or any one of them where the rule says so."""
    asked = _case(case, holders, at)
    if case.rule.order != Course.ANY_ONE:
        return seats.satisfied(asked)
    people = {one.person for one in seats.counted(asked)}
    return case.requester.person not in people and any(
        not seats.missing(asked, stage) for stage in asked.rule.stages
    )


def waiting(case: CaseRecord, holders: Holders, at: datetime) -> tuple[Stage, ...]:
    """Return the stages that wait for somebody, with the people of the moment."""
    asked = _case(case, holders, at)
    return () if enough(case, holders, at) else seats.open_stages(asked)


def _case(case: CaseRecord, holders: Holders, at: datetime) -> seats.Case:
    order = Order.SERIAL if case.rule.order == Course.SERIAL else Order.PARALLEL
    stages = tuple(_free(case, stage, stage.at(at, holders)) for stage in case.rule.stages)
    rule = Rule(case.rule.id, case.rule.version, (), (), order=order.value, stages=stages)
    return seats.Case(
        case.id,
        case.version,
        case.content,
        case.requester,
        rule,
        case.approving_since or case.changed_at,
        case.deadline or case.changed_at,
        tuple(_approval(one) for one in case.approvals),
    )


def _free(case: CaseRecord, given: UseStage, stage: Stage) -> Stage:
    """Leave out substitutes of those who sit already: one seat is not taken twice."""
    seated = {one.person for one in case.approvals}
    represented = {Actor(one.stands_for).person for one in case.approvals if one.stands_for}
    free = tuple(
        one.person
        for one in given.substitutes
        if one.person in stage.substitutes and Actor(one.stands_for).person not in seated | represented
    )
    return replace(stage, substitutes=free)


def _principal(stage: UseStage, actor: Actor, at: datetime) -> str:
    listed = next(one.person for one in stage.substitutes if actor.is_any_of(one.person))
    return stage.principal(listed, at)


def _approval(one: CaseApproval) -> Approval:
    return Approval(one.person, one.stage, bool(one.stands_for), one.content, one.actor, one.comment, one.at)
