"""A service's threads: a failure is tried again and keeps nothing else from its work; the end waits for what is under way."""

from __future__ import annotations

import threading

from api.threads import Task, Threads

LONG = 30.0


def test_a_failure_is_tried_again_and_disturbs_nobody() -> None:
    tries, again, other = [], threading.Event(), threading.Event()

    def failing() -> bool:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the database is away")
        again.set()
        return False

    threads = Threads([Task("failing", failing, 0.01), Task("other", other.set, LONG)])
    threads.start()
    assert again.wait(LONG)
    assert other.wait(LONG)
    threads.stop()


def test_more_work_is_done_at_once_and_the_end_wakes_whoever_waits() -> None:
    left, done = [3], threading.Event()

    def work() -> bool:
        left[0] -= 1
        if not left[0]:
            done.set()
        return left[0] > 0

    threads = Threads([Task("orders", work, LONG * 100)])
    threads.start()
    assert done.wait(LONG), "three pieces must not wait for each other"
    threads.stop()
    assert left == [0]
    assert not [one for one in threading.enumerate() if one.name == "orders"]
