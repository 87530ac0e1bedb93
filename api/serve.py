"""``yinxin serve``: the web application with its housekeeping."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from typing import Final

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.text import Text

from api.app import create_app
from api.bootstrap import Services
from ca.actor import SYSTEM

LOG: Final = logging.getLogger("yinxin.housekeeping")
STOP_SECONDS: Final = 10
"""How long running requests may take to end; a seal on a 500-page file takes less."""


class Housekeeper:
    """A thread that publishes lists before they are due and closes what was cut off, every few seconds."""

    def __init__(self, services: Services, seconds: float) -> None:
        self._services = services
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is running."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._services.reconcile(SYSTEM)
            except Exception:  # the next round tries again
                LOG.exception("housekeeping failed")
            self._stop.wait(self._seconds)


def make_server(app: FastAPI, host: str, port: int, log_level: str) -> uvicorn.Server:
    """Return the web server of ``app``, not started."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level=log_level,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


def serve(services: Services, host: str, port: int, console: Console) -> None:
    """Serve until interrupted (SIGINT or SIGTERM); running requests end first. Called on the main thread."""
    settings = services.settings
    app = create_app(services)
    keeper = Housekeeper(services, settings.housekeeping_seconds)
    server = make_server(app, host, port, settings.log_level)
    shown = f"http://{host}:{port}"
    console.print(Text(f"验章 / verify: {shown}/verify"))
    console.print(Text(f"用印 / seal:   {shown}/seal"))
    console.print(Text(f"接口 / API:    {shown}/openapi.json"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    keeper.start()
    try:
        with contextlib.suppress(
            KeyboardInterrupt
        ):  # uvicorn ends its requests, then raises the signal again
            server.run()
    finally:
        keeper.stop()
