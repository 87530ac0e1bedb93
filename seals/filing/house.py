"""What every counter of the filing desk shares: the doors beside it, and the one way in which a job moves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enrolment.evidence_files import EvidenceFiles
from ca.tokens.gate import TokenGate
from seals.binding import CertificateFacts
from seals.chips import SealChips
from seals.filing import job_store, shop_store
from seals.filing.errors import FileUnfit, JobActRefused, JobUnknown, NotThisShop, ShopStopped, ShopUnknown
from seals.filing.job import TRANSITIONS, FilingRules, Job, JobAct, JobEvent, Shop, ShopState
from seals.imprint.studio import ImprintStudio
from seals.ledger import Ledger, acting
from seals.registry import SealRegistry
from seals.states import SealAct

MAX_FILE: Final = 20 * 2**20
"""One letter, receipt or scan, in octets: a page at 600 dpi in colour stays below."""
_LETTERS: Final = (b"%PDF-", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How PDF, OFD (a zip), PNG and JPEG begin."""


SEAL_ACTS: Final[Mapping[JobAct, SealAct]] = MappingProxyType(
    {
        JobAct.ORDER: SealAct.ORDER,
        JobAct.MAKE: SealAct.MAKE,
        JobAct.PERSONALISE: SealAct.PERSONALISE,
        JobAct.OFFER: SealAct.OFFER,
        JobAct.DELIVER: SealAct.DELIVER,
        JobAct.ACCEPT: SealAct.ACCEPT,
        JobAct.RETURN: SealAct.RETURN,
        JobAct.REWORK: SealAct.REWORK,
        JobAct.CLOSE: SealAct.CLOSE,
    }
)
"""The act that moves the seal with its job; taking, giving back and scanning move the job alone."""
_REASONED: Final = frozenset({JobAct.RETURN, JobAct.REWORK, JobAct.CLOSE})


@dataclass(frozen=True, slots=True)
class Doing:
    """One act about to be recorded: what, by whom, a reason or digest, columns that change, the certificate to bind."""

    act: JobAct
    actor: Actor
    detail: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    certificate: CertificateFacts | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The doors that the desk works with."""

    seals: SealRegistry
    chips: SealChips
    gate: TokenGate
    files: EvidenceFiles
    studio: ImprintStudio


@dataclass(frozen=True, slots=True)
class House:
    """Engine, clock, trail and neighbours, with what is done to every job."""

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    beside: Neighbours
    rules: FilingRules

    def acting(self) -> AbstractContextManager[Ledger]:
        """Open a transaction that closes with its audit records."""
        return acting(self.engine, self.audit)

    def reading(self) -> sa.Connection:
        """Open a connection that only reads."""
        return self.engine.execution_options(read_only=True).connect()

    def expect(self, conn: sa.Connection, job: str, act: JobAct) -> Job:
        """Read a job that the table lets ``act`` move; :class:`JobUnknown`, :class:`JobActRefused`."""
        found = job_of(conn, job)
        if found.status not in TRANSITIONS[act]:
            raise JobActRefused(found.id, act, found.status)
        return found

    def expect_of_shop(self, conn: sa.Connection, job: str, act: JobAct, actor: Actor) -> Job:
        """Read a job of the actor's own shop that ``act`` may move; :class:`NotThisShop`, :class:`ShopStopped`."""
        shop = working_shop(conn, actor)
        found = job_of(conn, job)
        if found.shop != shop.uscc:
            raise NotThisShop(f"job {found.id}")
        return self.expect(conn, job, act)

    def move(self, ledger: Ledger, before: Job, doing: Doing) -> Job:
        """Move a job and, where the act is one of the seal's too, the seal in the same transaction: the job's row first.

        Raises :class:`seals.filing.errors.JobMoved` and what :meth:`seals.registry.SealRegistry.step` raises.
        """
        after = self.move_alone(ledger, before, doing)
        act = SEAL_ACTS.get(doing.act)
        if act is not None:
            why = doing.detail if doing.act in _REASONED else ""
            bound = {"certificate": doing.certificate} if doing.certificate else None
            self.beside.seals.step(ledger, before.seal, act, doing.actor, why, bound)
        return after

    def move_alone(self, ledger: Ledger, before: Job, doing: Doing) -> Job:
        """Move a job and leave its seal as it is; :class:`seals.filing.errors.JobMoved`."""
        at = max(self.clock(), before.moved_at)
        stamped = {"moved_at": at, "moved_by": doing.actor.id, **doing.changes}
        after = job_store.move(ledger.conn, before, doing.act, stamped)
        self.write(ledger, after, doing)
        return after

    def write(self, ledger: Ledger, job: Job, doing: Doing) -> None:
        """Write an act into the job's history, and put its audit record aside."""
        event = JobEvent(job.id, job.moves, doing.act, job.status, job.moved_at, doing.actor.id, doing.detail)
        job_store.insert_event(ledger.conn, event)
        told = {
            "seal": job.seal,
            "shop": job.shop,
            "status": job.status.value,
            "chip": job.chip,
            "detail": doing.detail,
        }
        ledger.note(f"filing.{doing.act}", actor=doing.actor, subject=f"job:{job.id}", detail=told)

    def keep(self, octets: bytes, kind: str) -> str:
        """Keep a letter or receipt, and return its SHA-256; :class:`FileUnfit`."""
        if not 0 < len(octets) <= MAX_FILE or not octets.startswith(_LETTERS):
            raise FileUnfit(kind)
        return self.beside.files.put(octets, kind).sha256


def job_of(conn: sa.Connection, job: str) -> Job:
    """Read a job; :class:`JobUnknown`."""
    found = job_store.find(conn, job) if job.isascii() and job.isalnum() else None
    if found is None:
        raise JobUnknown(job[:32])
    return found


def working_shop(conn: sa.Connection, actor: Actor) -> Shop:
    """Return the actor's own shop; :class:`NotThisShop`, :class:`ShopUnknown`, :class:`ShopStopped`."""
    if actor.uscc is None:
        raise NotThisShop(f"{actor.id} acts for no shop")
    shop = shop_store.find(conn, actor.uscc)
    if shop is None:
        raise ShopUnknown(actor.uscc)
    if shop.state is not ShopState.ACTIVE:
        raise ShopStopped(shop.uscc)
    return shop
