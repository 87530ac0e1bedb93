"""What certificate policies say: at which terms a path is judged, and which level of assurance a policy stands for. Pure.

A policy (RFC 5280 §4.2.1.4) is a number; what it promises is a table of whoever relies on it. Ours begins with the
policies that our own certificates carry, those of the key's custody; a department adds the numbers of its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ca.custody_policy import ANY_POLICY, POLICY_OF_CUSTODY
from ca.words import Word
from hsm.signer import Custody

__all__ = ["ANY_POLICY", "ANY_TERMS", "LEVEL_OF_POLICY", "AssuranceLevel", "PathTerms", "level_of"]


class AssuranceLevel(Word):
    """How much a certificate promises, weakest first."""

    BASIC = "basic", "基本"
    SUBSTANTIAL = "substantial", "较高"
    HIGH = "high", "高"

    @property
    def rank(self) -> int:
        """Return its place, 1 for the weakest: levels are compared by it."""
        return tuple(AssuranceLevel).index(self) + 1


LEVEL_OF_POLICY: Final[Mapping[str, AssuranceLevel]] = MappingProxyType(
    {
        POLICY_OF_CUSTODY[Custody.TOKEN]: AssuranceLevel.HIGH,
        POLICY_OF_CUSTODY[Custody.DEVICE]: AssuranceLevel.HIGH,
        POLICY_OF_CUSTODY[Custody.SEALED]: AssuranceLevel.SUBSTANTIAL,
        POLICY_OF_CUSTODY[Custody.REMOTE]: AssuranceLevel.SUBSTANTIAL,
        POLICY_OF_CUSTODY[Custody.SOFT]: AssuranceLevel.BASIC,
    }
)
"""The level of each policy that our own certificates carry; anyPolicy is none: it promises nothing by name."""


def level_of(
    policies: Iterable[str], levels: Mapping[str, AssuranceLevel] = LEVEL_OF_POLICY
) -> AssuranceLevel | None:
    """Return the highest level among policies that were valid for a path; ``None``: none of them has a level."""
    found = [levels[policy] for policy in policies if policy in levels]
    return max(found, key=lambda level: level.rank, default=None)


@dataclass(frozen=True, slots=True)
class PathTerms:
    """What is asked of a path before its first certificate is read (RFC 5280 §6.1.1 (c), (e)-(g)).

    ``acceptable``: the policies wanted, dotted, in the words of the anchor's domain; empty stands for any.
    """

    acceptable: frozenset[str] = frozenset()
    require_policy: bool = False
    """A path without a valid policy is refused."""
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    max_length: int | None = None
    """Most authorities between the leaf and its anchor, those that issued to themselves not counted (§6.1.2 (k))."""


ANY_TERMS: Final = PathTerms()
"""Nothing is asked: a path without policies holds, and its policies are reported."""
