"""Messages from the service to a stamp, and a stamp's tokens of request: compact JWS with an ``x5c`` chain.

An *order* (:class:`Command`) is use, offline grant, lock, unlock or cancel; all orders to one stamp share one rising
``sequence``. An *answer* tells a stamp how far its events arrived and what time it is. A *request* proves to the service
which stamp polls, for TLS often ends at a proxy. What a stamp reports is in :mod:`seals.devices.events`.

:func:`obey` holds the checks that every stamp makes before it obeys; the simulator calls the same function. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from hsm.signer import Signer
from seals.devices.errors import CommandRefused, MessageInvalid, MessageSignatureInvalid
from seals.devices.order import (
    ENDLESS,
    MAX_COUNT,
    MAX_OPERATORS,
    CancelOrder,
    Command,
    GrantOrder,
    LockOrder,
    Order,
    OrderKind,
    UnlockOrder,
    UseOrder,
)
from seals.devices.trust import Trust, signer_of
from seals.devices.wire import (
    Members,
    canonical,
    time_text,
)
from seals.errors import StatementInvalid, StatementSignatureInvalid
from seals.jws import SignedJson, parse, sign

__all__ = [
    "CancelOrder",
    "Command",
    "GrantOrder",
    "LockOrder",
    "Order",
    "OrderKind",
    "UnlockOrder",
    "UseOrder",
]
"""Orders are part of the protocol: whoever imports the messages finds them here too."""

COMMAND_TYPE: Final = "yinxin-stamp-command+jws"
ANSWER_TYPE: Final = "yinxin-stamp-answer+jws"
REQUEST_TYPE: Final = "yinxin-stamp-request+jws"
MAX_COMMAND_SIZE: Final = 24 * 1024
"""Longest order read, in octets: ours have 5 KiB with a chain of two; a stamp has little memory."""
MAX_REQUEST_SIZE: Final = 8 * 1024
"""Longest token of request read, in octets: it travels in an HTTP header; one certificate is under 2 KiB."""


@dataclass(frozen=True, slots=True)
class ParsedCommand:
    """An order read, nothing believed yet."""

    command: Command
    signed: SignedJson

    def check_signature(self, trust: Trust, at: datetime) -> None:
        """Prove that the service signed it: :class:`MessageSignatureInvalid`."""
        signer_of(self.signed, trust, at)


def command_members(command: Command) -> dict[str, Any]:
    """Write an order: what is signed, and what the register keeps before it is signed."""
    return {
        "id": command.id,
        "device": command.device,
        "sequence": command.sequence,
        "issued_at": time_text(command.issued_at),
        "expires_at": None if command.expires_at is None else time_text(command.expires_at),
        "kind": command.order.kind.value,
        "order": command.order.members(),
    }


def command_octets(command: Command) -> bytes:
    """Return the canonical octets of an order."""
    return canonical(command_members(command))


def sign_command(command: Command, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the service's key; ``chain`` is DER, its certificate first and its issuer's second."""
    return sign(command_members(command), typ=COMMAND_TYPE, signer=signer, chain=chain)


def parse_command(jws: str) -> ParsedCommand:
    """Read an order strictly; :class:`MessageInvalid` names the member that is wrong."""
    signed = read(jws, typ=COMMAND_TYPE, limit=MAX_COMMAND_SIZE)
    return ParsedCommand(command_from(signed.payload), signed)


def command_from(payload: object) -> Command:
    """Read the members of an order."""
    found = Members(payload, "command")
    kind = found.choice("kind", OrderKind)
    inner = found.inner("order")
    if inner is None:
        raise MessageInvalid("is missing", "command.order")
    order = _order(kind, inner)
    inner.done()
    made = Command(
        found.identifier("id"),
        found.serial("device"),
        found.number("sequence", 1),
        found.time("issued_at"),
        found.time_or_none("expires_at"),
        order,
    )
    found.done()
    if (made.expires_at is None) != (kind in ENDLESS):
        raise MessageInvalid("stands in orders that give power, and only there", "command.expires_at")
    return made


def _order(kind: OrderKind, found: Members) -> Order:
    if kind is OrderKind.LOCK:
        return LockOrder(found.text("reason"))
    if kind is OrderKind.UNLOCK:
        return UnlockOrder(found.text("reason"))
    if kind is OrderKind.CANCEL:
        return CancelOrder(found.identifier("target"))
    seal, chip = found.identifier("seal"), found.identifier("chip", empty=True)
    count = found.number("count", 1, MAX_COUNT)
    operators = found.identifiers("operators", most=MAX_OPERATORS)
    if kind is OrderKind.GRANT:
        if not operators:
            raise MessageInvalid("names nobody", "command.order.operators")
        return GrantOrder(seal, chip, count, operators)
    return UseOrder(
        seal=seal,
        chip=chip,
        case=found.identifier("case"),
        document=found.digest("document"),
        title=found.text("title"),
        count=count,
        place=found.text("place"),
        fence=found.fence("fence"),
        evidence=found.digest("evidence"),
        operators=operators,
    )


# -- what every stamp checks before it obeys ---------------------------------------------------------------------------


class Refusal(StrEnum):
    """Why a stamp does not obey."""

    MALFORMED = "malformed"
    SIGNATURE = "signature"
    WRONG_DEVICE = "wrong_device"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    WRONG_SEAL = "wrong_seal"
    LOCKED = "locked"
    OFFLINE_CAP = "offline_cap"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a stamp knows of itself when an order comes.

    ``sequence`` is the highest of any authentic order for this stamp, obeyed *or refused*: an order that was refused
    while the stamp was locked cannot be played to it again later.
    """

    device: str
    seal: str
    chip: str
    sequence: int
    locked: bool
    offline_cap: int
    now: datetime


def obey(jws: str, standing: Standing, trust: Trust) -> Command:
    """Return the order if this stamp must obey it; else :class:`CommandRefused` with the first reason (:class:`Refusal`).

    Sequence is judged before validity: what was recorded is refused as replayed, however old it is.
    """
    try:
        parsed = parse_command(jws)
        parsed.check_signature(trust, standing.now)
    except MessageSignatureInvalid as wrong:
        raise CommandRefused(Refusal.SIGNATURE, wrong.detail) from wrong
    except MessageInvalid as wrong:
        raise CommandRefused(Refusal.MALFORMED, wrong.detail) from wrong
    command = parsed.command
    if command.device != standing.device:
        raise CommandRefused(Refusal.WRONG_DEVICE, command.device)
    if command.sequence <= standing.sequence:
        raise CommandRefused(Refusal.REPLAYED, f"{command.sequence} after {standing.sequence}")
    if command.expires_at is not None and command.expires_at <= standing.now:
        raise CommandRefused(Refusal.EXPIRED, time_text(command.expires_at))
    _fits(command.order, standing)
    return command


def _fits(order: Order, standing: Standing) -> None:
    if not isinstance(order, UseOrder | GrantOrder):
        return
    if standing.locked:
        raise CommandRefused(Refusal.LOCKED)
    if order.seal != standing.seal or order.chip != standing.chip:
        raise CommandRefused(Refusal.WRONG_SEAL, f"{order.seal} with chip {order.chip or 'none'}")
    if isinstance(order, GrantOrder) and order.count > standing.offline_cap:
        raise CommandRefused(Refusal.OFFLINE_CAP, f"{order.count} of {standing.offline_cap}")


# -- answers and requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service tells a stamp after events: arrived without a gap up to ``number``, whose digest is ``head``.

    ``nonce`` is the stamp's own, so ``time`` is not older than the question: a stamp whose clock differs sets it.
    """

    device: str
    nonce: str
    number: int
    head: str
    time: datetime


def sign_answer(answer: Answer, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the service's key; ``chain`` as for :func:`sign_command`."""
    members = {
        "device": answer.device,
        "nonce": answer.nonce,
        "number": answer.number,
        "head": answer.head,
        "time": time_text(answer.time),
    }
    return sign(members, typ=ANSWER_TYPE, signer=signer, chain=chain)


def parse_answer(jws: str) -> tuple[Answer, SignedJson]:
    """Read an answer strictly; nothing is believed before :func:`seals.devices.trust.signer_of` has seen it."""
    signed = read(jws, typ=ANSWER_TYPE, limit=MAX_COMMAND_SIZE)
    found = Members(signed.payload, "answer")
    answer = Answer(
        found.serial("device"),
        found.identifier("nonce"),
        found.number("number", 0),
        found.digest_or_empty("head"),
        found.time("time"),
    )
    found.done()
    return answer, signed


class RequestFor(StrEnum):
    """What a token of request is good for: one thing each."""

    COMMANDS = "commands"
    EVENTS = "events"
    PICTURE = "picture"
    TIME = "time"


REQUEST_WINDOW: Final = timedelta(minutes=5)
"""How far a request's time may be from ours, either way; a stamp outside it asks for the time first."""


@dataclass(frozen=True, slots=True)
class Request:
    """A stamp's proof of who asks: for what, when, once (``nonce``), and over which body (empty digest: none)."""

    device: str
    purpose: RequestFor
    at: datetime
    nonce: str
    body: str


def sign_request(request: Request, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign with the stamp's key; ``chain`` is its certificate."""
    members = {
        "device": request.device,
        "for": request.purpose.value,
        "at": time_text(request.at),
        "nonce": request.nonce,
        "body": request.body,
    }
    return sign(members, typ=REQUEST_TYPE, signer=signer, chain=chain)


def parse_request(jws: str) -> tuple[Request, SignedJson]:
    """Read a token of request strictly, nothing believed."""
    signed = read(jws, typ=REQUEST_TYPE, limit=MAX_REQUEST_SIZE)
    found = Members(signed.payload, "request")
    request = Request(
        found.serial("device"),
        found.choice("for", RequestFor),
        found.time("at"),
        found.identifier("nonce"),
        found.digest_or_empty("body"),
    )
    found.done()
    return request, signed


def read(jws: str, *, typ: str, limit: int) -> SignedJson:
    """Take a message apart; :class:`MessageInvalid` instead of the statement's error."""
    try:
        return parse(jws, typ=typ, limit=limit)
    except StatementSignatureInvalid as wrong:
        raise MessageSignatureInvalid(wrong.detail) from wrong
    except StatementInvalid as wrong:
        raise MessageInvalid(wrong.detail) from wrong
