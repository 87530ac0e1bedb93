"""A gate for a few at a time: never more inside, first come first served, and places are not lost."""

from __future__ import annotations

import threading
import time

import pytest

from ca.turnstile import Turnstile


def test_never_more_inside_than_there_are_places() -> None:
    gate, guard, inside, most = Turnstile(3), threading.Lock(), [0], [0]

    def visit() -> None:
        for _ in range(20):
            with gate:
                with guard:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.0002)
                with guard:
                    inside[0] -= 1

    threads = [threading.Thread(target=visit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == [0]
    assert most == [3]


def test_who_waits_longest_comes_in_first() -> None:
    gate, order = Turnstile(1), []
    threads = []
    with gate:
        for number in range(6):
            thread = threading.Thread(target=_enter, args=(gate, order, number))
            thread.start()
            threads.append(thread)
            _until(lambda waiting=number + 1: len(gate._waiting) == waiting)
    for thread in threads:
        thread.join()
    assert order == list(range(6))


def _enter(gate: Turnstile, order: list[int], number: int) -> None:
    with gate:
        order.append(number)


def _until(true: object) -> None:
    for _ in range(2000):
        if true():
            return
        time.sleep(0.001)
    raise AssertionError("it never came true")


def test_a_fault_inside_gives_the_place_back() -> None:
    gate = Turnstile(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), gate:
            raise ValueError("inside")
    with gate:
        pass


def test_one_who_gives_up_waiting_takes_no_place() -> None:
    """Interrupted before it was called, and at the very moment of it."""
    gate = Turnstile(1)
    waiting, called = threading.Lock(), threading.Lock()
    with gate:
        gate._waiting.append(waiting)
        gate._give_up(waiting)
        assert not gate._waiting
        gate._give_up(called)  # it was handed the place and cannot use it
    with gate:
        assert gate._free >= 0
