"""A batch with one and two worker processes, durable, against a plain loop of pyHanko: same documents, same level, same suite.

Ours does for each document what the service does: permit, intent, signature, self-verification, archive, outcome, over DBOS and
the database, with a P-256 key in the machine's software token where there is one; the peer reads a file, seals it in memory and writes it,
with a P-256 key in a file. Level B-B.
The clock runs from the start of the work, when the workers are up, to its end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import _postgres
from benchmarks.harness import Row
from benchmarks.installation import TOKEN, folder, installation

if TYPE_CHECKING:
    from api.services import Services
    from signing.batch.batch import Batch

NAME = "batches"
PEER = "pyHanko 0.38 in a loop, one process"
PEER_FILES = 60
LEAST = 100
"""Documents that must be done before the clock starts: the workers are up then, and documents come in groups."""


def run(quick: bool) -> Iterable[Row]:
    """Measure on SQLite, and on PostgreSQL where there is one; the peer runs before and after each batch."""
    documents, rounds = (2500, 1) if quick else (2500, 3)
    with folder() as place:
        files = _documents(place / "in", documents)
        with _home(place / "sqlite", "") as services:
            yield from _rows(services, files, "SQLite", rounds)
        with _postgres.server(place) as server:
            if server is not None:
                with _postgres.database(server) as url, _home(place / "pg", url) as services:
                    yield from _rows(services, files, "PostgreSQL", rounds)


@contextmanager
def _home(place: Path, url: str) -> Iterator[Services]:
    """Open an installation whose settings its worker processes read too."""
    place.mkdir()
    (place / "yinxin.toml").write_text(f'key_store = "{TOKEN}"\ndatabase_url = "{url}"\n')
    with installation(place, TOKEN, url) as services:
        yield services


def _rows(services: Services, files: list[Path], database: str, rounds: int) -> Iterator[Row]:
    code, pin = _keeper(services)
    place = services.settings.home / "peer"
    place.mkdir()
    for workers in (1, 2):
        pairs = []
        for _ in range(rounds):
            before = _peer(files, place)
            ours = _batch(services, files, (code, pin), workers)
            pairs.append((ours, (before + _peer(files, place)) / 2))
        name = f"batch of {len(files)}, {workers} worker{'s' * (workers > 1)}, {database}"
        yield Row(name, "documents/s", PEER, tuple(pairs), note="ours: the whole durable cycle")


def _documents(place: Path, count: int) -> list[Path]:
    """Write documents of one page of text, each another."""
    from reportlab.pdfgen.canvas import Canvas

    place.mkdir()
    made = []
    for number in range(count):
        path = place / f"{number:05}.pdf"
        canvas = Canvas(str(path), pagesize=(595.28, 841.89), invariant=1)
        for line in range(40):
            canvas.drawString(
                60, 780 - 18 * line, f"Notice {number}, line {line}: the quick brown fox and so on"
            )
        canvas.showPage()
        canvas.save()
        made.append(path)
    return made


def _keeper(services: Services) -> tuple[str, Any]:
    from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC, enrol_keeper, keeper_pin
    from seals.seal import SealApplication, SealKind

    services.enterprises.register(USCC, ENTERPRISE, actor=APPROVER)
    enrolled = enrol_keeper(services)
    code = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    services.seals.approve(code, actor=APPROVER, certificate=enrolled.certificate)
    return code, keeper_pin(services)


def _batch(services: Services, files: list[Path], keeper: tuple[str, Any], workers: int) -> float:
    """Return documents a second from the moment that the workers are up."""
    from api.demo.main_job import KEEPER
    from seals.cases.case import Hand
    from signing.batch.batch import BatchRequest, BatchState, Incoming
    from signing.level import Level

    desk, hand = services.batches.desk, Hand(KEEPER, "bench")
    asked = BatchRequest("bench", keeper[0], "1:120,200", Level.B_B, request_key=f"{time.time_ns()}")
    made = desk.open(asked, hand=hand)
    desk.add(made.id, [Incoming(path, path.name) for path in files], hand=hand)
    with _at_work(services, made, hand, keeper[1], workers):
        began, first = 0.0, 0
        while (now := desk.progress(made.id)).batch.state is BatchState.RUNNING:
            if not began and now.done >= LEAST and now.workers >= workers:
                began, first = time.perf_counter(), now.done
            threading.Event().wait(0.2)
    if now.failed or not began:
        raise RuntimeError(f"the batch did not go as it should: {now}")
    return (now.done - first) / (time.perf_counter() - began)


@contextmanager
def _at_work(services: Services, made: Batch, hand: Any, pin: Any, workers: int) -> Iterator[None]:
    services.batches.start(made.id, hand=hand, pin=pin, workers=workers)
    crew = services.batches.crew_of(made.id)
    try:
        yield
    finally:
        if crew is not None:
            crew.stop()


def _peer(files: list[Path], place: Path) -> float:
    """Seal some of the files by pyHanko, one after the other, each to a file; return documents a second."""
    from benchmarks import sealing

    signatory, mark = sealing._signatory(), sealing._mark()  # noqa: SLF001 - the same peer as there
    signer, some = sealing._peer_signer(signatory), files[:PEER_FILES]  # noqa: SLF001
    began = time.perf_counter()
    for path in some:
        with path.open("rb") as source, (place / path.name).open("w+b") as out:
            sealing._peer(source, out, signer, mark)  # noqa: SLF001
    return len(some) / (time.perf_counter() - began)
