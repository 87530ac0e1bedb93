"""A desk of smart stamps over a real authority, registry and desk of cases, and stamps whose chains a test writes itself.

Everything is in order by default; a test states the one wrong thing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import CHIP_AUTH
from hsm.algorithms import DEFAULT_ALGORITHM, Digest, DigestAlgorithm, kind_of
from hsm.suite import Suite
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.cases.desk import UseDesk
from seals.cases.physical import PhysicalUses
from seals.cases.rule_file import default_book
from seals.devices.desk import Neighbours, StampDesk
from seals.devices.dispatch import ServiceKey
from seals.devices.events import (
    Accept,
    Body,
    Boot,
    Commit,
    DeviceEvent,
    Picture,
    Reserve,
    Sensors,
    Unlocked,
    event_digest,
    sign_event,
)
from seals.devices.locks import StampLocks
from seals.devices.messages import parse_command
from seals.devices.order import Command
from seals.devices.order_book import OrderBook
from seals.devices.orders import UseSetting
from seals.devices.stamp import Bounds, OrderRecord, Receipt, Registration, Stamp
from seals.devices.wire import whole_milliseconds
from seals.registry import SealRegistry
from seals.seal import SealApplication, SealKind, SealRecord
from tests.conftest import SteppingClock
from tests.pki import CLERK, USCC, MemorySigner, World, new_key
from tests.settled import settled_world

APPLICANT = Actor("person:zhang.san", "张三", USCC)
APPROVER = Actor("person:li.si", "李四")
KEEPER = Actor("person:zhao.liu", "赵六", USCC)
FIRST = Actor("person:mou.yi", "牟一")
SECOND = Actor("person:mou.er", "牟二")
HAND = Hand(KEEPER, "test")
PRINTED = Sensors(shutter=True, impression=60_000)
UNTOUCHED = Sensors(shutter=False, impression=0)
DOCUMENT = Digest(DigestAlgorithm.SHA256, bytes(range(32)))


@dataclass
class Device:
    """The side of a stamp: its key, and a chain that grows as a test says; ``sent`` is everything it ever signed."""

    serial: str
    signer: MemorySigner
    certificate: bytes
    clock: SteppingClock
    number: int = 0
    head: str = ""
    sent: list[str] = field(default_factory=list)

    def event(self, body: Body, **changes: Any) -> str:
        """Sign the next event of the chain."""
        event = self.draft(body, **changes)
        jws = sign_event(event, self.signer, self.certificate)
        digest = event_digest(event, DEFAULT_ALGORITHM[kind_of(self.signer.public_key)].digest)
        self.number, self.head = event.number, str(digest)
        self.sent.append(jws)
        return jws

    def draft(self, body: Body, **changes: Any) -> DeviceEvent:
        parts: dict[str, Any] = {
            "device": self.serial,
            "number": self.number + 1,
            "previous": self.head,
            "at": whole_milliseconds(self.clock()),
            "body": body,
        }
        return DeviceEvent(**{**parts, **changes})

    def rewind(self, number: int, head: str) -> None:
        """Set the memory back."""
        self.number, self.head = number, head
        del self.sent[number:]


class StampWorld:
    """One seal in use, mounted by two persons in one stamp in service, which has booted."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: SteppingClock,
        folder: Path,
        *,
        bounds: Bounds | None = None,
        suite: Suite = Suite.INTERNATIONAL,
        offline_cap: int = 5,
    ) -> None:
        self.engine, self.clock = engine, clock
        self.world: World = settled_world(engine, clock, suite=suite)
        audit = self.world.audit
        book = OrderBook(clock)
        self.registry = SealRegistry(
            engine, self.world.enterprises, clock, audit, on_move=(StampLocks(book),)
        )
        self.cases = UseDesk(engine, clock, audit, default_book())
        self.offline_cap, self._folder, self._bounds = offline_cap, folder, bounds
        self.desk = self.worker(engine)
        self.keeper = self.world.enrol()
        self.another("YXS-0001")

    def worker(self, engine: sa.Engine) -> StampDesk:
        """Open a desk over ``engine``, as another worker of the service has it."""
        neighbours = Neighbours(
            self.registry, self.world.authority, PhysicalUses(self.cases.office), self._key
        )
        return StampDesk(
            engine,
            self.clock,
            self.world.audit,
            neighbours,
            pictures=self._folder / "pictures",
            bounds=self._bounds,
        )

    def another(self, serial: str) -> None:
        """Go on with another stamp that holds another seal, and has booted."""
        self.seal = self.active_seal()
        self.device = self.register(serial)
        self.mount(serial, self.seal.code)
        self.take(Boot("1.0", self.seal.code, ""))

    def _key(self) -> ServiceKey:
        maker = self.world.hierarchy.seal_maker
        chain = (maker.certificate, *self.world.authority.chain(maker.issuer))
        return ServiceKey(chain, lambda: self.world.signer(maker.key_uri))

    def active_seal(self, kind: SealKind = SealKind.LEGAL_NAME) -> SealRecord:
        applied = self.registry.apply(SealApplication(USCC, kind, KEEPER.id), actor=APPLICANT)
        return self.registry.approve(applied.code, actor=APPROVER, certificate=self.keeper.issued)

    def certified(self, serial: str) -> tuple[MemorySigner, int, bytes]:
        key = new_key(self.world.config.suite.key_kind)
        request = CertificateRequest(CHIP_AUTH.id, SubjectName(serial), key.public_key())
        issued = self.world.authority.issue(request, request_key=uuid.uuid4().hex, actor=CLERK)
        return MemorySigner(key), issued.serial, issued.der

    def register(self, serial: str, **changes: Any) -> Device:
        signer, number, der = self.certified(serial)
        wish = Registration(
            serial,
            "印控一号",
            USCC,
            number,
            operators=(KEEPER.id,),
            **{"offline_cap": self.offline_cap, **changes},
        )
        self.desk.register.register(wish, actor=FIRST)
        return Device(serial, signer, der, self.clock)

    def mount(self, serial: str, code: str) -> Stamp:
        self.desk.register.request_mount(serial, code, actor=FIRST)
        return self.desk.register.confirm_mount(serial, actor=SECOND)

    # -- orders --------------------------------------------------------------------------------------------------------

    def case(self, copies: int = 1) -> CaseRecord:
        """Open a case of physical use that the keeper may decide alone."""
        request = UseRequest(
            self.seal.code, Attachment(DOCUMENT, "合同.pdf", 10), "采购合同", Medium.PHYSICAL, copies
        )
        opened = self.cases.open(request, request_key=uuid.uuid4().hex, hand=HAND)
        return self.cases.submit(opened.id, hand=HAND)

    def order(self, copies: int = 1, **setting: Any) -> OrderRecord:
        """Order a use and let the stamp take it."""
        made = self.desk.orders.use(
            self.device.serial, self.case(copies).id, hand=HAND, setting=UseSetting(**setting)
        )
        self.obey()
        return self.desk.orders.get(made.id)

    def obey(self) -> list[Command]:
        """Sign what is queued; the stamp takes everything that waits."""
        self.desk.dispatch(actor=FIRST)
        taken = []
        for given in self.desk.pending(self.device.serial):
            command = parse_command(given.jws).command
            self.take(Accept(command.id, command.sequence))
            if command.order.kind.value == "unlock":
                self.take(Unlocked(command.id))
            taken.append(command)
        return taken

    # -- events --------------------------------------------------------------------------------------------------------

    def take(self, *bodies: Body) -> Receipt:
        """Let the stamp report these, one delivery."""
        return self.post(*[self.device.event(body) for body in bodies])

    def post(self, *texts: str, **more: Any) -> Receipt:
        return self.desk.receive(self.device.serial, list(texts), **more)

    def reserve(self, order: OrderRecord | str, left: int, **changes: Any) -> Reserve:
        parts: dict[str, Any] = {
            "reservation": uuid.uuid4().hex,
            "command": order if isinstance(order, str) else order.id,
            "operator": KEEPER.id,
            "seal": self.seal.code,
            "chip": "",
            "left": left,
        }
        return Reserve(**{**parts, **changes})

    def press(self, order: OrderRecord, left: int, picture: bytes | None = b"picture") -> Receipt:
        """One use in order: reserve, commit, picture announced."""
        reserve = self.reserve(order, left)
        bodies: list[Body] = [reserve, Commit(reserve.reservation, PRINTED, left)]
        if picture is not None:
            bodies.append(Picture(reserve.reservation, DigestAlgorithm.SHA256.digest(picture), len(picture)))
        return self.take(*bodies)

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def stamp(self) -> Stamp:
        return self.desk.register.get(self.device.serial)

    def left(self, order: OrderRecord) -> int:
        return self.desk.orders.get(order.id).left

    def alarms(self) -> list[str]:
        return [alarm.kind.value for alarm in self.desk.board.alarms()]

    def proved(self) -> None:
        """Fold the chain again: what the database keeps is what the chain proves."""
        assert self.desk.board.prove(self.device.serial).differences == ()

    def rows(self, table: sa.Table) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(sa.select(table)))

    def status(self) -> str:
        return self.registry.get(self.seal.code).status.value

    def actions(self) -> list[str]:
        with self.engine.connect() as conn:
            return [record.action for record in self.world.audit.records(conn)]

    def later(self, **step: float) -> datetime:
        self.clock.advance(timedelta(**step))
        return self.clock()
