"""A founded key centre over a real token, its custodians, holders with tokens of their own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cache

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import ca.store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.keycentre import delivery
from ca.keycentre.case import Case, UserRecovery
from ca.keycentre.centre import KeyCentre
from ca.keycentre.house import CentreRules
from ca.keycentre.key import KeyRequest
from ca.keycentre.opening import Opening, open_into_token
from ca.keycentre.recovery import Ballot
from ca.keycentre.roster import Custodian, RosterPlan, ballot
from hsm.algorithms import KeyKind, PublicKey
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import ReceivingToken, Recipient
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from tests.conftest import SO_PIN, USER_PIN, SteppingClock

OFFICER = Actor("person:he.ping", "何平")
REQUESTER = Actor("person:wu.gang", "吴刚")
NAMES = ("person:k1", "person:k2", "person:k3", "person:k4")
EVIDENCE = "ab" * 32


@cache
def custodian_key(name: str) -> ec.EllipticCurvePrivateKey:
    """Return the voting key of a custodian: the same through the session."""
    del name
    return ec.generate_private_key(ec.SECP256R1())


def plan(names: tuple[str, ...] = NAMES, user: int = 2, judicial: int = 3) -> RosterPlan:
    people = tuple(Custodian(name, name, custodian_key(name).public_key()) for name in names)
    return RosterPlan(people, user, judicial)


def cast(case: Case, name: str, word: str = "approve", document: str | None = None) -> Ballot:
    """Sign a vote as the custodian would, with a tool of their own."""
    octets = ballot(word, case.document if document is None else document)
    signature = custodian_key(name).sign(octets, ec.ECDSA(hashes.SHA256()))
    return Ballot(case.id, case.document_sha256, word, signature)


@dataclass
class Holder:
    """A token with a signing key in it."""

    provider: CryptokiProvider
    token: str
    sign: KeyUri
    public_key: PublicKey

    @property
    def receiver(self) -> ReceivingToken:
        return ReceivingToken(self.provider, self.token)


@dataclass
class KeyCentreWorld:
    engine: sa.Engine
    clock: SteppingClock
    provider: CryptokiProvider
    audit: AuditTrail
    centre: KeyCentre
    token: str
    holders: list[Holder] = field(default_factory=list)

    def holder(self, kind: KeyKind = KeyKind.SM2, token: str | None = None) -> Holder:
        label = token or new_token(self.provider)
        uri = self.provider.generate(KeyUri("pkcs11", label, uuid.uuid4().hex), kind)
        key = next(each for each in self.provider.keys(label) if each.uri.id == uri.id)
        made = Holder(self.provider, label, uri, key.public_key)
        self.holders.append(made)
        return made

    def delivered(self, holder: Holder, name: str = "") -> tuple[str, bytes]:
        """Give a holder an encryption key; return its id and the delivery."""
        request = KeyRequest(
            name or uuid.uuid4().hex, holder.public_key, holder="李伟", uscc="91330106MA2CYINX3E"
        )
        grant = self.centre.grant(request, actor=OFFICER)
        return delivery.parse(grant.envelope).key_id, grant.envelope

    def open(
        self, holder: Holder, octets: bytes, recipient: Recipient | None = None, *, name: str = "enc"
    ) -> KeyUri:
        to = recipient or Recipient(holder.public_key)
        into = KeyUri("pkcs11", holder.token, f"{name} {uuid.uuid4().hex[:8]}")
        return open_into_token(
            octets, Opening(holder.receiver, to, holder.sign, into), centre=self.centre.public_key
        )

    def user_case(self, key_id: str, new: Holder) -> Case:
        order = UserRecovery(key_id, "丢失 / lost token", EVIDENCE, new.public_key)
        return self.centre.recover_request(order, actor=REQUESTER)

    def approve(self, case: Case, *names: str) -> Case:
        for name in names:
            case = self.centre.vote(cast(case, name), actor=Actor(name))
        return case

    def actions(self) -> list[str]:
        with self.engine.connect() as conn:
            self.audit.verify(conn)
            return [record.action for record in self.audit.every(conn)]


def new_token(provider: CryptokiProvider) -> str:
    label = f"t{uuid.uuid4().hex[:20]}"
    provider.create_token(label, SO_PIN, USER_PIN)
    return label


def make_key_centre(
    engine: sa.Engine,
    clock: SteppingClock,
    provider: CryptokiProvider,
    *,
    token: str | None = None,
    rules: CentreRules | None = None,
) -> KeyCentreWorld:
    """Make the tables, found the centre with four custodians, two of them for a holder, three for an authority."""
    ca.store.metadata.create_all(engine)
    label, audit = token or new_token(provider), AuditTrail(clock)
    centre = KeyCentre(engine, KeyRing({provider.scheme: provider}), clock, audit, rules or CentreRules())
    if not centre.founded:
        centre.found(KeyUri(provider.scheme, label, "key-centre"), KeyKind.SM2, plan(), actor=OFFICER)
    return KeyCentreWorld(engine, clock, provider, audit, centre, label)
