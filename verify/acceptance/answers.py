"""Three answers that are never mixed: cryptographically valid; trusted under a list; accepted by a department.

Data only, so that the report can carry them: :mod:`verify.acceptance.answering` fills them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NoReturn

from verify.sentence import Reason, iso
from verify.trusted_lists.decision import ListEntry


class AnswerStatus(StrEnum):
    """What one question is answered with."""

    YES = "yes"
    CONDITIONS = "conditions"
    """Yes, if what the sentence names is done as well."""
    NO = "no"
    OPEN = "open"
    """It could not be determined."""
    NOT_ASKED = "not-asked"

    def __bool__(self) -> NoReturn:
        raise TypeError("an answer has five states; compare it with AnswerStatus.YES")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, in a sentence, with what it rests on: digests, list entries, rule ids, in plain text."""

    status: AnswerStatus
    sentence: Reason
    rests_on: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this answer."""
        return {
            "status": self.status.value,
            "sentence": self.sentence.en,
            "sentence_zh": self.sentence.zh,
            "rests_on": list(self.rests_on),
        }


class AcceptanceStatus(StrEnum):
    """What a department says of a document for an act."""

    ACCEPTED = "accepted"
    CONDITIONS = "conditions"
    """Accepted if what the conditions name is done as well."""
    REFUSED = "refused"

    def __bool__(self) -> NoReturn:
        raise TypeError("an acceptance has three states; compare it with AcceptanceStatus.ACCEPTED")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A department's answer: by which policy (its digest), for which act, by which rule, with the entry that decided."""

    status: AcceptanceStatus
    department: str
    department_zh: str
    department_en: str
    policy_version: str
    policy_sha256: str
    act: str
    act_zh: str
    act_en: str
    rule: str
    """Id of the rule that decided: the first that refused, or the last of all."""
    cites: str
    """What the rule rests on, as the policy states it."""
    entry: str
    """The entry that decided: of the policy (``lists[gov-cn]``), and of the trust list where one did."""
    sentence: Reason
    maker_entry: str = ""
    """The entry that vouches for the seal's maker, written alike; empty where no seal counts here."""
    time_entry: str = ""
    """The entry that vouches for the time-stamp authority, written alike; empty where no time counts as proved here."""
    vouched: ListEntry | None = None
    """The trust list's own part of ``entry``."""
    conditions: tuple[Reason, ...] = ()
    passed: tuple[str, ...] = ()
    """Ids of the rules that were met, in order."""
    at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of this acceptance."""
        return {
            "status": self.status.value,
            "department": self.department,
            "department_zh": self.department_zh,
            "department_en": self.department_en,
            "policy_version": self.policy_version,
            "policy_sha256": self.policy_sha256,
            "act": self.act,
            "act_zh": self.act_zh,
            "act_en": self.act_en,
            "rule": self.rule,
            "cites": self.cites,
            "entry": self.entry,
            "maker_entry": self.maker_entry,
            "time_entry": self.time_entry,
            "sentence": self.sentence.en,
            "sentence_zh": self.sentence.zh,
            "conditions": [item.en for item in self.conditions],
            "conditions_zh": [item.zh for item in self.conditions],
            "passed": list(self.passed),
            "at": iso(self.at),
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """The three answers of one report, in this order; ``acceptance`` is the third one's ground, if it was asked."""

    cryptographic: Answer
    trusted: Answer
    accepted: Answer
    acceptance: Acceptance | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the answers."""
        return {
            "cryptographic": self.cryptographic.to_json(),
            "trusted": self.trusted.to_json(),
            "accepted": self.accepted.to_json(),
            "acceptance": None if self.acceptance is None else self.acceptance.to_json(),
        }
