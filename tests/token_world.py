"""Tokens, chips and seals over an authority with keys in memory: correct by default, a test states the one wrong thing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import seals.store
from ca import issuer_store
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName, spki_sha256
from ca.clock import Clock
from ca.enrolment.approval import Ballot
from ca.enrolment.request import Approver
from ca.enrolment.rule_file import default_rules
from ca.issuer import HolderStatus, Issuer
from ca.tokens.gate import TokenGate
from ca.tokens.inventory_store import Place
from ca.tokens.letters import PinLetters
from ca.tokens.pairs import PairKeys
from ca.tokens.personalise import Personalisation
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.ranges import ChipRanges
from ca.tokens.registry import TokenRegistry
from ca.tokens.request import PersonalisationRequest
from ca.tokens.requests import PersonalisationRequests
from ca.tokens.so_pin import SoPins
from ca.tokens.token import Holder, NewToken, PinPolicy, Purpose, Token
from ca.tokens.unblock import ChipTools, Unblocking
from hsm.algorithms import KeyKind
from hsm.chip import Chips
from hsm.key_uri import KeyUri
from hsm.pin_counter import PinCounter
from hsm.provider import KeyRing
from hsm.token_chip import TokenChips
from seals.binding import CertificateFacts
from seals.chips import SealChips
from seals.registry import SealRegistry
from seals.seal import SealApplication, SealKind, SealRecord
from tests.pki import COMPANY, USCC, MemoryProvider, World, new_key
from tests.settled import settled_world

ANNE = Actor("person:anne", "安宁")
BERT = Actor("person:bert", "贝特")
CARL = Actor("person:carl", "卡尔")
DORA = Actor("person:dora", "朵拉")
KEEPER = Actor("person:keeper", "保管人", USCC)

FIVE = (
    ("aic", "licence", Purpose.LICENCE),
    ("psb", "seal", Purpose.OFFICIAL_SEAL),
    ("bank", "bank", Purpose.BANK),
    ("hrss", "social", Purpose.SOCIAL_SECURITY),
    ("tax", "tax", Purpose.TAX),
)
"""The five applications of one chip: each issuer's own part, container and purpose."""


def reviewer(actor: Actor) -> Approver:
    """Return a person who may approve by the shipped rules."""
    return Approver(actor, frozenset({"ra:approve"}))


class StandInMaster:
    """The seam of SO PINs and letter keys, computed from a secret in memory."""

    def derive(self, purpose: str, *context: str) -> bytes:
        return hashlib.sha256("\0".join(("stand-in", purpose, *context)).encode()).digest()


@dataclass
class TokenWorld:
    """The doors of tokens and chips over one database."""

    pki: World
    registry: TokenRegistry
    seals: SealRegistry
    chips: SealChips
    ranges: ChipRanges
    letters: PinLetters
    requests: PersonalisationRequests
    personalisation: Personalisation
    unblocking: Unblocking
    gate: TokenGate
    readers: Mapping[str, Chips]
    medium: str
    issuers: Mapping[str, str] = field(default_factory=dict)

    @property
    def engine(self) -> sa.Engine:
        return self.pki.engine

    def new(self, serial: str = "C1", **changes: Any) -> Token:
        """Register a chip for the enterprise of the world."""
        told = {
            "serial": serial,
            "model": "集证通 A1",
            "medium": self.medium,
            "holder": Holder(USCC),
            **changes,
        }
        return self.registry.register(NewToken(**told), actor=ANNE)

    def plan(self, serial: str = "C1", parts: tuple[Any, ...] = FIVE, **changes: Any) -> PersonalisationPlan:
        """Return a plan of one container for each of ``parts``."""
        made = []
        for number, (name, container, purpose) in enumerate(parts):
            told = {"kind": KeyKind.EC_P256, "profile": "enterprise-sign", "days": 100 + number, **changes}
            issuer = self.issuers.get(name, "")
            inner = ContainerPlan(container, purpose, f"{COMPANY} {purpose.zh}", issuer=issuer, **told)
            made.append(ApplicationPlan(name, (inner,), PinPolicy(8, 3 + number)))
        return PersonalisationPlan(serial, tuple(made))

    def approved(self, plan: PersonalisationPlan) -> PersonalisationRequest:
        """Have one person ask for a plan and another one approve it."""
        asked = self.requests.ask(plan, actor=ANNE)
        return self.requests.approve(plan.serial, Ballot(asked.digest), by=reviewer(BERT))

    def personalise(self, plan: PersonalisationPlan) -> Token:
        """Ask for, approve and carry out a plan."""
        self.approved(plan)
        return self.personalisation.run(plan.serial, actor=ANNE)

    def personalised(self, serial: str = "C1", **changes: Any) -> Token:
        self.new(serial)
        return self.personalise(self.plan(serial, **changes))

    def issued(self, serial: str = "C1", **changes: Any) -> Token:
        self.personalised(serial, **changes)
        return self.registry.issue(serial, Holder(USCC, KEEPER.id, "保管人"), actor=ANNE)

    def seal(
        self, kind: SealKind = SealKind.LEGAL_NAME, *, certificate: CertificateFacts | None = None
    ) -> SealRecord:
        """Apply for a seal and approve it, bound to a certificate of the enterprise."""
        applied = self.seals.apply(SealApplication(USCC, kind, KEEPER.id), actor=KEEPER)
        bound = certificate or self.pki.enrol().issued
        return self.seals.approve(applied.code, actor=BERT, certificate=bound)

    def linked(
        self,
        serial: str = "C1",
        kind: SealKind = SealKind.LEGAL_NAME,
        *,
        certificate: CertificateFacts | None = None,
    ) -> SealRecord:
        """Link a new seal with a chip by two people."""
        made = self.seal(kind, certificate=certificate)
        self.chips.request_link(serial, made.code, actor=ANNE)
        self.chips.confirm_link(made.code, actor=BERT)
        return made

    def five_issuers(self) -> None:
        """Make an issuing CA under the root for each of the five applications."""
        authority, provider = self.pki.authority, self.pki.provider
        made = {}
        for name, _, _ in FIVE:
            uri = provider.put(KeyUri(provider.scheme, "ca", f"issuing-{name}"), new_key())
            subject = SubjectName(f"测试 {name} CA TEST", "印信测试")
            key = provider.held(uri).public_key
            request = CertificateRequest("issuing", subject, key, issuer="root")
            issued = authority.issue(request, request_key=f"issuer:{name}", actor=ANNE)
            spki = spki_sha256(key)
            new = Issuer(f"ca-{name}", HolderStatus.PLANNED, str(uri), spki, b"", "root", "issuing", 1)
            with self.engine.begin() as conn:
                issuer_store.insert_issuer(conn, new, authority.clock())
                issuer_store.activate(conn, new, issued.der)
            made[name] = new.id
        self.issuers = made

    def place(self, serial: str, number: int) -> Place:
        """Return the place of the signing key in one of the five containers."""
        return Place(serial, FIVE[number][0], FIVE[number][1])


def make_token_world(
    engine: sa.Engine,
    clock: Clock,
    folder: Path,
    *,
    chips: Mapping[str, Chips] | None = None,
    ring: KeyRing | None = None,
    master: Any = None,
    keys: PairKeys | None = None,
) -> TokenWorld:
    """Make the tables and the hierarchy; chips are in memory unless libraries and a ring with them are given."""
    pki = settled_world(engine, clock)
    seals.store.metadata.create_all(engine)
    provider = MemoryProvider("pkcs11")
    readers = chips or {"pkcs11": TokenChips(provider, PinCounter(folder, "pkcs11"))}
    ring = ring or KeyRing({"pkcs11": provider, pki.provider.scheme: pki.provider})
    pki.enterprises.register(USCC, COMPANY, actor=ANNE)
    audit = pki.audit
    registry = TokenRegistry(engine, clock, audit, pki.authority)
    deriving = master or StandInMaster()
    letters = PinLetters(engine, clock, audit, deriving)
    requests = PersonalisationRequests(engine, clock, audit, registry, default_rules())
    tools = ChipTools(readers, SoPins(deriving), letters, ring)
    seal_registry = SealRegistry(engine, pki.enterprises, clock, audit)
    return TokenWorld(
        pki=pki,
        registry=registry,
        seals=seal_registry,
        chips=SealChips(engine, clock, audit, registry, seal_registry),
        ranges=ChipRanges(engine, clock, audit),
        letters=letters,
        requests=requests,
        personalisation=Personalisation(engine, clock, audit, pki.authority, registry, requests, tools, keys),
        unblocking=Unblocking(engine, clock, audit, registry, tools),
        gate=TokenGate(engine, clock, tools),
        readers=readers,
        medium=next(iter(readers)),
    )
