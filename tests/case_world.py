"""A desk of use with an authority under it: seals of every kind, people with registered certificates, a book of rules."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

import seals.store
from ca.actor import Actor
from ca.certificate import CertificateRequest, IssuedCertificate, SubjectName
from ca.clock import Clock
from ca.enrolment.approval import Ballot
from ca.profile import PERSON_SIGN, Profile
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from seals.cases.approval_form import APPROVAL_TYPE
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.cases.desk import UseDesk, no_passing
from seals.cases.grounds import Use
from seals.cases.rule_file import default_book, read_book
from seals.cases.rules import Role, UseBook
from seals.cases.signer_store import Signer
from seals.cases.standing import STANDING_TYPE, payload_of
from seals.cases.standing_store import Grantee, Standing
from seals.cases.warrant import Warrant
from seals.jws import sign
from seals.permit import Permit, Permits
from seals.registry import SealRegistry
from seals.seal import SealApplication, SealKind, SealRecord
from tests.pki import USCC, MemorySigner, World, new_key
from tests.settled import settled_world

REQUESTER = Hand(Actor("person:sun.qi", "孙七", USCC), "key:aaaaaaaa", frozenset({"case:request"}))
ANNE = Hand(Actor("person:anne", "安"), "key:bbbbbbbb", frozenset({"case:approve"}))
BERT = Hand(Actor("person:bert", "柏"), "key:cccccccc", frozenset({"case:approve"}))
CARL = Hand(Actor("person:carl", "卡"), "key:dddddddd", frozenset({"case:approve"}))
BOSS = Hand(Actor("person:boss", "法人", USCC), "key:eeeeeeee", frozenset({"case:approve"}))
KEEPER = Actor("person:zhao.liu", "赵六", USCC)
CLERK = Hand(Actor("person:clerk", "经办人"), "cli")
SECOND = Hand(Actor("person:second", "复核人"), "cli")
OA = Actor("app:oa", "办公系统", USCC)
PIN = Pin("123456")
TOKEN = "people"


def document(text: bytes = b"a contract") -> Digest:
    return DigestAlgorithm.SHA256.digest(text)


def book(rules: str) -> UseBook:
    """Read rules that end with the one that lets a keeper seal alone."""
    return read_book(f'version = "t"\n{rules}\n[[rule]]\nid = "keeper-alone"\n'.encode())


@dataclass
class CaseWorld:
    """The parts, each reachable for a test that breaks one."""

    world: World
    registry: SealRegistry
    desk: UseDesk
    permits: Permits
    certificates: dict[str, IssuedCertificate] = field(default_factory=dict)
    counter: Any = field(default_factory=itertools.count)

    @property
    def engine(self) -> sa.Engine:
        return self.world.engine

    def seal(self, kind: SealKind = SealKind.LEGAL_NAME) -> SealRecord:
        keeper = self.world.enrol() if not self.certificates.get("seal") else None
        issued = self.certificates.setdefault("seal", keeper.issued) if keeper else self.certificates["seal"]
        person = "王法人" if kind is SealKind.LEGAL_REPRESENTATIVE else ""
        asked = SealApplication(USCC, kind, KEEPER.id, person=person)
        code = self.registry.apply(asked, actor=REQUESTER.actor).code
        return self.registry.approve(code, actor=SECOND.actor, certificate=issued)

    def certify(self, hand: Hand, profile: Profile = PERSON_SIGN, *, days: int = 365) -> IssuedCertificate:
        """Make a person's key in the service's store and certify it."""
        provider, number = self.world.provider, next(self.counter)
        if TOKEN not in provider.tokens():
            provider.create_token(TOKEN, Pin("12345678"), PIN)
        key = new_key()
        provider.put(KeyUri(provider.scheme, TOKEN, f"{hand.actor.id}-{number}"), key)
        request = CertificateRequest(
            profile.id, SubjectName(hand.actor.name or "x"), key.public_key(), timedelta(days=days)
        )
        return self.world.authority.issue(request, request_key=f"person:{number}", actor=CLERK.actor)

    def enlist(self, hand: Hand, role: Role = Role.APPROVER, *, kept: bool = True) -> Signer:
        """Certify a person, register the certificate and confirm it as a second one."""
        issued = self.certify(hand)
        self.certificates[hand.actor.person] = issued
        uri = str(self._uri(hand)) if kept else ""
        register = self.desk.signers
        asked = register.register(issued.der, hand.actor, role, key_uri=uri, hand=CLERK)
        return register.confirm(asked.certificate_sha256, hand=SECOND)

    def _uri(self, hand: Hand) -> KeyUri:
        keys = self.world.provider.keys(TOKEN)
        return [one.uri for one in keys if one.uri.object.startswith(f"{hand.actor.id}-")][-1]

    def signer(self, hand: Hand) -> MemorySigner:
        return self.world.signer(str(self._uri(hand)))

    def request(self, seal: SealRecord, **changes: Any) -> UseRequest:
        given: dict[str, Any] = {
            "seal_code": seal.code,
            "document": Attachment(document(), "合同.pdf", 10),
            "title": "设备采购合同",
        }
        return UseRequest(**(given | changes))

    def opened(self, seal: SealRecord, *, by: Hand = REQUESTER, **changes: Any) -> CaseRecord:
        key = f"k{next(self.counter)}"
        return self.desk.open(self.request(seal, **changes), request_key=key, hand=by)

    def submitted(self, seal: SealRecord, **changes: Any) -> CaseRecord:
        return self.desk.submit(self.opened(seal, **changes).id, hand=changes.get("by", REQUESTER))

    def approve(self, case: CaseRecord, hand: Hand, **ballot: Any) -> CaseRecord:
        """Approve with the key kept here."""
        given = Ballot(**({"digest": case.content} | ballot))
        return self.desk.approve_with_key(case.id, given, hand=hand, pin=PIN)

    def signed(self, case: CaseRecord, hand: Hand, **ballot: Any) -> str:
        """Sign elsewhere what the desk offers."""
        given = Ballot(**({"digest": case.content} | ballot))
        payload = self.desk.payload(case.id, given, hand=hand)
        return self.sign(payload.members, hand, APPROVAL_TYPE)

    def sign(self, members: dict[str, Any], hand: Hand, typ: str) -> str:
        issued = self.certificates[hand.actor.person]
        chain = (issued.der, *self.world.authority.chain(issued.issuer)[:-1])
        return sign(members, typ=typ, signer=self.signer(hand), chain=chain)

    def approved(self, seal: SealRecord, *hands: Hand, **changes: Any) -> CaseRecord:
        case = self.submitted(seal, **changes)
        for hand in hands:
            case = self.approve(case, hand)
        return case

    def standing(self, seal: SealRecord, **changes: Any) -> Standing:
        """Return an effective authorisation signed by the representative."""
        one = self.desk.standing.request(
            self.grantee(seal, **changes), request_key=f"s{next(self.counter)}", hand=REQUESTER
        )
        return self.desk.standing.sign(one.id, self.sign(payload_of(one), BOSS, STANDING_TYPE), hand=BOSS)

    def grantee(self, seal: SealRecord, **changes: Any) -> Grantee:
        now = self.world.clock()
        given: dict[str, Any] = {
            "app": OA,
            "seal_code": seal.code,
            "classes": ("receipt",),
            "quota": 3,
            "per_day": 0,
            "begins": now,
            "ends": now + timedelta(days=365),
        }
        return Grantee(**(given | changes))

    def warrant(self, seal: SealRecord, actor: Actor = KEEPER, **use: Any) -> Warrant:
        given: dict[str, Any] = {"document": document()} | use
        return self.desk.warrant(Use(seal.code, hand=Hand(actor, "key:ffffffff"), **given))

    def granted(self, seal: SealRecord, actor: Actor = KEEPER, **use: Any) -> Permit:
        warrant = self.warrant(seal, actor, **use)
        with self.engine.begin() as conn:
            return self.permits.grant(
                conn, seal.code, document=warrant.document, actor=actor, warrant=warrant, purpose="合同.pdf"
            )

    def use(self, seal: SealRecord, actor: Actor = KEEPER, **use: Any) -> Permit:
        """Take a permit all the way."""
        permit = self.granted(seal, actor, **use)
        with self.engine.begin() as conn:
            self.permits.consume(conn, permit)
        with self.engine.begin() as conn:
            result = DigestAlgorithm.SHA256.digest(permit.id.encode())
            self.permits.complete(conn, permit.id, actor=actor, result=result)
        return permit

    def release(self, permit: Permit) -> None:
        with self.engine.begin() as conn:
            self.permits.release(conn, permit.id, actor=permit.actor, outcome="nothing")

    def actions(self, subject: str = "") -> list[str]:
        with self.engine.connect() as conn:
            self.world.audit.verify(conn)
            return [
                one.action for one in self.world.audit.every(conn) if not subject or one.subject == subject
            ]


def make_case_world(
    engine: sa.Engine, clock: Clock, rules: UseBook | None = None, passing: Any = no_passing
) -> CaseWorld:
    """Perform the ceremony, make the tables, open the desk."""
    seals.store.metadata.create_all(engine)
    world = settled_world(engine, clock)
    registry = SealRegistry(engine, world.enterprises, clock, world.audit)
    desk = UseDesk(engine, clock, world.audit, rules or default_book(), keys=world.keys, passing=passing)
    return CaseWorld(world, registry, desk, Permits(registry, desk.uses, clock, world.audit))


def physical(**changes: Any) -> dict[str, Any]:
    return {"medium": Medium.PHYSICAL, **changes}


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
