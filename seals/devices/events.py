"""What a stamp reports: events, each signed by the stamp's chip and chained by digest to the one before. Pure.

An event is a compact JWS (:mod:`seals.jws`, the stamp's certificate alone in ``x5c``). Its digest is that of the domain
line and the canonical payload, by the digest algorithm of the signature (SHA-256 with ES256, SM3 with SM2SM3): signing
the same event twice gives two signatures and one digest, so a repeated event is known as the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.signer import Signer
from seals.devices.errors import MessageInvalid
from seals.devices.messages import Refusal, read
from seals.devices.order import MAX_COUNT
from seals.devices.trust import device_signed
from seals.devices.wire import MAX_ID, Members, Position, canonical, position_members, time_text
from seals.jws import SignedJson, sign

EVENT_TYPE: Final = "yinxin-stamp-event+jws"
DOMAIN: Final = b"yinxin-stamp-event-v1\n"
GENESIS: Final = ""
"""What the first event names as its predecessor."""
MAX_EVENT_SIZE: Final = 8 * 1024
"""Longest event read, in octets: ours have 2 KiB, of which the certificate is most."""
MAX_BATCH: Final = 200
"""Most events in one delivery: a stamp that was offline for a day sends several."""
MAX_PICTURE: Final = 8 * 1024 * 1024
"""Largest picture announced or taken, in octets: a JPEG of five million pixels has under 4 MiB."""
MAX_IMPRESSION: Final = 1_000_000
"""Greatest reading of the impression sensor, in millinewtons: a hundred kilograms."""
LEAST_IMPRESSION: Final = 5_000
"""Least reading that proves that the head met paper, in millinewtons: half a kilogram, under what prints legibly."""
_DIGESTS: Final = {"SM2SM3": DigestAlgorithm.SM3, "ES384": DigestAlgorithm.SHA384}


class EventKind(StrEnum):
    """What a stamp reports."""

    BOOT = "boot"
    LOGIN = "login"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RESERVE = "reserve"
    COMMIT = "commit"
    ABORT = "abort"
    PICTURE = "picture"
    LOCK = "lock"
    UNLOCK = "unlock"
    TAMPER = "tamper"
    BATTERY = "battery"
    CLOCK = "clock"


class Fault(StrEnum):
    """Why a press came to nothing."""

    SHUTTER_JAMMED = "shutter_jammed"
    NO_IMPRESSION = "no_impression"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    MOTOR = "motor"
    LOW_POWER = "low_power"
    OTHER = "other"


class Tampering(StrEnum):
    """What a stamp noticed being done to it."""

    MOVED = "moved"
    OPENED = "opened"
    OUTSIDE_FENCE = "outside_fence"
    HEAD_CHANGED = "head_changed"
    NO_TASK = "no_task"


@dataclass(frozen=True, slots=True)
class Sensors:
    """What the latches say of a press: did the shutter open, how hard did the head press (millinewtons)."""

    shutter: bool
    impression: int

    @property
    def printed(self) -> bool:
        """Tell whether both prove an imprint."""
        return self.shutter and self.impression >= LEAST_IMPRESSION

    @property
    def untouched(self) -> bool:
        """Tell whether both prove that there is no imprint."""
        return self.impression < LEAST_IMPRESSION


@dataclass(frozen=True, slots=True)
class Boot:
    """Power came. ``recovery`` names the press that was open when it went, with what the latches kept of it."""

    kind: ClassVar[EventKind] = EventKind.BOOT
    firmware: str
    seal: str
    chip: str
    recovery: str = ""
    sensors: Sensors | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody showed a finger or a card."""

    kind: ClassVar[EventKind] = EventKind.LOGIN
    operator: str
    method: str


@dataclass(frozen=True, slots=True)
class Accept:
    """The stamp obeys an order."""

    kind: ClassVar[EventKind] = EventKind.ACCEPT
    command: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """The stamp does not obey an order."""

    kind: ClassVar[EventKind] = EventKind.REFUSE
    command: str
    sequence: int
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Reserve:
    """The button was pressed: one use of ``command`` (an order or a grant) is set aside.

    ``left`` is what the stamp believes is left after this press. ``seal`` and ``chip`` are read from the head now.
    """

    kind: ClassVar[EventKind] = EventKind.RESERVE
    reservation: str
    command: str
    operator: str
    seal: str
    chip: str
    left: int
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """The imprint is on paper: the shutter opened and the head pressed."""

    kind: ClassVar[EventKind] = EventKind.COMMIT
    reservation: str
    sensors: Sensors
    left: int


@dataclass(frozen=True, slots=True)
class Abort:
    """Nothing came onto the paper, for this reason."""

    kind: ClassVar[EventKind] = EventKind.ABORT
    reservation: str
    fault: Fault
    sensors: Sensors
    left: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture was taken of a use; the file comes later."""

    kind: ClassVar[EventKind] = EventKind.PICTURE
    reservation: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Locked:
    """The stamp is locked, by an order or (empty) by itself."""

    kind: ClassVar[EventKind] = EventKind.LOCK
    command: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The stamp works again, by this order."""

    kind: ClassVar[EventKind] = EventKind.UNLOCK
    command: str


@dataclass(frozen=True, slots=True)
class Tamper:
    """Something was done to the stamp."""

    kind: ClassVar[EventKind] = EventKind.TAMPER
    what: Tampering
    detail: str
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class Battery:
    """How full the battery is."""

    kind: ClassVar[EventKind] = EventKind.BATTERY
    percent: int


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The clock was set by an answer: ``was`` is what it showed before."""

    kind: ClassVar[EventKind] = EventKind.CLOCK
    was: datetime


Body = (
    Boot
    | Login
    | Accept
    | Refuse
    | Reserve
    | Commit
    | Abort
    | Picture
    | Locked
    | Unlocked
    | Tamper
    | Battery
    | ClockSet
)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One event: whose, its place in the chain, the digest before it, the stamp's own time, what happened."""

    device: str
    number: int
    previous: str
    at: datetime
    body: Body


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it came: ``digest`` is its place in the chain, ``jws`` the octets to keep."""

    event: DeviceEvent
    digest: Digest
    jws: str
    signed: SignedJson

    def check_signature(self, certificate: bytes) -> None:
        """Prove that the stamp with this certificate (DER) signed it: ``MessageSignatureInvalid``."""
        device_signed(self.signed, certificate)


def event_members(event: DeviceEvent) -> dict[str, Any]:
    """Write an event."""
    return {
        "device": event.device,
        "number": event.number,
        "previous": event.previous,
        "at": time_text(event.at),
        "kind": event.body.kind.value,
        "body": body_members(event.body),
    }


def event_digest(event: DeviceEvent, algorithm: DigestAlgorithm) -> Digest:
    """Return the digest that the next event names."""
    return algorithm.digest(DOMAIN + canonical(event_members(event)))


def sign_event(event: DeviceEvent, signer: Signer, certificate: bytes) -> str:
    """Sign with the key in the stamp's chip; ``certificate`` is its own, DER."""
    return sign(event_members(event), typ=EVENT_TYPE, signer=signer, chain=(certificate,))


def parse_event(jws: str) -> SignedEvent:
    """Read an event strictly; :class:`seals.devices.errors.MessageInvalid` names the member that is wrong."""
    signed = read(jws, typ=EVENT_TYPE, limit=MAX_EVENT_SIZE)
    found = Members(signed.payload, "event")
    kind = found.choice("kind", EventKind)
    device, number = found.serial("device"), found.number("number", 1)
    previous, at = found.digest_or_empty("previous"), found.time("at")
    body = _body(kind, found)
    found.done()
    event = DeviceEvent(device, number, previous, at, body)
    return SignedEvent(
        event, event_digest(event, _DIGESTS.get(signed.alg, DigestAlgorithm.SHA256)), jws, signed
    )


def body_members(body: Body) -> dict[str, Any]:
    """Write what happened."""
    return {one.name: _plain(getattr(body, one.name)) for one in fields(body)}


def _plain(value: object) -> Any:
    if isinstance(value, Sensors):
        return {"shutter": value.shutter, "impression": value.impression}
    if isinstance(value, Position):
        return position_members(value)
    if isinstance(value, Digest):
        return str(value)
    return time_text(value) if isinstance(value, datetime) else value


def _body(kind: EventKind, found: Members) -> Body:
    inner = found.inner("body")
    if inner is None:
        raise MessageInvalid("is missing", "event.body")
    body = _READERS[kind](inner)
    inner.done()
    return body


def _sensors(found: Members) -> Sensors | None:
    inner = found.inner("sensors")
    if inner is None:
        return None
    made = Sensors(inner.flag("shutter"), inner.number("impression", 0, MAX_IMPRESSION))
    inner.done()
    return made


def _sure_sensors(found: Members) -> Sensors:
    made = _sensors(found)
    if made is None:
        raise MessageInvalid("is missing", "event.body.sensors")
    return made


def _left(found: Members) -> int:
    return found.number("left", -MAX_COUNT, MAX_COUNT)


_READERS: Final[dict[EventKind, Callable[[Members], Body]]] = {
    EventKind.BOOT: lambda found: Boot(
        found.text("firmware", limit=MAX_ID),
        found.identifier("seal", empty=True),
        found.identifier("chip", empty=True),
        found.identifier("recovery", empty=True),
        _sensors(found),
    ),
    EventKind.LOGIN: lambda found: Login(found.identifier("operator"), found.identifier("method")),
    EventKind.ACCEPT: lambda found: Accept(found.identifier("command"), found.number("sequence", 1)),
    EventKind.REFUSE: lambda found: Refuse(
        found.identifier("command", empty=True), found.number("sequence", 0), found.choice("reason", Refusal)
    ),
    EventKind.RESERVE: lambda found: Reserve(
        found.identifier("reservation"),
        found.identifier("command"),
        found.identifier("operator"),
        found.identifier("seal", empty=True),
        found.identifier("chip", empty=True),
        _left(found),
        found.position("where"),
    ),
    EventKind.COMMIT: lambda found: Commit(
        found.identifier("reservation"), _sure_sensors(found), _left(found)
    ),
    EventKind.ABORT: lambda found: Abort(
        found.identifier("reservation"), found.choice("fault", Fault), _sure_sensors(found), _left(found)
    ),
    EventKind.PICTURE: lambda found: Picture(
        found.identifier("reservation"), found.digest("digest"), found.number("size", 1, MAX_PICTURE)
    ),
    EventKind.LOCK: lambda found: Locked(found.identifier("command", empty=True), found.text("reason")),
    EventKind.UNLOCK: lambda found: Unlocked(found.identifier("command")),
    EventKind.TAMPER: lambda found: Tamper(
        found.choice("what", Tampering), found.text("detail"), found.position("where")
    ),
    EventKind.BATTERY: lambda found: Battery(found.number("percent", 0, 100)),
    EventKind.CLOCK: lambda found: ClockSet(found.time("was")),
}


def parse_events(texts: Sequence[str]) -> tuple[SignedEvent, ...]:
    """Read a delivery of at most :data:`MAX_BATCH` events."""
    if len(texts) > MAX_BATCH:
        raise MessageInvalid(f"more than {MAX_BATCH} events", "events")
    return tuple(parse_event(text) for text in texts)
