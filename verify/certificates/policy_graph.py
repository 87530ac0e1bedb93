"""Certificate policies along a path: RFC 5280 §6.1.2-§6.1.5 with the graph of RFC 9618 §5 in place of the tree. Pure.

The tree of RFC 5280 doubles at each certificate that maps two policies onto two (CVE-2023-0464 and its like): thirty
small certificates fill a machine. In the graph a level has one node for each policy, so its size is that of the
extensions that were read. Qualifiers are not carried: nothing here decides by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cryptography import x509

from ca import der
from verify.certificates.extensions import extensions_of
from verify.certificates.names import is_self_issued
from verify.certificates.policies import ANY_POLICY, PathTerms

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)
POLICY_MAPPINGS: Final = x509.ObjectIdentifier("2.5.29.33")
MAX_POLICIES: Final = 512
"""Policies, or mappings, of one certificate; the largest bridges map some dozens."""


class PolicyBroken(Exception):
    """No policy that was demanded is valid along the path, or an extension about policies is malformed."""


@dataclass(slots=True)
class _Node:
    """One valid policy at one depth: what the next certificate may call it, and which nodes above it rests on."""

    expected: set[str]
    parents: set[str]


_Level = dict[str, _Node]


@dataclass(slots=True)
class PolicyGraph:
    """The state of §6.1.2 (a), (d)-(f) over a path of ``length`` certificates, the anchor not counted."""

    terms: PathTerms
    length: int
    levels: list[_Level] | None = field(default_factory=lambda: [{ANY_POLICY: _Node({ANY_POLICY}, set())}])
    explicit: int = 0
    inhibit_any: int = 0
    mapping: int = 0

    def __post_init__(self) -> None:
        """§6.1.2 (d)-(f)."""
        never = self.length + 1
        self.explicit = 0 if self.terms.require_policy else never
        self.inhibit_any = 0 if self.terms.inhibit_any else never
        self.mapping = 0 if self.terms.inhibit_mapping else never

    def constrain(self, certificate: x509.Certificate) -> None:
        """§6.1.4 (i), (j): what one certificate demands of those below it; also asked of the anchor (RFC 5937 §3.2)."""
        constraints = _extension(certificate, x509.PolicyConstraints)
        if constraints is not None:
            self.explicit = _least(self.explicit, constraints.require_explicit_policy)
            self.mapping = _least(self.mapping, constraints.inhibit_policy_mapping)
        inhibit = _extension(certificate, x509.InhibitAnyPolicy)
        if inhibit is not None:
            self.inhibit_any = _least(self.inhibit_any, inhibit.skip_certs)

    def take(self, certificate: x509.Certificate, *, self_issued: bool, last: bool) -> None:
        """§6.1.3 (d)-(f): the policies of the next certificate."""
        found = _extension(certificate, x509.CertificatePolicies)
        if found is None:
            self.levels = None
        elif self.levels is not None:
            named = [policy.policy_identifier.dotted_string for policy in found]
            _limit(len(named))
            self._grow(named, any_counts=self.inhibit_any > 0 or (self_issued and not last))
        if self.explicit == 0 and self.levels is None:
            raise PolicyBroken("no policy is valid where one is demanded")

    def _grow(self, named: list[str], *, any_counts: bool) -> None:
        """§6.1.3 (d) (1)-(3), RFC 9618 §5.4: one node for each policy, with every node above that expects it."""
        levels = self.levels or []
        above, level = levels[-1], _Level()
        expected: dict[str, set[str]] = {}
        for policy, node in above.items():
            for wanted in node.expected:
                expected.setdefault(wanted, set()).add(policy)
        for policy in named:
            if policy == ANY_POLICY:
                continue
            parents = expected.get(policy) or ({ANY_POLICY} if ANY_POLICY in above else set())
            if parents:
                level[policy] = _Node({policy}, set(parents))
        if ANY_POLICY in named and any_counts:
            for policy, parents in expected.items():
                if policy not in level:
                    level[policy] = _Node({policy}, set(parents))
        levels.append(level)
        self._prune()

    def map(self, certificate: x509.Certificate) -> None:
        """§6.1.4 (a), (b): what an issuer calls a policy of its own in the domain below it; then :meth:`constrain`."""
        mappings = policy_mappings(certificate)
        if self.levels is None:
            return
        level = self.levels[-1]
        above_any = len(self.levels) > 1 and ANY_POLICY in self.levels[-2]
        for own, theirs in mappings.items():
            if self.mapping == 0:
                level.pop(own, None)
            elif own in level:
                level[own].expected = set(theirs)
            elif ANY_POLICY in level and above_any:
                level[own] = _Node(set(theirs), {ANY_POLICY})
        if mappings and self.mapping == 0:
            self._prune()

    def step(self, *, self_issued: bool) -> None:
        """§6.1.4 (h): one certificate less to go, unless an issuer only issued to itself."""
        if not self_issued:
            self._count_down()

    def _count_down(self) -> None:
        self.explicit = max(0, self.explicit - 1)
        self.mapping = max(0, self.mapping - 1)
        self.inhibit_any = max(0, self.inhibit_any - 1)

    def finish(self, leaf: x509.Certificate) -> frozenset[str]:
        """§6.1.5 (a), (b), (g): the policies valid for the path in the words of the anchor; raises :class:`PolicyBroken`."""
        self.explicit = max(0, self.explicit - 1)
        constraints = _extension(leaf, x509.PolicyConstraints)
        if constraints is not None and constraints.require_explicit_policy == 0:
            self.explicit = 0
        policies = self._at_the_anchors_words()
        if self.terms.acceptable:
            granted = policies & self.terms.acceptable
            policies = self.terms.acceptable if ANY_POLICY in policies else granted
        if self.explicit == 0 and not policies:
            raise PolicyBroken("no policy is valid where one is demanded")
        return frozenset(policies)

    def _at_the_anchors_words(self) -> frozenset[str]:
        """RFC 9618 §5.6: the nodes that rest on anyPolicy alone; what lies below each is what it was mapped to."""
        if self.levels is None:
            return frozenset()
        found = {
            policy
            for level in self.levels[1:]
            for policy, node in level.items()
            if policy != ANY_POLICY and node.parents == {ANY_POLICY}
        }
        return frozenset(found | ({ANY_POLICY} & self.levels[-1].keys()))

    def _prune(self) -> None:
        """§6.1.3 (d) (3): nodes with nothing below them go, level by level; without a first node there is no graph."""
        levels = self.levels or []
        for depth in range(len(levels) - 2, -1, -1):
            used = {parent for node in levels[depth + 1].values() for parent in node.parents}
            levels[depth] = {policy: node for policy, node in levels[depth].items() if policy in used}
        if not levels[0]:
            self.levels = None


def policy_mappings(certificate: x509.Certificate) -> dict[str, set[str]]:
    """Return what each policy of the issuer's is called below it (§4.2.1.5); §6.1.4 (a): never anyPolicy."""
    found: dict[str, set[str]] = {}
    for extension in extensions_of(certificate):
        if extension.oid != POLICY_MAPPINGS:
            continue
        for own, theirs in _pairs(extension.value.public_bytes()):
            found.setdefault(own, set()).add(theirs)
    if ANY_POLICY in found or any(ANY_POLICY in theirs for theirs in found.values()):
        raise PolicyBroken("anyPolicy is mapped")
    return found


def _pairs(value: bytes) -> Iterable[tuple[str, str]]:
    outer = der.Reader(value)
    inner, pairs = outer.enter(der.SEQUENCE), []
    outer.finish()
    while inner.more:
        one = inner.enter(der.SEQUENCE)
        pairs.append((one.oid(), one.oid()))
        one.finish()
        _limit(len(pairs))
    if not pairs:
        raise PolicyBroken("the policy mappings are empty")
    return pairs


def _limit(count: int) -> None:
    if count > MAX_POLICIES:
        raise PolicyBroken(f"a certificate has more than {MAX_POLICIES} policies or mappings")


def _least(now: int, asked: int | None) -> int:
    return now if asked is None else min(now, asked)


def _extension(certificate: x509.Certificate, kind: type[ExtensionT]) -> ExtensionT | None:
    try:
        return extensions_of(certificate).get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def valid_policies(chain: tuple[x509.Certificate, ...], terms: PathTerms) -> frozenset[str]:
    """Walk a chain (leaf first, anchor last) and return its valid policies; raises :class:`PolicyBroken`."""
    path = chain[-2::-1]
    graph = PolicyGraph(terms, len(path))
    graph.constrain(chain[-1])
    for position, certificate in enumerate(path):
        last = position == len(path) - 1
        self_issued = is_self_issued(certificate)
        graph.take(certificate, self_issued=self_issued, last=last)
        if last:
            return graph.finish(certificate)
        graph.map(certificate)
        graph.step(self_issued=self_issued)
        graph.constrain(certificate)
    return frozenset()
