"""Who decides the use of a seal (制度流): rules as data, kept with each case for its whole life.

The file is TOML; ``default_rules.toml`` beside this module is the shipped one and shows every key. Rules are asked in the order
of the file; the first that fits decides. What is not stated about a use counts against it: an unstated amount fits a rule for
large amounts, and never a rule that would ask for nobody. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from ca.audit import canonical_json
from ca.clock import BEIJING
from ca.enrolment.rules import Stage
from ca.rule_place import ANY
from ca.words import Word
from seals.cases.errors import UseRuleMissing

NOBODY: Final = "nobody:"
"""Stands where a role is held by nobody: no person's id begins so."""


class Course(StrEnum):
    """Whether stages wait for each other, and whether one of them suffices."""

    SERIAL = "serial"
    PARALLEL = "parallel"
    ANY_ONE = "any-one"


class Role(Word):
    """Whom the register of signers knows for an enterprise, by name of the role."""

    APPROVER = "approver", "审批人"
    REPRESENTATIVE = "representative", "法定代表人或其授权人"


@dataclass(frozen=True, slots=True)
class Substitute:
    """``person`` may sit for ``stands_for`` from the first day to the last, both included (ISO dates, Beijing time)."""

    person: str
    stands_for: str
    first: str
    last: str

    def on(self, day: date) -> bool:
        """Tell whether the day is inside."""
        return self.first <= day.isoformat() <= self.last


@dataclass(frozen=True, slots=True)
class UseStage:
    """``needed`` distinct people approve: of ``people`` if any are named, each with ``scope`` if one is named.

    ``role`` stands for the people whom the register of signers knows in that role for the seal's owner.
    """

    id: str
    needed: int
    scope: str = ""
    people: tuple[str, ...] = ()
    role: str = ""
    substitutes: tuple[Substitute, ...] = ()

    def at(self, when: datetime, holders: Mapping[str, tuple[str, ...]]) -> Stage:
        """Return the stage as it is at a moment; ``holders`` gives the people in each role."""
        people = self.people
        if self.role:
            people = (*people, *holders.get(self.role, ())) or (NOBODY,)
        day = when.astimezone(BEIJING).date()
        sitting = tuple(one.person for one in self.substitutes if one.on(day))
        return Stage(self.id, self.needed, self.scope, people, sitting)

    def principal(self, person: str, when: datetime) -> str:
        """Return for whom a substitute sits at a moment, empty if for nobody."""
        day = when.astimezone(BEIJING).date()
        return next((one.stands_for for one in self.substitutes if one.person == person and one.on(day)), "")

    @property
    def told(self) -> str:
        """Say in a few words who is asked."""
        who = "、".join(self.people) or self.role or self.scope
        return f"{self.id}: {self.needed} × {who}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of a use when its rule is looked for; empty or ``None`` is *not stated*. ``amount`` is in yuan."""

    kind: str
    medium: str
    document_class: str = ""
    amount: int | None = None
    department: str = ""


@dataclass(frozen=True)
class UseRule:
    """One rule with everything that it refers to inside, so that it can be kept as it was."""

    id: str
    version: str
    kinds: tuple[str, ...] = (ANY,)
    classes: tuple[str, ...] = (ANY,)
    media: tuple[str, ...] = (ANY,)
    departments: tuple[str, ...] = (ANY,)
    amount_from: int = 0
    """Yuan; the rule is for this amount and more."""
    amount_below: int = 0
    """Yuan; the rule is for less than this amount. 0 sets no limit."""
    order: str = Course.SERIAL.value
    stages: tuple[UseStage, ...] = ()
    deadline_days: int = 7
    """Days for the approvals."""
    use_days: int = 30
    """Days from the approval in which the seal may be used."""
    remind_hours: tuple[int, ...] = (24,)
    """Hours before the deadline at which those who are waited for are reminded."""

    @property
    def alone(self) -> bool:
        """Tell whether a keeper may seal without anybody's approval."""
        return not self.stages

    @cached_property
    def text(self) -> str:
        """The rule as canonical JSON."""
        return canonical_json(asdict(self))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of :attr:`text`, lower-case hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def told(self) -> str:
        """Say in a few words who is asked."""
        return "; ".join(stage.told for stage in self.stages)

    def fits(self, wish: Wish) -> bool:
        """Tell whether the rule is about such a use."""
        unstated = not self.alone
        return (
            _among(wish.kind, self.kinds, unstated=unstated)
            and _among(wish.medium, self.media, unstated=unstated)
            and _among(wish.document_class, self.classes, unstated=unstated)
            and _among(wish.department, self.departments, unstated=unstated)
            and self._amount(wish.amount, unstated=unstated)
        )

    def _amount(self, amount: int | None, *, unstated: bool) -> bool:
        if amount is None:
            return unstated or not (self.amount_from or self.amount_below)
        return self.amount_from <= amount and (not self.amount_below or amount < self.amount_below)

    @classmethod
    def from_text(cls, text: str) -> UseRule:
        """Read :attr:`text` back."""
        found: dict[str, Any] = json.loads(text)
        stages = tuple(_stage(stage) for stage in found.pop("stages"))
        lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
        return cls(**(found | lists), stages=stages)


def _stage(given: dict[str, Any]) -> UseStage:
    substitutes = tuple(Substitute(**one) for one in given.pop("substitutes"))
    return UseStage(**(given | {"people": tuple(given["people"])}), substitutes=substitutes)


def _among(value: str, listed: tuple[str, ...], *, unstated: bool) -> bool:
    if ANY in listed:
        return True
    return value in listed if value else unstated


@dataclass(frozen=True, slots=True)
class StandingRules:
    """What a standing authorisation may be at most."""

    default_days: int = 365
    max_days: int = 1096
    max_quota: int = 1_000_000


@dataclass(frozen=True, slots=True)
class UseBook:
    """All rules of an installation, in order."""

    version: str
    rules: tuple[UseRule, ...]
    standing: StandingRules = StandingRules()

    def find(self, wish: Wish) -> UseRule:
        """Return the first rule that fits; :class:`UseRuleMissing` if none does."""
        for rule in self.rules:
            if rule.fits(wish):
                return rule
        raise UseRuleMissing
