"""Merkle trees (RFC 9162 §2.1) against the recursive definition, and every way to bend a path (C7)."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from hsm.algorithms import DigestAlgorithm
from hsm.merkle import Inclusion, Tree, leaf_hash, node_hash

SHA256 = DigestAlgorithm.SHA256
ENTRIES = [f"document {number}".encode() for number in range(70)]


def defined(entries: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + defined(entries[:split]) + defined(entries[split:])).digest()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 64, 70])
def test_a_tree_is_the_one_of_the_definition_and_every_path_leads_to_its_root(size: int):
    tree = Tree.over(SHA256, ENTRIES[:size])
    assert tree.root.value == defined(ENTRIES[:size])
    for index in range(size):
        assert Inclusion(index, size, tree.path(index)).root(SHA256, ENTRIES[index]) == tree.root


def _leads_to_the_root(inclusion: Inclusion, entry: bytes, tree: Tree) -> bool:
    try:
        return inclusion.root(tree.algorithm, entry) == tree.root
    except ValueError:
        return False


@pytest.mark.parametrize("algorithm", list(DigestAlgorithm))
@pytest.mark.parametrize("size", [1, 2, 5, 7, 8, 13])
def test_nothing_else_leads_to_the_root(size: int, algorithm: DigestAlgorithm):
    """Another entry, index, size, order or length of the path; a node for a leaf; a flipped bit."""
    tree = Tree.over(algorithm, ENTRIES[:size])
    for index in range(size):
        good = Inclusion(index, size, tree.path(index))
        assert _leads_to_the_root(good, ENTRIES[index], tree)
        bent = [dataclasses.replace(good, index=other) for other in range(-1, size + 2) if other != index]
        bent += [dataclasses.replace(good, path=good.path[:-1])] if good.path else []
        bent += [dataclasses.replace(good, path=(*good.path, tree.root.value))]
        bent += [dataclasses.replace(good, path=(good.path[0][:-1], *good.path[1:]))] if good.path else []
        if len(good.path) > 1:
            bent.append(dataclasses.replace(good, path=tuple(reversed(good.path))))
        for place, step in enumerate(good.path):
            flipped = bytes([step[0] ^ 1]) + step[1:]
            bent.append(
                dataclasses.replace(good, path=(*good.path[:place], flipped, *good.path[place + 1 :]))
            )
        assert not any(_leads_to_the_root(one, ENTRIES[index], tree) for one in bent)
        assert not _leads_to_the_root(good, b"another document", tree)


def test_a_node_is_no_leaf_and_a_leaf_no_node():
    """Second preimage by level: the two hashes below the root, offered as the entry of a smaller tree."""
    tree = Tree.over(SHA256, ENTRIES[:2])
    left, right = tree.levels[0]
    assert not _leads_to_the_root(Inclusion(0, 1, ()), left + right, tree)
    assert node_hash(SHA256, left, right) == tree.root.value != leaf_hash(SHA256, left + right)
    four = Tree.over(SHA256, ENTRIES[:4])
    assert not _leads_to_the_root(Inclusion(0, 2, (four.levels[1][1],)), b"".join(four.levels[0][:2]), four)


def test_no_leaf_is_doubled():
    """CVE-2012-2459: a tree of three leaves is not the tree of four whose last is repeated."""
    three, four = Tree.over(SHA256, ENTRIES[:3]), Tree.over(SHA256, [*ENTRIES[:3], ENTRIES[2]])
    assert three.root != four.root
    for index in (2, 3):
        inclusion = Inclusion(index, 4, four.path(index))
        assert _leads_to_the_root(inclusion, ENTRIES[2], four)
        assert not _leads_to_the_root(inclusion, ENTRIES[2], three)


def test_limits():
    with pytest.raises(ValueError, match="leaves"):
        Tree.over(SHA256, [])
    with pytest.raises(IndexError):
        Tree.over(SHA256, ENTRIES[:3]).path(3)
    with pytest.raises(ValueError, match="place"):
        Inclusion(0, 2**30, ()).root(SHA256, b"")
