"""What was worked out before, for whoever asks again about the same certificates: bounded, and shared by threads.

A certificate's hash goes through all of its octets and takes longer than most answers about it, so questions are told apart by the
identity of their parts. The parts are kept with the answer: no other object can take their identity while it is remembered, and an
equal object of another identity is only asked about anew. Only what never changes may be a part, and only what follows from the
parts alone may be an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from itertools import count
from typing import Final, Generic, TypeVar, TypeVarTuple

Parts = TypeVarTuple("Parts")
Answer = TypeVar("Answer")

MAX_STEPS: Final = 256
"""Steps of evidence that one trust store remembers; documents of one signatory share theirs."""
MAX_STEP_ITEMS: Final = 16
"""Certificates or marks of a step that is remembered; few documents bring more, and those are judged alone."""


class Remembered(Generic[Answer]):
    """Answers by the identity of what was asked about; all are forgotten when there are too many."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: dict[tuple[object, ...], tuple[tuple[object, ...], Answer]] = {}

    def find(self, parts: tuple[object, ...], asked: Hashable = None) -> Answer | None:
        """Return the answer about these very objects, if it is remembered; ``asked`` is what is compared by its value."""
        found = self._answers.get((asked, *map(id, parts)))
        return None if found is None else found[1]

    def keep(self, parts: tuple[object, ...], answer: Answer, asked: Hashable = None) -> Answer:
        """Remember and return an answer, which is not ``None``."""
        if len(self._answers) >= self._size:
            self._answers.clear()
        self._answers[asked, *map(id, parts)] = parts, answer
        return answer


def by_identity(size: int) -> Callable[[Callable[[*Parts], Answer]], Callable[[*Parts], Answer]]:
    """Let a function remember its last ``size`` answers at most; what it raises is not remembered."""

    def remembering(work: Callable[[*Parts], Answer]) -> Callable[[*Parts], Answer]:
        answers: dict[tuple[int, ...], tuple[tuple[object, ...], Answer]] = {}

        @wraps(work)
        def asked(*parts: *Parts) -> Answer:
            key = tuple(map(id, parts))
            found = answers.get(key)
            if found is None:
                if len(answers) >= size:
                    answers.clear()
                found = answers[key] = parts, work(*parts)
            return found[1]

        return asked

    return remembering


class Steps:
    """Numbers for what evidence was taken, one thing after the other: the same in the same order has the same number.

    A number is given once and never again, so nothing that was worked out under it can answer for other evidence.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[object, ...]], tuple[int, tuple[object, ...]]] = {}
        self._numbers = count(1)

    def after(self, number: int, step: tuple[object, ...], kept: tuple[object, ...] = ()) -> int:
        """Return the number of what stands after ``step``; ``kept`` are objects whose identity it names."""
        if len(step) > MAX_STEP_ITEMS:
            return next(self._numbers)
        found = self._known.get((number, step))
        if found is None:
            if len(self._known) >= MAX_STEPS:
                self._known.clear()
            found = self._known.setdefault((number, step), (next(self._numbers), kept))
        return found[0]

    def alone(self) -> int:
        """Return the number of evidence that no other document has."""
        return next(self._numbers)
