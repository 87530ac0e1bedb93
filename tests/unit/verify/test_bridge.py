"""Recognition through a bridge: A — bridge — B (D1, RFC 5280 §6.1), and what must not cross it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from ca.certificate import RevocationReason
from hsm.signer import Custody
from tests.bridge_world import (
    A_LEVEL,
    A_TO_BRIDGE,
    B_LEVEL,
    BRIDGE_LEVEL,
    BRIDGE_TO_B,
    COMPANY_OF_B,
    STRANGER,
    Bridged,
    cross,
    make_bridge,
)
from tests.conftest import SteppingClock
from tests.pki import OFFICER
from tests.verify_world import Signing
from verify.certificates.identity import custody, describe
from verify.certificates.paths import PathFinder
from verify.certificates.policies import AssuranceLevel, PathTerms, level_of
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict


def finding(bridged: Bridged, leaf: x509.Certificate, terms: PathTerms | None = None) -> SubIndication:
    found = bridged.judge(leaf, terms or PathTerms()).finding
    assert found is not None
    return found.sub


@pytest.fixture
def bridged(clock: SteppingClock) -> Bridged:
    return make_bridge(clock)


def test_a_seal_of_b_is_accepted_in_a_with_the_level_in_as_words(bridged: Bridged) -> None:
    leaf = bridged.leaf()
    judged = bridged.judge(leaf)
    assert judged.finding is None
    names = [x509.Name.rfc4514_string(one.subject).split(",")[0] for one in judged.chain[1:]]
    assert names == [
        "CN=乙机构 TEST Issuing CA",
        "CN=乙机构 TEST Root CA",
        "CN=桥 TEST Root CA",
        "CN=甲机构 TEST Root CA",
    ]
    report = describe(leaf, judged.chain)
    assert report.policies == (A_LEVEL,)
    assert report.to_json()["policies"] == [A_LEVEL]
    table = {A_LEVEL: AssuranceLevel.SUBSTANTIAL}
    assert level_of(report.policies, table) is AssuranceLevel.SUBSTANTIAL
    assert (
        level_of(report.policies, {B_LEVEL: AssuranceLevel.HIGH, BRIDGE_LEVEL: AssuranceLevel.HIGH}) is None
    )


def test_a_document_sealed_in_b_passes_in_a_and_fails_in_c(clock: SteppingClock) -> None:
    """D1: B's own document, the whole verifier, A's trust; a department that trusts neither gives no green word."""
    bridged = make_bridge(clock)
    signing = Signing(clock())
    document = signing.sign(keeper=bridged.keeper())
    crossing = [x509.load_der_x509_certificate(one.certificate) for one in (bridged.to_bridge, bridged.to_b)]
    trust = TrustStore([bridged.a.root], crossing, bridged.lists())
    report = signing.verify(document, trust=trust)
    assert report.verdict is Verdict.PASSED, report.reason.en
    (found,) = report.signatures
    assert found.signer is not None
    assert (found.signer.policies, found.custody) == ((A_LEVEL,), "")
    elsewhere = TrustStore([signing.pki.root.certificate], crossing, bridged.lists())
    assert signing.verify(document, trust=elsewhere).verdict is Verdict.INDETERMINATE


def test_what_b_says_of_the_custody_of_its_keys_does_not_cross(bridged: Bridged) -> None:
    """B's own policies were never granted in A's words: A's report does not repeat them under A's trust."""
    leaf = bridged.leaf()
    assert custody(bridged.judge(leaf).chain) == ""
    assert custody((leaf, bridged.b.issuing, bridged.b.root)) == Custody.SOFT.value, "in B it counts"


def test_a_name_beyond_the_permitted_is_refused(bridged: Bridged) -> None:
    leaf = bridged.leaf(STRANGER)
    assert finding(bridged, leaf) is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
    assert bridged.report(leaf).policies == ()


def test_a_leaf_under_another_policy_is_refused(bridged: Bridged) -> None:
    """The bridge mapped one policy of B's; a certificate under another, or under none, has no word of A's."""
    for kept in (Custody.TOKEN, None):
        assert finding(bridged, bridged.leaf(COMPANY_OF_B, kept)) is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_where_mapping_is_inhibited_nothing_is_recognised(clock: SteppingClock) -> None:
    """A maps onto the bridge's words and allows no mapping further down."""
    bridged = make_bridge(clock, to_bridge=f"inhibit_policy_mapping = 0\n{A_TO_BRIDGE}")
    assert finding(bridged, bridged.leaf()) is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_the_verifier_can_inhibit_mapping_and_ask_for_a_policy_itself(bridged: Bridged) -> None:
    leaf = bridged.leaf()
    assert bridged.judge(leaf, PathTerms(frozenset({A_LEVEL}), require_policy=True)).finding is None
    other = PathTerms(frozenset({"1.3.6.1.4.1.55555.1.9"}), require_policy=True)
    assert finding(bridged, leaf, other) is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert finding(bridged, leaf, PathTerms(inhibit_mapping=True)) is SubIndication.CHAIN_CONSTRAINTS_FAILURE


@pytest.mark.parametrize("which", ["a", "bridge"])
def test_I11_after_a_cross_certificate_is_revoked_nothing_is_recognised(
    bridged: Bridged, clock: SteppingClock, which: str
) -> None:
    leaf = bridged.leaf()
    world, record = {"a": (bridged.a, bridged.to_bridge), "bridge": (bridged.bridge, bridged.to_b)}[which]
    serial = x509.load_der_x509_certificate(record.certificate).serial_number
    clock.advance(timedelta(hours=1))
    world.authority.revoke(serial, RevocationReason.CESSATION_OF_OPERATION, actor=OFFICER)
    assert finding(bridged, leaf) is SubIndication.REVOKED_CA_NO_POE


def test_a_bridge_that_may_be_deep_enough_for_one_is_not_for_two(clock: SteppingClock) -> None:
    """I10: B's root stands where one authority may stand below the bridge; its issuing CA is one more."""
    bridged = make_bridge(clock, to_bridge=A_TO_BRIDGE.replace("path_length = 2", "path_length = 1"))
    assert finding(bridged, bridged.leaf()) is SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE


def test_without_the_bridges_certificate_b_is_unknown(bridged: Bridged) -> None:
    leaf = bridged.leaf()
    bridged.to_b = bridged.to_bridge
    assert finding(bridged, leaf) is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_circles_of_cross_certificates_end_in_the_one_path(bridged: Bridged) -> None:
    """B certifies the bridge and the bridge certifies A: a search that only followed names would run for ever."""
    records = [
        cross(bridged.b, A_TO_BRIDGE, bridged.bridge.hierarchy.root.certificate),
        cross(bridged.bridge, A_TO_BRIDGE, bridged.a.hierarchy.root.certificate),
    ]
    circles = [x509.load_der_x509_certificate(one.certificate) for one in records]
    paths = PathFinder(TrustStore([bridged.a.root], [*circles, *bridged.between]))
    assert [len(chain) for chain in paths.candidates(bridged.leaf(), ())] == [5]


def test_the_terms_stand_in_the_certificate(bridged: Bridged) -> None:
    made = x509.load_der_x509_certificate(bridged.to_b.certificate)
    said = {one.oid.dotted_string: one.critical for one in made.extensions}
    assert said == {
        "2.5.29.19": True,
        "2.5.29.15": True,
        "2.5.29.14": False,
        "2.5.29.35": False,
        "2.5.29.31": False,
        "1.3.6.1.5.5.7.1.1": False,
        "2.5.29.32": False,
        "2.5.29.33": True,
        "2.5.29.30": True,
        "2.5.29.36": True,
        "2.5.29.54": True,
    }
    assert made.subject.public_bytes() == bridged.b.root.subject.public_bytes()
    own = bridged.b.root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert made.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == own
    assert BRIDGE_TO_B.count(BRIDGE_LEVEL) == 2
