"""An order over many documents: what it asks for, where it stands, how it moves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from ca.actor import Actor
from ca.words import Word
from hsm.algorithms import Digest
from signing.level import Level

MAX_DOCUMENTS: Final = 100_000
"""Documents in one batch: ten times the largest that is asked for (:data:`seals.cases.members.MAX_MEMBERS`)."""
CHUNK: Final = 50
"""Documents in one step: a second of work at the speed that is aimed for, so a dead worker costs a second."""
COMMON_QUEUE: Final = "batches"
"""The queue of every batch that needs nobody's PIN."""
KEPT_BUSY: Final = 8
"""Chunks that a small batch is split into, so that several workers share it."""


class BatchForm(Word):
    """One signature for each document, or one for all with a proof for each."""

    EACH = "each", "逐份用印"
    TREE = "tree", "合并签名"


class BatchState(Word):
    """Where a batch stands."""

    GATHERING = "gathering", "收集文件"
    WAITING = "waiting", "待启动"
    RUNNING = "running", "用印中"
    HALTED = "halted", "已暂停"
    FINISHED = "finished", "已完成"
    CANCELLED = "cancelled", "已取消"


class BatchAct(StrEnum):
    """What happens to a batch."""

    SUBMIT = "submit"
    START = "start"
    HALT = "halt"
    FINISH = "finish"
    RETRY = "retry"
    CANCEL = "cancel"


_S = BatchState
TRANSITIONS: Final[dict[BatchAct, dict[BatchState, BatchState]]] = {
    BatchAct.SUBMIT: {_S.GATHERING: _S.WAITING},
    BatchAct.START: {_S.WAITING: _S.RUNNING},
    BatchAct.HALT: {_S.RUNNING: _S.HALTED},
    BatchAct.FINISH: {_S.RUNNING: _S.FINISHED},
    BatchAct.RETRY: {_S.HALTED: _S.RUNNING, _S.FINISHED: _S.RUNNING},
    BatchAct.CANCEL: {
        _S.GATHERING: _S.CANCELLED,
        _S.WAITING: _S.CANCELLED,
        _S.RUNNING: _S.CANCELLED,
        _S.HALTED: _S.CANCELLED,
    },
}
"""Every move there is; the database moves by compare-and-swap on state and count of moves."""


class DocumentState(Word):
    """Where one document of a batch stands; a failed one waits again when it is retried."""

    WAITING = "waiting", "待用印"
    DONE = "done", "已用印"
    FAILED = "failed", "失败"
    CANCELLED = "cancelled", "已取消"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something came to nothing: the error's name and its two sentences."""

    name: str = ""
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What is asked for. ``placement`` is the text of a :class:`signing.placing.where.Where`; a document may have one of its own.

    ``amount`` is in yuan, the largest of the documents'; like ``document_class`` it decides the rule. ``case`` is a case
    that is approved already for exactly these documents; without one the batch opens its own, or uses the actor's standing
    authorisation.
    """

    title: str
    seal_code: str
    placement: str
    level: Level = Level.B_LT
    form: BatchForm = BatchForm.EACH
    reason: str = ""
    location: str = ""
    document_class: str = ""
    amount: int | None = None
    request_key: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document handed in: its octets in a file, its name, and what its row of the manifest says.

    ``mark`` is the sender's own number of it, unique in the batch; empty, its place stands in.
    """

    path: Path
    name: str
    placement: str = ""
    reason: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the database holds it; ``root`` is that of the tree over its documents, once they are all there."""

    id: str
    state: BatchState
    moves: int
    attended: bool
    request: BatchRequest
    actor: Actor
    credential: str
    case_id: str
    rule_hash: str
    root: Digest | None
    total: int
    fault: Fault
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchDocument:
    """One document of a batch; ``result`` (SHA-256, hex) and ``sealing`` are set once it is sealed."""

    batch_id: str
    number: int
    chunk: int
    name: str
    document: Digest
    size: int
    placement: str
    reason: str
    mark: str
    state: DocumentState
    attempts: int
    sealing: str = ""
    result: str = ""
    result_size: int = 0
    fault: Fault = Fault()
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is: counts, documents a second of late, seconds left (``None`` while nobody can tell), who works."""

    batch: Batch
    done: int
    failed: int
    cancelled: int
    rate: float
    left_seconds: int | None
    workers: int = 0

    @property
    def left(self) -> int:
        """Documents still to be done."""
        return self.batch.total - self.done - self.failed - self.cancelled

    @property
    def version(self) -> str:
        """Changes whenever anything here but the clock does: the id of an event."""
        return f"{self.batch.moves}-{self.done}-{self.failed}-{self.cancelled}-{self.workers}"


def queue_of(batch: Batch) -> str:
    """Return the queue that a batch's chunks are put on: its own where a PIN was given for it, else the common one."""
    return f"batch-{batch.id}" if batch.attended else COMMON_QUEUE


def chunk_size(total: int) -> int:
    """Return how many documents go into one step."""
    return max(1, min(CHUNK, -(-total // KEPT_BUSY)))


def sealing_key(batch: Batch, document: BatchDocument) -> str:
    """Return the idempotency key of one effect: batch, document, seal, rule version (I29)."""
    return f"batch:{batch.id}:{document.number}:{batch.request.seal_code}:{batch.rule_hash}"
