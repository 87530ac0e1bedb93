"""A sealing office with three enterprises, each with a keeper and an active seal, and a desk of rounds over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ca.actor import Actor
from ca.clock import Clock
from seals.cases.case import Hand
from seals.seal import SealApplication, SealKind, SealRecord
from signing.level import Level
from signing.parties.desk import PartyRounds
from signing.parties.office import RoundOffice
from signing.parties.round import PartyWish, Round, RoundWish
from signing.parties.sealing import PartyChoice, SealedRound
from signing.service import SealingService
from tests.interop.sealing_world import blank_pdf
from tests.pki import CLERK, USCC
from tests.unit.signing.office import APPROVER, KEEPER, Office, make_office

BETA, GAMMA = "91330106MA2CYNNY1L", "91330106MA2CYNN22T"
FIRST = Hand(KEEPER, "key:aaaaaaaa")
SECOND = Hand(Actor("person:qian", "钱", BETA), "key:bbbbbbbb")
THIRD = Hand(Actor("person:sun", "孙", GAMMA), "key:cccccccc")
BOSS = Hand(Actor("person:boss", "发起人", USCC), "key:dddddddd")
STRANGER = Hand(Actor("person:stranger", "外人", "91330106MA2CYINXXX"), "key:eeeeeeee")
HANDS = (FIRST, SECOND, THIRD)


@dataclass
class PartyWorld:
    """The parts, each reachable for a test that breaks one."""

    office: Office
    seals: tuple[SealRecord, ...]
    rounds: PartyRounds

    @property
    def clock(self) -> Any:
        return self.office.clock

    def desk(self, service: SealingService | None = None, engine: sa.Engine | None = None) -> PartyRounds:
        """Return another desk: with a service of its own, or over another engine."""
        office = self.rounds.office
        mine = RoundOffice(engine or office.engine, office.clock, office.audit, office.archive)
        return PartyRounds(mine, service or self.office.service)

    def wish(
        self, places: tuple[str, ...] = ("1:20,200", "1:80,200", "1:140,200"), **changes: Any
    ) -> RoundWish:
        codes = (USCC, BETA, GAMMA)
        groups = changes.pop("groups", (1, 2, 3))
        parties = tuple(
            PartyWish(codes[n % 3], role, where=place, group=groups[n])
            for n, (role, place) in enumerate(zip(("甲方", "乙方", "丙方"), places, strict=False))
        )
        given = {"title": "三方合作协议", "parties": parties, "deadline": self.clock() + timedelta(days=10)}
        return RoundWish(**(given | changes))

    def open(self, document: bytes | None = None, key: str = "r-1", **changes: Any) -> Round:
        octets = blank_pdf(2) if document is None else document
        return self.rounds.open(octets, "协议.pdf", self.wish(**changes), request_key=key, hand=BOSS)

    def choice(self, number: int, **changes: Any) -> PartyChoice:
        given = {"seal_code": self.seals[number - 1].code, "level": Level.B_B}
        return PartyChoice(**(given | changes))

    def seal(self, found: Round, number: int, desk: PartyRounds | None = None, **changes: Any) -> SealedRound:
        choice = self.choice(number, **changes)
        return (desk or self.rounds).sealing.seal(found.id, number, choice, hand=HANDS[number - 1])


def make_party_world(engine: sa.Engine, clock: Clock, folder: Path, reference: Any) -> PartyWorld:
    office = make_office(engine, clock, folder, reference)
    seals = [office.seal]
    for uscc, name, hand in ((BETA, "宁波乙方测试有限公司", SECOND), (GAMMA, "温州丙方测试有限公司", THIRD)):
        keeper = office.world.enrol(name, uscc)
        applied = office.registry.apply(
            SealApplication(uscc, SealKind.LEGAL_NAME, hand.actor.id),
            actor=Actor(f"person:{uscc}", "办", uscc),
        )
        seal = office.registry.approve(applied.code, actor=APPROVER, certificate=keeper.issued)
        assert seal.electronic.certificate is not None
        office.ledger.bind_key(seal.electronic.certificate.sha256, str(keeper.key_uri), actor=CLERK)
        seals.append(seal)
    rounds = PartyRounds(RoundOffice(engine, clock, office.world.audit, office.archive), office.service)
    return PartyWorld(office, tuple(seals), rounds)
