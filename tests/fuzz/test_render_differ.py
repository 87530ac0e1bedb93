"""A few dozen forged documents at random, looked at by two readers: none that shows something else is called valid.

The search itself runs by ``python -m tests.fuzz.render_differ --minutes 30``; what it finds goes into ``tests/pdf_attacks``.
"""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import missing
from tests.fuzz.render_differ.search import Mutant, hole, mutant, trusting
from tests.fuzz.render_differ.victims import base

SEEDS = range(1, 49)


@pytest.fixture(autouse=True)
def poppler() -> None:
    if shutil.which("pdftoppm") is None:
        missing("pdftoppm", "install poppler-utils")


def test_a_hole_would_be_seen() -> None:
    """Two rightly signed documents, one in the place of the other: valid, and shown otherwise."""
    exchanged = hole(Mutant("plain", 0, (), base("dormant looks").data))
    assert exchanged is not None
    assert exchanged.pages
    assert hole(Mutant("plain", 0, (), base("plain").data)) is None


def test_no_mutant_is_shown_otherwise_and_called_valid() -> None:
    judged = [mutant(seed) for seed in SEEDS]
    assert [str(found) for found in map(hole, judged) if found is not None] == []
    assert any(map(trusting, judged)), "nothing passes the first checks, so nothing was looked at"
