"""A pinned publisher may sign nonsense: whatever a signed list holds is read or refused by name, never a crash."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.trust_list_world import Publisher, full, tree
from tests.verify_world import NOW, Signing
from verify.trusted_lists.anchors import ListAnchors, Vouching
from verify.trusted_lists.errors import ListUnreadable
from verify.trusted_lists.lote import read_json
from verify.trusted_lists.lote_writing import payload_of
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.ts119612 import read_xml
from verify.trusted_lists.xml_signature import DS
from verify.trusted_lists.xml_writing import write_xml

JUNK = (
    "",
    " ",
    "\u202e",
    "-1",
    "1e9",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "A===",
    "x" * 30_000,
)
VALUES = (None, True, -1, 2**70, 1.5, "", "x" * 30_000, [], [None], [[]], {}, {"val": 1}, [{"lang": 1}])


def usable(found: TrustedList, signing: Signing) -> None:
    """Ask what a verifier asks of it."""
    anchors = ListAnchors.of([found, found])
    chain = (signing.keeper.certificate, signing.pki.issuing.certificate)
    for kind in {service.kind for service in found.services}:
        if anchors.names(chain[-1], kind):
            decision = anchors.decide(chain, Vouching(kind), NOW, decreed=False)
            assert json.dumps(decision.to_json())
    assert found.pivots is not None


def test_any_element_may_be_gone_twice_or_nonsense(publisher: Publisher, signing: Signing) -> None:
    octets = publisher.signed(full(publisher, signing.pki.issuing.der), write_xml)
    root = tree(octets)
    root.remove(root[-1])
    assert not list(root.iter(f"{{{DS}}}Signature"))
    refused = 0
    for number in range(1, len(list(root.iter()))):
        for mutated in _mutations(root, number):
            try:
                usable(read_xml(mutated), signing)
            except ListUnreadable:
                refused += 1
    assert refused > 150


def _mutations(root: Any, number: int) -> Iterator[Any]:
    def fresh() -> tuple[Any, Any]:
        made = copy.deepcopy(root)
        return made, list(made.iter())[number]

    made, element = fresh()
    element.getparent().remove(element)
    yield made
    made, element = fresh()
    element.addnext(copy.deepcopy(element))
    yield made
    made, element = fresh()
    element.tag = "{urn:x}odd"
    yield made
    made, element = fresh()
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.text = JUNK[number % len(JUNK)]
    yield made


@pytest.mark.parametrize("shift", range(3))
def test_any_member_may_be_gone_or_nonsense(publisher: Publisher, signing: Signing, shift: int) -> None:
    payload = json.loads(json.dumps(payload_of(full(publisher, signing.pki.issuing.der))))
    refused = 0
    for number, path in enumerate(_paths(payload)):
        mutated = copy.deepcopy(payload)
        holder = mutated
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = VALUES[(number * 5 + shift) % len(VALUES)]
        try:
            usable(read_json(mutated), signing)
        except ListUnreadable:
            refused += 1
    assert refused > 50


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*above, key)
        yield from _paths(item, (*above, key))
