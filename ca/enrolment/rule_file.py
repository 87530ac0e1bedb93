"""Reading enrolment rules from TOML: every key is known, every rule can be fulfilled, nothing is guessed. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ca.enrolment.errors import RuleInvalid
from ca.enrolment.rules import ANY_PROFILE, Item, Matter, Order, Rule, RuleBook, Stage

MAX_FILE: Final = 256 * 1024
"""Octets of a file of rules; the shipped one has three thousand."""
MAX_RULES: Final = 200
"""Rules in a file: every profile times every matter is below that."""
MAX_STAGES: Final = 10
MAX_PEOPLE: Final = 500
"""People in a group: larger circles are described by a scope."""
MAX_DEADLINE_DAYS: Final = 366
MAX_ITEMS: Final = 30
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PERSON: Final = re.compile(r"person:\S{1,120}")
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
    if len(octets) > MAX_FILE:
        raise RuleInvalid("file", f"文件超过 {MAX_FILE} 字节", f"it has more than {MAX_FILE} octets")
    try:
        found = tomllib.loads(octets.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise RuleInvalid("file", "不是 UTF-8 编码的 TOML", "it is not TOML in UTF-8") from wrong
    top = _Place("file", found)
    top.only({"version", "groups", "rule"})
    version = top.text("version")
    groups = _groups(top.table("groups"))
    given = top.tables("rule", most=MAX_RULES)
    if not given:
        raise RuleInvalid("rule", "至少需要一条规则", "at least one rule is needed")
    rules = tuple(
        _rule(_Place(f"rule {number}", one), version, groups) for number, one in enumerate(given, 1)
    )
    _check_unambiguous(rules)
    return RuleBook(version, rules)


def _groups(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    place = _Place("groups", given)
    return {name: place.people(name) for name in given}


def _rule(place: _Place, version: str, groups: Mapping[str, tuple[str, ...]]) -> Rule:
    place.only(_RULE_KEYS)
    name = place.word("id")
    place = _Place(f"rule {name}", place.values)
    stages = tuple(
        _stage(_Place(f"rule {name}, stage {number}", one), groups)
        for number, one in enumerate(place.tables("stage", most=MAX_STAGES), 1)
    )
    items = tuple(
        _item(_Place(f"rule {name}, checklist {number}", one))
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


def _check_people(place: _Place, rule: Rule) -> None:
    """Refuse a rule by which nobody approves a certificate; what only stops one may need nobody."""
    certifies = any(Matter(matter).certifies or matter in _NEEDS_STAGES for matter in rule.matters)
    if certifies and not rule.stages:
        raise RuleInvalid(place.name, "至少需要一个审批环节", "at least one stage is needed")


def _stage(place: _Place, groups: Mapping[str, tuple[str, ...]]) -> Stage:
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


def _item(place: _Place) -> Item:
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


class _Place:
    """One table of the file, with the name that errors use for it."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self.name = name
        self.values = values

    def _wrong(self, key: str, zh: str, en: str) -> RuleInvalid:
        return RuleInvalid(f"{self.name}, {key}", zh, en)

    def only(self, known: set[str]) -> None:
        unknown = sorted(set(self.values) - known)
        if unknown:
            raise self._wrong(unknown[0], "没有这个键", "there is no such key")

    def text(self, key: str, *, needed: bool = True) -> str:
        found = self.values.get(key, "")
        if (
            not isinstance(found, str)
            or len(found) > 200
            or (needed and not found)
            or not (found + "x").isprintable()
        ):
            raise self._wrong(key, "应为 1 至 200 个字符的文字", "it is a text of 1 to 200 characters")
        return found

    def word(self, key: str, *, needed: bool = True) -> str:
        found = self.text(key, needed=needed)
        if found and not _WORD.fullmatch(found):
            raise self._wrong(
                key, "只能含小写字母、数字、点和连字符", "it has lower-case letters, digits, dots and hyphens"
            )
        return found

    def number(self, key: str, least: int, most: int, default: int) -> int:
        found = self.values.get(key, default)
        if type(found) is not int or not least <= found <= most:
            raise self._wrong(
                key, f"应为 {least} 至 {most} 的整数", f"it is a whole number from {least} to {most}"
            )
        return found

    def truth(self, key: str) -> bool:
        found = self.values.get(key, False)
        if not isinstance(found, bool):
            raise self._wrong(key, "应为 true 或 false", "it is true or false")
        return found

    def table(self, key: str) -> Mapping[str, Any]:
        found = self.values.get(key, {})
        if not isinstance(found, dict):
            raise self._wrong(key, "应为表", "it is a table")
        return found

    def tables(self, key: str, *, most: int) -> list[Mapping[str, Any]]:
        found = self.values.get(key, [])
        if (
            not isinstance(found, list)
            or len(found) > most
            or not all(isinstance(one, dict) for one in found)
        ):
            raise self._wrong(key, f"应为至多 {most} 个表", f"it is a list of at most {most} tables")
        return found

    def _list(self, key: str) -> list[str]:
        found = self.values.get(key, [])
        if (
            not isinstance(found, list)
            or len(found) > MAX_PEOPLE
            or not all(isinstance(one, str) for one in found)
        ):
            raise self._wrong(key, "应为文字列表", "it is a list of texts")
        self.distinct(found, key)
        return found

    def people(self, key: str) -> tuple[str, ...]:
        found = self._list(key)
        if not all(_PERSON.fullmatch(one) for one in found):
            raise self._wrong(key, "人员写作 person:li.wei", "people are written person:li.wei")
        return tuple(found)

    def words(self, key: str) -> tuple[str, ...]:
        found = self._list(key)
        if not found or not all(one == ANY_PROFILE or _WORD.fullmatch(one) for one in found):
            raise self._wrong(key, "应为模板编号列表或 *", "it is a list of profiles, or *")
        return tuple(found)

    def choices(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        found = self._list(key)
        if not found or not set(found) <= set(known):
            raise self._wrong(key, f"可用：{'、'.join(known)}", f"known are {', '.join(known)}")
        return tuple(found)

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        found = self.values.get(key, default)
        if found not in known:
            raise self._wrong(key, f"可用：{'、'.join(known)}", f"known are {', '.join(known)}")
        return str(found)

    def distinct(self, values: Sequence[str], key: str) -> None:
        if len(set(values)) != len(values):
            raise self._wrong(key, "有重复", "something is there twice")
