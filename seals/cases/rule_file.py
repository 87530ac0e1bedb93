"""Reading the rules of use from TOML: every key is known, every rule can be fulfilled, nothing is guessed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from ca.actor import Actor
from ca.rule_place import ANY, MAX_PEOPLE, Place, read_toml
from seals.cases.approved import Medium
from seals.cases.errors import UseRuleInvalid
from seals.cases.rules import Course, Role, StandingRules, Substitute, UseBook, UseRule, UseStage
from seals.seal import SealKind

MAX_RULES: Final = 200
"""Rules in a file: six kinds of seal, a few classes and steps of amount each."""
MAX_STAGES: Final = 10
MAX_SUBSTITUTES: Final = 100
"""Substitutes of one stage: a department's leave of a year."""
MAX_DEADLINE_DAYS: Final = 366
MAX_YUAN: Final = 10**15
"""Above the largest contract there is, within 64 bits even in fen."""
MAX_STANDING_DAYS: Final = 1096
"""Three years with a leap day: the longest that a standing authorisation may run."""
MAX_REMIND: Final = 10
_RULE_KEYS: Final = {
    "id", "kinds", "classes", "media", "departments", "amount_from", "amount_below",
    "order", "stage", "deadline_days", "use_days", "remind_hours",
}  # fmt: skip
_STAGE_KEYS: Final = {"id", "needed", "scope", "group", "people", "role", "substitute"}
_SUBSTITUTE_KEYS: Final = {"person", "stands_for", "first", "last"}


@cache
def default_book() -> UseBook:
    """Return the shipped rules."""
    return read_book(files("seals.cases").joinpath("default_rules.toml").read_bytes())


def read_book(octets: bytes) -> UseBook:
    """Read a file of rules; :class:`UseRuleInvalid` names the place and says what is wrong there."""
    top = read_toml(octets, UseRuleInvalid)
    top.only({"version", "groups", "rule", "standing"})
    version = top.text("version")
    at = top.inside("groups", top.table("groups"))
    groups = {name: at.people(name) for name in at.values}
    given = top.tables("rule", most=MAX_RULES)
    rules = tuple(_rule(top.inside(f"rule {n}", one), version, groups) for n, one in enumerate(given, 1))
    top.distinct([rule.id for rule in rules], "rule")
    if not rules or not _is_general(rules[-1]):
        raise UseRuleInvalid(
            "rule",
            "最后一条规则须适用于一切情形（不写条件）",
            "the last rule must fit everything: no conditions",
        )
    return UseBook(version, rules, _standing(top.inside("standing", top.table("standing"))))


def _is_general(rule: UseRule) -> bool:
    listed = (rule.kinds, rule.classes, rule.media, rule.departments)
    return all(ANY in one for one in listed) and not (rule.amount_from or rule.amount_below)


def _rule(place: Place, version: str, groups: Mapping[str, tuple[str, ...]]) -> UseRule:
    place.only(_RULE_KEYS)
    name = place.word("id")
    place = place.inside(f"rule {name}", place.values)
    stages = tuple(
        _stage(place.inside(f"rule {name}, stage {n}", one), groups)
        for n, one in enumerate(place.tables("stage", most=MAX_STAGES), 1)
    )
    place.distinct([stage.id for stage in stages], "stage")
    rule = UseRule(
        id=name,
        version=version,
        kinds=_some(place, "kinds", [kind.code for kind in SealKind]),
        classes=place.texts("classes") if "classes" in place.values else (ANY,),
        media=_some(place, "media", [medium.value for medium in Medium]),
        departments=place.texts("departments") if "departments" in place.values else (ANY,),
        amount_from=place.number("amount_from", 0, MAX_YUAN, 0),
        amount_below=place.number("amount_below", 0, MAX_YUAN, 0),
        order=place.choice("order", [course.value for course in Course], Course.SERIAL.value),
        stages=stages,
        deadline_days=place.number("deadline_days", 1, MAX_DEADLINE_DAYS, 7),
        use_days=place.number("use_days", 1, MAX_DEADLINE_DAYS, 30),
        remind_hours=_hours(place),
    )
    if rule.amount_below and rule.amount_below <= rule.amount_from:
        raise place.wrong("amount_below 须大于 amount_from", "amount_below is more than amount_from")
    return rule


def _some(place: Place, key: str, known: list[str]) -> tuple[str, ...]:
    return place.choices(key, [*known, ANY]) if key in place.values else (ANY,)


def _hours(place: Place) -> tuple[int, ...]:
    found = place.values.get("remind_hours", [24])
    fits = (
        isinstance(found, list)
        and len(found) <= MAX_REMIND
        and all(type(one) is int and 1 <= one <= 24 * MAX_DEADLINE_DAYS for one in found)
        and len(set(found)) == len(found)
    )
    if not fits:
        raise place.wrong(
            f"remind_hours 应为至多 {MAX_REMIND} 个互不相同的小时数",
            f"remind_hours is a list of at most {MAX_REMIND} different numbers of hours",
        )
    return tuple(sorted(found, reverse=True))


def _stage(place: Place, groups: Mapping[str, tuple[str, ...]]) -> UseStage:
    place.only(_STAGE_KEYS)
    group, people = place.word("group", needed=False), place.people("people")
    if group and group not in groups:
        raise place.wrong(f"没有名为 {group} 的人员组", f"there is no group {group}")
    people = tuple(dict.fromkeys((*groups.get(group, ()), *people)))
    stage = UseStage(
        id=place.word("id"),
        needed=place.number("needed", 1, MAX_PEOPLE, 1),
        scope=place.text("scope", needed=False),
        people=people,
        role=place.choice("role", ["", *(role.value for role in Role)], ""),
        substitutes=tuple(
            _substitute(place.inside(f"{place.name}, substitute {n}", one), people)
            for n, one in enumerate(place.tables("substitute", most=MAX_SUBSTITUTES), 1)
        ),
    )
    if not (stage.scope or stage.people or stage.role):
        raise place.wrong(
            "须给出 scope、role、group 或 people", "a scope, a role, a group or people must be given"
        )
    able = len({Actor(one).person for one in stage.people})
    if stage.people and not stage.role and able < stage.needed:
        raise place.wrong(
            f"需要 {stage.needed} 人而只列出 {able} 人", f"{stage.needed} are needed, {able} are named"
        )
    return stage


def _substitute(place: Place, people: tuple[str, ...]) -> Substitute:
    place.only(_SUBSTITUTE_KEYS)
    first, last = (_day(place, key) for key in ("first", "last"))
    made = Substitute(place.text("person"), place.text("stands_for"), first, last)
    if last < first:
        raise place.wrong("截止日早于起始日", "the last day lies before the first")
    if made.stands_for not in people or Actor(made.person).is_any_of(*people):
        raise place.wrong(
            "代理人须代理本环节列出的一人，且自己不在其中",
            "a substitute stands for somebody named in the stage and is not named there",
        )
    if not made.person.startswith("person:"):
        raise place.wrong("人员写作 person:li.wei", "people are written person:li.wei")
    return made


def _day(place: Place, key: str) -> str:
    found = place.values.get(key)
    if type(found) is not date:
        raise place.wrong(f"{key} 应为日期，如 2026-10-01", f"{key} is a date such as 2026-10-01")
    return found.isoformat()


def _standing(place: Place) -> StandingRules:
    place.only({"default_days", "max_days", "max_quota"})
    most = place.number("max_days", 1, MAX_STANDING_DAYS, MAX_STANDING_DAYS)
    return StandingRules(
        default_days=place.number("default_days", 1, most, min(365, most)),
        max_days=most,
        max_quota=place.number("max_quota", 1, 10**9, 1_000_000),
    )
