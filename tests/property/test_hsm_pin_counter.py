"""The PIN counter against a model: however tries, restarts, resets and lost tokens follow each other."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hsm.errors import PinIncorrect, PinLocked, TokenLost
from hsm.pin_counter import PinCounter
from hsm.worker.wire import WrongPin

LIMIT = 3
TOKENS = st.sampled_from(["A", "B"])


class Counting(RuleBasedStateMachine):
    """At most LIMIT wrong tries in a row are ever put to the token."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="yinxin-counter-"))
        self.counter = PinCounter(self.folder, "pkcs11", LIMIT)
        self.failed = {"A": 0, "B": 0}

    @rule(token=TOKENS, logged_in=st.booleans())
    def wrong(self, token: str, logged_in: bool) -> None:
        asked: list[None] = []

        def check() -> None:
            asked.append(None)
            raise WrongPin

        outcome: object = None
        try:
            self.counter.attempt(token, check, logged_in=logged_in)
        except PinIncorrect as wrong:
            outcome = wrong.left
        except PinLocked:
            outcome = 0
        assert bool(asked) == (self.failed[token] < LIMIT)
        self.failed[token] = min(LIMIT, self.failed[token] + 1)
        assert outcome == LIMIT - self.failed[token]

    @rule(token=TOKENS, logged_in=st.booleans())
    def right(self, token: str, logged_in: bool) -> None:
        try:
            self.counter.attempt(token, lambda: None, logged_in=logged_in)
        except PinLocked:
            assert self.failed[token] == LIMIT
        else:
            assert self.failed[token] < LIMIT
            self.failed[token] = 0

    @rule(token=TOKENS, logged_in=st.booleans())
    def lost(self, token: str, logged_in: bool) -> None:
        def check() -> None:
            raise TokenLost

        with pytest.raises(PinLocked if self.failed[token] == LIMIT else TokenLost):
            self.counter.attempt(token, check, logged_in=logged_in)

    @rule(token=TOKENS)
    def unblocked(self, token: str) -> None:
        before = self.counter.epoch(token)
        self.counter.renew(token)
        assert self.counter.epoch(token) != before
        self.failed[token] = 0

    @rule()
    def restarted(self) -> None:
        self.counter = PinCounter(self.folder, "pkcs11", LIMIT)

    @invariant()
    def agrees(self) -> None:
        assert {token: LIMIT - self.counter.left(token) for token in self.failed} == self.failed

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestCounting = Counting.TestCase
TestCounting.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
