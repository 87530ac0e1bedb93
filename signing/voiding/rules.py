"""Who has to agree to a voiding: a rule read from TOML, kept with every voiding as canonical JSON. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from ca.audit import canonical_json
from ca.rule_place import read_toml
from signing.voiding.errors import VoidRuleInvalid

MAX_PEOPLE: Final = 5
"""Most persons of one enterprise: a board's quorum is asked for elsewhere, by a case."""


class Agreeing(StrEnum):
    """Which enterprises."""

    ALL = "all"
    ASKER = "asker"


@dataclass(frozen=True, slots=True)
class VoidRule:
    """``people`` different persons of each enterprise that ``parties`` takes in."""

    version: str
    parties: Agreeing
    people: int

    @property
    def text(self) -> str:
        """Canonical JSON, as it is kept."""
        return canonical_json({"parties": self.parties.value, "people": self.people, "version": self.version})

    @property
    def sha256(self) -> str:
        """Digest of the rule, lower-case hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @classmethod
    def of(cls, text: str) -> VoidRule:
        """Read a kept rule."""
        found = json.loads(text)
        return cls(found["version"], Agreeing(found["parties"]), found["people"])


@cache
def default_rule() -> VoidRule:
    """Return the shipped rule."""
    return read_rule(files("signing.voiding").joinpath("default_rules.toml").read_bytes())


def read_rule(octets: bytes) -> VoidRule:
    """Read a file of rules; :class:`VoidRuleInvalid` names the place and says what is wrong there."""
    top = read_toml(octets, VoidRuleInvalid)
    top.only({"version", "voiding"})
    place = top.inside("voiding", top.table("voiding"))
    place.only({"parties", "people"})
    parties = place.choice("parties", [one.value for one in Agreeing], Agreeing.ALL.value)
    return VoidRule(top.text("version"), Agreeing(parties), place.number("people", 2, MAX_PEOPLE, 2))
