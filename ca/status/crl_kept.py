"""The octets of lists in force, kept in memory to be served again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from ca.status.crl_store import ListHead, PublishedCrl, Scope

KEPT_OCTETS: Final = 32 * 2**20
"""Octets of lists kept to be served again: thirty shards of a megabyte, or every list of ten thousand quiet issuers."""


class KeptLists:
    """The lists asked for least long ago, never more than :data:`KEPT_OCTETS`; safe for threads."""

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[Scope, bool], tuple[int, bytes]] = OrderedDict()
        self._octets = 0
        self._lock = threading.Lock()

    def get(self, head: ListHead) -> bytes | None:
        """Return the octets of exactly this list."""
        place = (head.scope, head.base > 0)
        with self._lock:
            number, der = self._lists.get(place, (0, b""))
            if number != head.number:
                return None
            self._lists.move_to_end(place)
            return der

    def put(self, head: ListHead, der: bytes) -> None:
        """Keep a list in place of the one before it; an older one never takes its place."""
        place = (head.scope, head.base > 0)
        with self._lock:
            number, old = self._lists.get(place, (0, b""))
            if number >= head.number or len(der) > KEPT_OCTETS:
                return
            self._lists[place] = (head.number, der)
            self._lists.move_to_end(place)
            self._octets += len(der) - len(old)
            while self._octets > KEPT_OCTETS:
                _, (_, dropped) = self._lists.popitem(last=False)
                self._octets -= len(dropped)


def shown(head: ListHead, der: bytes) -> PublishedCrl:
    """Join a list and its octets."""
    return PublishedCrl(
        head.scope.issuer,
        head.number,
        head.this_update,
        head.next_update,
        head.entries,
        der,
        head.scope.shard,
        head.base,
    )
