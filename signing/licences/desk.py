"""The door for licences: grant one, sealed by its authority; suspend, resume, withdraw, cancel, revoke; find.

Granting is the sealing cycle with a record around it: the licence is reserved and its intent written, its document is
sealed by :class:`signing.service.SealingService` under the licence's own id, and the outcome is written with the digest of
the sealed file. Asked for again after a crash, the same steps find what was done.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from hsm.pins import Pin
from seals.ledger import Ledger, acting
from seals.registry import SealRegistry
from seals.seal import SealRecord
from signing.level import Level
from signing.licences import store
from signing.licences.errors import (
    LicenceActRefused,
    LicenceFieldInvalid,
    LicenceKeyTaken,
    LicenceMoved,
    LicenceReasonNeeded,
    LicenceTaken,
    LicenceUnknown,
    NotTheIssuer,
)
from signing.licences.identifier import MAX_IDENTIFIER, LicenceIdentifier, serial_of
from signing.licences.licence import TRANSITIONS, Licence, LicenceAct, LicenceStatus
from signing.order import MAX_KEY_LENGTH, SealOrder
from signing.placing.placement import Placement
from signing.service import SealedDocument, SealingService

MAX_TEXT: Final = 200
"""Longest name or number of a licence, in characters: the longest in use have some sixty."""
MAX_REASON: Final = 500
MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class LicenceOrder:
    """A licence to be granted: what it is called, its number, who holds it, from when until when, and its document.

    ``type_code`` has 21 characters (GB/T 36904); ``serial`` is drawn at random where it is empty. The authority is the owner
    of the seal ``seal_code``. ``request_key`` is unique per person: a repeat returns the licence that is there.
    """

    type_code: str
    name: str
    number: str
    holder_uscc: str
    valid_from: datetime
    valid_to: datetime | None
    document: bytes = field(repr=False)
    file_name: str
    seal_code: str
    placement: Placement
    request_key: str
    serial: str = ""
    version: int = 1
    level: Level = Level.B_LT
    case: str = ""
    credential: str = ""

    def fingerprint(self) -> str:
        """Digest of everything that makes this licence this licence."""
        parts = (
            self.type_code, self.name, self.number, self.holder_uscc, str(self.valid_from), str(self.valid_to),
            hashlib.sha256(self.document).hexdigest(), self.seal_code, str(self.placement), self.serial,
            str(self.version), self.level.value, self.case,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class LicenceDesk:
    """Keeps the licences of one installation."""

    def __init__(  # noqa: PLR0913 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        *,
        enterprises: Enterprises,
        seals: SealRegistry,
        sealing: SealingService,
        new_octets: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._enterprises = enterprises
        self._seals = seals
        self._sealing = sealing
        self._clock = clock
        self._audit = audit
        self._new_octets = new_octets

    def issue(
        self, order: LicenceOrder, *, actor: Actor, pin: Pin | None = None
    ) -> tuple[Licence, SealedDocument]:
        """Grant a licence: reserve it, seal its document, record the outcome.

        Raises :class:`signing.licences.errors.LicenceError`, :class:`ca.errors.EnterpriseUnknown`,
        :class:`seals.errors.SealNotFound` and what :meth:`SealingService.seal` raises; a licence whose document could not
        be sealed stays *being issued* and is taken up again by the same request key.
        """
        reserved = self._reserve(order, actor)
        sealed = self._sealing.seal(_sealing_order(order, reserved), actor=actor, pin=pin)
        if reserved.status is not LicenceStatus.ISSUING:
            return reserved, sealed
        outcome = {"sealing": sealed.sealing_id, "document": sealed.digest.hex}
        try:
            return self._move(reserved, LicenceAct.ISSUE, actor, outcome), sealed
        except LicenceMoved:  # the same request, twice at once: the other one recorded the same document
            found = self.get(str(reserved.identifier))
            if found.document != sealed.digest.hex:
                raise
            return found, sealed

    def act(self, identifier: str, act: LicenceAct, reason: str, *, actor: Actor) -> Licence:
        """Suspend, resume, withdraw, cancel or revoke a licence; only its issuer may, and says why.

        Raises :class:`LicenceUnknown`, :class:`NotTheIssuer`, :class:`LicenceReasonNeeded`, :class:`LicenceActRefused`,
        :class:`LicenceMoved`. ``ValueError``: issuing is :meth:`issue`'s.
        """
        if act is LicenceAct.ISSUE:
            raise ValueError("a licence is issued by issue()")
        text = reason.strip()
        if not 0 < len(text) <= MAX_REASON:
            raise LicenceReasonNeeded
        found = self.get(identifier)
        if actor.uscc is not None and actor.uscc != found.issuer_uscc:
            raise NotTheIssuer
        return self._move(found, act, actor, {"reason": text})

    def get(self, identifier: str) -> Licence:
        """Return a licence by its identifier; :class:`LicenceUnknown`."""
        with self._reading() as conn:
            found = store.by_identifier(conn, identifier) if len(identifier) <= MAX_IDENTIFIER else None
        if found is None:
            raise LicenceUnknown
        return found

    def asked(self, actor: Actor, request_key: str) -> Licence | None:
        """Return what a person asked for under a request key, if they did."""
        with self._reading() as conn:
            return store.by_request(conn, actor.id, request_key)

    def list(self, uscc: str = "", after: str = "", limit: int = 50) -> tuple[Licence, ...]:
        """List licences that an organisation holds or granted, in order of their ids."""
        with self._reading() as conn:
            return store.page(conn, uscc, after, max(1, min(limit, MAX_PAGE)))

    def held(self, uscc: str, limit: int = 50) -> tuple[Licence, ...]:
        """List the licences that an organisation holds, the newest change first."""
        with self._reading() as conn:
            return store.held(conn, uscc, max(1, min(limit, MAX_PAGE)))

    def _reserve(self, order: LicenceOrder, actor: Actor) -> Licence:
        """Transaction A: the licence and the intent; the one that is there for a request key seen before."""
        _check(order)
        seal = self._seals.get(order.seal_code)
        if actor.uscc is not None and actor.uscc != seal.owner.uscc:
            raise NotTheIssuer
        holder = self._enterprises.get(order.holder_uscc)
        known = self.asked(actor, order.request_key)
        if known is None:
            one = self._new(order, seal, holder.name, actor)
            try:
                with acting(self._engine, self._audit) as ledger:
                    store.insert(ledger.conn, one)
                    _note(ledger, "intent", one, actor)
            except sa.exc.IntegrityError as wrong:
                known = self.asked(actor, order.request_key)
                if known is None:
                    raise LicenceTaken from wrong
            else:
                return one
        if known.fingerprint != order.fingerprint():
            raise LicenceKeyTaken
        return known

    def _new(self, order: LicenceOrder, seal: SealRecord, holder_name: str, actor: Actor) -> Licence:
        serial = order.serial or serial_of(self._new_octets(15))
        return Licence(
            id=self._new_octets(16).hex(),
            identifier=LicenceIdentifier(order.type_code, seal.owner.uscc, serial, order.version),
            name=order.name,
            number=order.number,
            holder_uscc=order.holder_uscc,
            holder_name=holder_name,
            issuer_uscc=seal.owner.uscc,
            issuer_name=seal.owner.name,
            valid_from=order.valid_from,
            valid_to=order.valid_to,
            seal_code=seal.code,
            status=LicenceStatus.ISSUING,
            moves=0,
            requested_by=actor.id,
            request_key=order.request_key,
            fingerprint=order.fingerprint(),
            changed_at=self._clock(),
        )

    def _move(self, before: Licence, act: LicenceAct, actor: Actor, changes: dict[str, Any]) -> Licence:
        status = TRANSITIONS[act].get(before.status)
        if status is None:
            raise LicenceActRefused(act.value, before.status.zh, before.status.en)
        after = replace(before, status=status, moves=before.moves + 1, changed_at=self._clock(), **changes)
        with acting(self._engine, self._audit) as ledger:
            if not store.move(ledger.conn, before, after):
                raise LicenceMoved
            _note(ledger, act.value, after, actor)
        return after

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _sealing_order(order: LicenceOrder, reserved: Licence) -> SealOrder:
    return SealOrder(
        order.document,
        order.file_name,
        order.seal_code,
        order.placement,
        order.level,
        f"licence-{reserved.id}",
        reason=f"颁发{reserved.name}",
        case=order.case,
        credential=order.credential,
    )


def _check(order: LicenceOrder) -> None:
    for name, text in (("name", order.name), ("number", order.number)):
        if not 0 < len(text.strip()) <= MAX_TEXT or not text.isprintable():
            raise LicenceFieldInvalid(name, f"1 至 {MAX_TEXT} 个字", f"1 to {MAX_TEXT} characters")
    if order.valid_to is not None and order.valid_to <= order.valid_from:
        raise LicenceFieldInvalid("valid_to", "晚于起始日期的时间", "later than valid_from")
    if not 0 < len(order.request_key) <= MAX_KEY_LENGTH:
        raise LicenceFieldInvalid(
            "request_key", f"1 至 {MAX_KEY_LENGTH} 个字符", f"1 to {MAX_KEY_LENGTH} characters"
        )


def _note(ledger: Ledger, what: str, one: Licence, actor: Actor) -> None:
    detail = {
        "licence": one.id,
        "status": one.status.value,
        "holder": one.holder_uscc,
        "issuer": one.issuer_uscc,
        "seal": one.seal_code,
        "document": one.document,
        "reason": one.reason,
    }
    ledger.note(f"licence.{what}", actor=actor, subject=str(one.identifier), detail=detail)
