"""Three installations: A trusts only its own root; a bridge; B, whose enterprise sealed. Every certificate is issued for real.

    bridged = make_bridge(clock); leaf = bridged.leaf(); bridged.judge(leaf)

A → bridge and bridge → B are cross certificates, ordered and confirmed at each one's own desk. A's word for the level is
:data:`A_LEVEL`, the bridge's :data:`BRIDGE_LEVEL`, B's the policy of its enterprises' certificates.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography import x509
from sqlalchemy.pool import StaticPool

from ca.ceremony_plan import CeremonyPlan
from ca.certificate import CertificateRequest, SubjectName
from ca.clock import Clock
from ca.config import CaConfig
from ca.cross.desk import CrossDesk
from ca.cross.store import CrossRecord
from ca.custody_policy import policy_oid
from ca.profile import ENTERPRISE_SEAL
from ca.status.crl import CrlPublisher
from hsm.algorithms import KeyKind
from hsm.signer import Custody
from tests.pki import CLERK, OFFICER, SECOND, Party, World, make_uscc, make_world, new_key
from verify.certificates.identity import describe
from verify.certificates.paths import PathFinder
from verify.certificates.policies import ANY_TERMS, PathTerms
from verify.certificates.purpose import check_document_signer
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge, Judged
from verify.policy import Policy
from verify.report import SignerReport
from verify.trust import TrustStore

A_LEVEL = "1.3.6.1.4.1.55555.1.1"
BRIDGE_LEVEL = "1.3.6.1.4.1.55555.2.1"
B_LEVEL = policy_oid(Custody.SOFT)
COMPANY_OF_B = "江南示例科技有限公司"
STRANGER = "域外示例科技有限公司"

A_TO_BRIDGE = f"""
path_length = 2
policies = ["{A_LEVEL}"]
permitted = ["dn:/C=CN"]
[[map]]
ours = "{A_LEVEL}"
theirs = "{BRIDGE_LEVEL}"
"""
BRIDGE_TO_B = f"""
path_length = 1
policies = ["{BRIDGE_LEVEL}"]
permitted = ["dn:/C=CN/O=乙机构 TEST", "dn:/C=CN/O={COMPANY_OF_B}"]
[[map]]
ours = "{BRIDGE_LEVEL}"
theirs = "{B_LEVEL}"
"""


def installation(clock: Clock, name: str, prefix: int) -> World:
    """Set up one installation with a database of its own."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    plan = CeremonyPlan(
        "ca",
        "file",
        organization=f"{name} TEST",
        root_name=f"{name} TEST Root CA",
        issuing_name=f"{name} TEST Issuing CA",
        root_key=KeyKind.EC_P256,
    )
    config = CaConfig(f"http://{prefix}.example.test", instance_prefix=prefix)
    return make_world(engine, clock, plan=plan, config=config)


def cross(world: World, terms: str, certificate: bytes) -> CrossRecord:
    """Propose and confirm at the desk of one installation, by two people who have the fingerprint."""
    desk = CrossDesk(world.authority, secrets.token_bytes)
    fingerprint = hashlib.sha256(certificate).hexdigest()
    proposed = desk.propose(terms.encode(), certificate, fingerprint, actor=CLERK)
    return desk.confirm(proposed.id, fingerprint.upper(), actor=SECOND)


@dataclass
class Bridged:
    """Three installations and the two cross certificates between them."""

    a: World
    bridge: World
    b: World
    to_bridge: CrossRecord
    to_b: CrossRecord
    codes: list[str] = field(
        default_factory=lambda: [make_uscc(f"91310000MA1FL{number:04d}") for number in range(1, 9)]
    )

    def leaf(self, company: str = COMPANY_OF_B, custody: Custody | None = Custody.SOFT) -> x509.Certificate:
        """Issue a sealing certificate in B."""
        return self.keeper(company, custody).certificate

    def keeper(self, company: str = COMPANY_OF_B, custody: Custody | None = Custody.SOFT) -> Party:
        """Issue one with its key; its chain is what B's documents bring along."""
        uscc = self.codes.pop()
        self.b.enterprises.register(uscc, company, actor=CLERK)
        key = new_key(KeyKind.EC_P256)
        asked = CertificateRequest(
            ENTERPRISE_SEAL.id, SubjectName(company, company, uscc), key.public_key(), custody=custody
        )
        issued = self.b.authority.issue(asked, request_key=f"leaf-{uscc}", actor=CLERK)
        return Party(key, issued.certificate, self.b.authority.chain("issuing")[:-1])

    @property
    def between(self) -> list[x509.Certificate]:
        """The certificates between a leaf of B and A's root."""
        crossing = [x509.load_der_x509_certificate(one.certificate) for one in (self.to_bridge, self.to_b)]
        return [self.b.issuing, *crossing]

    def lists(self) -> list[bytes]:
        """Publish and return the revocation lists of the three installations."""
        found = []
        for world in (self.a, self.bridge, self.b):
            crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
            found += [crls.publish(scope.issuer, actor=OFFICER).der for scope in crls.scopes()]
        return found

    def judge(self, leaf: x509.Certificate, terms: PathTerms = ANY_TERMS) -> Judged:
        """Judge a leaf of B as A does: its own root the only anchor, every list at hand, as of now."""
        paths = PathFinder(TrustStore([self.a.root], self.between), terms)
        evidence = Evidence(paths)
        evidence.add(self.lists(), [], embedded=False)
        judge = CertificateJudge(paths, evidence, Policy())
        return judge.judge(leaf, (), self.a.clock(), check_document_signer)

    def report(self, leaf: x509.Certificate) -> SignerReport:
        """Return what A's report says of the signer."""
        return describe(leaf, self.judge(leaf).chain)


def make_bridge(clock: Clock, *, to_bridge: str = A_TO_BRIDGE, to_b: str = BRIDGE_TO_B) -> Bridged:
    """Set up the three, and certify across."""
    a, bridge, b = (
        installation(clock, name, prefix) for name, prefix in (("甲机构", 1), ("桥", 2), ("乙机构", 3))
    )
    return Bridged(
        a,
        bridge,
        b,
        cross(a, to_bridge, bridge.hierarchy.root.certificate),
        cross(bridge, to_b, b.hierarchy.root.certificate),
    )
