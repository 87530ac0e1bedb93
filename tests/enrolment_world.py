"""An enrolment desk over the test world: people, evidence, requests that are right unless a test says otherwise."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import ca.enrolment.store
from ca.actor import Actor
from ca.certificate import SubjectName
from ca.clock import Clock
from ca.enrolment.approval import Ballot
from ca.enrolment.desk import Enrolment
from ca.enrolment.drill import PublishedStatus
from ca.enrolment.evidence_files import AUTHORISATION, BUSINESS_LICENCE, EvidenceFiles
from ca.enrolment.ports import EncryptionGrant
from ca.enrolment.request import Application, Approver, EnrolmentRecord, EvidenceRef
from ca.enrolment.rule_file import default_rules, read_rules
from ca.enrolment.rules import RuleBook
from ca.errors import RequestKeyReused
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from hsm.algorithms import PublicKey
from hsm.public_keys import spki
from tests.pki import COMPANY, USCC, World, make_world, new_key
from tests.settled import settled_world

RA = "ra:approve"
REQUESTER = Actor("person:zhang.min", "张敏", USCC)
CHECKER = Approver(Actor("person:wu.gang", "吴刚"), frozenset({RA}))
FIRST = Approver(Actor("person:chen.jing", "陈静"), frozenset({RA}))
SECOND = Approver(Actor("person:qian.yu", "钱宇"), frozenset({RA}))
THIRD = Approver(Actor("person:zhou.hao", "周浩"), frozenset({RA}))
SUBJECT = SubjectName(f"{COMPANY} 李伟", COMPANY, USCC)

TWO_OF_PARALLEL = b"""
version = "test-2"
[[rule]]
id = "two"
matters = ["new", "rekey", "renew", "suspend", "resume", "revoke", "bulk-renew", "mass-revoke"]
profiles = ["*"]
order = "parallel"
same_key = true
[[rule.stage]]
id = "officers"
needed = 2
scope = "ra:approve"
"""


class Centre:
    """A key centre in memory: one key for one enrolment, counted."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[PublicKey, bytes]] = {}
        self.given: dict[str, bytes] = {}

    def apply(self, enrolment_id: str, sign_public_key: PublicKey) -> EncryptionGrant:
        if self.given.setdefault(enrolment_id, spki(sign_public_key)) != spki(sign_public_key):
            raise RequestKeyReused(enrolment_id)
        if enrolment_id not in self.made:
            sealed = b"sealed for " + spki(sign_public_key)[-8:]
            self.made[enrolment_id] = (new_key().public_key(), sealed)
        key, envelope = self.made[enrolment_id]
        return EncryptionGrant(key, envelope)


def make_csr(key: ec.EllipticCurvePrivateKey | None = None, name: str = COMPANY) -> bytes:
    """Return a PKCS#10 request in PEM."""
    made = key or new_key()
    assert isinstance(made, ec.EllipticCurvePrivateKey)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(made, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


@dataclass
class Office:
    """A desk with its world."""

    world: World
    desk: Enrolment
    evidence: EvidenceFiles
    centre: Centre

    @property
    def engine(self) -> sa.Engine:
        return self.world.engine

    def papers(self) -> tuple[EvidenceRef, ...]:
        return (
            self.evidence.put(b"%PDF licence", BUSINESS_LICENCE, "营业执照.pdf"),
            self.evidence.put(b"%PDF authorisation", AUTHORISATION, "授权书.pdf"),
        )

    def application(self, **changes: Any) -> Application:
        given = {"profile": "enterprise-seal", "subject": SUBJECT, **changes}
        if "evidence" not in given:
            given["evidence"] = self.papers()
        if "csr" not in given and "public_key" not in given:
            given["csr"] = make_csr()
        return Application(**given)

    def draft(self, request_key: str = "", **changes: Any) -> EnrolmentRecord:
        key = request_key or secrets.token_hex(8)
        return self.desk.request(self.application(**changes), request_key=key, actor=REQUESTER)

    def submitted(self, **changes: Any) -> EnrolmentRecord:
        return self.desk.submit(self.draft(**changes).id, actor=REQUESTER)

    def checked(self, **changes: Any) -> EnrolmentRecord:
        record = self.submitted(**changes)
        for item in record.rule.checklist:
            record = self.desk.check(record.id, item.id, found=True, by=CHECKER)
        return record

    def approve(self, record: EnrolmentRecord, *people: Approver) -> EnrolmentRecord:
        for one in people:
            record = self.desk.approve(record.id, Ballot(record.digest), by=one)
        return record

    def approved(self, **changes: Any) -> EnrolmentRecord:
        record = self.checked(**changes)
        return self.approve(record, *(FIRST, SECOND)[: record.rule.needed])

    def issued(self, **changes: Any) -> EnrolmentRecord:
        return self.desk.issue(self.approved(**changes).id, actor=FIRST.actor)


def make_office(
    engine: sa.Engine, clock: Clock, folder: Path, rules: RuleBook | bytes | None = None, **world_parts: Any
) -> Office:
    """Make the tables, perform the ceremony, register the company and open the desk."""
    assert ca.enrolment.store.enrolment.metadata is not None
    usual = world_parts.keys() <= {"provider", "suite"}
    world = (settled_world if usual else make_world)(engine, clock, **world_parts)
    world.enterprises.register(USCC, COMPANY, actor=REQUESTER)
    return reopen(world, folder, rules)


def reopen(world: World, folder: Path, rules: RuleBook | bytes | None = None) -> Office:
    """Open a desk over a world that is there, as a new process would."""
    book = read_rules(rules) if isinstance(rules, bytes) else rules or default_rules()
    evidence, centre = EvidenceFiles(folder / "evidence"), Centre()
    responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
    crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    desk = Enrolment(
        world.engine,
        world.authority,
        world.clock,
        world.audit,
        book,
        evidence=evidence,
        encryption_keys=centre,
        status=PublishedStatus(responder, crls),
    )
    return Office(world, desk, evidence, centre)


def renamed(subject: SubjectName, **changes: str) -> SubjectName:
    """Return a subject with parts changed."""
    return replace(subject, **changes)
