"""Policies along a path: the graph of RFC 9618 stays small, whatever is mapped; and what must not slip past it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from cryptography import x509

from ca import der
from ca.profile import ISSUING
from tests.conftest import SteppingClock
from tests.pki import Party, Pki
from verify.certificates.paths import check_lasting
from verify.certificates.policies import ANY_POLICY, PathTerms
from verify.certificates.policy_graph import MAX_POLICIES, PolicyBroken, PolicyGraph, valid_policies
from verify.errors import Finding

P1, P2, P3 = "1.3.6.1.4.1.55555.1", "1.3.6.1.4.1.55555.2", "1.3.6.1.4.1.55555.3"
MAPPINGS = x509.ObjectIdentifier("2.5.29.33")
Extra = tuple[x509.ExtensionType, bool]


def policies(*oids: str) -> Extra:
    listed = [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]
    return (x509.CertificatePolicies(listed), False)


def mappings(*pairs: tuple[str, str]) -> Extra:
    value = der.sequence(*(der.sequence(der.oid(own), der.oid(theirs)) for own, theirs in pairs))
    return (x509.UnrecognizedExtension(MAPPINGS, value), True)


@dataclass
class Line:
    """A line of authorities, from an anchor down, each with its own extensions."""

    pki: Pki
    parties: list[Party] = field(default_factory=list)

    def add(self, *extra: Extra, name: str = "") -> Line:
        above = self.parties[-1] if self.parties else self.pki.root
        subject = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, name or f"CA {len(self.parties)} TEST")]
        )
        made = self.pki.make(ISSUING, subject, issuer=above, path_length=None, extra=list(extra))
        self.parties.append(made)
        return self

    def end(self, *extra: Extra) -> tuple[x509.Certificate, ...]:
        leaf = self.pki.party(issuer=self.parties[-1] if self.parties else self.pki.root, extra=list(extra))
        return (
            leaf.certificate,
            *(one.certificate for one in reversed(self.parties)),
            self.pki.root.certificate,
        )


@pytest.fixture
def line(clock: SteppingClock) -> Line:
    return Line(Pki(clock()))


def test_mappings_that_double_a_tree_at_each_certificate_stay_a_graph(line: Line) -> None:
    """CVE-2023-0464: thirty authorities that map two policies onto two would make 2^30 nodes of a tree."""
    both = mappings((P1, P1), (P1, P2), (P2, P1), (P2, P2))
    for _ in range(30):
        line.add(policies(P1, P2), both)
    chain = line.end(policies(P1, P2))
    assert valid_policies(chain, PathTerms(require_policy=True)) == {P1, P2}
    graph = PolicyGraph(PathTerms(), 31)
    for certificate in chain[-2:0:-1]:
        graph.take(certificate, self_issued=False, last=False)
        graph.map(certificate)
    assert graph.levels is not None
    assert max(len(level) for level in graph.levels) == 2


def test_more_policies_than_anybody_has_are_refused(line: Line) -> None:
    many = [f"1.3.6.1.4.1.55555.9.{number}" for number in range(MAX_POLICIES + 1)]
    chain = line.add(policies(*many)).end(policies(P1))
    with pytest.raises(PolicyBroken, match="more than"):
        valid_policies(chain, PathTerms())
    crowded = Line(line.pki).add(policies(P1), mappings(*((P1, oid) for oid in many))).end(policies(P1))
    with pytest.raises(PolicyBroken, match="more than"):
        valid_policies(crowded, PathTerms())


@pytest.mark.parametrize(
    "pairs", [((ANY_POLICY, P1),), ((P1, ANY_POLICY),), ()], ids=["from any", "to any", "none at all"]
)
def test_any_policy_is_not_mapped(line: Line, pairs: tuple[tuple[str, str], ...]) -> None:
    """§6.1.4 (a): mapped from anyPolicy, whatever the other domain says would count."""
    chain = line.add(policies(P1, ANY_POLICY), mappings(*pairs)).end(policies(P2))
    with pytest.raises(PolicyBroken):
        valid_policies(chain, PathTerms())


def test_a_mapping_of_a_policy_that_was_not_granted_gives_nothing(line: Line) -> None:
    """An authority with a low level maps the high one of its issuer's onto its own word."""
    chain = line.add(policies(P1)).add(policies(P1), mappings((P2, P3))).end(policies(P3))
    assert valid_policies(chain, PathTerms()) == frozenset()
    with pytest.raises(PolicyBroken):
        valid_policies(chain, PathTerms(require_policy=True))


def test_policies_are_in_the_words_of_the_anchor(line: Line) -> None:
    chain = line.add(policies(P1), mappings((P1, P2))).add(policies(P2), mappings((P2, P3))).end(policies(P3))
    assert valid_policies(chain, PathTerms()) == {P1}
    assert valid_policies(chain, PathTerms(frozenset({P1}), require_policy=True)) == {P1}
    for foreign in (P2, P3):
        with pytest.raises(PolicyBroken):
            valid_policies(chain, PathTerms(frozenset({foreign}), require_policy=True))


def test_an_anchor_restricts_those_below_it_too(clock: SteppingClock) -> None:
    """RFC 5937 §3.2: what an anchor's own certificate demands is demanded, though its decree is not proved."""
    pki = Pki(clock())
    pki.root = pki.make("root", pki.root.certificate.subject, extra=[(x509.PolicyConstraints(0, None), True)])
    chain = Line(pki).add(policies(P1)).end()
    with pytest.raises(Finding) as refused:
        check_lasting(chain)
    assert "策略" in refused.value.reason.zh
    assert check_lasting(Line(pki).add(policies(P1)).end(policies(P1))) == (P1,)


def test_a_self_issued_authority_may_say_any_policy_where_it_is_inhibited(line: Line) -> None:
    """§6.1.3 (d) (2): a key roll-over keeps the policies; a leaf that says anyPolicy itself does not."""
    line.add(policies(P1), (x509.InhibitAnyPolicy(0), True), name="Rolling TEST")
    line.add(policies(ANY_POLICY), name="Rolling TEST")
    assert valid_policies(line.end(policies(P1)), PathTerms(require_policy=True)) == {P1}
    with pytest.raises(PolicyBroken):
        valid_policies(line.end(policies(ANY_POLICY)), PathTerms(require_policy=True))
