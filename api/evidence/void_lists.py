"""The list of voided documents in force: renewed when a voiding is missing from it or half its life has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.errors import StatusListUnknown
from seals.list_publisher import ListMaker, ListPublisher, PublishedList
from signing.voiding import voiding_store
from signing.voiding.lists import VOID_LIST
from verify.voided.form import VoidList, parse_void_list


class VoidLists:
    """Gives the list in force to whoever verifies; there is none before the first voiding."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, maker: Callable[[], ListMaker | None]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._maker = maker
        self._lock = threading.Lock()
        self._kept: tuple[str, int] = ("", 0)

    def current(self) -> PublishedList | None:
        """Return the list in force. Raises what publishing raises."""
        publisher = self._publisher()
        if publisher is None:
            return None
        with self._lock:
            found, count = _latest(publisher), self._count()
            if found is None and not count:
                return None
            if found is None or self._due(found, count):
                found = publisher.publish(actor=SYSTEM)
        return found

    def reconcile(self, actor: Actor) -> int:
        """Withhold lists that were reserved and never released; return how many."""
        publisher = self._publisher()
        return 0 if publisher is None else len(publisher.reconcile(actor=actor))

    def _publisher(self) -> ListPublisher[VoidList] | None:
        maker = self._maker()
        return (
            None if maker is None else ListPublisher(self._engine, self._clock, self._audit, maker, VOID_LIST)
        )

    def _due(self, found: PublishedList, count: int) -> bool:
        if self._clock() >= found.issued_at + (found.next_update - found.issued_at) / 2:
            return True
        if self._kept[0] != found.jws:
            self._kept = (found.jws, len(parse_void_list(found.jws).void_list.entries))
        return self._kept[1] != count

    def _count(self) -> int:
        with self._engine.execution_options(read_only=True).connect() as conn:
            return voiding_store.count_documents(conn)


def _latest(publisher: ListPublisher[VoidList]) -> PublishedList | None:
    try:
        return publisher.current()
    except StatusListUnknown:
        return None
