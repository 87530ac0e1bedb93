"""Mutated PDFs: each is sealed and valid for every judge, or refused in words; never a crash, never a file only we accept.

Five hundred and more go through sealing and our own check here; a seeded part of what is sealed goes to the outside judges, all of it
with ``python -m tests.interop.mutated_pdfs 2000``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.mutated_pdfs import complaints, outcome
from tests.pdf_mutations import mutants

pytestmark = pytest.mark.judge
BATCHES = 16
IN_BATCH = 35
JUDGED = 12
"""Every twelfth sealed mutant is shown to the outside judges here: a process each takes most of the time."""


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_mutant_is_sealed_and_valid_or_refused_in_words(batch: int, tmp_path: Path):
    results = [(mutant, outcome(mutant)) for mutant in _batch(batch)]
    assert all(all(result.words) for _, result in results if result.refused)
    sealed = [(mutant, result.sealed) for mutant, result in results if result.passed]
    assert sealed
    for mutant, octets in sealed[batch % JUDGED :: JUDGED]:
        assert complaints(mutant, octets, tmp_path) == [], str(mutant)


def _batch(number: int):
    chosen = list(mutants(BATCHES * IN_BATCH))
    return chosen[number * IN_BATCH : (number + 1) * IN_BATCH]
