"""What happens around sealed documents: rounds of several parties, voiding, printed copies; opened together, closed together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from api.evidence.void_lists import VoidLists
from api.files import read_file
from api.settings import Settings
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.list_publisher import ListMaker
from signing.archive import Archive
from signing.parties.desk import PartyRounds
from signing.parties.office import RoundOffice
from signing.printing.desk import PrintDesk
from signing.printing.press import Press
from signing.service import SealingService
from signing.voiding.desk import VoidDesk
from signing.voiding.rules import VoidRule, default_rule, read_rule
from verify.report import DocumentReport

GIVEN_AGAIN: Final = timedelta(seconds=60)
"""How long the same verification answer is given to whoever scans a code; a voiding shows after it at the latest."""
MAX_KEPT: Final = 256
"""Verification answers kept, some kilobytes each."""


class Answers:
    """Verification answers about printed documents, kept for a minute: a poster's code is scanned by many at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, DocumentReport]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, sha256: str, verify: Callable[[], DocumentReport]) -> DocumentReport:
        """Return the answer about a document, made anew by ``verify`` when the kept one is old."""
        now = self._clock()
        with self._lock:
            kept = self._kept.get(sha256)
        if kept is not None and kept[0] <= now < kept[0] + GIVEN_AGAIN:
            return kept[1]
        report = verify()
        with self._lock:
            self._kept[sha256] = (now, report)
            self._kept.move_to_end(sha256)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return report


@dataclass(frozen=True, slots=True)
class Papers:
    """The doors. Whoever opens them also closes them."""

    rounds: PartyRounds
    voids: VoidDesk
    lists: VoidLists
    prints: PrintDesk
    press: Press
    answers: Answers

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Close what dead processes left open and what is past its time, remind, sign what waits; return how many."""
        return {
            "rounds_settled": self.rounds.sealing.reconcile(),
            "rounds_expired": self.rounds.expire(),
            "round_reminders": self.rounds.reminders.collect(actor),
            "void_records_signed": self.voids.reconcile(actor),
            "void_lists_withheld": self.lists.reconcile(actor),
            "print_copies_closed": self.prints.reconcile(actor),
        }

    def close(self) -> None:
        """End the press."""
        self.press.close()


@dataclass(frozen=True, slots=True)
class PaperParts:
    """What the doors are opened over."""

    engine: sa.Engine
    clock: Clock
    audit: AuditTrail
    archive: Archive
    sealing: SealingService
    lists: VoidLists
    maker: Callable[[], ListMaker | None]


def open_papers(settings: Settings, parts: PaperParts) -> Papers:
    """Open the doors; a fault in the rules of voiding stops the start with its place named."""
    engine, clock, audit = parts.engine, parts.clock, parts.audit
    press = Press()
    return Papers(
        PartyRounds(RoundOffice(engine, clock, audit, parts.archive), parts.sealing),
        VoidDesk(engine, clock, audit, _rule(settings), parts.maker),
        parts.lists,
        PrintDesk(engine, clock, audit, parts.archive, press, f"{settings.base_url}/c/{{}}".format),
        press,
        Answers(clock),
    )


def _rule(settings: Settings) -> VoidRule:
    rules = settings.void_rules
    return default_rule() if rules is None else read_rule(read_file(rules))
