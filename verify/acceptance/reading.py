"""Reading a department's policy from TOML: every key is known, every word has its form, nothing is guessed. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, time
from typing import Any, Final

from ca.rule_place import Place, read_toml
from verify.acceptance.errors import DepartmentPolicyInvalid
from verify.acceptance.policy import (
    COUNTED,
    DECREE,
    LEVELS,
    LISTED,
    TRUTHS,
    AcceptedList,
    Act,
    Assurance,
    Condition,
    Demands,
    DepartmentPolicy,
    Equivalence,
)
from verify.acceptance.rule_ids import RuleId
from verify.certificates.policies import LEVEL_OF_POLICY, AssuranceLevel
from verify.sentence import Reason
from verify.trusted_lists.decision import BY_DECREE
from verify.trusted_lists.model import ServiceKind

SCHEMA: Final = 1
"""The form of the file; another number is a form that this reader does not know."""
MAX_LISTS: Final = 100
"""Lists that one department accepts: every member state and province, and some."""
MAX_ACTS: Final = 200
"""Acts of one department: the longest public catalogues of one counter have under a hundred."""
MAX_EQUIVALENCES: Final = 100
MAX_CONDITIONS: Final = 20
MAX_ASSURANCES: Final = 10
MAX_DAYS: Final = 36_600
"""A hundred years: no office asks for older papers."""
MAX_HOURS: Final = 24 * 366
MAX_RSA: Final = 16_384
CUSTODIES: Final = ("token", "device", "sealed", "soft", "remote")
CONTAINERS: Final = ("cms", "gbt35275", "ses")
KEYS: Final = ("SM2", "RSA", "P-256", "P-384", "P-521", "Ed25519", "Ed448")
DIGESTS: Final = ("SM3", "SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512")
OWN_ASSURANCES: Final = tuple(
    Assurance(level.value, tuple(oid for oid, found in LEVEL_OF_POLICY.items() if found is level))
    for level in sorted(AssuranceLevel, key=lambda one: -one.rank)
)
"""What counts where a policy names no levels of its own: those of the policies that our own certificates carry."""
_SEAL_KIND: Final = re.compile(r"[0-9A-Za-z._-]{1,16}")
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,31}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_TOP: Final = {
    "schema", "id", "version", "zh", "en", "aliases", "since", "until", "demand", "list", "assurance", "act",
    "equivalence", "condition", "cites",
}  # fmt: skip
_DEMAND: Final = {
    *LISTED,
    *TRUTHS,
    "level",
    "ofd_level",
    "assurance",
    "rsa_bits",
    "age_days",
    "evidence_hours",
}


def read_policy(octets: bytes, *, example: bool = False) -> DepartmentPolicy:
    """Read a policy file; :class:`DepartmentPolicyInvalid` names the place and says what is wrong there."""
    top = read_toml(octets, DepartmentPolicyInvalid)
    top.only(_TOP)
    if top.number("schema", 0, SCHEMA, 0) != SCHEMA:
        raise top.wrong(f"schema 应为 {SCHEMA}", f"schema is {SCHEMA}")
    assurances = _assurances(top)
    names = tuple(one.name for one in assurances)
    policy = DepartmentPolicy(
        id=top.word("id"),
        zh=top.text("zh"),
        en=top.text("en"),
        version=top.text("version"),
        sha256=hashlib.sha256(octets).hexdigest(),
        demands=_demands(top, "demand", names),
        lists=_lists(top),
        acts=_acts(top, names),
        assurances=assurances,
        equivalences=_equivalences(top, names),
        conditions=_conditions(top, names),
        cites=_cites(top),
        aliases=top.texts("aliases") if "aliases" in top.values else (),
        **_span(top),
        example=example,
    )
    if not policy.lists and not policy.equivalences:
        raise DepartmentPolicyInvalid(
            "list",
            "至少认可一个信任列表，否则什么都不能接受",
            "at least one list is accepted, or nothing ever is",
        )
    return policy


def _assurances(top: Place) -> tuple[Assurance, ...]:
    found = []
    for number, one in enumerate(top.tables("assurance", most=MAX_ASSURANCES), 1):
        place = top.inside(f"assurance {number}", one)
        place.only({"name", "policies"})
        found.append(Assurance(place.word("name"), _formed(place, "policies", _OID, "OID")))
    top.distinct([one.name for one in found], "assurance")
    return tuple(found) or OWN_ASSURANCES


def _lists(top: Place) -> tuple[AcceptedList, ...]:
    found = []
    for number, one in enumerate(top.tables("list", most=MAX_LISTS), 1):
        place = top.inside(f"list {number}", one)
        place.only({"scheme", "kinds", "seal_kinds", "services", "since", "until"})
        found.append(
            AcceptedList(
                scheme=_scheme(place),
                kinds=place.choices("kinds", list(COUNTED)) if "kinds" in one else COUNTED,
                seal_kinds=_formed(place, "seal_kinds", _SEAL_KIND, "01") if "seal_kinds" in one else None,
                services=_formed(place, "services", _SHA256, "SHA-256") if "services" in one else None,
                **_span(place),
            )
        )
    return tuple(found)


def _scheme(place: Place) -> str:
    name = place.text("scheme")
    if name != DECREE and name.strip().casefold() == DECREE:
        raise place.wrong(f"scheme 应写作 {DECREE}（小写）", f"scheme is written {DECREE}, in small letters")
    return BY_DECREE if name == DECREE else name


def _equivalences(top: Place, assurances: tuple[str, ...]) -> tuple[Equivalence, ...]:
    found = []
    for number, one in enumerate(top.tables("equivalence", most=MAX_EQUIVALENCES), 1):
        place = top.inside(f"equivalence {number}", one)
        place.only({"id", "scheme", "kind", "seal_kinds", "policies", "assurance", "since", "until"})
        found.append(
            Equivalence(
                id=place.word("id"),
                scheme=_scheme(place),
                kind=place.choice("kind", [kind.value for kind in ServiceKind], ServiceKind.CA.value),
                seal_kinds=_pairs(place),
                policies=_formed(place, "policies", _OID, "OID") if "policies" in one else (),
                assurance=place.choice("assurance", ["", *assurances], ""),
                **_span(place, needed=True),
            )
        )
        if found[-1].assurance and not found[-1].policies:
            raise place.wrong(
                "写明 assurance 时须列出 policies（哪些境外证书策略等同）",
                "an assurance names the foreign policies that stand for it",
            )
    top.distinct([one.id for one in found], "equivalence")
    return tuple(found)


def _pairs(place: Place) -> tuple[tuple[str, str], ...]:
    found = place.table("seal_kinds")
    fits = len(found) <= 100 and all(
        isinstance(own, str) and _SEAL_KIND.fullmatch(own) and _SEAL_KIND.fullmatch(foreign)
        for foreign, own in found.items()
    )
    if not fits:
        raise place.wrong('seal_kinds 应为 {境外代码 = "本地代码"}', 'seal_kinds is {foreign = "own"}')
    return tuple((foreign, str(own)) for foreign, own in found.items())


def _acts(top: Place, assurances: tuple[str, ...]) -> tuple[Act, ...]:
    found = []
    for number, one in enumerate(top.tables("act", most=MAX_ACTS), 1):
        place = top.inside(f"act {number}", one)
        place.only({"id", "zh", "en", "demand", "condition"})
        demands, conditions = _demands(place, "demand", assurances), _conditions(place, assurances)
        found.append(Act(place.word("id"), place.text("zh"), place.text("en"), demands, conditions))
    if not found:
        raise DepartmentPolicyInvalid("act", "至少需要一个事项", "at least one act is needed")
    top.distinct([name for one in found for name in sorted({one.id, one.zh, one.en})], "act")
    return tuple(found)


def _conditions(place: Place, assurances: tuple[str, ...]) -> tuple[Condition, ...]:
    found = []
    for number, one in enumerate(place.tables("condition", most=MAX_CONDITIONS), 1):
        inner = place.inside(f"{place.name}, condition {number}", one)
        inner.only({"id", "zh", "en", "unless"})
        words = Reason(inner.text("zh"), inner.text("en"))
        found.append(Condition(inner.word("id"), words, _demands(inner, "unless", assurances)))
    place.distinct([one.id for one in found], "condition")
    return tuple(found)


def _demands(outer: Place, key: str, assurances: tuple[str, ...]) -> Demands:
    place = outer.inside(f"{outer.name}, {key}", outer.table(key))
    place.only(_DEMAND)
    values: dict[str, Any] = {name: place.truth(name) for name in TRUTHS}
    values |= {name: _listed(place, name) for name in LISTED}
    for name in ("level", "ofd_level"):
        values[name] = place.choice(name, ["", *LEVELS], "")
    values["assurance"] = place.choice("assurance", ["", *assurances], "")
    values["rsa_bits"] = place.number("rsa_bits", 0, MAX_RSA, 0)
    values["age_days"] = place.number("age_days", 0, MAX_DAYS, 0)
    values["evidence_hours"] = place.number("evidence_hours", 0, MAX_HOURS, 0)
    return Demands(**values)


def _listed(place: Place, name: str) -> tuple[str, ...] | None:
    if name not in place.values:
        return None
    if name == "seal_kinds":
        return _formed(place, name, _SEAL_KIND, "01")
    if name == "policies":
        return _formed(place, name, _OID, "OID")
    known = {"containers": CONTAINERS, "custody": CUSTODIES, "keys": KEYS, "digests": DIGESTS}[name]
    return place.choices(name, known)


def _formed(place: Place, key: str, form: re.Pattern[str], example: str) -> tuple[str, ...]:
    found = place.texts(key)
    if not all(form.fullmatch(one) for one in found):
        raise place.wrong(
            f"{key} 中有不合格式的值（应如 {example}）", f"{key} holds something that is no {example}"
        )
    return found


def _cites(top: Place) -> tuple[tuple[str, str], ...]:
    place = top.inside("cites", top.table("cites"))
    place.only({rule.value.partition("-")[0] for rule in RuleId})
    return tuple((key, place.text(key)) for key in sorted(place.values))


def _day(place: Place, key: str, *, end: bool = False) -> datetime | None:
    """Read a day; a first day begins at midnight UTC, a last one (``end``) ends with its last second."""
    found = place.values.get(key)
    if found is None:
        return None
    if type(found) is not date:
        raise place.wrong(f"{key} 应为日期，如 2026-10-01", f"{key} is a date such as 2026-10-01")
    return datetime.combine(found, time(23, 59, 59) if end else time(), UTC)


def _span(place: Place, *, needed: bool = False) -> dict[str, datetime | None]:
    """Read the first and the last day; the last is not before the first."""
    since, until = _day(place, "since"), _day(place, "until", end=True)
    if needed and since is None:
        raise place.wrong(
            "缺少 since（等同自何日起）", "since is missing: from which day the equivalence holds"
        )
    if since is not None and until is not None and until < since:
        raise place.wrong("until 早于 since，永不生效", "until lies before since: it would never count")
    return {"since": since, "until": until}
