"""Who may approve what, and when it is enough (I22). Pure: the desk, the orders and the jobs all ask here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ca.actor import Actor
from ca.enrolment.errors import (
    ApprovedAlready,
    ApproverUnfit,
    ContentChanged,
    DeadlinePassed,
    FieldInvalid,
    SecondPersonNeeded,
)
from ca.enrolment.request import Approval, Approver
from ca.enrolment.rules import Order, Rule, Stage

MAX_COMMENT: Final = 500
"""Characters of a comment, a remark or a reason."""
_PERSON: Final = "person:"


@dataclass(frozen=True, slots=True)
class Case:
    """Something to be approved: an enrolment, an order or a job, in one version."""

    id: str
    version: int
    digest: str
    requester: Actor
    rule: Rule
    since: datetime
    deadline: datetime
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class Ballot:
    """What an approver hands in: the digest of what they saw; the stage where they fit several."""

    digest: str
    comment: str = ""
    stage: str = ""


def person_of(actor: Actor) -> str:
    """Return one name for one person however their id is written (Unicode NFKC, case folded)."""
    return actor.person


def check_second_person(actor: Actor, requester: Actor) -> None:
    """Demand a person who is not the requester: :class:`SecondPersonNeeded`."""
    if not person_of(actor).startswith(_PERSON) or person_of(actor) == person_of(requester):
        raise SecondPersonNeeded


def check_text(field: str, text: str, *, needed: bool = False) -> str:
    """Return a comment, remark or reason of at most 500 characters without control characters."""
    wrong = len(text) > MAX_COMMENT or any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text
    )
    if wrong or (needed and not text.strip()):
        raise FieldInvalid(
            field,
            f"应为{'1 至 ' if needed else '至多 '}{MAX_COMMENT} 个字符的文字",
            f"it is a text of at most {MAX_COMMENT} characters{' and not empty' if needed else ''}",
        )
    return text


def counted(case: Case) -> tuple[Approval, ...]:
    """Return the approvals that count: of the very content, one for each person."""
    found = {one.person: one for one in case.approvals if one.digest == case.digest}
    return tuple(found.values())


def missing(case: Case, stage: Stage) -> int:
    """Return how many people a stage still needs."""
    return max(0, stage.needed - sum(one.stage == stage.id for one in counted(case)))


def open_stages(case: Case) -> tuple[Stage, ...]:
    """Return the stages that wait: all unfinished ones, or the first of them where the rule goes in series."""
    waiting = tuple(stage for stage in case.rule.stages if missing(case, stage))
    return waiting[:1] if case.rule.order == Order.SERIAL.value else waiting


def satisfied(case: Case) -> bool:
    """Tell whether every stage has its people, all distinct and none the requester."""
    people = {one.person for one in counted(case)}
    if person_of(case.requester) in people or len(people) < case.rule.needed:
        return False
    return not any(missing(case, stage) for stage in case.rule.stages)


def seat(case: Case, approver: Approver, ballot: Ballot, at: datetime) -> Approval:
    """Return the approval that this person may give now, or raise why not.

    Raises :class:`ContentChanged`, :class:`DeadlinePassed`, :class:`SecondPersonNeeded`, :class:`ApprovedAlready` or
    :class:`ApproverUnfit`.
    """
    if ballot.digest != case.digest:
        raise ContentChanged
    if at > case.deadline:
        raise DeadlinePassed
    check_second_person(approver.actor, case.requester)
    person = person_of(approver.actor)
    if any(one.person == person for one in counted(case)):
        raise ApprovedAlready
    check_text("comment", ballot.comment)
    able = [one for one in open_stages(case) if ballot.stage in ("", one.id)]
    # The stage with the fewest people first: a wide stage can still be filled by others.
    for one in sorted(able, key=lambda waiting: len(waiting.people) or 10**6):
        standing = _standing(case, one, approver, at)
        if standing is not None:
            return Approval(person, one.id, standing, case.digest, approver.actor, ballot.comment, at)
    raise ApproverUnfit


def _standing(case: Case, stage: Stage, approver: Approver, at: datetime) -> bool | None:
    """Return whether the person would sit as a substitute, or nothing where they have no seat."""
    if stage.scope and stage.scope not in approver.scopes:
        return None
    person = person_of(approver.actor)
    named = {person_of(Actor(one)) for one in stage.people}
    if not named or person in named:
        return False
    if person in {person_of(Actor(one)) for one in stage.substitutes}:
        waited = at >= case.since + timedelta(hours=stage.substitutes_after_hours)
        return True if waited else None
    return None
