"""The pool: encryption keys made ahead of their owners, each sealed at once, each given away once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ca.actor import Actor
from ca.keycentre import key_store
from ca.keycentre.errors import EscrowKindRefused, PoolFillRefused
from ca.keycentre.house import House
from ca.keycentre.state import KeyStatus
from hsm.algorithms import KeyKind
from hsm.envelopes import ESCROW_KINDS, SealedKey

MAX_TARGET: Final = 10_000
"""Keys of one kind that the pool may hold: a province's peak day; RSA-3072 takes a core some hours for as many."""
BATCH: Final = 32
"""Keys stored in one transaction: what a crash can cost is the making of so many, none of them anybody's."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool of one centre."""

    house: House

    def fill(self, kind: KeyKind, target: int, *, actor: Actor) -> int:
        """Make keys until ``target`` of this kind are pooled; return how many were made.

        Raises :class:`EscrowKindRefused`, :class:`PoolFillRefused`, :class:`ca.keycentre.errors.KeyCentreNotReady`.
        """
        check_kind(kind)
        if not 0 <= target <= MAX_TARGET:
            raise PoolFillRefused(str(target))
        made = 0
        while (missing := target - self.size(kind)) > 0:
            made += len(self.add(kind, min(missing, BATCH), actor=actor))
        return made

    def add(self, kind: KeyKind, number: int, *, actor: Actor) -> tuple[str, ...]:
        """Make ``number`` keys and put them into the pool in one transaction; return their ids."""
        token = self.house.token()
        made: list[SealedKey] = [token.make(self.house.identity(), kind) for _ in range(number)]
        ids = tuple(key.id for key in made)
        with self.house.engine.begin() as conn:
            key_store.insert_pooled(conn, made, token.token, self.house.now())
            self.house.note(
                conn, "kmc.pool.filled", actor, f"pool:{kind.value}", {"kind": kind.value, "keys": list(ids)}
            )
        return ids

    def size(self, kind: KeyKind) -> int:
        """Count the pooled keys of a kind."""
        with self.house.reading() as conn:
            return key_store.count(conn).get((kind.value, KeyStatus.POOLED.value), 0)


def check_kind(kind: KeyKind) -> None:
    """Raise :class:`EscrowKindRefused` for a kind that the centre does not make."""
    if kind not in ESCROW_KINDS:
        raise EscrowKindRefused(kind.value)
