"""The whole cycle on PostgreSQL by several processes: permit, sealing, own check, archive, audit, three durable commits.

Keys are those of the machine's software token where there is one. The peer is the same work by one process: what a second one adds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks._postgres import database, server
from benchmarks.harness import Row, compare
from benchmarks.installation import TOKEN, folder, installation
from benchmarks.sealing import _Office

NAME = "sealing-cycle"
PROCESSES = 2


def run(quick: bool) -> Iterable[Row]:
    """Open one installation and seal in it from one process and from several."""
    from signing.level import Level

    seconds, rounds = (3.0, 3) if quick else (10.0, 5)
    with folder() as place, server(place) as url:
        if url is None:
            return
        with database(url) as one, installation(_made(place / "home"), TOKEN, one) as services:
            office = (services.home.folder, one, _Office(services).code)
            for level in (Level.B_B, Level.B_LT):
                job = (*office, level.value, seconds)
                samples = compare(
                    lambda job=job: _rate(job, PROCESSES), lambda job=job: _rate(job, 1), rounds
                )
                yield Row(
                    f"cycle {level.value}, {PROCESSES} processes",
                    "documents/s",
                    "one process",
                    samples,
                    note=f"PostgreSQL with fsync, {services.settings.key_store} keys, P-256",
                )


def _made(place: Path) -> Path:
    place.mkdir()
    return place


def _rate(job: Sequence[object], processes: int) -> float:
    """Run that many processes; return how many documents they sealed a second, together."""
    command = [sys.executable, "-m", "benchmarks.sealing_cycle", *map(str, job)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return sum(float(process.communicate()[0]) for process in running)


def _child(place: str, url: str, code: str, level: str, seconds: str) -> None:
    """Seal for so long in a process of its own; print the rate."""
    import logging

    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.settings import load_settings
    from benchmarks.sealing import _keeper, _order
    from ca.clock import system_clock
    from signing.level import Level

    logging.disable(logging.CRITICAL)
    folder_ = Path(place)
    settings = load_settings(folder_, key_store=TOKEN, log_level="error", database_url=url)
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(folder_)))
    (keeper, pin), wanted = _keeper(), Level(level)
    document = (services.home.folder / "small.pdf").read_bytes()
    try:
        services.sealing.seal(_order(document, code, wanted), actor=keeper, pin=pin)
        done, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < float(seconds):
            services.sealing.seal(_order(document, code, wanted), actor=keeper, pin=pin)
            done += 1
    finally:
        services.close()
    print(done / elapsed)


if __name__ == "__main__":
    _child(*sys.argv[1:])
