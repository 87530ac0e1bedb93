"""The kept corpus of the guided fuzzing, replayed: every seed and every input that once broke something keeps its word.

Of the inputs that fuzzing grew, every tenth is replayed. The fuzzing itself runs by ``make fuzz MINUTES=60``; it is no part of the suite.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fuzz.guided.keep import LEDGER, inputs
from tests.fuzz.guided.targets import TARGETS, door
from tests.fuzz.guided.world import CORPUS, seeds
from verify.verdict import Verdict

KEPT = [(name, path) for name in TARGETS for path in seeds(name)]
MOST = 300_000
"""Octets of the corpus: seeds are small, and what is found is cut down."""


@pytest.mark.parametrize(
    ("name", "path"), KEPT, ids=lambda part: part.name if isinstance(part, Path) else part
)
def test_each_keeps_its_word(name: str, path: Path) -> None:
    octets = path.read_bytes()
    for part in (octets, octets[: len(octets) // 2]):
        assert TARGETS[name](part) is None, "a target raises where a parser broke its word"


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_grown_keeps_its_word(name: str) -> None:
    for entry, octets in inputs(name)[::10]:
        assert TARGETS[name](octets) is None, entry


def test_the_ledger_is_of_the_targets() -> None:
    ledger = json.loads(LEDGER.read_text())
    assert ledger
    for name, entry in ledger.items():
        assert name in TARGETS
        assert entry["found"] == 0, "what was found is mended, and stands among the seeds"
        assert (entry["seconds"] > 0) == (entry["inputs"] > 0), "both begin anew with what was found"
        assert inputs(name)


def test_every_target_has_seeds_and_all_are_small() -> None:
    assert {name for name, _ in KEPT} == set(TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < MOST


def test_good_seeds_pass_in_their_world() -> None:
    """Mutations start from what is valid: else they would never come past the first check."""
    good = [
        door(path.read_bytes()).verdict
        for name in ("certificate", "crl", "ocsp")
        for path in seeds(name)
        if not path.name.startswith("found-")
    ]
    assert set(good) == {Verdict.PASSED}
    assert door((CORPUS / "pdf" / "int-sealed.pdf").read_bytes()).verdict is Verdict.PASSED
