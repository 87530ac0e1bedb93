"""A stamp as the register holds it, its orders, uses, alarms and the receipt for what it sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.actor import Actor
from hsm.algorithms import Digest
from seals.devices.alarms import AlarmKind
from seals.devices.chain import Press, Tally
from seals.devices.order import OrderKind
from seals.devices.state import OrderStatus, PictureStatus, StampStatus, UseStatus
from seals.devices.wire import Fence, Position


@dataclass(frozen=True, slots=True)
class StampCertificate:
    """The certificate of the key in a stamp's chip, as it stands on the register."""

    issuer: str
    serial: int
    der: bytes
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """A stamp to put on the register: ``certificate_serial`` is of a ``chip-auth`` certificate that names ``serial``.

    ``offline_cap`` is the most uses that one offline grant may give (0: none). ``operators`` are the ids that the stamp
    has enrolled.
    """

    serial: str
    model: str
    uscc: str
    certificate_serial: int
    operators: tuple[str, ...] = ()
    fence: Fence | None = None
    offline_cap: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp: what people did to it, and what its chain proves.

    ``seal`` (14 digits) and ``chip`` (serial number of the chip in the seal's body) are mounted, or ``wanted_…`` by
    ``asked_by`` and waiting for a second person. ``sequence`` is that of the last order made, ``obeyed`` of the last that
    the stamp took or refused. ``number`` and ``head`` are the end of its chain, ``pressed`` the press without outcome.
    """

    serial: str
    model: str
    uscc: str
    status: StampStatus
    moves: int
    certificate: StampCertificate
    seal: str
    chip: str
    wanted_seal: str
    wanted_chip: str
    asked_by: str
    fence: Fence | None
    offline_cap: int
    sequence: int
    number: int
    head: str
    obeyed: int
    locked: bool
    pressed: Press | None
    pressed_number: int
    pressed_at: datetime | None
    told_at: datetime | None
    seen_at: datetime | None
    gap_since: datetime | None
    battery: int
    firmware: str
    registered_at: datetime
    registered_by: str
    operators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order as the register holds it; ``payload`` is what is signed, ``jws`` the signed octets (empty before)."""

    id: str
    stamp: str
    sequence: int
    kind: OrderKind
    status: OrderStatus
    seal: str
    chip: str
    case: str
    title: str
    count: int
    operators: tuple[str, ...]
    fence: Fence | None
    issued_at: datetime
    expires_at: datetime | None
    asked_by: str
    reason: str
    payload: str
    jws: str
    remade: str
    tally: Tally

    @property
    def left(self) -> int:
        """What the chain leaves of it."""
        return self.count - self.tally.taken


@dataclass(frozen=True, slots=True)
class UseRecord:
    """One press of the button; ``number`` is that of its event. Times of the stamp, except ``received_at``."""

    stamp: str
    number: int
    reservation: str
    order: str
    case: str
    seal: str
    operator: str
    status: UseStatus
    pressed_at: datetime
    received_at: datetime
    settled_at: datetime | None
    fault: str
    where: Position | None
    picture: PictureStatus
    picture_digest: Digest | None
    picture_size: int
    picture_due: datetime

    def picture_late(self, now: datetime) -> bool:
        """Tell whether its picture should be here by now."""
        return self.status.counts and self.picture is not PictureStatus.HERE and now > self.picture_due


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on record; ``seal_stop`` is empty, ``due`` or ``done``."""

    id: int
    stamp: str
    kind: AlarmKind
    number: int
    raised_at: datetime
    detail: str
    seal: str
    seal_stop: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: the chain ends at ``number`` with ``head``; the next event wanted is ``number + 1``.

    ``stored`` events were new, ``repeated`` were here already; ``alarms`` were raised by this delivery.
    """

    stamp: str
    number: int
    head: str
    stored: int
    repeated: int
    alarms: tuple[AlarmKind, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order ready for the stamp, in the row of its orders."""

    id: str
    stamp: str
    sequence: int
    kind: OrderKind
    jws: str


@dataclass(frozen=True, slots=True)
class GrantWish:
    """An offline allowance that somebody asks for: how many uses, by whom, until when, and why."""

    count: int
    operators: tuple[str, ...]
    expires_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What settings decide for every stamp.

    ``clock``: how far a stamp's clock may be out. ``gap``: how long events may be missing before the stamp is stopped (a
    transport may reorder deliveries). ``press``: how long a press may have no outcome. ``picture``: when a missing picture
    turns red. ``battery``: per cent below which it is low. ``grant_cap`` and ``grant_life`` bound every offline grant
    (0: none), whatever a stamp's own cap says. ``order_life``: how long an order is good that no case bounds.
    """

    clock: timedelta = timedelta(minutes=2)
    gap: timedelta = timedelta(minutes=2)
    press: timedelta = timedelta(minutes=10)
    picture: timedelta = timedelta(hours=24)
    battery: int = 15
    grant_cap: int = 20
    grant_life: timedelta = timedelta(hours=72)
    order_life: timedelta = timedelta(days=30)


SYSTEM = Actor("system:stamps", "智能印章 / smart stamps")
"""Who stops a seal when a stamp reports what must not be."""
