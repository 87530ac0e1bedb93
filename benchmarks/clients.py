"""Issuance with 32 clients at once: at least 80 % of the best throughput, and no error.

The peer is ours with the number of clients that does best in the same run; each client is a thread with its own requests.
SQLite, and PostgreSQL where there is one, every commit synced.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from benchmarks._postgres import database, server
from benchmarks.harness import Row
from benchmarks.installation import SOFT, folder, installation
from benchmarks.issuance import COMPANY, KEYS, USCC

if TYPE_CHECKING:
    from api.services import Services

NAME = "clients"
MANY = 32
FEW = (1, 2, 4, 8)


def run(quick: bool) -> Iterable[Row]:
    """Measure on both databases."""
    seconds, rounds = (1.0, 3) if quick else (5.0, 5)
    with folder() as place:
        with installation(place / "sqlite", SOFT) as services:
            yield _row("sqlite", _issuing(services), seconds, rounds)
        with server(place) as url:
            if url is not None:
                with database(url) as named, installation(place / "postgres-home", SOFT, named) as services:
                    yield _row("postgresql", _issuing(services), seconds, rounds)


def _row(label: str, issue: Callable[[], None], seconds: float, rounds: int) -> Row:
    samples: dict[int, list[float]] = {number: [] for number in (*FEW, MANY)}
    longest = 0.0
    for _ in range(rounds):
        for number, found in samples.items():
            rate, slowest = _together(issue, number, seconds)
            found.append(rate)
            longest = max(longest, slowest if number == MANY else 0.0)
    best = max(FEW, key=lambda number: sorted(samples[number])[rounds // 2])
    return Row(
        name=f"clients-{label}",
        unit="certificates/s",
        peer_name=f"the best of {', '.join(map(str, FEW))} clients",
        samples=tuple(zip(samples[MANY], samples[best], strict=True)),
        note=f"{MANY} clients in one process, best with {best}; no error; longest wait {longest:.2f} s",
    )


def _together(issue: Callable[[], None], clients: int, seconds: float) -> tuple[float, float]:
    """Issue from several threads; return certificates/s and the longest that one took. An error ends the benchmark."""
    done, slowest, failed = [0] * clients, [0.0] * clients, []
    began = time.perf_counter()

    def work(number: int) -> None:
        try:
            while (start := time.perf_counter()) < began + seconds:
                issue()
                done[number] += 1
                slowest[number] = max(slowest[number], time.perf_counter() - start)
        except Exception as wrong:  # noqa: BLE001 - raised again below
            failed.append(wrong)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(done) / (time.perf_counter() - began), max(slowest)


def _issuing(services: Services) -> Callable[[], None]:
    from cryptography.hazmat.primitives.asymmetric import ec

    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName

    services.enterprises.register(USCC, COMPANY, actor=SYSTEM)
    subject, numbers = SubjectName(COMPANY, COMPANY, USCC), itertools.count()
    keys = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(KEYS)]

    def issue() -> None:
        number = next(numbers)
        request = CertificateRequest("enterprise-seal", subject, keys[number % KEYS])
        services.authority.issue(request, request_key=f"clients-{number}", actor=SYSTEM)

    return issue
