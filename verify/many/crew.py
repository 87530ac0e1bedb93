"""Several verifiers at once, each a process that can be killed, fed from one list; what they find comes back as it is ready."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verify.isolated import IsolatedVerifier

LOOK_SECONDS: Final = 0.25
MAX_WORKERS: Final = 64
"""Each has an interpreter, its libraries and the trust store: some 150 MB."""

Work = Callable[[IsolatedVerifier, Path], "Done"]


@dataclass(frozen=True, slots=True)
class Done:
    """What one of them came back with: a document's name, the digest of what was judged, and what was found (nothing: as before)."""

    key: str
    digest: str
    finding: dict[str, object] | None


def cores() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def work_through(
    paths: Sequence[Path], make: Callable[[], IsolatedVerifier], work: Work, workers: int
) -> Iterator[Done | None]:
    """Yield what each document came to, in no order, and ``None`` now and then while there is nothing.

    When the caller goes away (a keyboard interrupt, too) nothing further is begun and the processes are ended.
    """
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for path in paths:
        waiting.put(path)
    results: queue.Queue[Done | BaseException] = queue.Queue(maxsize=4 * workers)
    stop = threading.Event()
    threads = [
        threading.Thread(target=_serve, args=(waiting, results, stop, make, work), name="verify", daemon=True)
        for _ in range(min(workers, len(paths)))
    ]
    for thread in threads:
        thread.start()
    try:
        left = len(paths)
        while left:
            try:
                found = results.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                yield None
                continue
            if isinstance(found, BaseException):
                raise found
            left -= 1
            yield found
    finally:
        stop.set()
        for thread in threads:
            while thread.is_alive():
                _drain(results)
                thread.join(LOOK_SECONDS)


def _serve(
    waiting: queue.SimpleQueue[Path],
    results: queue.Queue[Done | BaseException],
    stop: threading.Event,
    make: Callable[[], IsolatedVerifier],
    work: Work,
) -> None:
    try:
        with make() as verifier:
            while not stop.is_set():
                try:
                    path = waiting.get_nowait()
                except queue.Empty:
                    return
                results.put(work(verifier, path))
    except BaseException as fault:  # noqa: BLE001 - it is raised where the results are read
        results.put(fault)


def _drain(results: queue.Queue[Done | BaseException]) -> None:
    """Make room, so that whoever waits to hand a result over can end."""
    while True:
        try:
            results.get_nowait()
        except queue.Empty:
            return
