"""Many documents through the cycle together: their own steps one after the other, their transactions shared.

A crash leaves what it leaves of single sealings, reservations with drafts, and reconciliation closes each by itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.clock import Clock
from ca.errors import CaError
from hsm.pins import Pin
from hsm.spoken import SpokenError
from seals.errors import SealError
from signing.archive import Draft, Stored
from signing.errors import DatabaseUnavailable, SigningError
from signing.formats import Format
from signing.ledger import Made, Reserving, database
from signing.making import (
    Checked,
    Making,
    Progress,
    Ready,
    SealingTools,
    SignatureValue,
    Step,
    Task,
    imprint,
)
from signing.order import SealOrder
from signing.pdf.reading import open_stream
from signing.selfcheck import Together
from signing.store import SealingRecord
from signing.writ import Papers

AT_ONCE: Final = 8
"""Files made durable at the same time: a disk takes several flushes for little more than one."""
_REFUSED: Final = (SigningError, SealError, CaError, SpokenError, sa.exc.IntegrityError)


@dataclass(frozen=True, slots=True)
class End:
    """What became of one reserved sealing: made and recorded, or why not (its record is then still open)."""

    record: SealingRecord
    made: tuple[Checked, Stored] | Exception


_Signed = tuple[Ready, bytes]
"""A document and the signature over it."""


class Several:
    """Seals documents that ask for the same seal together."""

    def __init__(self, tools: SealingTools, making: Making, clock: Clock) -> None:
        self._ledger = tools.ledger
        self._writs = tools.writs
        self._check = tools.check
        self._archive = tools.archive
        self._formats = tools.formats
        self._stamp_several = tools.stamp_several
        self._making = making
        self._clock = clock

    def begin(
        self, orders: Sequence[SealOrder], actor: Actor, drafts: contextlib.ExitStack
    ) -> list[Task] | None:
        """Reserve them all in one transaction; ``None``, and nothing on record, if they cannot go together.

        The drafts are the caller's to leave.
        """
        asked: list[tuple[Reserving, Format, Draft]] = []
        try:
            if len({(order.seal_code, order.credential, order.level.stamped) for order in orders}) > 1:
                return None
            for order in orders:
                with open_stream(order.document) as stream:
                    form, document = self._formats.of(order, stream), order.digest()
                sealing_id = self._ledger.new_id()
                draft = self._archive.begin(sealing_id)
                if draft is None:
                    return None
                drafts.enter_context(draft)
                asked.append((Reserving(sealing_id, order, document), form, draft))
            reserved = self._ledger.reserve_several([one for one, _, _ in asked], actor=actor)
        except DatabaseUnavailable:
            raise
        except _REFUSED:  # each says by itself what is wrong with it, on record
            return None
        return [
            Task(one.order, form, held, draft)
            for (one, form, draft), held in zip(asked, reserved, strict=True)
        ]

    def make(self, tasks: Sequence[Task], actor: Actor, pin: Pin | None, done: Progress) -> dict[str, End]:
        """Make, store and record what was reserved; say of each, by its key, what became of it."""
        ends: dict[str, End] = {}
        for _ in tasks:
            done(Step.RESERVED)
        try:
            with database():
                permit = tasks[0].reserved.permit
                papers = self._writs.papers(permit, self._clock(), pin, stamped=tasks[0].order.level.stamped)
            ready = self._prepared(tasks, papers, ends, done)
            if ready:
                self._ledger.consume_several([one.task.reserved for one in ready])
        except Exception as fault:  # noqa: BLE001 - it stops them all; each is closed with it by the service
            return {task.order.idempotency_key: End(task.reserved.record, fault) for task in tasks}
        for _ in ready:
            done(Step.PERMITTED)
        stamped = self._stamped(self._signed(ready, ends, done), ends, done)
        checked = self._checked(stamped, papers, ends, done)
        made = self._stored(checked, ends, done)
        if made:
            self._recorded(made, actor, ends, done)
        return ends

    def _prepared(
        self, tasks: Sequence[Task], papers: Papers, ends: dict[str, End], done: Progress
    ) -> list[Ready]:
        ready = []
        for task in tasks:
            try:
                with database():
                    permit = task.reserved.permit
                    writ = self._writs.write(task.order, permit, self._clock(), papers, task.form.kind)
                    ready.append(self._making.prepare(task, writ))
                done(Step.PREPARED)
            except Exception as fault:  # noqa: BLE001 - this document's own; the others go on
                _fail(ends, task, fault)
        return ready

    def _signed(self, ready: Sequence[Ready], ends: dict[str, End], done: Progress) -> list[_Signed]:
        signed = []
        for one in ready:
            try:
                signed.append((one, self._making.sign(one)))
                done(Step.SIGNED)
            except Exception as fault:  # noqa: BLE001 - this document's own; the others go on
                _fail(ends, one.task, fault)
        return signed

    def _stamped(
        self, signed: Sequence[_Signed], ends: dict[str, End], done: Progress
    ) -> list[tuple[Ready, SignatureValue]]:
        """Stamp the signatures, at once where the authority does that."""
        stamped: list[tuple[Ready, SignatureValue]] = []
        several = self._stamp_several
        try:
            with database():
                if several is not None and signed and signed[0][0].task.order.level.stamped:
                    tokens = several([imprint(one, signature) for one, signature in signed])
                    stamped = [
                        (one, SignatureValue(signature, token))
                        for (one, signature), token in zip(signed, tokens, strict=True)
                    ]
                else:
                    for one, signature in signed:
                        stamped.append((one, SignatureValue(signature, self._making.stamp(one, signature))))
        except Exception as fault:  # noqa: BLE001 - it stops all that are not stamped
            for one, _ in signed[len(stamped) :]:
                _fail(ends, one.task, fault)
        for _ in stamped:
            done(Step.STAMPED)
        return stamped

    def _checked(
        self,
        stamped: Sequence[tuple[Ready, SignatureValue]],
        papers: Papers,
        ends: dict[str, End],
        done: Progress,
    ) -> list[Checked]:
        checked = []
        together = Together(self._check.knowing(papers.evidence), self._clock()) if stamped else None
        for one, value in stamped:
            try:
                with database():
                    checked.append(self._making.finish(one, value, done, together))
            except Exception as fault:  # noqa: BLE001 - this document's own; the others go on
                _fail(ends, one.task, fault)
        return checked

    @staticmethod
    def _stored(
        checked: Sequence[Checked], ends: dict[str, End], done: Progress
    ) -> list[tuple[Checked, Stored]]:
        """Make the documents durable, several at the same time."""
        made = []
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            waiting = [(one, pool.submit(one.store)) for one in checked]
        for one, stored in waiting:
            try:
                made.append((one, stored.result()))
                done(Step.ARCHIVED)
            except Exception as fault:  # noqa: BLE001 - this document's own; the others go on
                _fail(ends, one.task, fault)
        return made

    def _recorded(
        self,
        made: Sequence[tuple[Checked, Stored]],
        actor: Actor,
        ends: dict[str, End],
        done: Progress,
    ) -> None:
        """Transaction B for all of them; a fault there is said of each, and what is stored waits for reconciliation."""
        errand = made[0][0].task.order.errand
        found = [Made(one.task.reserved.record, stored, one.key) for one, stored in made]
        self._ledger.complete_several(found, actor=actor, errand=errand)
        for one, stored in made:
            done(Step.RECORDED)
            ends[one.task.order.idempotency_key] = End(one.task.reserved.record, (one, stored))


def _fail(ends: dict[str, End], task: Task, fault: Exception) -> None:
    ends[task.order.idempotency_key] = End(task.reserved.record, fault)
