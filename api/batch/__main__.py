"""``python -m api.batch``: one worker process, told by one line on its standard input; it ends when the pipe is closed."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from api.batch.worker import Worker, WorkerTools, new_executor, system_url
from api.bootstrap import assemble
from api.database.revision import check_schema
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from ca.clock import system_clock
from hsm.pins import Pin
from signing.batch.batch import COMMON_QUEUE, queue_of
from signing.batch.roster import Roster
from signing.batch.steps import ChunkWork
from signing.batch.worker_rows import WorkerName


def main() -> int:
    """Work until the pipe is closed, a signal comes, or the one batch is at rest."""
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    stop = threading.Event()
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # from the terminal it goes to all: whoever started us closes the pipe
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_until_closed, args=[stop], daemon=True).start()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    settings = load_settings(Path(told["home"]))
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    try:
        check_schema(services.engine)
        Worker(tools_of(services, told)).run(stop)
    finally:
        services.close()
    return 0


def tools_of(services: Services, told: dict[str, Any]) -> WorkerTools:
    """Return what a worker of this installation works with."""
    desk = services.batches.desk
    queue = queue_of(desk.get(told["batch"])) if told["attended"] else COMMON_QUEUE
    name = WorkerName(new_executor(), queue, socket.gethostname())
    pin = Pin(told["pin"]) if told["pin"] else None
    work = ChunkWork(desk, services.sealing, name.executor)
    url = system_url(services.settings.database)
    return WorkerTools(work, Roster(desk, name), url, pin, told["batch"])


def _until_closed(stop: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
