"""Merkle trees over digests, after RFC 9162 §2.1: leaves and nodes are hashed apart, so neither passes for the other.

A leaf is ``H(0x00 || entry)``, a node ``H(0x01 || left || right)``; a tree of n leaves splits at the largest power of two
below n, and no leaf is ever doubled. What a proof shows depends on its index and on the size of the tree, both of which the
reader must know from elsewhere or find under the same signature as the root. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hsm.algorithms import Digest, DigestAlgorithm

LEAF: Final = b"\x00"
NODE: Final = b"\x01"
MAX_LEAVES: Final = 1_000_000
"""Leaves of one tree: a hundred times the largest batch; its digests take 32 megabytes."""
MAX_PATH: Final = 20
"""Digests in one path: a tree of :data:`MAX_LEAVES` leaves is no deeper."""


def leaf_hash(algorithm: DigestAlgorithm, entry: bytes) -> bytes:
    """RFC 9162 §2.1.1: the hash of one entry."""
    return algorithm.digest(LEAF + entry).value


def node_hash(algorithm: DigestAlgorithm, left: bytes, right: bytes) -> bytes:
    """RFC 9162 §2.1.1: the hash of two subtrees."""
    return algorithm.digest(NODE + left + right).value


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree over entries, kept as its levels from the leaves up, so that any path is read off without hashing."""

    algorithm: DigestAlgorithm
    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def over(cls, algorithm: DigestAlgorithm, entries: Sequence[bytes]) -> Tree:
        """Build the tree; ``ValueError`` for none or more than :data:`MAX_LEAVES` entries."""
        if not 0 < len(entries) <= MAX_LEAVES:
            raise ValueError(f"a tree has 1 to {MAX_LEAVES} leaves")
        levels = [tuple(leaf_hash(algorithm, entry) for entry in entries)]
        while len(levels[-1]) > 1:
            levels.append(tuple(_above(algorithm, levels[-1])))
        return cls(algorithm, tuple(levels))

    @property
    def size(self) -> int:
        """How many leaves."""
        return len(self.levels[0])

    @property
    def root(self) -> Digest:
        """RFC 9162 §2.1.1: the tree head."""
        return Digest(self.algorithm, self.levels[-1][0])

    def path(self, index: int) -> tuple[bytes, ...]:
        """RFC 9162 §2.1.3.1: the inclusion path of a leaf, from the leaf up. ``IndexError`` for one that is not there."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        found = []
        for level in self.levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                found.append(level[sibling])
            index //= 2
        return tuple(found)


def _above(algorithm: DigestAlgorithm, level: Sequence[bytes]) -> Iterator[bytes]:
    """Join neighbours; a last one without a neighbour goes up as it is (the split of §2.1.1, seen from below)."""
    for left in range(0, len(level) - 1, 2):
        yield node_hash(algorithm, level[left], level[left + 1])
    if len(level) % 2:
        yield level[-1]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where an entry stands in a tree of ``size`` leaves, and the path from it to the root."""

    index: int
    size: int
    path: tuple[bytes, ...]

    def root(self, algorithm: DigestAlgorithm, entry: bytes) -> Digest:
        """RFC 9162 §2.1.3.2: the root that follows; ``ValueError`` for a path that fits no such place in such a tree."""
        if not (0 <= self.index < self.size <= MAX_LEAVES and len(self.path) <= MAX_PATH):
            raise ValueError("no such place in such a tree")
        first, last = self.index, self.size - 1
        found = leaf_hash(algorithm, entry)
        for step in self.path:
            if last == 0 or len(step) != len(found):
                raise ValueError("the path is too long, or of another hash")
            if first & 1 or first == last:
                found = node_hash(algorithm, step, found)
                while not first & 1 and first:
                    first, last = first >> 1, last >> 1
            else:
                found = node_hash(algorithm, found, step)
            first, last = first >> 1, last >> 1
        if last:
            raise ValueError("the path is cut short")
        return Digest(algorithm, found)
