"""Unblocking with the SO side: asked for by one person, approved by another, done with a new PIN and a new letter.

A lost or twice-wanted letter goes the same way: there is no second copy of a PIN, so the holder gets a new one and the
old letter is void.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.tokens import inventory_store, letter_store
from ca.tokens.errors import (
    ChipAbsent,
    ContainerUnknown,
    TokenNotUsable,
    TokenReasonNeeded,
    TokenSecondPersonNeeded,
    UnblockRefused,
    UnblockUnknown,
)
from ca.tokens.letter_store import LetterStatus, UnblockStatus, UnblockTask
from ca.tokens.letters import PinLetters
from ca.tokens.registry import TokenRegistry
from ca.tokens.so_pin import SoPins
from ca.tokens.state import USABLE
from ca.tokens.token import MAX_REASON, Token, TokenApplication
from hsm.chip import Chips
from hsm.errors import TokenNotFound
from hsm.provider import KeyRing


@dataclass(frozen=True, slots=True)
class ChipTools:
    """What is needed to work on chips: the libraries by scheme, the SO PINs, the letters, the ring that opens keys."""

    chips: Mapping[str, Chips]
    so_pins: SoPins
    letters: PinLetters
    keys: KeyRing

    def reader(self, token: Token) -> Chips:
        """Return the library that serves a token's chip; :class:`ChipAbsent` where this machine has none."""
        found = self.chips.get(token.medium)
        if found is None:
            raise ChipAbsent(f"token {token.serial}: no {token.medium} library here")
        return found


class Unblocking:
    """Runs unblocking tasks; each move is one transaction with its audit record, and none spans the chip."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, registry: TokenRegistry, tools: ChipTools
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._registry = registry
        self._tools = tools

    def request(self, serial: str, application: str, *, reason: str, actor: Actor) -> UnblockTask:
        """Ask for an application's PIN to be set anew. Raises :class:`UnblockRefused` while another task is open."""
        token = self._registry.get(serial)
        _application(token, application)
        _usable(token)
        reason = reason.strip()
        if not reason or len(reason) > MAX_REASON:
            raise TokenReasonNeeded
        with self._engine.begin() as conn:
            made = letter_store.insert_task(
                conn, serial, application, reason=reason, by=actor.id, at=self._clock()
            )
            if made is None:
                raise UnblockRefused(f"token {serial}/{application}: a task is open")
            self._note(conn, "requested", self._found(conn, made), actor)
            return self._found(conn, made)

    def reject(self, task_id: int, *, actor: Actor) -> UnblockTask:
        """Turn a task down, as another person than the one who asked."""
        return self._decide(task_id, UnblockStatus.REJECTED, actor)

    def approve(self, task_id: int, *, actor: Actor) -> UnblockTask:
        """Approve a task as another person, and do it. Where it was approved already, take it up.

        Raises :class:`TokenSecondPersonNeeded`, :class:`UnblockRefused`, :class:`ChipAbsent` (approve again with the chip
        in the reader), :class:`hsm.errors.HsmError`.
        """
        task = self.get(task_id)
        if task.status is UnblockStatus.REQUESTED:
            task = self._decide(task_id, UnblockStatus.APPROVED, actor)
        elif task.status is not UnblockStatus.APPROVED:
            raise UnblockRefused(f"task {task_id} is {task.status}")
        elif actor.is_any_of(task.requested_by):
            raise TokenSecondPersonNeeded(f"task {task_id}: {actor.id}")
        return self._perform(task, actor)

    def _decide(self, task_id: int, status: UnblockStatus, actor: Actor) -> UnblockTask:
        with self._engine.begin() as conn:
            task = self._found(conn, task_id)
            if actor.is_any_of(task.requested_by):
                raise TokenSecondPersonNeeded(f"task {task_id}: {actor.id} asked for it")
            stamped = {"decided_by": actor.id, "decided_at": self._clock()}
            if not letter_store.move_task(conn, task_id, UnblockStatus.REQUESTED, status, **stamped):
                raise UnblockRefused(f"task {task_id} is {task.status}")
            self._note(conn, status.value, task, actor)
            return self._found(conn, task_id)

    def _perform(self, task: UnblockTask, actor: Actor) -> UnblockTask:
        """Seal the new PIN first, then set it: after a crash in between the same PIN is set again."""
        token = self._registry.get(task.token)
        _usable(token)
        reader = self._tools.reader(token)
        letter_id = task.letter or self._seal(task, token, actor)
        with self._engine.connect() as conn:
            letter = letter_store.letter(conn, letter_id)
        if letter is None:
            raise UnblockRefused(f"task {task.id} lost its letter")
        so_pin = self._tools.so_pins.of(task.token, task.application)
        try:
            reader.unblock(task.token, task.application, so_pin, self._tools.letters.open(letter))
        except TokenNotFound as absent:
            raise ChipAbsent(f"token {task.token}/{task.application}") from absent
        left = reader.pin_info(task.token, task.application).left
        with self._engine.begin() as conn:
            if not letter_store.move_task(conn, task.id, UnblockStatus.APPROVED, UnblockStatus.DONE):
                raise UnblockRefused(f"task {task.id} was finished by somebody else just now")
            letter_store.move_letter(conn, letter_id, LetterStatus.PREPARED, LetterStatus.READY)
            letter_store.void_letters(conn, task.token, task.application, keep=letter_id)
            inventory_store.set_pin(conn, task.token, task.application, left, self._clock())
            self._note(conn, "done", task, actor)
            return self._found(conn, task.id)

    def _seal(self, task: UnblockTask, token: Token, actor: Actor) -> int:
        length = _application(token, task.application).policy.length
        sealed = self._tools.letters.seal(task.token, task.application, length)
        with self._engine.begin() as conn:
            made = self._tools.letters.prepare(conn, task.token, task.application, sealed, actor)
            if not letter_store.set_task_letter(conn, task.id, made):
                raise UnblockRefused(f"task {task.id} is being done by somebody else")
            self._note(conn, "begun", task, actor)
        return made

    def get(self, task_id: int) -> UnblockTask:
        """Return a task; :class:`UnblockUnknown`."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return self._found(conn, task_id)

    def of_token(self, task_id: int, serial: str) -> UnblockTask:
        """Return a task of this token; :class:`UnblockUnknown` for another token's."""
        found = self.get(task_id)
        if found.token != serial:
            raise UnblockUnknown(f"task {task_id} of token {serial}")
        return found

    def list(self, *, token: str = "", status: UnblockStatus | None = None) -> tuple[UnblockTask, ...]:
        """Return tasks, newest first."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return letter_store.tasks(conn, token, status)

    def _found(self, conn: sa.Connection, task_id: int) -> UnblockTask:
        found = letter_store.task(conn, task_id)
        if found is None:
            raise UnblockUnknown(f"task {task_id}")
        return found

    def _note(self, conn: sa.Connection, word: str, task: UnblockTask, actor: Actor) -> None:
        detail = {"task": task.id, "application": task.application, "reason": task.reason}
        subject = f"token:{task.token}"
        self._audit.append(conn, f"token.unblock_{word}", actor=actor, subject=subject, detail=detail)


def _application(token: Token, name: str) -> TokenApplication:
    for each in token.applications:
        if each.name == name:
            return each
    raise ContainerUnknown(f"token {token.serial}/{name}")


def _usable(token: Token) -> None:
    if token.state not in USABLE:
        raise TokenNotUsable(f"token {token.serial} is {token.state}")
