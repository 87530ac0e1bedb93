"""Digests of prefixes are the same whether they were taken ahead, in whatever order they are asked for."""

from __future__ import annotations

import random
import threading
from hashlib import sha256, sha512

import pytest

from verify import digests
from verify.digests import Prefixes

DATA = random.Random(7).randbytes(3 << 20)
ENDS = (len(DATA) - 7, 1_000, len(DATA) // 2, 0)
GAP = (len(DATA) // 2, len(DATA) // 2 + 500, len(DATA) - 3)


@pytest.mark.parametrize("longest", [1 << 20, 1 << 40], ids=["in a thread", "when asked"])
def test_what_was_planned_is_what_is_asked(monkeypatch: pytest.MonkeyPatch, longest: int) -> None:
    monkeypatch.setattr(digests, "AHEAD_FROM", longest)
    prefixes = Prefixes(DATA)
    prefixes.ahead("sha256", ENDS)
    for end in (len(DATA) // 2, 999, len(DATA), *ENDS):
        assert prefixes.upto("sha256", end).digest() == sha256(DATA[:end]).digest()
        assert prefixes.upto("sha512", end).digest() == sha512(DATA[:end]).digest()
    start, stop, end = GAP
    assert prefixes.without("sha256", *GAP) == sha256(DATA[:start] + DATA[stop:end]).digest()


def test_planning_again_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "AHEAD_FROM", 1 << 20)
    prefixes = Prefixes(DATA)
    for ends in (ENDS, (), (5, len(DATA)), ENDS):
        prefixes.ahead("sha256", ends)
        assert prefixes.upto("sha256", 77).digest() == sha256(DATA[:77]).digest()
    prefixes.ahead("sha256", ENDS)
    prefixes.ahead("sha256", (12,))
    assert prefixes.upto("sha256", 12).digest() == sha256(DATA[:12]).digest()


def test_no_thread_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(digests, "AHEAD_FROM", 1 << 20)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    prefixes = Prefixes(DATA)
    prefixes.ahead("sha256", ENDS)
    assert prefixes.upto("sha256", ENDS[0]).digest() == sha256(DATA[: ENDS[0]]).digest()
