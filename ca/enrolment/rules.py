"""Who decides what: enrolment rules as data, checked when they are loaded, kept with each request for its whole life.

The file is TOML; ``default_rules.toml`` beside this module is the shipped one and shows every key. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from ca.audit import canonical_json
from ca.enrolment.errors import RuleMissing

ANY_PROFILE: Final = "*"


class Matter(StrEnum):
    """What is asked for."""

    NEW = "new"
    RENEW = "renew"
    REKEY = "rekey"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    BULK_RENEW = "bulk-renew"
    MASS_REVOKE = "mass-revoke"
    PERSONALISE = "personalise"
    """Keys and certificates put on a chip at the desk (:mod:`ca.tokens.requests`)."""

    @property
    def certifies(self) -> bool:
        """Tell whether a certificate comes of it."""
        return self in (Matter.NEW, Matter.RENEW, Matter.REKEY)


class Order(StrEnum):
    """Whether stages wait for each other."""

    SERIAL = "serial"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be checked; ``evidence`` is the kind of document it rests on, empty where none is needed."""

    id: str
    zh: str
    en: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """``needed`` distinct people approve: of ``people`` if any are named, each with ``scope`` if one is named.

    ``substitutes`` may stand in once the case has waited ``substitutes_after_hours``.
    """

    id: str
    needed: int
    scope: str = ""
    people: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()
    substitutes_after_hours: int = 0


@dataclass(frozen=True)
class Rule:
    """One rule with everything that it refers to inside, so that it can be kept as it was."""

    id: str
    version: str
    matters: tuple[str, ...]
    profiles: tuple[str, ...]
    order: str = Order.SERIAL.value
    stages: tuple[Stage, ...] = ()
    checklist: tuple[Item, ...] = ()
    deadline_days: int = 30
    same_key: bool = False
    """A renewal may keep its key."""
    key_life_days: int = 0
    """How long one key may be certified from its first certificate on; 0 sets no limit."""
    encryption_profile: str = ""
    """The second certificate's profile where a pair is asked for."""

    @property
    def deadline(self) -> timedelta:
        """How long a case may take."""
        return timedelta(days=self.deadline_days)

    @property
    def needed(self) -> int:
        """How many people approve in all."""
        return sum(stage.needed for stage in self.stages)

    @cached_property
    def text(self) -> str:
        """The rule as canonical JSON."""
        return canonical_json(_plain(asdict(self)))

    @property
    def hash(self) -> str:
        """SHA-256 of :attr:`text`, lower-case hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def item(self, name: str) -> Item | None:
        """Return an item of the checklist, or nothing."""
        return next((item for item in self.checklist if item.id == name), None)

    @classmethod
    def from_text(cls, text: str) -> Rule:
        """Read :attr:`text` back."""
        found: dict[str, Any] = json.loads(text)
        lists = {"people", "substitutes"}
        given: list[dict[str, Any]] = found.pop("stages")
        for stage in given:
            stage.update({name: tuple(stage[name]) for name in lists})
        stages = tuple(Stage(**stage) for stage in given)
        checklist = tuple(Item(**item) for item in found.pop("checklist"))
        for name in ("matters", "profiles"):
            found[name] = tuple(found[name])
        found["same_key"] = bool(found["same_key"])
        return cls(**found, stages=stages, checklist=checklist)


def _plain(value: Any) -> Any:
    """Turn truth values into numbers: canonical JSON has none."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of an installation; for one matter a profile is named by at most one rule."""

    version: str
    rules: tuple[Rule, ...]

    def find(self, matter: Matter, profile: str) -> Rule:
        """Return the rule for a matter and profile: the one that names it, else that for any; :class:`RuleMissing`."""
        for wanted in (profile, ANY_PROFILE):
            for rule in self.rules:
                if matter.value in rule.matters and wanted in rule.profiles:
                    return rule
        raise RuleMissing

    def covering(self, matter: Matter, profiles: Iterable[str]) -> Rule:
        """Return the rule for several profiles at once: where they differ, the one that asks for the most people."""
        found = [self.find(matter, profile) for profile in sorted(set(profiles))]
        if not found:
            raise RuleMissing
        return max(found, key=lambda rule: (rule.needed, rule.id))
