"""Simulated stamps and a service that is nothing but the pure protocol: signed orders, signed answers, a chain to fold."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from ca.profile import CHIP_AUTH
from hsm.algorithms import Digest, DigestAlgorithm
from seals.devices.chain import ChainState, continues, fold
from seals.devices.events import SignedEvent, parse_event
from seals.devices.messages import (
    Answer,
    Command,
    GrantOrder,
    LockOrder,
    Order,
    UnlockOrder,
    UseOrder,
    sign_answer,
    sign_command,
)
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.errors import LineDown
from seals.devices.simulator.firmware import Stamp, Tricks
from seals.devices.simulator.memory import Memory, Plate, make_device, set_up
from seals.devices.wire import Fence, whole_milliseconds
from tests.conftest import SteppingClock
from tests.pki import Party, Pki
from tests.seal_world import MemorySigner

SERIAL = "YXS-0001"
SEAL = "33010600000017"
HEAD = Head(SEAL)
OPERATOR = "person:li.wei"
DIGEST = Digest(DigestAlgorithm.SHA256, bytes(range(32)))


class Service:
    """Signs orders and answers; takes events as they come and keeps those that continue the chain."""

    def __init__(self, clock: SteppingClock) -> None:
        self.clock = clock
        self.pki = Pki(clock())
        self.maker: Party = self.pki.seal_maker()
        self.sequence: dict[str, int] = {}

    @property
    def authorities(self) -> tuple[bytes, ...]:
        return (self.pki.issuing.der,)

    def certify(self, key: Any, serial: str) -> bytes:
        """Certify a chip's key: the library's builder takes the public half of a real chip only."""
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
                x509.NameAttribute(NameOID.COMMON_NAME, serial),
            ]
        )
        return self.pki.make(CHIP_AUTH, name, key=key).der

    def order(self, order: Order, *, serial: str = SERIAL, minutes: int = 60, **changes: Any) -> str:
        """Sign an order with the next sequence number, right in everything but the ``changes``."""
        self.sequence[serial] = self.sequence.get(serial, 0) + 1
        now = whole_milliseconds(self.clock())
        ends = None if order.kind.value in ("lock", "cancel") else now + timedelta(minutes=minutes)
        command = Command(
            id=changes.pop("id", uuid.uuid4().hex),
            device=serial,
            sequence=changes.pop("sequence", self.sequence[serial]),
            issued_at=now,
            expires_at=changes.pop("expires_at", ends),
            order=order,
        )
        signer: Party = changes.pop("signer", self.maker)
        assert not changes
        return sign_command(command, MemorySigner(signer.key), (signer.der,))  # type: ignore[arg-type]


def use(
    count: int = 1, *, seal: str = SEAL, case: str = "", fence: Fence | None = None, **more: Any
) -> UseOrder:
    case = case or uuid.uuid4().hex
    return UseOrder(seal, "", case, DIGEST, more.pop("title", "采购合同"), count, "", fence, DIGEST, **more)


def grant(count: int) -> GrantOrder:
    return GrantOrder(SEAL, "", count, (OPERATOR,))


LOCK, UNLOCK = LockOrder("挂失"), UnlockOrder("恢复")


@dataclass
class Rig:
    """A stamp in its folder, which can lose its power and be switched on again."""

    service: Service
    folder: Path
    serial: str = SERIAL
    cap: int = 0
    parts: Parts = field(default_factory=lambda: Parts(head=HEAD))
    tricks: Tricks = field(default_factory=Tricks)
    stamp: Stamp = field(init=False)

    def __post_init__(self) -> None:
        chip = make_device(self.folder, Plate(self.serial))
        der = self.service.certify(chip._key, self.serial)
        set_up(self.folder, der, self.service.authorities, self.cap)
        self.on()

    def on(self) -> Stamp:
        self.stamp = Stamp(Memory(self.folder), self.parts, self.service.clock, tricks=self.tricks)
        self.stamp.boot()
        return self.stamp

    def off(self) -> None:
        self.stamp.memory.close()

    def again(self) -> Stamp:
        self.off()
        return self.on()

    def events(self) -> tuple[SignedEvent, ...]:
        return tuple(parse_event(text) for text in self.stamp.memory.events_after(0, 10**6))

    def chain(self) -> ChainState:
        """Fold the stamp's own chain, as the service judges it."""
        return fold(self.events(), self.serial)


class PureLine:
    """A line to :class:`Service`: keeps events that continue the chain, hands out orders, answers; can be cut."""

    def __init__(self, service: Service, serial: str = SERIAL) -> None:
        self.service = service
        self.serial = serial
        self.up = True
        self.kept: list[SignedEvent] = []
        self.orders: list[str] = []
        self.pictures: dict[str, bytes] = {}
        self.calls = 0
        self.fails_at: set[int] = set()
        """Calls whose answer is lost after they took effect."""

    def events(self, texts: Sequence[str], nonce: str) -> str:
        for text in texts:
            one = parse_event(text)
            head = str(self.kept[-1].digest) if self.kept else ""
            if continues(one, len(self.kept), head):
                self.kept.append(one)
        return self._answer(nonce)

    def commands(self) -> Sequence[str]:
        self._pass()
        return tuple(self.orders)

    def picture(self, digest: str, data: bytes) -> None:
        assert str(DigestAlgorithm.SHA256.digest(data)) == digest
        self.pictures[digest] = data
        self._pass()

    def time(self, nonce: str) -> str:
        return self._answer(nonce)

    def _answer(self, nonce: str) -> str:
        self._pass()
        head = str(self.kept[-1].digest) if self.kept else ""
        said = Answer(self.serial, nonce, len(self.kept), head, whole_milliseconds(self.service.clock()))
        return sign_answer(said, MemorySigner(self.service.maker.key), (self.service.maker.der,))  # type: ignore[arg-type]

    def _pass(self) -> None:
        self.calls += 1
        if not self.up or self.calls in self.fails_at:
            raise LineDown


def now(rig: Rig) -> datetime:
    return rig.service.clock()
