"""How every benchmark measures: ours and the peer alternately in one run, medians, and the ratio between them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

Measure = Callable[[], float]
"""Does the work once and returns one sample in the row's unit."""


class Better(Enum):
    """Which way a unit points."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. ``samples`` are pairs (ours, peer) taken next to each other, at least one.

    ``ratio`` is ours over the peer, whatever the unit; with :attr:`Better.LOWER` a ratio below one is the better one.
    ``note`` says in a few words what the two have in common and what not.
    """

    name: str
    unit: str
    peer_name: str
    samples: tuple[tuple[float, float], ...]
    better: Better = Better.HIGHER
    note: str = ""

    @property
    def ours(self) -> float:
        """Median of our samples."""
        return statistics.median(ours for ours, _ in self.samples)

    @property
    def peer(self) -> float:
        """Median of the peer's samples."""
        return statistics.median(peer for _, peer in self.samples)

    @property
    def ratio(self) -> float:
        """Ours divided by the peer's."""
        return self.ours / self.peer

    def to_json(self) -> dict[str, Any]:
        """Return the row as one JSON object; ``samples`` are the pairs (ours, peer) as they were taken."""
        return {
            "name": self.name,
            "ours": round(self.ours, 4),
            "peer": round(self.peer, 4),
            "peer_name": self.peer_name,
            "unit": self.unit,
            "ratio": round(self.ratio, 4),
            "samples": [[round(ours, 4), round(peer, 4)] for ours, peer in self.samples],
            "better": self.better.value,
            "note": self.note,
        }


class Benchmark(Protocol):
    """What each module of this package has, apart from this one and ``__main__``."""

    NAME: str

    def run(self, quick: bool) -> Iterable[Row]:
        """Measure; under 45 seconds when ``quick``."""


def compare(ours: Measure, peer: Measure, rounds: int) -> tuple[tuple[float, float], ...]:
    """Take ``rounds`` pairs of samples; who goes first changes every time, so that neither rides on the other's warmth."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs = peer()
            pairs.append((ours(), theirs))
        else:
            mine = ours()
            pairs.append((mine, peer()))
    return tuple(pairs)


def per_second(work: Callable[[], object], seconds: float) -> float:
    """Do ``work`` again and again for ``seconds``; return how often a second."""
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        work()
        done += 1
    return done / elapsed


def machine() -> str:
    """Describe the machine in one line, for the table in the documentation."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [
            line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{os.cpu_count()} × {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
