"""A case about many documents: what is approved is the root of a Merkle tree over their digests, so each of them exactly.

Everybody who approves signs that root. A use of one document brings its path to the root; it is judged like the digest of a
case about one document, without a list that somebody could have changed. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.merkle import Inclusion, Tree
from seals.cases.errors import NotInBatch

MAX_MEMBERS: Final = 100_000
"""Documents in one case: ten times the largest batch that is asked for; a person who approves more approves blindly."""


@dataclass(frozen=True, slots=True)
class Member:
    """Which document of a case: its place in the tree under ``root``; only :func:`prove_member` vouches for it."""

    number: int
    root: Digest


def tree_of(documents: Sequence[Digest]) -> Tree:
    """Build the tree that a case about these documents names, in their order; ``ValueError`` for none or too many."""
    if not 0 < len(documents) <= MAX_MEMBERS:
        raise ValueError(f"a case is about 1 to {MAX_MEMBERS} documents")
    return Tree.over(DigestAlgorithm.SHA256, [entry_of(one) for one in documents])


def entry_of(document: Digest) -> bytes:
    """Return the entry of a document: its digest with the algorithm's name, so that no two digests share an entry."""
    return str(document).encode()


def prove_member(root: Digest, members: int, document: Digest, inclusion: Inclusion | None) -> Member:
    """Prove that a document is one of those under ``root``; :class:`NotInBatch` says that it is not."""
    if inclusion is None or inclusion.size != members:
        raise NotInBatch
    try:
        found = inclusion.root(root.algorithm, entry_of(document))
    except ValueError as wrong:
        raise NotInBatch from wrong
    if found != root:
        raise NotInBatch
    return Member(inclusion.index, root)
