"""Reading enrolment rules from TOML: every key is known, every rule can be fulfilled, nothing is guessed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from ca.enrolment.errors import RuleInvalid
from ca.enrolment.rules import Item, Matter, Order, Rule, RuleBook, Stage
from ca.rule_place import MAX_PEOPLE, Place, read_toml

MAX_RULES: Final = 200
"""Rules in a file: every profile times every matter is below that."""
MAX_STAGES: Final = 10
MAX_DEADLINE_DAYS: Final = 366
MAX_ITEMS: Final = 30
_NEEDS_STAGES: Final = (Matter.BULK_RENEW, Matter.MASS_REVOKE, Matter.RESUME, Matter.PERSONALISE)
"""Matters besides new certificates that somebody must approve."""
_RULE_KEYS: Final = {
    "id",
    "matters",
    "profiles",
    "order",
    "stage",
    "checklist",
    "deadline_days",
    "same_key",
    "key_life_days",
    "encryption_profile",
}
_STAGE_KEYS: Final = {"id", "needed", "scope", "group", "people", "substitutes", "substitutes_after_hours"}
_ITEM_KEYS: Final = {"id", "zh", "en", "evidence"}


@cache
def default_rules() -> RuleBook:
    """Return the shipped rules."""
    return read_rules(files("ca.enrolment").joinpath("default_rules.toml").read_bytes())


def read_rules(octets: bytes) -> RuleBook:
    """Read a file of rules; :class:`RuleInvalid` names the place and says what is wrong there."""
    top = read_toml(octets, RuleInvalid)
    top.only({"version", "groups", "rule"})
    version = top.text("version")
    groups = _groups(top.inside("groups", top.table("groups")))
    given = top.tables("rule", most=MAX_RULES)
    if not given:
        raise RuleInvalid("rule", "至少需要一条规则", "at least one rule is needed")
    rules = tuple(
        _rule(top.inside(f"rule {number}", one), version, groups) for number, one in enumerate(given, 1)
    )
    _check_unambiguous(rules)
    return RuleBook(version, rules)


def _groups(place: Place) -> dict[str, tuple[str, ...]]:
    return {name: place.people(name) for name in place.values}


def _rule(place: Place, version: str, groups: Mapping[str, tuple[str, ...]]) -> Rule:
    place.only(_RULE_KEYS)
    name = place.word("id")
    place = place.inside(f"rule {name}", place.values)
    stages = tuple(
        _stage(place.inside(f"rule {name}, stage {number}", one), groups)
        for number, one in enumerate(place.tables("stage", most=MAX_STAGES), 1)
    )
    items = tuple(
        _item(place.inside(f"rule {name}, checklist {number}", one))
        for number, one in enumerate(place.tables("checklist", most=MAX_ITEMS), 1)
    )
    place.distinct([stage.id for stage in stages], "stage")
    place.distinct([item.id for item in items], "checklist")
    rule = Rule(
        id=name,
        version=version,
        matters=place.choices("matters", [matter.value for matter in Matter]),
        profiles=place.words("profiles"),
        order=place.choice("order", [order.value for order in Order], Order.SERIAL.value),
        stages=stages,
        checklist=items,
        deadline_days=place.number("deadline_days", 1, MAX_DEADLINE_DAYS, 30),
        same_key=place.truth("same_key"),
        key_life_days=place.number("key_life_days", 0, 36_600, 0),
        encryption_profile=place.word("encryption_profile", needed=False),
    )
    _check_people(place, rule)
    return rule


def _check_people(place: Place, rule: Rule) -> None:
    """Refuse a rule by which nobody approves a certificate; what only stops one may need nobody."""
    certifies = any(Matter(matter).certifies or matter in _NEEDS_STAGES for matter in rule.matters)
    if certifies and not rule.stages:
        raise RuleInvalid(place.name, "至少需要一个审批环节", "at least one stage is needed")


def _stage(place: Place, groups: Mapping[str, tuple[str, ...]]) -> Stage:
    place.only(_STAGE_KEYS)
    group, people = place.word("group", needed=False), place.people("people")
    if group:
        if group not in groups:
            raise RuleInvalid(place.name, f"没有名为 {group} 的人员组", f"there is no group {group}")
        people = (*groups[group], *(one for one in people if one not in groups[group]))
    stage = Stage(
        id=place.word("id"),
        needed=place.number("needed", 1, MAX_PEOPLE, 1),
        scope=place.text("scope", needed=False),
        people=people,
        substitutes=place.people("substitutes"),
        substitutes_after_hours=place.number("substitutes_after_hours", 0, 24 * MAX_DEADLINE_DAYS, 0),
    )
    able = len({*stage.people, *stage.substitutes})
    if not stage.scope and not stage.people:
        raise RuleInvalid(
            place.name, "须给出 scope、group 或 people", "a scope, a group or people must be given"
        )
    if stage.people and able < stage.needed:
        raise RuleInvalid(
            place.name,
            f"需要 {stage.needed} 人而只列出 {able} 人",
            f"{stage.needed} are needed, {able} are named",
        )
    return stage


def _item(place: Place) -> Item:
    place.only(_ITEM_KEYS)
    return Item(place.word("id"), place.text("zh"), place.text("en"), place.word("evidence", needed=False))


def _check_unambiguous(rules: Sequence[Rule]) -> None:
    ids, seen = set(), set()
    for rule in rules:
        if rule.id in ids:
            raise RuleInvalid(f"rule {rule.id}", "规则编号重复", "its id is used twice")
        ids.add(rule.id)
        for pair in ((matter, profile) for matter in rule.matters for profile in rule.profiles):
            if pair in seen:
                raise RuleInvalid(
                    f"rule {rule.id}",
                    f"事项 {pair[0]} 与模板 {pair[1]} 已由另一条规则规定",
                    f"another rule decides {pair[0]} of {pair[1]} already",
                )
            seen.add(pair)
