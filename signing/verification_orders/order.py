"""An order to verify documents: what it asks for, where it stands, how it moves. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from ca.actor import Actor
from ca.words import Word
from hsm.algorithms import Digest

MAX_FILES: Final = 20_000
"""Documents of one order: twice the largest that is asked for."""
MAX_OPEN: Final = 20
"""Orders of one maker that are not finished."""
MAX_NAME: Final = 300
OWN_MARK: Final = "#"
"""Begins the marks that an order gives itself: by their place to the documents of its own request, by chance to others."""
MAX_OWN_MARK: Final = 6
"""Characters of one by its place."""
ABANDONED: Final = timedelta(days=7)
"""After which time an order that nobody starts is cancelled: what was handed in, passwords among it, waits no longer."""
MAX_ATTEMPTS: Final = 5
"""How often a document is begun: one that takes the whole service along each time is not begun for ever."""


class OrderState(Word):
    """Where an order stands."""

    GATHERING = "gathering", "收集文件"
    RUNNING = "running", "核验中"
    FINISHED = "finished", "已完成"
    CANCELLED = "cancelled", "已取消"


class OrderAct(StrEnum):
    """What happens to an order."""

    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"


_S = OrderState
TRANSITIONS: Final[dict[OrderAct, dict[OrderState, OrderState]]] = {
    OrderAct.START: {_S.GATHERING: _S.RUNNING},
    OrderAct.FINISH: {_S.RUNNING: _S.FINISHED},
    OrderAct.CANCEL: {_S.GATHERING: _S.CANCELLED, _S.RUNNING: _S.CANCELLED},
}
"""Every move there is; the database moves by compare-and-swap on the state."""


class FileState(StrEnum):
    """Where one document stands."""

    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What is asked for. ``at`` is the time of verification (nothing: when each document's turn comes).

    ``callback`` gets a message when the order is finished, and with ``per_document`` one for each document too.
    """

    request_key: str
    title: str = ""
    at: datetime | None = None
    department: str = ""
    act: str = ""
    callback: str = ""
    per_document: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document handed in: its octets in a file, its name, the sender's own mark of it (unique in the order, or empty).

    Beside it may come the password that opens it, evidence records, and the file that a detached signature is over.
    """

    path: Path
    name: str
    mark: str = ""
    password: str | None = field(default=None, repr=False)
    evidence: str = ""
    content: Path | None = None

    @property
    def accompanied(self) -> bool:
        """Tell whether anything comes beside it."""
        return bool(self.password or self.evidence) or self.content is not None

    @property
    def handed(self) -> str:
        """Digest (SHA-256, hex) of the document with the content and the records beside it: whether two are the same."""
        digest = hashlib.sha256(_digest(self.path))
        digest.update(b"" if self.content is None else _digest(self.content))
        digest.update(hashlib.sha256(self.evidence.encode()).digest())
        return digest.hexdigest()

    @property
    def octets(self) -> int:
        """Size of the document and of the content beside it."""
        return self.path.stat().st_size + (0 if self.content is None else self.content.stat().st_size)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the database holds it; ``expires_at`` is when its results are removed, once it has ended."""

    id: str
    request: OrderRequest
    maker: Actor
    state: OrderState
    total: int
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderFile:
    """One document of an order; ``finding`` is there once it is judged (:mod:`verify.many.finding`)."""

    order_id: str
    number: int
    name: str
    mark: str
    size: int
    state: FileState
    finding: dict[str, Any] | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A document that somebody judges now: where its octets are, and the fence that says whose turn it is."""

    order: Order
    number: int
    name: str
    spooled: Digest
    attempt: int
    size: int


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """How far an order is: documents by verdict, a second of late, seconds left (``None`` while nobody can tell)."""

    order: Order
    verdicts: dict[str, int] = field(default_factory=dict)
    good: int = 0
    cancelled: int = 0
    rate: float = 0.0

    @property
    def done(self) -> int:
        """Documents that have a verdict."""
        return sum(self.verdicts.values())

    @property
    def failed(self) -> int:
        """Documents that are not good in every respect that was asked."""
        return self.done - self.good

    @property
    def left(self) -> int:
        """Documents still to be judged."""
        return self.order.total - self.done - self.cancelled

    @property
    def left_seconds(self) -> int | None:
        """How long that will take, at the speed of late."""
        return round(self.left / self.rate) if self.rate > 0 else None

    @property
    def version(self) -> str:
        """Changes whenever anything here but the clock does: the id of an event."""
        return f"{self.order.state.value}-{self.order.total}-{self.done}-{self.cancelled}"


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
